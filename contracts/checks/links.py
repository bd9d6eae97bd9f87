"""Links check: a link of a response leads to the task."""

from __future__ import annotations

from collections.abc import Iterator

from pixpact.contracts.checks.acceptance import why_unjudged
from pixpact.contracts.checks.observation import Observation, kept, unjudged
from pixpact.contracts.claims.contract_claims import ContractClaims
from pixpact.contracts.limits.backoff import is_transient
from pixpact.contracts.traffic.case import ReadExchange, TaskCase
from pixpact.specs.contract.model import LifecycleRole, Link
from pixpact.specs.dialect.expressions import UNDEFINED, ExpressionRoots


def links(case: TaskCase, claims: ContractClaims) -> Iterator[Observation]:
    """Whether each link of a submit's response that was followed led to the task."""
    for start in case.of("start"):
        if not start.accepted or start.response is None:
            continue
        roots = start.roots
        for link in start.response.links:
            polls = [step for step in _while_there(case) if _is_by(step, link, roots)]
            if polls:
                yield from _judged(claims, link, start, next(filter(_reports, polls), polls[0]))
            elif _is_empty(start, link, roots):
                claim = claims.responses.links[link.pointer]
                observed = f"{', '.join(parameter.text for parameter in link.parameters.values())} is empty"
                root = f"links of {start.operation.id}"
                yield Observation(
                    (claim,), False, "link", "breaking", "", claim.text, observed, steps=(start.index,), root=root
                )


def _while_there(case: TaskCase) -> list[ReadExchange]:
    """The steps that refer to the task, up to and including its removal by the client."""
    steps = [step for step in case.steps if step.role in ("show", "end") and step.asked]
    removed = [
        ending
        for ending in steps
        if ending.role == "end" and ending.accepted and ending.operation.role and _removes(ending.operation.role)
    ]
    return [step for step in steps if not removed or step.index <= removed[0].index]


def _removes(role: LifecycleRole) -> bool:
    return role.verb == "end" and role.becomes is None


def _reports(poll: ReadExchange) -> bool:
    """Whether a response shows if the task exists; that of a busy server does not."""
    return poll.accepted or (poll.refused and poll.exchange.status not in _BUSY and not is_transient(poll.exchange))


_BUSY = (402, 408, 425, 429)


def _is_by(step: ReadExchange, link: Link, roots: ExpressionRoots) -> bool:
    """Whether a poll was sent with the parameters that the link gives."""
    if step.asked is None or step.operation.id != link.operation or step.exchange.note.get("isolation"):
        return False
    given = {**step.asked.request.path, **step.asked.request.query}
    values = {name: expression.evaluate(roots) for name, expression in link.parameters.items()}
    return all(value is not UNDEFINED and given.get(name) == value for name, value in values.items())


def _is_empty(start: ReadExchange, link: Link, roots: ExpressionRoots) -> bool:
    """Whether a valid response has an empty text in a field that the link reads."""
    if start.body is None or start.body.violations:
        return False
    return any(
        parameter.root == "response" and parameter.evaluate(roots) == "" for parameter in link.parameters.values()
    )


def _judged(claims: ContractClaims, link: Link, start: ReadExchange, poll: ReadExchange) -> Iterator[Observation]:
    claim = claims.responses.links[link.pointer]
    if poll.accepted:
        yield from kept(claim)
    elif _reports(poll):
        observed = f"{poll.operation.id} returned {poll.exchange.status}"
        indices = (start.index, poll.index)
        root = f"links of {start.operation.id}"  # a missing task makes all links fail
        yield Observation((claim,), False, "link", "breaking", "", claim.text, observed, steps=indices, root=root)
    else:
        yield from unjudged(why_unjudged(poll), claim)
