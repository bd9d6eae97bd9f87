"""A want: a claim, and how a request is changed to exercise it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from pixpact.contracts.claims.claim import Claim
from pixpact.contracts.samples.bodies import dropped, got, met, put
from pixpact.contracts.samples.samples import Samples
from pixpact.contracts.samples.statements import ITEM, Guard, Path, Statement
from pixpact.specs.dialect.expressions import UNDEFINED
from pixpact.specs.dialect.request_body import Branch
from pixpact.specs.openapi.document import Json

Change = Callable[[Json], Json]


@dataclass(frozen=True, slots=True)
class Want:
    """A claim, and how a request of one branch is changed to exercise it: the likeliest way first."""

    claim: Claim
    branch: Branch
    changes: tuple[Change, ...]
    members: int = 0
    """How many members it needs to be as it sets them."""


def shares(paths: list[Path], total: int, samples: Samples) -> list[tuple[tuple[Path, Json], ...]]:
    """Ways to share a total between a number and a list, the smallest number first: it is what costs."""
    lists = [path for path in paths if any(it.path == (*path, ITEM) for it in samples.statements)]
    numbers = [path for path in paths if path not in lists]
    if not numbers:
        return []
    found = []
    for number in range(1, total + 1):
        rest = total - number
        items = [samples.of((*lists[0], ITEM))[0]] * rest if lists else []
        if lists or rest == 0:
            more = ((lists[0], items),) if items else ()
            found.append(((numbers[0], number), *more))
    return found


def setting(
    guards: tuple[Guard, ...], choice: tuple[tuple[Path, Json], ...], samples: Samples, document: Mapping[str, Json]
) -> Change:
    """Meet conditions, then set members."""

    def change(body: Json) -> Json:
        body = met(body, guards, samples, document)
        for path, value in choice:
            body = put(body, path, value)
        return body

    return change


def items_or(it: Statement, samples: Samples) -> list[Json]:
    """Samples for the value of a statement: whole lists where it counts items."""
    if it.keyword in ("minItems", "maxItems", "uniqueItems"):
        return [[samples.of((*it.path, ITEM))[0]]]
    return samples.of(it.path)


def leaving_out(path: Path) -> Change:
    """Drop a member; the objects around it are there."""

    def change(body: Json) -> Json:
        for length in range(1, len(path)):
            if not isinstance(got(body, path[:length]), dict):
                body = put(body, path[:length], {})
        return dropped(body, path)

    return change


def leaving_out_alone(path: Path, others: tuple[tuple[Path, Json], ...]) -> Change:
    """Drop a member, and set others that are not there."""

    def change(body: Json) -> Json:
        body = dropped(body, path)
        for other, value in others:
            if got(body, other) is UNDEFINED:
                body = put(body, other, value)
        return body

    return change
