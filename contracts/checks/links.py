"""Links: what a link leads to is there."""

from __future__ import annotations

from collections.abc import Iterator

from pixpact.contracts.checks.acceptance import why
from pixpact.contracts.checks.observation import Seen, kept, unjudged
from pixpact.contracts.claims.stated import Claims
from pixpact.contracts.traffic.case import Case, Step
from pixpact.specs.contract.model import Link
from pixpact.specs.dialect.expressions import UNDEFINED, Roots


def links(case: Case, claims: Claims) -> Iterator[Seen]:
    """Whether each documented link of a submit's answer that was followed led to the task."""
    for start in case.of("start"):
        if not start.accepted or start.response is None:
            continue
        roots = start.roots
        for link in start.response.links:
            looks = [step for step in case.of("show") if _is_by(step, link, roots)]
            if looks:
                yield from _judged(claims, link, start, looks[0])


def _is_by(step: Step, link: Link, roots: Roots) -> bool:
    """Whether a look was made with what a link gives."""
    if step.asked is None or step.operation.id != link.operation or step.exchange.note.get("isolation"):
        return False
    given = {**step.asked.request.path, **step.asked.request.query}
    values = {name: expression.evaluate(roots) for name, expression in link.parameters.items()}
    return all(value is not UNDEFINED and given.get(name) == value for name, value in values.items())


def _judged(claims: Claims, link: Link, start: Step, look: Step) -> Iterator[Seen]:
    claim = claims.answers.links[link.pointer]
    if look.accepted:
        yield from kept(claim)
    elif look.refused:
        observed = f"{look.operation.id} answered {look.exchange.status}"
        indices = (start.index, look.index)
        root = f"links of {start.operation.id}"  # a task that is not found is found in no way
        yield Seen((claim,), False, "link", "breaking", "", claim.text, observed, steps=indices, root=root)
    else:
        yield from unjudged(why(look), claim)
