"""Finds the claims that a valid request exercises: on acceptance, normalisation and the promised images."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal

from pixpact.contracts.claims.acceptance import AcceptanceClaims, fetch_slot
from pixpact.contracts.claims.claim import Claim
from pixpact.contracts.samples.bodies import value_in
from pixpact.specs.dialect.expressions import UNDEFINED, value_at
from pixpact.specs.dialect.images import EXACT, FIXED, REFERENCE, ImagePromise
from pixpact.specs.dialect.keyword_checks import SIZE, Fetch
from pixpact.specs.dialect.request_body import BodyReading
from pixpact.specs.openapi.document import Json
from pixpact.wire.json_values import is_number


@dataclass(frozen=True, slots=True)
class ExercisedClaims:
    """The claims that one request exercises, and the images that it must yield (None: it yields none)."""

    claims: dict[str, Claim]
    promised: dict[str, Claim]
    """What is judged by the images: `pixels`, `format`, `count` … → claim."""
    defaults: dict[str, tuple[Claim, ...]]
    """Claims on defaults that are judged by the images: `pixels`, `format`, `count` or `as` → claims."""
    promise: ImagePromise | None
    counted: Claim | None = None
    """The claim on the number of images, also where a single image does not exercise it."""
    images: int = 0
    """The maximum number of images that the request may cost, see `most_images`."""

    @property
    def price(self) -> Decimal | None:
        """The price of one image; None if the contract states none."""
        return self.promise.price if self.promise else None

    @property
    def all(self) -> dict[str, Claim]:
        """All exercised claims, by id."""
        shown = [claim for claims in self.defaults.values() for claim in claims]
        return self.claims | {claim.id: claim for claim in (*self.promised.values(), *shown)}


def exercise(
    acceptance: AcceptanceClaims, body: Json, reading: BodyReading, fetch: Fetch = fetch_slot
) -> ExercisedClaims:
    """The claims that a valid body exercises."""
    claims = acceptance.exercised(body, reading, fetch)
    assert reading.branch is not None
    promises = acceptance.promises.get(reading.branch.pointer)
    if promises is None:
        return ExercisedClaims(claims, {}, {}, None)
    promise = acceptance.promise(reading, fetch)
    stated = promises.of(reading, promise)
    promised = dict(_shown(stated, promise, promises.chosen))
    shown: dict[str, tuple[Claim, ...]] = {}
    for path, claim in acceptance.defaults(body, reading.branch).items():
        about = promises.decides(path)
        if about != "pixels" or _decides_row(promise, value_at(reading.body, path)):
            shown[about] = (*shown.get(about, ()), claim)
    most = most_images(acceptance, body, reading, promise)
    return ExercisedClaims(claims, promised, shown, promise, stated.get("count"), most)


def most_images(acceptance: AcceptanceClaims, body: Json, reading: BodyReading, promise: ImagePromise) -> int:
    """The maximum number of images that a body may cost: by the contract, or by any field it sends that counts images.

    A body may have two such fields; only the bill shows which of them counts.
    """
    assert reading.branch is not None
    counting = acceptance.promises[reading.branch.pointer].counting
    sent = [value_at(reading.body, path) for path in counting if value_in(body, path) is not UNDEFINED]
    return max(
        [promise.count, *(number for number in sent if isinstance(number, int) and not isinstance(number, bool))]
    )


def _shown(stated: dict[str, Claim], promise: ImagePromise, chosen: set[str]) -> Iterator[tuple[str, Claim]]:
    """(aspect, claim) of the image claims that this request exercises; for `chosen` see `ImageClaims`."""
    for about, claim in stated.items():
        if about == "count":
            if promise.count > 1 or claim.id not in chosen:
                yield about, claim
        elif about == "price":
            if promise.price is not None:
                yield about, claim
        else:
            yield about, claim


def _decides_row(promise: ImagePromise, value: Json) -> bool:
    """Whether the value with this default takes part in the promised pixels."""
    if promise.row == (EXACT,):
        return is_number(value) or (isinstance(value, str) and SIZE.fullmatch(value) is not None)
    return promise.row not in ((), (REFERENCE,), (FIXED,))
