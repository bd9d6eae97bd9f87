"""Unknown members: an answer has no members but the documented ones."""

from __future__ import annotations

from collections.abc import Iterator

from pixpact.contracts.checks.observation import Seen, kept
from pixpact.contracts.claims.stated import Claims
from pixpact.contracts.traffic.case import Case, Step
from pixpact.specs.dialect.expressions import value_at
from pixpact.specs.openapi.document import steps
from pixpact.specs.openapi.messages import short


def unknown_members(case: Case, claims: Claims) -> Iterator[Seen]:
    """Which members no schema names; one that stands in for a missing one is part of that finding."""
    for step in case.steps:
        if step.body is None or not step.answered or step.media is None:
            continue
        broken = set()
        for claim, pointer in step.body.unknown:
            broken.add(claim.id)
            if not _stands_in(step, pointer):
                yield Seen(
                    claims=(claim,),
                    kept=False,
                    kind="unknown-member",
                    severity="info",
                    pointer=pointer,
                    promised=claim.text,
                    observed=f"{steps(pointer)[-1]}: {short(value_at(step.value, steps(pointer)))}",
                    steps=(step.index,),
                )
        if not step.body.violations:
            there = claims.answers.objects_in(step.media, step.value)
            yield from kept(*(claim for claim in there if claim.id not in broken))


def _stands_in(step: Step, pointer: str) -> bool:
    """Whether what is unknown belongs to another form: a member beside it is missing or an object now, or all is so."""
    assert step.body is not None
    parent = pointer.rpartition("/")[0]
    found = [it for _, it in step.body.violations]
    beside = [it for it in found if it.pointer.rpartition("/")[0] == parent]
    return (
        any(it.keyword == "required" for it in beside)
        or any(it.keyword == "type" and isinstance(value_at(step.value, steps(it.pointer)), dict) for it in beside)
        or any(it.keyword in ("oneOf", "anyOf") and parent.startswith(it.pointer) for it in found)
    )
