"""Where a limit is, when one request was taken and another refused: halving what lies between finds it.

A bound that moved is known to have moved, not where to. Each further request costs what it makes when it is taken, so
the asker decides how many there may be.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from math import ceil, floor, isqrt

from pixpact.contracts.claims.acceptance import AcceptanceClaims
from pixpact.contracts.claims.contract_claims import ContractClaims
from pixpact.contracts.claims.exercise import exercise
from pixpact.contracts.findings import Finding
from pixpact.contracts.plan.probe import Probe
from pixpact.contracts.propose.bounds import (
    BOUNDS,
    X_CLAMP,
    X_IMAGE,
    X_TOTAL,
    RequestLimit,
    bound_at,
    observed_sides,
    total_of,
)
from pixpact.contracts.propose.finding_context import FindingContext
from pixpact.contracts.propose.loosening import FURTHEST
from pixpact.contracts.propose.replay import ReplayedTraffic
from pixpact.contracts.samples.bodies import put
from pixpact.contracts.samples.samples import slot
from pixpact.contracts.samples.statements import ITEM
from pixpact.specs.dialect.applicators import AppliedKeyword
from pixpact.specs.dialect.expressions import value_at
from pixpact.specs.dialect.keyword_checks import SIZE
from pixpact.specs.openapi.document import Json, at, escaped, steps
from pixpact.wire.exchange import Exchange
from pixpact.wire.json_values import is_integer

Ask = Callable[[Probe], Awaitable[Exchange | None]]
"""Send one probe. None: it may not be sent, or was not answered."""

MOST_ASKED = 48
"""Requests for one limit."""
_NEAR = 400
"""Numbers of pixels around a wanted one among which a size is looked for."""
_WIDEST = 16
_RATIOS = (
    *((5, 4), (4, 3), (3, 2), (16, 9), (2, 1), (21, 9), (5, 2)),
    *((3, 1), (4, 1), (5, 1), (6, 1), (8, 1), (10, 1), (12, 1), (16, 1)),
)
"""Ratios of images that limits are written with, the squarest first."""
_SHORT_SIDE = 256
"""Pixels that the short side of an image has at least."""


@dataclass(frozen=True, slots=True)
class _LimitSearch:
    """One limit to find, and a request that shows a value of it."""

    context: FindingContext
    bound: RequestLimit
    mark: AppliedKeyword
    probe: Probe
    value: Json
    """What the request carries at the limit's place, slots of images unfilled."""


def is_about_limit(finding: Finding) -> bool:
    """Whether further requests could tell where the limit is that a finding is about."""
    names = steps(finding.claim.pointer)
    limits = names[-1] in (*BOUNDS, X_TOTAL) or X_IMAGE in names or X_CLAMP in names
    return finding.kind in ("refused", "accepted") and limits


async def bisect_limits(
    judged: ReplayedTraffic, findings: Iterable[Finding], probes: Iterable[Probe], ask: Ask
) -> list[Exchange]:
    """What was answered while the limits that findings are about were looked for."""
    by_id = {probe.id: probe for probe in probes}
    exchanges: list[Exchange] = []
    for finding in filter(is_about_limit, findings):
        question = _question(FindingContext(finding, judged), by_id)
        if question is not None:
            exchanges += await _answered(question, ask)
    return exchanges


def _question(context: FindingContext, probes: dict[str, Probe]) -> _LimitSearch | None:
    step, pointer = context.step, context.claim.pointer
    if step is None:
        return None
    for mark_pointer in _bound_pointers(context, pointer):
        bound = bound_at(context, mark_pointer)
        mark = (
            next((mark for marked, mark in context.marks(bound.statement) if marked is step), None) if bound else None
        )
        probe = probes.get(step.exchange.note.get("probe", ""))
        if bound is None or mark is None or (bound.measure(step, mark) is None):
            continue
        if probe is None and step.operation.body is not None:
            probe = Probe("", "take", step.operation.id, "", media=step.operation.body.media[0].name, body=step.sent)
        if probe is not None:
            return _LimitSearch(context, bound, mark, probe, _carried(probe.body, mark.path))
    return None


def _bound_pointers(context: FindingContext, pointer: str) -> Iterator[str]:
    """The bounds that a claim is about; one about a derived number is about all of that number's."""
    value = context.statement
    if "/x-image/" in pointer and isinstance(value, dict):
        yield from (f"{pointer}/{word}" for word in value)
    else:
        yield pointer


def _carried(body: Json, path: tuple[str | int, ...]) -> Json:
    for step in path:
        body = at(body, f"/{escaped(step)}")
    return body


async def _answered(question: _LimitSearch, ask: Ask) -> list[Exchange]:
    sides = observed_sides(question.context, question.bound)
    side = question.bound.side
    taken, refused = sides.taken, sides.refused
    start, exchanges = taken, []
    made: tuple[float, Json] | None
    for count in range(MOST_ASKED):
        if steps(question.bound.pointer)[-2:-1] == ("aspect",):
            made = _ratio(question, taken, refused)
        else:
            wanted = _next(taken, refused, start, side)
            made = None if wanted is None else _made(question, wanted, taken, refused)
        if made is None:
            break
        number, value = made
        exchange = await ask(_probe(question, value, count))
        if exchange is None:
            break
        exchanges.append(exchange)
        if 200 <= exchange.status < 300:
            taken = number
        elif 400 <= exchange.status < 500:
            refused = number
        else:
            break
    return exchanges


def _next(taken: Json, refused: Json, start: Json, side: int) -> int | None:
    """The next whole number to try: between the two, or, where none was refused yet, twice as far."""
    if isinstance(refused, (int, float)) and isinstance(taken, (int, float)):
        low, high = sorted((taken, refused))
        between = range(floor(low) + 1, ceil(high))
        return between[(len(between) - (side < 0)) // 2] if between else None
    if not isinstance(taken, int):
        return None
    further = taken * 2 if side > 0 else taken // 2
    within = further <= abs(start) * FURTHEST if side > 0 else further > abs(start) // FURTHEST
    return further if within and further != taken else None


def _ratio(question: _LimitSearch, taken: Json, refused: Json) -> tuple[float, Json] | None:
    """An image in a usual ratio between the two: nobody writes a limit between two usual ones."""
    if not (isinstance(taken, (int, float)) and isinstance(refused, (int, float)) and isinstance(question.value, str)):
        return None
    low, high = sorted((taken, refused))
    between = [(long, short) for long, short in _RATIOS if low < long / short < high]
    if not between or SIZE.fullmatch(question.value):
        return None
    long, short = between[len(between) // 2]
    times = -(-_SHORT_SIDE // short)
    value = slot(f"png-{long * times}x{short * times}")
    return (long / short, value) if _is_alone(question, value) else None


def _made(question: _LimitSearch, wanted: int, taken: Json, refused: Json) -> tuple[int, Json] | None:
    """A value whose measure is the wanted number, or one near it that still lies between; None where there is none."""
    value = question.value
    if isinstance(value, bool) or value is None:
        return None
    if isinstance(value, (int, float)):
        return wanted, wanted
    if isinstance(value, dict):
        return _together(question, value, wanted)
    if isinstance(value, list):
        return (wanted, [value[index % len(value)] for index in range(wanted)]) if value else None
    number = steps(question.bound.pointer)[-2]
    if "x-image" not in question.bound.pointer:
        return wanted, (value * (wanted // max(1, len(value)) + 1))[:wanted] if isinstance(value, str) else None
    if number == "bytes":
        return wanted, slot(f"png-64x64-{wanted}")
    if number == "pixels" and SIZE.fullmatch(value):
        return _size(question, wanted, taken, refused)
    return None


def _together(question: _LimitSearch, value: Json, wanted: int) -> tuple[int, Json] | None:
    """An object whose fields come to another total: the first number among them makes the difference."""
    numbers = [steps(f"/{name}") for name in question.mark.value.get("of", ())]
    total = total_of(question.mark.value, value)
    for path in numbers:
        old = value_at(value, path)
        if is_integer(old) and old + wanted - total > 0:
            return wanted, put(value, path, old + wanted - total)
    return None


def _size(question: _LimitSearch, wanted: int, taken: int, refused: Json) -> tuple[int, Json] | None:
    """A size text with about so many pixels that keeps every other rule."""
    low, high = sorted((taken, refused if isinstance(refused, int) else taken * 4 if wanted > taken else 0))
    for off in range(_NEAR):
        for number in dict.fromkeys((wanted + off, wanted - off)):
            if low < number < high:
                for height in _heights(number):
                    if _is_alone(question, text := f"{number // height}x{height}"):
                        return number, text
    return None


def _heights(number: int) -> Iterator[int]:
    """Sides that divide a number of pixels, the squarest first."""
    for height in range(isqrt(number), 0, -1):
        if number // height > height * _WIDEST:
            return
        if number % height == 0:
            yield height


def _is_alone(question: _LimitSearch, value: Json) -> bool:
    """Whether a request with this value breaks no rule but the one in question."""
    accepted = _acceptance(question)
    if accepted is None:
        return True
    violations = accepted.read(_body(question, value)).violations
    return all(question.bound.is_of(violation) for violation in violations)


def _acceptance(question: _LimitSearch) -> AcceptanceClaims | None:
    claims: ContractClaims = question.context.seen.claims
    return claims.acceptance.get((question.probe.operation, question.probe.media))


def _body(question: _LimitSearch, value: Json) -> Json:
    return put(
        question.probe.body, tuple(ITEM if isinstance(step, int) else step for step in question.mark.path), value
    )


def _probe(question: _LimitSearch, value: Json, count: int) -> Probe:
    """The request with another value, priced as what it may make."""
    body = _body(question, value)
    accepted = _acceptance(question)
    images, price = question.probe.images, question.probe.price
    if accepted is not None and not (reading := accepted.read(body)).violations and reading.branch is not None:
        made = exercise(accepted, body, reading)
        images, price = made.images, None if made.price is None else str(made.price)
    elif isinstance(value, int):
        images = max(images, value if images else 0)
    finding = question.context.finding.fingerprint
    return replace(
        question.probe,
        id=f"limit-{finding[:8]}-{count:02}",
        what=f"searching for the limit of {question.context.claim.text}"[:120],
        body=body,
        images=images,
        price=price,
        expects="",
        alone=False,
        prefer="",
    )
