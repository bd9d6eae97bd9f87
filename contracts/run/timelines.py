"""Timelines of tasks for reports: polls over time, and each promised image beside the received one."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from pixpact.contracts.checks.images.facts import has_promised_pixels
from pixpact.contracts.traffic.case import ReadExchange, TaskCase
from pixpact.contracts.traffic.case_images import ShownImage, shown_images
from pixpact.specs.contract.model import Contract
from pixpact.specs.dialect.images import ImagePromise
from pixpact.wire.exchange import Exchange
from pixpact.wire.images import ImageFacts, thumbnail
from pixpact.wire.redaction import decoded

MOST = 200
"""Maximum number of timelines in a result: a report with more could not be opened."""
_MOST_PROMPT = 200


@dataclass(frozen=True, slots=True)
class TimelineStep:
    """One exchange of a task; `at` and `duration` in seconds, `at` since the first exchange."""

    at: float
    duration: float
    role: str
    status: int
    state: str
    """The task's state in the vendor's own word; empty without one."""
    outcome: str
    """`success` or `failure` where the state ends the task; else empty."""


@dataclass(frozen=True, slots=True)
class ImagePair:
    """The promise of one image, and what was measured. Sides in pixels, `price` for one image."""

    promise: ImagePromise | None
    measured: ImageFacts | None
    as_promised: bool | None
    """None if there was nothing to compare."""
    problem: str
    """Why nothing was measured; else empty."""
    preview: bytes
    """A small JPEG of the image; empty if its bytes are missing."""


@dataclass(frozen=True, slots=True)
class TaskTimeline:
    """One request for images, with its polls and downloads."""

    case: str
    """The id of the request (`Probe.case`); empty for recorded traffic."""
    operation: str
    model: str
    prompt: str
    steps: tuple[TimelineStep, ...]
    images: tuple[ImagePair, ...]

    @property
    def seconds(self) -> float:
        """Seconds from the first byte sent to the last one received."""
        return max(step.at + step.duration for step in self.steps)

    @property
    def cost(self) -> Decimal | None:
        """The cost of its images by the contract's prices; None if one has no price."""
        prices = [pair.promise.price if pair.promise else None for pair in self.images]
        stated = [price for price in prices if price is not None]
        return sum(stated, Decimal(0)) if len(stated) == len(prices) else None


def timeline(case: TaskCase, contract: Contract, digits: str = "") -> TaskTimeline | None:
    """The timeline of a case; None unless images were requested and the request was accepted."""
    start = case.start
    if start is None or not start.accepted:
        return None
    sent = start.sent if isinstance(start.sent, dict) else {}
    return TaskTimeline(
        case=digits,
        operation=start.operation.id,
        model=str(sent.get("model", "")),
        prompt=str(sent.get("prompt", ""))[:_MOST_PROMPT],
        steps=tuple(_step(step, start, contract) for step in case.steps if step.index >= start.index),
        images=tuple(_pair(start, shown) for shown in shown_images(case)),
    )


def _step(step: ReadExchange, start: ReadExchange, contract: Contract) -> TimelineStep:
    word = step.says("$task.status")
    state = word if isinstance(word, str) else ", ".join(sorted(step.states))
    exchange = step.exchange
    return TimelineStep(
        at=max(0.0, exchange.started - start.exchange.started),
        duration=exchange.duration,
        role=step.role,
        status=exchange.status,
        state=state,
        outcome=_outcome(start, state, contract),
    )


def _outcome(start: ReadExchange, state: str, contract: Contract) -> str:
    name = start.operation.role.lifecycle if start.operation.role else None
    lifecycle = contract.lifecycles.get(name) if name else None
    return (lifecycle.states[state].outcome or "") if lifecycle and state in lifecycle.states else ""


def _pair(start: ReadExchange, shown: ShownImage) -> ImagePair:
    promise = start.exercise.promise if start.exercise else None
    measured = shown.image.facts if shown.image else None
    return ImagePair(
        promise=promise,
        measured=measured,
        as_promised=_compared(promise, measured),
        problem="" if measured else shown.image.problem if shown.image else "it was not downloaded",
        preview=_preview(shown, measured),
    )


def _compared(promise: ImagePromise | None, measured: ImageFacts | None) -> bool | None:
    if promise is None or measured is None:
        return None
    return measured.format == promise.format and (not promise.promised or has_promised_pixels(promise, measured))


def _preview(shown: ShownImage, measured: ImageFacts | None) -> bytes:
    if measured is None or not measured.complete:
        return b""
    return thumbnail(_content(shown, shown.download.exchange if shown.download else None))


def _content(shown: ShownImage, download: Exchange | None) -> bytes:
    if not shown.encoded:
        return download.response_body if download else b""
    text = shown.text.partition(";base64,")[2] or shown.text
    return decoded(text.encode("ascii", "replace"))
