"""Compares the facts of an image with what was promised, and with what the response states."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from pixpact.contracts.checks.images.image_observation import broken_claim
from pixpact.contracts.checks.observation import Observation, kept
from pixpact.contracts.claims.responses import BoundField
from pixpact.contracts.traffic.case import ReadExchange
from pixpact.contracts.traffic.case_images import ShownImage
from pixpact.contracts.traffic.instants import natural
from pixpact.specs.dialect.images import EXACT, ImagePromise
from pixpact.specs.openapi.document import Json
from pixpact.wire.images import ImageFacts


def promised_facts(start: ReadExchange, shown_image: ShownImage, facts: ImageFacts) -> Iterator[Observation]:
    """Whether pixels, format and transparency of an image are as promised to its request."""
    exercise = start.exercise
    assert exercise is not None
    assert exercise.promise is not None
    promise = exercise.promise
    steps = tuple(dict.fromkeys((start.index, *_steps(shown_image))))
    aspects = {
        "pixels": (
            not promise.promised or has_promised_pixels(promise, facts),
            f"{promise.width}x{promise.height} px",
            f"{facts.width}x{facts.height} px",
        ),
        "format": (facts.format == promise.format, promise.format, facts.format),
        "transparent": (
            facts.transparent is promise.transparent,
            _pixels(promise.transparent),
            _pixels(facts.transparent),
        ),
    }
    for about, (right, promised, observed) in aspects.items():
        blamed = tuple(claim for claim in (exercise.promised.get(about), *exercise.defaults.get(about, ())) if claim)
        if about == "transparent" and not facts.complete:
            continue
        if right:
            yield from kept(*blamed)
        elif blamed:
            yield broken_claim(
                blamed, about, promised, observed, steps, shown_image.pointer, "" if about == "pixels" else observed
            )


def _pixels(transparent: bool) -> str:
    return "transparent pixels" if transparent else "no transparent pixels"


def has_promised_pixels(promise: ImagePromise, facts: ImageFacts) -> bool:
    """Whether an image has the promised pixels, within the contract's tolerance."""
    area = abs(facts.pixels / (promise.width * promise.height) - 1)
    ratio = abs((facts.width / facts.height) / (promise.width / promise.height) - 1)
    if area > promise.area_tolerance + 1e-9:
        return False
    if promise.aspect_tolerance or not promise.area_tolerance:
        return ratio <= promise.aspect_tolerance + 1e-9
    return promise.row != (EXACT,) or ratio <= promise.area_tolerance + 1e-9  # for a tier, the model chooses the ratio


_SIZES: dict[str, Callable[[ImageFacts], Json]] = {
    "$image.size": lambda facts: f"{facts.width}x{facts.height}",
    "$image.width": lambda facts: facts.width,
    "$image.height": lambda facts: facts.height,
    "$image.format": lambda facts: facts.format,
}


def stated_facts(shown_image: ShownImage, facts: ImageFacts) -> Iterator[Observation]:
    """Whether the size and format that the response states of this image are those of its bytes."""
    for bound in shown_image.step.body.bound if shown_image.step.body else ():
        report = _SIZES.get(bound.expression)
        if report is None or bound.claim is None or not _beside(bound, shown_image):
            continue
        stated = (natural(bound) or {}).get(bound.expression)
        if stated != report(facts):
            observed = f"stated {stated}, decoded {report(facts)}"
            steps = tuple(dict.fromkeys(_steps(shown_image)))
            yield broken_claim((bound.claim,), "stated-size", bound.claim.text, observed, steps, bound.pointer)


def _steps(shown_image: ShownImage) -> tuple[int, int]:
    """(index of the response that shows the image, index of its download; the same if there was none)."""
    download = shown_image.download or shown_image.step
    return shown_image.step.index, download.index


def _beside(bound: BoundField, shown_image: ShownImage) -> bool:
    """Whether a field belongs to the same object as the image's URL or base64."""
    return shown_image.pointer.startswith(bound.pointer.rpartition("/")[0] + "/")
