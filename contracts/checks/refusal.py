"""Refusal check: a request that breaks a rule is refused with the documented status."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from pixpact.contracts.checks.acceptance import message_of, names, why_unjudged
from pixpact.contracts.checks.observation import Observation, kept, unjudged
from pixpact.contracts.claims.claim import Claim
from pixpact.contracts.claims.contract_claims import INVALID, UNAUTHENTICATED, UNKNOWN_TASK, ContractClaims
from pixpact.contracts.claims.responses import reads_violation
from pixpact.contracts.findings import Severity
from pixpact.contracts.traffic.case import UNKNOWN, ReadExchange, TaskCase, condition_holds
from pixpact.specs.contract.model import Example

_FAILURE = 500
_NOT_ABOUT_THE_RULE = {402, 403, 408, 425, 429}


def refusal(case: TaskCase, claims: ContractClaims) -> Iterator[Observation]:
    """Whether requests that must be refused were refused, and with which status."""
    for step in case.steps:
        if step.asked is None or step.expects in ("", UNKNOWN) or step.exchange.note.get("isolation"):
            continue
        rule = rule_of(step, claims) if step.expects == INVALID else None
        special = _special(step)
        named = claims.responses.causes.get((step.operation.id, step.expects))
        cause = claims.responses.wrongs[special.pointer] if special else named
        if step.accepted and step.problem:
            yield from unjudged("the response cannot be read", rule, cause)
        elif step.accepted and str(step.exchange.status) not in statuses(step):
            yield from _accepted(step, rule or cause)
        elif _fails(step):
            yield from unjudged(why_unjudged(step), rule, cause)
            yield from (replace(observation, always=True) for observation in _status(step, cause))
        elif not step.answered or not _about(step):
            yield from unjudged(why_unjudged(step), rule, cause)
        elif rule is not None and (absent := absent_field(step, claims)):
            yield from unjudged(f"it was refused because of {absent}, which it does not have", rule, cause)
        else:
            yield from kept(rule)
            yield from _status(step, cause)


def absent_field(step: ReadExchange, claims: ContractClaims) -> str:
    """The field that a refusal names although the request leaves it out and breaks another rule; else empty.

    If a vendor requires a new field, its refusals no longer show that other rules are enforced.
    """
    assert step.asked is not None
    if not isinstance(step.sent, dict) or step.asked.reading is None or step.asked.reading.branch is None:
        return ""
    if not step.asked.violations:  # the request of a recording or plan file may not be the planned one
        return ""
    wrong, message = step.asked.violations[0].field, message_of(step.value)
    if not wrong or any(names(message, name) for name in wrong.split(".")):
        return ""
    pointer = step.asked.reading.branch.pointer
    accepted = (samples for (name, _), samples in claims.acceptance.items() if name == step.operation.id)
    samples = next((earlier.samples[pointer] for earlier in accepted if pointer in earlier.samples), None)
    fields = {statement.path[0] for statement in samples.statements if statement.path} if samples else set()
    return next((name for name in sorted(fields - step.sent.keys()) if names(message, name)), "")


def _fails(step: ReadExchange) -> bool:
    """Whether the server fails with 500 on a broken rule; if it always does, that is its response to the rule."""
    return step.expects == INVALID and step.exchange.status == _FAILURE and str(_FAILURE) not in statuses(step)


def _about(step: ReadExchange) -> bool:
    """Whether a response is about the fault of the request."""
    status = step.exchange.status
    if step.exchange.note.get("provoked") or step.disguised:
        return True
    documented = statuses(step)
    if str(status) in documented:
        return True
    if step.expects in (UNAUTHENTICATED, UNKNOWN_TASK):
        return 400 <= status < 500 and status != 429
    return 400 <= status < 500 and status not in _NOT_ABOUT_THE_RULE and status != 401


def rule_of(step: ReadExchange, claims: ContractClaims) -> Claim | None:
    """The claim that the request is refused; None unless it breaks exactly one rule."""
    assert step.asked is not None
    if len(step.asked.violations) != 1:
        return None
    violation = step.asked.violations[0]
    if violation.keyword in ("content-type", "json"):
        about = "media-type" if violation.keyword == "content-type" else "malformed"
        return claims.whole.get((step.operation.id, about))
    if violation.kind != "body":
        return claims.parameters[step.operation.id].of(violation)
    for (operation, _), refusals in claims.refusals.items():
        if operation == step.operation.id and (claim := refusals.of(violation)) is not None:
            return claim
    return None


def _accepted(step: ReadExchange, claim: Claim | None) -> Iterator[Observation]:
    assert step.asked is not None
    if claim is None:
        return
    pays = step.operation.billing is not None
    severity: Severity = "breaking" if step.expects == UNAUTHENTICATED else "warning"
    if step.expects == UNAUTHENTICATED:
        wrong = "no key was sent" if step.exchange.note.get("key") == "none" else "its key is not valid"
    else:
        wrong = step.asked.violations[0].message if step.asked.violations else step.expects
    yield Observation(
        claims=(claim,),
        kept=False,
        kind="accepted",
        severity=severity,
        pointer=step.asked.violations[0].pointer if step.asked.violations else "",
        promised=claim.text,
        observed=f"{step.exchange.status}: accepted although {wrong}" + (", and billed" if pays else ""),
        steps=(step.index,),
    )


def _status(step: ReadExchange, cause: Claim | None) -> Iterator[Observation]:
    if cause is None:
        return
    documented = statuses(step) | _of_another_fault(step)
    status = str(step.exchange.status)
    if not documented or status in documented or f"{status[0]}XX" in documented:
        yield from kept(cause)
        return
    yield Observation(
        claims=(cause,),
        kept=False,
        kind="status",
        severity="breaking",
        promised=cause.text,
        observed=f"returned {status}",
        detail=status,
        steps=(step.index,),
    )


def statuses(step: ReadExchange) -> set[str]:
    """The documented statuses of the expected refusal."""
    examples = list(step.operation.examples())
    if (special := _special(step)) is not None:
        return {status for status, example in examples if example is special}
    return {status for status, example in examples if example.subject == step.expects}


def _of_another_fault(step: ReadExchange) -> set[str]:
    """The documented statuses of the request's other faults: a server need not check the key first."""
    if step.expects != UNAUTHENTICATED or step.asked is None or not step.asked.violations:
        return set()
    return {status for status, example in step.operation.examples() if example.subject == INVALID}


def _special(step: ReadExchange) -> Example | None:
    """The example that is only for the request's violation; None without one."""
    if step.expects != INVALID or not step.asked or not step.asked.violations:
        return None
    roots = step.roots
    roots.violation = step.asked.violations[0]
    examples = [example for _, example in step.operation.examples() if reads_violation(example)]
    return next((example for example in examples if condition_holds(example.when, roots)), None)
