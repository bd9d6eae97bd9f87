"""Checks whether an image can be downloaded or decoded, and is complete."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from pixpact.contracts.checks.acceptance import why_unjudged
from pixpact.contracts.checks.images.image_observation import broken_claim
from pixpact.contracts.checks.observation import Observation, kept, unjudged
from pixpact.contracts.claims.claim import Claim
from pixpact.contracts.claims.contract_claims import ContractClaims
from pixpact.contracts.traffic.case import ReadExchange, silence_of
from pixpact.contracts.traffic.case_images import ShownImage
from pixpact.contracts.traffic.unrecorded import HEADERS, is_of_others, lacks
from pixpact.wire.exchange import media_type

_PART = 206
_OURS = ("forbidden-address", "too-large")
"""Faults that may come from Pixpact's own limits: other clients may get the image."""


def fetched(claims: ContractClaims, start: ReadExchange, shown_image: ShownImage) -> Iterator[Observation]:
    """Observe whether an image can be downloaded without the key (or decoded), is complete, and has its type."""
    of = {about: claims.lives.image.get((start.operation.id, about)) for about in ("open", "complete", "content-type")}
    if shown_image.encoded:
        yield from _decoded(shown_image, of["complete"])
        return
    download = shown_image.download
    if download is None or (claim := of["open"]) is None:
        return
    steps = (start.index, shown_image.step.index, download.index)
    if download.exchange.note.get("fault") == "forbidden-url":  # not an http(s) URL
        yield broken_claim(
            (claim,),
            "url",
            claim.text,
            download.exchange.note.get("detail", shown_image.text[:80]),
            steps,
            shown_image.pointer,
        )
        return
    if not download.answered and not _is_lost(download):
        yield from unjudged(why_unjudged(download), *of.values())
        return
    if not download.accepted and _is_no_evidence(start, download):
        yield from unjudged(why_unjudged(download), *of.values())
        return
    if not (download.answered and download.accepted and download.exchange.status != _PART):
        what = download.exchange.note.get("fault") or str(download.exchange.status)
        broken = broken_claim((claim,), "download", claim.text, _came_to(download), steps, shown_image.pointer, what)
        if what == "timeout":  # the machine may be slow, or the check was suspended: it counts if no image arrives
            yield from unjudged(why_unjudged(download), *of.values())
            broken = replace(broken, always=True)
        yield broken
        return
    yield from kept(claim, _claim_at(shown_image))
    if shown_image.image is not None:
        yield from _complete(shown_image, of["complete"], steps)
        yield from _type(shown_image, of["content-type"], download, steps)


def _is_no_evidence(start: ReadExchange, download: ReadExchange) -> bool:
    """Whether a failed download proves nothing: it came too late, or a recorded one got a temporary error."""
    promise = start.exercise.promise if start.exercise else None
    lifetime = promise.lifetime if promise else None
    since = download.exchange.started - start.exchange.started
    is_busy = is_of_others(download.exchange) and download.exchange.status in _BUSY
    is_late = lifetime is not None and since > lifetime and "late" not in download.exchange.note
    return is_busy or is_late


_BUSY = (408, 425, 429, 502, 503, 504)


def _is_lost(download: ReadExchange) -> bool:
    """Whether several tries to download an image failed, so that no client can get it."""
    note = download.exchange.note
    return note.get("tries", "1") != "1" and note.get("fault", "") not in _OURS


def _came_to(download: ReadExchange) -> str:
    """What a failed download returned."""
    note = download.exchange.note
    tries = f", {note['tries']} times" if note.get("tries", "1") != "1" else ""
    if "fault" in note:
        return f"GET without the key{tries}: {silence_of(download.exchange)}"
    return f"GET without the key returned {download.exchange.status}{tries}"


def _complete(shown_image: ShownImage, claim: Claim | None, steps: tuple[int, ...]) -> Iterator[Observation]:
    assert shown_image.image is not None
    if claim is None:
        return
    if shown_image.image.facts is None:
        yield broken_claim((claim,), "no-picture", claim.text, shown_image.image.problem, steps, shown_image.pointer)
    elif not shown_image.image.facts.complete:
        observed = f"the file ends after {shown_image.image.bytes} bytes"
        yield broken_claim((claim,), "truncated", claim.text, observed, steps, shown_image.pointer)
    else:
        yield from kept(claim)


def _type(
    shown_image: ShownImage, claim: Claim | None, download: ReadExchange, steps: tuple[int, ...]
) -> Iterator[Observation]:
    if claim is None or shown_image.image is None or shown_image.image.facts is None:
        return
    declared = media_type(download.exchange.response_headers)
    if lacks(download.exchange, "response-headers"):
        yield from unjudged(HEADERS, claim)
    elif declared == f"image/{shown_image.image.facts.format}":
        yield from kept(claim)
    else:
        observed = f"the content type is {declared or 'not stated'}, the bytes are {shown_image.image.facts.format}"
        yield broken_claim((claim,), "content-type", claim.text, observed, steps, shown_image.pointer, declared)


def _decoded(shown_image: ShownImage, complete: Claim | None) -> Iterator[Observation]:
    """Whether the base64 is plain, and decodes to an image."""
    claim = _claim_at(shown_image)
    if shown_image.image is None or claim is None:
        return
    steps = (shown_image.step.index,)
    prefixed = shown_image.text.startswith("data:")
    if (
        prefixed
        or (shown_image.image.facts is None and not shown_image.image.sha256)
        or "base64" in shown_image.image.problem
    ):
        observed = f"it begins with {shown_image.text[:24]}" if prefixed else shown_image.image.problem
        yield broken_claim(
            (claim,),
            "base64",
            "plain base64 of an image",
            observed,
            steps,
            shown_image.pointer,
            "data-uri" if prefixed else "",
        )
        return
    yield from kept(claim)
    yield from _complete(shown_image, complete, steps)


def _claim_at(shown_image: ShownImage) -> Claim | None:
    bound = (shown_image.step.body.bound if shown_image.step.body else ()) or ()
    return next((field_claim.claim for field_claim in bound if field_claim.pointer == shown_image.pointer), None)
