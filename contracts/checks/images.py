"""Images: the images are there, can be fetched, and are what was promised."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

from pixpact.contracts.checks.acceptance import why
from pixpact.contracts.checks.observation import Observation, kept, unjudged
from pixpact.contracts.claims.claim import Claim
from pixpact.contracts.claims.delivery import BASE64, URL, way_of
from pixpact.contracts.claims.responses import BoundField
from pixpact.contracts.claims.stated import ContractClaims
from pixpact.contracts.traffic.case import ReadExchange, TaskCase, holds, silence_of
from pixpact.contracts.traffic.instants import APART, instant, knows_time, natural
from pixpact.contracts.traffic.shown import ShownImage, delivering, shown_images, withheld
from pixpact.contracts.traffic.states import told
from pixpact.contracts.traffic.unrecorded import HEADERS, is_of_others, lacks
from pixpact.specs.dialect.images import EXACT, ImagePromise
from pixpact.specs.openapi.document import Json
from pixpact.specs.openapi.messages import plural
from pixpact.wire.exchange import media_type
from pixpact.wire.images import ImageFacts

_NOTHING, _TWICE = "no image at all", "the same image twice"
_MORE, _FEWER = "more images than promised", "fewer images than promised"
_PART = 206
_OURS = ("forbidden-address", "too-large")
"""Faults that are rules of ours: another client may get what we do not fetch."""
_DRIFT = 60.0
"""Seconds that a stated expiry may be off: a task's end is known to the vendor alone."""


def images(case: TaskCase, claims: ContractClaims) -> Iterator[Observation]:
    """What the images of one task keep and break of what was promised."""
    start, response = case.start, delivering(case) or _empty(case, claims)
    if start is None or response is None or start.exercise is None or start.exercise.promise is None:
        return
    shown = shown_images(case)
    yield from _count(start, response, shown)
    yield from _way(claims, start, response, shown)
    for it in shown:
        yield from _fetched(claims, start, it)
        if it.image is not None and it.image.facts is not None:
            yield from _promised(start, it, it.image.facts)
            yield from _stated(it, it.image.facts)
    yield from _lifetime(case, start, response)
    yield from _available(case, start)
    yield from _price(start, response, len(shown))


def _empty(case: TaskCase, claims: ContractClaims) -> ReadExchange | None:
    """The response that should show images and is as documented, but for having none."""
    for step in case.steps:
        if step.accepted and step.body and not step.body.violations and not step.problem and _is_success(step, claims):
            return step
    return None


def _is_success(step: ReadExchange, claims: ContractClaims) -> bool:
    if step.role == "run":
        return True
    lives = claims.contract.lifecycles.values()
    word = step.says("$task.status")
    known = [(life, told(life, word, step.media, step.value)) for life in lives if isinstance(word, str)]
    state = next((life.states[name] for life, names in known for name in names if name in life.states), None)
    return step.role == "show" and state is not None and state.outcome == "success"


def _broken(
    claims: tuple[Claim, ...],
    kind: str,
    promised: str,
    observed: str,
    steps: tuple[int, ...],
    pointer: str = "",
    detail: str = "",
) -> Observation:
    return Observation(claims, False, kind, "breaking", pointer, promised, observed, detail, steps=steps)


# ---- how many


def _count(start: ReadExchange, response: ReadExchange, shown: list[ShownImage]) -> Iterator[Observation]:
    exercise = start.exercise
    assert exercise is not None
    assert exercise.promise is not None
    most, places = exercise.promise.count, len(shown) + withheld(response)
    made = places - _repeated(shown)
    clamps = tuple(claim for claim in exercise.claims.values() if claim.area == "normalisation")
    others = (*exercise.defaults.get("count", ()), *clamps)
    if made == places and (made == most or (exercise.promise.up_to and 1 <= made < most)):
        shows = () if exercise.promise.up_to else others  # what the model decides shows no default
        yield from kept(exercise.promised.get("count"), *shows)
        return
    blamed = tuple(dict.fromkeys(it for it in (exercise.promised.get("count"), exercise.counted, *others) if it))
    if blamed:
        promised = f"{'1 to ' if exercise.promise.up_to else ''}{plural(most, 'image')}"
        observed = f"{made}" if made == places else f"{made}: the same one stands at several of {places} places"
        root = _NOTHING if not made else _TWICE if made < places else _MORE if made > most else _FEWER
        yield replace(_broken(blamed, "count", promised, observed, (start.index, response.index)), root=root)


def _repeated(shown: list[ShownImage]) -> int:
    """How many places hold an image that stands at another one too."""
    texts = [it.text for it in shown if it.image is not None]
    return len(texts) - len(set(texts))


# ---- how they come


def _way(
    claims: ContractClaims, start: ReadExchange, response: ReadExchange, shown: list[ShownImage]
) -> Iterator[Observation]:
    """Links or base64, as the request chose; a response that has both says so by its schema."""
    exercise = start.exercise
    wrong = response.body is None or response.body.violations
    if exercise is None or response.media is None or response is not start or wrong or not shown:
        return
    way = way_of(response.media, lambda condition: holds(condition, response.roots))
    claim = claims.lives.image.get((start.operation.id, way or ""))
    if claim is None:
        return
    blamed = (claim, *exercise.defaults.get("as", ()))
    seen = {BASE64 if it.encoded else URL for it in shown}
    if seen == {way}:
        yield from kept(*blamed)
    else:
        observed = f"they come as {' and '.join(sorted(seen))}"
        yield _broken(blamed, "way", claim.text, observed, (start.index,), shown[0].pointer, "".join(sorted(seen)))


# ---- whether they can be fetched and are images


def _fetched(claims: ContractClaims, start: ReadExchange, it: ShownImage) -> Iterator[Observation]:
    of = {about: claims.lives.image.get((start.operation.id, about)) for about in ("open", "complete", "content-type")}
    if it.encoded:
        yield from _decoded(it, of["complete"])
        return
    download = it.download
    if download is None or (claim := of["open"]) is None:
        return
    steps = (start.index, it.step.index, download.index)
    if download.exchange.note.get("fault") == "forbidden-url":  # it is no address of http(s) at all
        yield _broken(
            (claim,), "url", claim.text, download.exchange.note.get("detail", it.text[:80]), steps, it.pointer
        )
        return
    if not download.answered and not _is_lost(download):
        yield from unjudged(why(download), *of.values())
        return
    if not download.accepted and is_of_others(download.exchange) and _is_no_evidence(start, download):
        yield from unjudged(why(download), *of.values())
        return
    if not (download.answered and download.accepted and download.exchange.status != _PART):
        what = download.exchange.note.get("fault") or str(download.exchange.status)
        yield _broken((claim,), "download", claim.text, _came_to(download), steps, it.pointer, what)
        return
    yield from kept(claim, _claim_at(it))
    if it.image is not None:
        yield from _complete(it, of["complete"], steps)
        yield from _type(it, of["content-type"], download, steps)


def _is_no_evidence(start: ReadExchange, download: ReadExchange) -> bool:
    """Whether a recorded fetch failed for a moment, or came when the image may have been gone."""
    promise = start.exercise.promise if start.exercise else None
    lifetime = promise.lifetime if promise else None
    since = download.exchange.started - start.exchange.started
    return download.exchange.status in _BUSY or (lifetime is not None and since > lifetime)


_BUSY = (408, 425, 429, 502, 503, 504)


def _is_lost(download: ReadExchange) -> bool:
    """Whether an image could not be fetched though it was tried again, so that no client gets it."""
    note = download.exchange.note
    return note.get("tries", "1") != "1" and note.get("fault", "") not in _OURS


def _came_to(download: ReadExchange) -> str:
    """What a download came to instead of an image."""
    note = download.exchange.note
    tries = f", {note['tries']} times" if note.get("tries", "1") != "1" else ""
    if "fault" in note:
        return f"GET without the key{tries}: {silence_of(download.exchange)}"
    return f"GET without the key answered {download.exchange.status}{tries}"


def _complete(it: ShownImage, claim: Claim | None, steps: tuple[int, ...]) -> Iterator[Observation]:
    assert it.image is not None
    if claim is None:
        return
    if it.image.facts is None:
        yield _broken((claim,), "no-picture", claim.text, it.image.problem, steps, it.pointer)
    elif not it.image.facts.complete:
        observed = f"the file breaks off after {it.image.bytes} bytes"
        yield _broken((claim,), "truncated", claim.text, observed, steps, it.pointer)
    else:
        yield from kept(claim)


def _type(it: ShownImage, claim: Claim | None, download: ReadExchange, steps: tuple[int, ...]) -> Iterator[Observation]:
    if claim is None or it.image is None or it.image.facts is None:
        return
    said = media_type(download.exchange.response_headers)
    if lacks(download.exchange, "response-headers"):
        yield from unjudged(HEADERS, claim)
    elif said == f"image/{it.image.facts.format}":
        yield from kept(claim)
    else:
        observed = f"the content type is {said or 'not stated'}, the bytes are {it.image.facts.format}"
        yield _broken((claim,), "content-type", claim.text, observed, steps, it.pointer, said)


def _decoded(it: ShownImage, complete: Claim | None) -> Iterator[Observation]:
    """Base64 must be plain, and an image when it is decoded."""
    claim = _claim_at(it)
    if it.image is None or claim is None:
        return
    steps = (it.step.index,)
    prefixed = it.text.startswith("data:")
    if prefixed or (it.image.facts is None and not it.image.sha256) or "base64" in it.image.problem:
        observed = f"it begins with {it.text[:24]}" if prefixed else it.image.problem
        yield _broken(
            (claim,), "base64", "plain base64 of an image", observed, steps, it.pointer, "data-uri" if prefixed else ""
        )
        return
    yield from kept(claim)
    yield from _complete(it, complete, steps)


def _claim_at(it: ShownImage) -> Claim | None:
    bound = (it.step.body.bound if it.step.body else ()) or ()
    return next((found.claim for found in bound if found.pointer == it.pointer), None)


# ---- what they look like


def _promised(start: ReadExchange, it: ShownImage, facts: ImageFacts) -> Iterator[Observation]:
    exercise = start.exercise
    assert exercise is not None
    assert exercise.promise is not None
    promise = exercise.promise
    steps = tuple(dict.fromkeys((start.index, it.step.index, it.download.index if it.download else it.step.index)))
    aspects = {
        "pixels": (
            not promise.promised or fits(promise, facts),
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
            yield _broken(blamed, about, promised, observed, steps, it.pointer, "" if about == "pixels" else observed)


def _pixels(transparent: bool) -> str:
    return "transparent pixels" if transparent else "no transparent pixels"


def fits(promise: ImagePromise, facts: ImageFacts) -> bool:
    """Whether an image has the promised pixels, within the tolerance that the contract states."""
    area = abs(facts.pixels / (promise.width * promise.height) - 1)
    ratio = abs((facts.width / facts.height) / (promise.width / promise.height) - 1)
    if area > promise.area_tolerance + 1e-9:
        return False
    if promise.aspect_tolerance or not promise.area_tolerance:
        return ratio <= promise.aspect_tolerance + 1e-9
    return promise.row != (EXACT,) or ratio <= promise.area_tolerance + 1e-9  # of a mere tier the model picks the ratio


_SIZES: dict[str, Callable[[ImageFacts], Json]] = {
    "$image.size": lambda facts: f"{facts.width}x{facts.height}",
    "$image.width": lambda facts: facts.width,
    "$image.height": lambda facts: facts.height,
    "$image.format": lambda facts: facts.format,
}


def _stated(it: ShownImage, facts: ImageFacts) -> Iterator[Observation]:
    """What the response says of this very image is what was decoded."""
    for bound in it.step.body.bound if it.step.body else ():
        report = _SIZES.get(bound.expression)
        if report is None or bound.claim is None or not _beside(bound, it):
            continue
        said = (natural(bound) or {}).get(bound.expression)
        if said != report(facts):
            observed = f"stated {said}, decoded {report(facts)}"
            steps = tuple(dict.fromkeys((it.step.index, it.download.index if it.download else it.step.index)))
            yield _broken((bound.claim,), "stated-size", bound.claim.text, observed, steps, bound.pointer)


def _beside(bound: BoundField, it: ShownImage) -> bool:
    """Whether a field belongs to the same item as an image's URL or base64."""
    return it.pointer.startswith(bound.pointer.rpartition("/")[0] + "/")


# ---- for how long, and for how much


def _lifetime(case: TaskCase, start: ReadExchange, response: ReadExchange) -> Iterator[Observation]:
    exercise = start.exercise
    assert exercise is not None
    assert exercise.promise is not None
    claim, lifetime = exercise.promised.get("lifetime"), exercise.promise.lifetime
    ended = instant(response, "$task.completedAt")
    for expression in ("$image.expiresAt", "$task.expiresAt"):
        expires = instant(response, expression)
        if claim is None or lifetime is None or expires is None:
            continue
        begun, shown = start.exchange.started + case.skew, response.exchange.started + case.skew
        drift = 2.0 if case.clock_stands else APART
        timed = knows_time(case, start) and knows_time(case, response)
        if not timed and ended is None:
            continue
        if timed and ended is not None and not begun - drift <= ended <= shown + response.exchange.duration + drift:
            ended = None  # no time at which it can have ended: the binding says so
        since = shown if ended is None else ended
        if abs(expires - since) > 400 * 86400:
            continue  # no time in seconds: the binding says so
        slack = 2.0 if ended is not None and case.clock_stands else _DRIFT
        if abs(expires - since - lifetime) <= slack + (response.exchange.duration if ended is None else 0):
            yield from kept(claim)
        else:
            observed = _hours(expires - since, lifetime)
            indices = (start.index, response.index)
            seen = _broken((claim,), "lifetime", f"{lifetime / 3600:g} h", observed, indices, "", observed)
            yield replace(seen, root=f"lifetime of {expression}")  # the same for whatever kind of request


def _hours(seconds: float, promised: float) -> str:
    """A time in hours, with as many digits as it takes to differ from what was promised."""
    return (
        next(text for digits in (3, 5, 8, 12) if (text := f"{seconds / 3600:.{digits}g}") != f"{promised / 3600:g}")
        + " h"
    )


def _available(case: TaskCase, start: ReadExchange) -> Iterator[Observation]:
    exercise = start.exercise
    assert exercise is not None
    claim = exercise.promised.get("available")
    late = [step for step in case.of("download") if step.exchange.note.get("late")]
    for step in late if claim else ():
        assert claim is not None
        if step.accepted:
            yield from kept(claim)
        elif step.answered:
            observed = f"{step.exchange.status} {step.exchange.note['late']} after the task ended"
            yield _broken((claim,), "expired", claim.text, observed, (start.index, step.index))


def _price(start: ReadExchange, response: ReadExchange, made: int) -> Iterator[Observation]:
    exercise = start.exercise
    assert exercise is not None
    assert exercise.promise is not None
    claim, price = exercise.promised.get("price"), exercise.promise.price
    stated = response.says("$task.cost")
    if claim is None or price is None or not isinstance(stated, (int, float)):
        return
    if abs(float(price * made) - float(stated)) < 1e-6:
        yield from kept(claim)
    else:
        yield Observation(
            (claim,),
            False,
            "price",
            "warning",
            "",
            f"{price * made} for {plural(made, 'image')}",
            str(stated),
            steps=(start.index, response.index),
            root=f"{float(stated) / float(price * made):.4g} times the price" if price * made else "",
        )
