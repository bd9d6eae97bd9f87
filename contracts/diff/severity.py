"""Whether a change is breaking, and what a client must do about it: its rule and its verdict decide."""

from __future__ import annotations

from pixpact.contracts.diff.proof.witness import IGNORED_NOW, REFUSED_NOW, DifferenceVerdict
from pixpact.contracts.diff.rules.rules import ChangeRule
from pixpact.contracts.findings import Severity


def severity_of(rule: ChangeRule, verdict: DifferenceVerdict) -> Severity:
    """How bad a change is: what is proven counts, whatever the rule expects of such a change."""
    if verdict.kind == "harmful":
        if verdict.witness is not None and verdict.witness.kind == "promise":
            return "breaking"
        return "breaking" if rule.area == "schema" and _validity(rule) else rule.severity
    if verdict.kind == "undecided":
        return "warning"
    if verdict.reason in (REFUSED_NOW, IGNORED_NOW):
        return "warning"
    return "warning" if rule.severity == "warning" and _lasting(rule) else "info"


def _validity(rule: ChangeRule) -> bool:
    """Whether the rule is about which messages are valid; of others, the rule itself says how bad they are."""
    return not any(word in rule.id for word in ("default", "clamp", "meaning"))


def _lasting(rule: ChangeRule) -> bool:
    """Whether something is gone, which no proof of validity brings back."""
    return rule.id.endswith("-removed") or rule.action == "check"


def client_action(rule: ChangeRule, verdict: DifferenceVerdict) -> str:
    """What a client must do about a change: a key of `rules.TODO`."""
    if verdict.kind == "harmful":
        if rule.action in ("use", "nothing"):
            return "send" if rule.direction == "request" else "handle"
        return "pay" if verdict.witness and verdict.witness.kind == "promise" and rule.action == "pay" else rule.action
    if verdict.kind == "harmless" and severity_of(rule, verdict) == "info" and rule.action not in ("use", "nothing"):
        return "nothing"
    return rule.action
