"""Does it matter: one rule for each kind of difference, with its severity, what a client must do, and its mirror.

A rule about schemas has two ids, one for requests and one for responses. Its severity is what a proof makes of it; what
is proven to harm nobody is told as `info`, what could not be decided as `warning`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

from pixpact.contracts.diff.compare.differences import MIRRORED, ContractDifference
from pixpact.contracts.diff.rules.message_rules import MESSAGES
from pixpact.contracts.diff.rules.schema_rules import SCHEMAS
from pixpact.contracts.findings import SEVERITIES, Severity

ORDER = SEVERITIES[::-1]
"""From the worst."""

TODO: dict[str, str] = {
    "move": "Move away: what you call is gone",
    "send": "Change what you send",
    "handle": "Handle responses that were not possible before",
    "stop": "Stop relying on something that is no longer sent",
    "follow": "Change how you follow a task",
    "images": "Expect other images",
    "pay": "Check what it costs",
    "check": "Check: the same request means something else",
    "use": "Nothing to do; new to use",
    "nothing": "Nothing to do",
}
"""What a client must do, by its short name; in the order of a report."""
_ITSELF = "the opposite change has the same rule"


@dataclass(frozen=True, slots=True)
class ChangeRule:
    """One rule: how bad it is when it is proven, for which messages, and what to do."""

    id: str
    severity: Severity
    direction: str
    """request, response, or both for what is no message."""
    area: str
    action: str
    """What a client must do: a key of `TODO`."""
    text: str
    """A sentence with {name}, {old} and {new}."""
    mirror: str = ""
    """The rule of the opposite change."""
    waiver: str = ""
    """Why there is no other rule that mirrors this one."""
    twin: str = ""
    """The rule of the same change in the other direction of traffic."""


@cache
def rules() -> dict[str, ChangeRule]:
    """Every rule by its id."""
    return {rule.id: rule for rule in (*_of_schemas(), *_of_messages())}


def rule_of(difference: ContractDifference) -> ChangeRule:
    """The rule that a difference falls under."""
    name = f"{difference.subject}-{difference.action}"
    return rules().get(name) or rules()[f"{difference.site.direction}-{name}"]


def _of_schemas() -> Iterator[ChangeRule]:
    for subject, changes in SCHEMAS.items():
        for action, (effect, text) in changes.items():
            for direction, opposite in (("request", "response"), ("response", "request")):
                severity, todo = _weight(effect, direction)
                mirror = f"{direction}-{subject}-{MIRRORED[action]}"
                name = f"{direction}-{subject}-{action}"
                itself = _ITSELF if mirror == name else ""
                twin = f"{opposite}-{subject}-{action}"
                yield ChangeRule(
                    name, severity, direction, "schema", todo, text, "" if itself else mirror, itself, twin
                )


def _weight(effect: str, direction: str) -> tuple[Severity, str]:
    """How bad an effect is in one direction, and what it asks for."""
    request = direction == "request"
    if effect == "changes":
        return "breaking", "send" if request else "handle"
    if effect == "drops":  # a field that is spoken of no longer: nothing breaks, and it is gone
        return "warning", "check" if request else "stop"
    if effect == "loses":
        return ("warning", "check") if request else ("breaking", "handle")
    if effect == "notes":
        return "info", "nothing"
    if (effect == "tightens") == request:
        return "breaking", "send" if request else "handle"
    return "info", "use" if request else "nothing"


def _of_messages() -> Iterator[ChangeRule]:
    for (direction, area), rows in MESSAGES.items():
        for subject, action, severity, todo, text in rows:
            name, mirror = f"{subject}-{action}", f"{subject}-{MIRRORED[action]}"
            itself = _ITSELF if mirror == name else ""
            yield ChangeRule(name, severity, direction, area, todo, text, "" if itself else mirror, itself)
