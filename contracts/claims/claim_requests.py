"""Changes to request bodies that make them exercise a claim."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from pixpact.contracts.claims.claim import Claim
from pixpact.contracts.samples.bodies import put, value_in, with_guards_met, without_field
from pixpact.contracts.samples.samples import RequestSamples
from pixpact.contracts.samples.statements import ITEM, Path, SchemaGuard, SchemaStatement
from pixpact.specs.dialect.expressions import UNDEFINED
from pixpact.specs.dialect.request_body import BodyBranch
from pixpact.specs.openapi.document import Json

Change = Callable[[Json], Json]


@dataclass(frozen=True, slots=True)
class ClaimRequest:
    """A claim, and the changes of a request body that exercise it, the likeliest first."""

    claim: Claim
    branch: BodyBranch
    changes: tuple[Change, ...]
    fields: int = 0
    """How many fields the change sets."""
    apart: str = ""
    """Id of the wider claim, such as that of an enum; one request exercises at most one of its parts. Else empty."""


def shares(paths: list[Path], total: int, samples: RequestSamples) -> list[tuple[tuple[Path, Json], ...]]:
    """Ways to reach a total with a number and a list, the smallest number first: the number is what costs."""
    lists = [path for path in paths if any(statement.path == (*path, ITEM) for statement in samples.statements)]
    numbers = [path for path in paths if path not in lists]
    if not numbers:
        return []
    owners = []
    for number in range(1, total + 1):
        rest = total - number
        items = [samples.of((*lists[0], ITEM))[0]] * rest if lists else []
        if lists or rest == 0:
            more = ((lists[0], items),) if items else ()
            owners.append(((numbers[0], number), *more))
    return owners


def ways_to_set(
    guards: tuple[SchemaGuard, ...],
    choice: tuple[tuple[Path, Json], ...],
    samples: RequestSamples,
    document: Mapping[str, Json],
) -> Change:
    """A change that meets conditions, then sets fields."""

    def change(body: Json) -> Json:
        body = with_guards_met(body, guards, samples, document)
        for path, value in choice:
            body = put(body, path, value)
        return body

    return change


def items_or(statement: SchemaStatement, samples: RequestSamples) -> list[Json]:
    """Sample values for a statement; whole lists where it counts items."""
    if statement.keyword in ("minItems", "maxItems", "uniqueItems"):
        return [[samples.of((*statement.path, ITEM))[0]]]
    return samples.of(statement.path)


def leaving_out(path: Path) -> Change:
    """A change that drops a field; the objects around it are added where they are missing."""

    def change(body: Json) -> Json:
        for length in range(1, len(path)):
            if not isinstance(value_in(body, path[:length]), dict):
                body = put(body, path[:length], {})
        return without_field(body, path)

    return change


def leaving_out_alone(path: Path, siblings: tuple[tuple[Path, Json], ...]) -> Change:
    """A change that drops a field, and sets other fields that are missing."""

    def change(body: Json) -> Json:
        body = without_field(body, path)
        for sibling, value in siblings:
            if value_in(body, sibling) is UNDEFINED:
                body = put(body, sibling, value)
        return body

    return change
