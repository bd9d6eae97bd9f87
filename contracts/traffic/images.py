"""Facts of the images in an exchange: read from their bytes, or from the notes of a recording without the bytes.

A recording replaces an image by a mark, `[48211 bytes, sha256 0a1b2c3d4e5f6071]`: as the whole body of a download, or
in place of base64 in a JSON string. The image's facts are a note of the exchange, under the digits of the mark: `image
0a1b2c3d4e5f6071` → `png 1024x1024 alpha complete, sha256 …`.
"""

from __future__ import annotations

import re
from base64 import b64encode
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from hashlib import sha256

from pixpact.specs.openapi.document import Json
from pixpact.wire.bodies import STREAM, FilePart, UndecodableBody, events_of, form_of, json_of
from pixpact.wire.exchange import Exchange, Headers, media_type
from pixpact.wire.images import ImageFacts, read_image_facts
from pixpact.wire.redaction import decoded, encoded_in, mark_of

_MARK = re.compile(r"\[([0-9]+) bytes, sha256 ([0-9a-f]{16})\]")
_BEFORE = re.compile(r"data:[^,\"\s]{1,200};base64,")
_BASE64 = re.compile(r"[A-Za-z0-9+/]+={0,2}")
_NOTED = re.compile(
    r"(?:(?P<format>[a-z]+) (?P<width>[0-9]+)x(?P<height>[0-9]+)(?P<alpha> alpha)?(?P<transparent> transparent)?"
    r"(?P<complete> complete)?|(?P<none>no [a-z0-9]+)), sha256 (?P<sha256>[0-9a-f]{64})"
)
_MOST_KNOWN = 512
_AT_HAND = 16
"""How many images are cached with their bytes: each check of a case asks for the same ones."""
_LONGEST_SPELLED = 100
"""Maximum length of a mark in base64, in characters."""


@dataclass(frozen=True, slots=True)
class ReceivedImage:
    """The content of an image field or download. Where it is not an image, `facts` is None and `problem` says why."""

    bytes: int
    sha256: str
    """64 hexadecimal digits; empty if there are no bytes."""
    facts: ImageFacts | None
    problem: str = ""


def facts_of(exchange: Exchange, text: str | None = None) -> ImageFacts | None:
    """The facts of the image in a response's body, or in `text`, a string of that body.

    None if it is not an image, or the recording does not show it; `image_of` and `image_in` distinguish the two.
    """
    image = image_of(exchange) if text is None else image_in(exchange, text)
    return image.facts if image else None


def length_of(content: bytes) -> int:
    """The number of bytes of a file; for a file that a recording left out, the number in its mark."""
    mark = _MARK.fullmatch(content[:80].decode("latin-1")) if len(content) < 80 else None
    return int(mark[1]) if mark else len(content)


def image_of(exchange: Exchange) -> ReceivedImage | None:
    """The image in a response's body; None if the recording lacks the body or has only a part of it."""
    body = exchange.response_body
    if exchange.status in (0, 206) or 300 <= exchange.status < 400 or exchange.method.upper() == "HEAD":
        return None
    if _is_left_out(exchange):
        return None
    if not body:
        return ReceivedImage(0, "", None, "the body is empty")
    mark = _MARK.fullmatch(body[:80].decode("latin-1")) if len(body) < 80 else None
    return _noted(exchange, mark) if mark else _of_bytes(body)


def _is_left_out(exchange: Exchange) -> bool:
    """Whether the recording lacks the response's body, or a part of it."""
    if exchange.note.get("truncated", "request") != "request":
        return True
    length = exchange.note.get("bytes") or exchange.response_header("content-length") or "0"
    return not exchange.response_body and length.strip("0") != ""


def image_in(exchange: Exchange, text: str) -> ReceivedImage | None:
    """The image in a string of a response: plain base64, a data URI, or a recording's mark.

    None if the recording does not show it.
    """
    inner = text[before.end() :] if (before := _BEFORE.match(text)) else text
    if mark := _MARK.fullmatch(inner) or _spelled(inner):
        return _noted(exchange, mark)
    if inner == "[redacted]" or inner.endswith("[cut off]"):
        return None
    return _of_base64(inner)


def with_base64(exchange: Exchange, value: Json) -> Json:
    """A response's value with base64 in place of marks, because a mark does not match a schema of base64.

    The base64 encodes the mark itself, which `image_in` recognizes.
    """
    if isinstance(value, dict):
        return {key: with_base64(exchange, inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [with_base64(exchange, inner) for inner in value]
    if not isinstance(value, str):
        return value
    start = before.end() if (before := _BEFORE.match(value)) else 0
    mark = _MARK.fullmatch(value, start)
    stood = mark and _noted(exchange, mark)
    if not mark or not stood or stood.problem == _PROBLEMS[_NO_BASE64]:
        return value
    return value[:start] + b64encode(mark[0].encode()).decode()


def _spelled(text: str) -> re.Match[str] | None:
    """The mark that a text encodes in base64; None for any other text."""
    return (
        _MARK.fullmatch(decoded(text.encode("utf-8", "replace")).decode("latin-1"))
        if len(text) < _LONGEST_SPELLED
        else None
    )


def _noted(exchange: Exchange, mark: re.Match[str]) -> ReceivedImage | None:
    match = _NOTED.fullmatch(exchange.note.get(f"image {mark[2]}", ""))
    if match is None:
        return None
    if match["none"]:
        return ReceivedImage(int(mark[1]), match["sha256"], None, _PROBLEMS[match["none"]])
    facts = ImageFacts(
        format=match["format"],
        width=int(match["width"]),
        height=int(match["height"]),
        alpha=match["alpha"] is not None,
        transparent=match["transparent"] is not None,
        bytes=int(mark[1]),
        complete=match["complete"] is not None,
    )
    return ReceivedImage(int(mark[1]), match["sha256"], facts)


_NO_IMAGE, _NO_BASE64 = "no image", "no base64"
_PROBLEMS = {_NO_IMAGE: "the bytes are not an image of a known format", _NO_BASE64: "the text is not base64"}
_known: dict[str, ImageFacts | None] = {}  # decoding an image takes tens of milliseconds, and each is asked for often


@lru_cache(maxsize=_AT_HAND)
def _of_bytes(content: bytes) -> ReceivedImage:
    digest = sha256(content).hexdigest()
    if digest not in _known:
        if len(_known) >= _MOST_KNOWN:
            _known.clear()
        _known[digest] = read_image_facts(content)
    known_facts = _known[digest]
    return ReceivedImage(len(content), digest, known_facts, "" if known_facts else _PROBLEMS[_NO_IMAGE])


@lru_cache(maxsize=_AT_HAND)
def _of_base64(text: str) -> ReceivedImage:
    """Decode base64. Missing padding and the URL-safe alphabet are problems: clients' decoders refuse them."""
    content = decoded(text.encode("utf-8", "replace"))
    if not _BASE64.fullmatch(text) or len(text) % 4:
        return ReceivedImage(len(content), sha256(content).hexdigest(), None, _PROBLEMS[_NO_BASE64])
    return _of_bytes(content)


# ---- for recorders


def notes_of(exchange: Exchange) -> dict[str, str]:
    """The notes with the facts of every image of an exchange that a mark can replace."""
    notes: dict[str, str] = {}
    for image in _images(exchange):
        notes[f"image {image.sha256[:16]}"] = _facts_text(image)
    return notes


def _facts_text(image: ReceivedImage) -> str:
    facts = image.facts
    if facts is None:
        name = next(name for name, problem in _PROBLEMS.items() if problem == image.problem)
        return f"{name}, sha256 {image.sha256}"
    words = [f"{facts.format} {facts.width}x{facts.height}"]
    words += [name for name in ("alpha", "transparent", "complete") if getattr(facts, name)]
    return f"{' '.join(words)}, sha256 {image.sha256}"


def _images(exchange: Exchange) -> Iterator[ReceivedImage]:
    bodies = [exchange.response_body, *(part.content for part in _files(exchange))]
    yield from (_of_bytes(body) for body in bodies if _is_image(body))
    yield from (_of_base64(encoded) for encoded in encoded_images(exchange))


def encoded_images(exchange: Exchange) -> Iterator[str]:
    """Yield the base64 of every image in the JSON of a request and its response."""
    for headers, body in (
        (exchange.request_headers, exchange.request_body),
        (exchange.response_headers, exchange.response_body),
    ):
        if b";base64," in body or _LONG.search(body):
            for text in _strings(value_of(headers, body)):
                yield from encoded_in(text)


_LONG = re.compile(rb"[A-Za-z0-9+/\\_-]{512}")


def image_mark(body: bytes) -> bytes:
    """The mark for a body that is an image; any other body unchanged."""
    return mark_of(body).encode() if _is_image(body) else body


def form_marked(exchange: Exchange) -> bytes:
    """A request's body, with a mark in place of every image file of a form."""
    body = exchange.request_body
    for part in _files(exchange):
        if _is_image(part.content):
            body = body.replace(part.content, mark_of(part.content).encode())
    return body


def _files(exchange: Exchange) -> list[FilePart]:
    if media_type(exchange.request_headers) != "multipart/form-data":
        return []
    try:
        return list(form_of(exchange.request_body, exchange.request_header("content-type") or "")[1].values())
    except UndecodableBody:
        return []


def _is_image(content: bytes) -> bool:
    # Most bodies are text: the first byte rules them out at no cost.
    return content[:1] in _FIRST_BYTES and _of_bytes(content).facts is not None


_FIRST_BYTES = (b"\xff", b"\x89", b"R", b"G", b"B", b"I", b"M")


def value_of(headers: Headers, body: bytes) -> Json:
    """The value of a body: JSON, or the list of a stream's events; None for any other body."""
    try:
        return events_of(body) if media_type(headers) == STREAM else json_of(body)
    except UndecodableBody:
        return None


def _strings(value: Json) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for inner in value.values():
            yield from _strings(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _strings(inner)
