"""Requests that both sides accept, and for which they promise different images: proof that an `x-images` changed.

A stronger promise harms nobody: a longer lifetime, a lower price, a size where none was promised.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from itertools import product
from typing import Any

from pixpact.contracts.diff.compare.differences import ContractDifference
from pixpact.contracts.diff.proof.find_witness import smaller
from pixpact.contracts.diff.proof.judges import BodyJudge
from pixpact.contracts.diff.proof.search_space import WitnessSearch, put
from pixpact.specs.dialect.expressions import ExpressionRequest
from pixpact.specs.dialect.images import ImagePromise, merged
from pixpact.specs.dialect.request_body import no_fetch
from pixpact.specs.openapi.document import Json

_MOST_MESSAGES = 400
_BODY = "$request.body#/"


@dataclass(frozen=True, slots=True)
class PromisedImages:
    """What one side promises for one request, and the body as that side reads it."""

    promise: ImagePromise
    stated: Mapping[str, Json]
    body: Json


@dataclass(frozen=True, slots=True)
class WeakenedPromise:
    """A request that both sides accept, the promise that got weaker, and how each side states it."""

    message: Json
    promise: str
    before: str
    after: str


def promised(judge: BodyJudge, message: Json) -> PromisedImages | None:
    """What a side promises for a request; None if it refuses the request."""
    if judge.refusals(message):
        return None
    reading = judge.reading(message)
    stated = merged(mark.value for mark in reading.marks if mark.keyword == "x-images")
    if reading.branch is None:
        return None
    return PromisedImages(
        reading.branch.promise(reading, ExpressionRequest(body=reading.body), no_fetch), stated, reading.body
    )


def weakened(search: WitnessSearch, difference: ContractDifference) -> WeakenedPromise | None:
    """A request whose promise is weaker now because of the difference; None if none was found."""
    judges = search.judge(False), search.judge(True)
    if not (isinstance(judges[0], BodyJudge) and isinstance(judges[1], BodyJudge)):
        return None
    for message in _tried(search, difference):
        promise = _compared(judges[0], judges[1], message, difference)
        if promise is not None:
            return _shrunk(judges[0], judges[1], promise, difference)
    return None


def _tried(search: WitnessSearch, difference: ContractDifference) -> Iterator[Json]:
    for message in search.seeds:
        for value in (difference.before, difference.after):
            yield from _of_cells(message, value.value if value else None, difference.detail)
    yield from search.messages[:_MOST_MESSAGES]
    if difference.subject == "clamp":
        for message in search.seeds:
            for bound in _bounds(difference):
                yield put(message, difference.path, bound)


def _bounds(difference: ContractDifference) -> Iterator[Json]:
    for spot in (difference.before, difference.after):
        if spot is not None and isinstance(spot.value, dict):
            for bound in spot.value.values():
                yield from (bound, bound - 1, bound + 1)


def _of_cells(message: Json, statement: Json, cells: Any) -> Iterator[Json]:
    """The message with the values that lead to each changed or removed cell of a table."""
    if not (isinstance(statement, dict) and isinstance(cells, dict)):
        return
    names = [str(text).removeprefix(_BODY).split("/") for text in statement.get("by", ())]
    for cell in (*cells.get("changed", ()), *cells.get("removed", ())):
        words = cell.split("/")[1:]
        if len(words) == len(names) and cell.startswith("table/"):
            for values in product(*[_typed(word) for word in words]):
                made = message
                for name, value in zip(names, values, strict=True):
                    made = put(made, tuple(name), value)
                yield made


def _typed(word: str) -> list[Json]:
    """The values that the name of a row may stand for: a text, a number or a truth value."""
    values: list[Json] = [word]
    if word in ("true", "false"):
        values.append(word == "true")
    elif word.isdigit():
        values.append(int(word))
    return values


def _compared(old: BodyJudge, new: BodyJudge, message: Json, difference: ContractDifference) -> WeakenedPromise | None:
    before, after = promised(old, message), promised(new, message)
    if before is None or after is None:
        return None
    for name in concerned(difference):
        if WEAKER[name](before, after) and _because(old, new, before, after, difference, name):
            return WeakenedPromise(message, name, SAID[name](before), SAID[name](after))
    return None


def _because(
    old: BodyJudge,
    new: BodyJudge,
    before: PromisedImages,
    after: PromisedImages,
    difference: ContractDifference,
    name: str,
) -> bool:
    """Whether the default or clamp weakens the promise: with the value sent as it was read before, it is kept."""
    if difference.subject not in ("default", "clamp"):
        return True
    was = _at(before.body, difference.path)
    if was == _at(after.body, difference.path):
        return False
    restored = put(before.body, difference.path, was)
    kept = promised(old, restored), promised(new, restored)
    return kept[0] is None or kept[1] is None or not WEAKER[name](kept[0], kept[1])


def concerned(difference: ContractDifference) -> tuple[str, ...]:
    """The promises that a difference may be about."""
    if difference.subject.startswith("images-"):
        name = difference.subject.removeprefix("images-")
        return (name,) if name in WEAKER else ()
    return tuple(WEAKER)


def read_otherwise(search: WitnessSearch, difference: ContractDifference) -> tuple[Json, Json, Json] | None:
    """A request that both sides accept but read with different values at the path, and the two values; None if none."""
    judges = search.judge(False), search.judge(True)
    if not (isinstance(judges[0], BodyJudge) and isinstance(judges[1], BodyJudge)):
        return None
    for message in _tried(search, difference):
        before, after = promised(judges[0], message), promised(judges[1], message)
        if before and after:
            values = _at(before.body, difference.path), _at(after.body, difference.path)
            if values[0] != values[1]:
                return message, *values
    return None


def _at(body: Json, path: tuple[str, ...]) -> Json:
    for step in path:
        body = body.get(step) if isinstance(body, dict) else None
    return body


def _shrunk(
    old: BodyJudge, new: BodyJudge, smallest: WeakenedPromise, difference: ContractDifference
) -> WeakenedPromise:
    while True:
        for message in smaller(smallest.message):
            less = _compared(old, new, message, difference)
            if less is not None and less.promise == smallest.promise:
                smallest = less
                break
        else:
            return smallest


# ---------------------------------------------------------------------- what is weaker than what


def _count(before: PromisedImages, after: PromisedImages) -> bool:
    old, new = before.promise, after.promise
    if old.up_to:
        return new.count > old.count
    return new.up_to or new.count != old.count


def _pixels(before: PromisedImages, after: PromisedImages) -> bool:
    old, new = before.promise, after.promise
    if not old.promised:
        return False
    resized = (old.width, old.height) != (new.width, new.height)
    looser = new.area_tolerance > old.area_tolerance or new.aspect_tolerance > old.aspect_tolerance
    return not new.promised or resized or looser


def _stated(name: str, attribute: str) -> Callable[[PromisedImages, PromisedImages], bool]:
    """The test of a promise that only the same value keeps: whether it got weaker."""

    def weaker(before: PromisedImages, after: PromisedImages) -> bool:
        if name not in before.stated:
            return False
        return name not in after.stated or getattr(before.promise, attribute) != getattr(after.promise, attribute)

    return weaker


def _lifetime(before: PromisedImages, after: PromisedImages) -> bool:
    old, new = before.promise.lifetime, after.promise.lifetime
    return old is not None and (new is None or new < old)


def _price(before: PromisedImages, after: PromisedImages) -> bool:
    old, new = before.promise.price, after.promise.price
    return old is not None and (new is None or new > old)


WEAKER: Mapping[str, Callable[[PromisedImages, PromisedImages], bool]] = {
    "count": _count,
    "pixels": _pixels,
    "format": _stated("format", "format"),
    "transparent": _stated("transparent", "transparent"),
    "watermark": _stated("watermark", "watermark"),
    "lifetime": _lifetime,
    "price": _price,
    "tokens": _stated("tokens", "pixels_per_token"),
}
"""By promise: whether it is weaker after than before."""


def _size(images: PromisedImages) -> str:
    if not images.promise.promised:
        return "no promised size"
    tolerance = f" ±{images.promise.area_tolerance:.0%}" if images.promise.area_tolerance else ""
    return f"{images.promise.width}x{images.promise.height}{tolerance}"


def _images(images: PromisedImages) -> str:
    count = f"{images.promise.count} image{'s' * (images.promise.count != 1)}"
    return f"up to {count}" if images.promise.up_to else count


SAID: Mapping[str, Callable[[PromisedImages], str]] = {
    "count": _images,
    "pixels": _size,
    "format": lambda it: it.promise.format if "format" in it.stated else "no promised format",
    "transparent": lambda it: "transparent" if it.promise.transparent else "opaque",
    "watermark": lambda it: "a watermark" if it.promise.watermark else "no watermark",
    "lifetime": lambda it: f"{it.promise.lifetime:g} s" if it.promise.lifetime is not None else "no stated lifetime",
    "price": lambda it: f"{it.promise.price} an image" if it.promise.price is not None else "no stated price",
    "tokens": lambda it: f"a token per {it.promise.pixels_per_token} pixels" if "tokens" in it.stated else "no tokens",
}
"""By promise: the promise in words."""
