"""Recorded responses, to be given again: what is bound to an id, a time or a file is written anew, the rest stays.

A response is read like an example of the contract: the `x-value`s of its schema say which fields are ids, times and
addresses of images. Read backwards they tell what the recording knows of the task and of its images.
"""

from __future__ import annotations

import binascii
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import urlsplit

import orjson

from pixpact.mockserver.responses.rendering import compile_example, header_text
from pixpact.mockserver.responses.streaming import encoded
from pixpact.specs.contract.bindings import BindingReader, BoundInstance
from pixpact.specs.contract.model import Contract, Example, ExampleBinding, Operation, Response
from pixpact.specs.dialect import expression_inverse
from pixpact.specs.dialect.applicators import Path
from pixpact.specs.dialect.expressions import UNDEFINED, Expression, ExpressionRoots, parse
from pixpact.specs.dialect.keyword_checks import SIZE
from pixpact.specs.openapi.document import Json
from pixpact.wire.bodies import STREAM, UndecodableBody, events_of, json_of
from pixpact.wire.exchange import Exchange, media_type
from pixpact.wire.images import read_image_facts
from pixpact.wire.json_values import value_on

UNSAID = "application/json"
"""What a body is taken for where no header was recorded that says it."""
BASE64 = "$image.base64"
REBOUND = frozenset(
    {"$task.id", "$task.createdAt", "$task.completedAt", "$task.expiresAt", "$task.elapsed", "$exchange.id"}
    | {"$image.url", "$image.expiresAt", "$upload.id", "$upload.url", "$upload.createdAt"}
)
"""What is another value each time it is played."""

_TASK_ID = parse("$task.id")
_ADDRESSES = (b"location", b"content-location", b"operation-location")
# RFC 9110, section 7.6.1; what the server writes itself; what belongs to the vendor's own host.
_NOT_PLAYED = frozenset(
    {"connection", "keep-alive", "proxy-authenticate", "te", "trailer", "transfer-encoding", "upgrade"}
    | {"content-length", "content-encoding", "date", "set-cookie", "alt-svc", "strict-transport-security", "server"}
)


@dataclass(frozen=True, slots=True)
class RecordedImage:
    """What is known of one recorded image. `content` is None where its bytes were not recorded."""

    url: str | None = None
    size: tuple[int, int] | None = None
    format: str | None = None
    content: bytes | None = None

    def filled(self, another: RecordedImage) -> RecordedImage:
        """The same image, with what another record of it knows besides."""
        return RecordedImage(
            self.url or another.url,
            self.size or another.size,
            self.format or another.format,
            self.content or another.content,
        )

    def with_content(self, content: bytes | None) -> RecordedImage:
        """The same image with its bytes, which know best what they are."""
        image_facts = read_image_facts(content, decode=False) if content else None
        if image_facts is None:
            return self
        return replace(
            self, size=(image_facts.width, image_facts.height), format=_format(image_facts.format), content=content
        )


@dataclass(frozen=True, slots=True)
class RecordedResponse:
    """One response as it was recorded, and how it is written again.

    `value` is UNDEFINED for what is neither JSON nor a stream of events; `said` is what it tells of its task.
    """

    status: int
    headers: tuple[tuple[bytes, bytes], ...]
    body: bytes
    value: Json = UNDEFINED
    said: Mapping[str, Any] = field(default_factory=dict)
    images: tuple[RecordedImage, ...] = ()
    render: Callable[[ExpressionRoots], Json] | None = None
    streamed: bool = False
    paints: bool = False
    """Whether an image stands in it whose bytes were not recorded."""
    bound: Mapping[bytes, Expression] = field(default_factory=dict)
    """The headers that are another value each time."""
    addresses: Mapping[bytes, str] = field(default_factory=dict)
    """The headers that lead on (RFC 9110, sections 8.7 and 10.2.2): the path and query below the vendor's address."""

    def head(self, roots: ExpressionRoots, base: str) -> list[tuple[bytes, bytes]]:
        """Its headers, for these values; what leads to the vendor leads to `base`, where the contract is served."""
        return [(name, self._field(name, value, roots, base)) for name, value in self.headers]

    def _field(self, name: bytes, value: bytes, roots: ExpressionRoots, base: str) -> bytes:
        if name not in self.addresses or name in self.bound:
            return _anew_header(self.bound.get(name), value, roots)
        rest, recorded, now = self.addresses[name], self.said.get("$task.id"), _TASK_ID.evaluate(roots)
        if isinstance(recorded, str) and recorded and isinstance(now, str):
            rest = rest.replace(recorded, now)
        return (base.rstrip("/") + rest).encode("latin-1", "replace")

    def written(self, roots: ExpressionRoots) -> tuple[Json, bytes]:
        """Its value and its bytes, for these values."""
        if self.render is None:
            return self.value, self.body
        value = self.render(roots)
        return value, b"".join(map(encoded, value)) if self.streamed else orjson.dumps(value)


class ResponseReader:
    """Reads the recorded responses of one contract."""

    def __init__(self, contract: Contract) -> None:
        self._bindings = BindingReader(contract.document.value, contract.schemas)
        self._mounts = (contract.name, contract.vendor)

    def read(self, operation: Operation, exchange: Exchange) -> RecordedResponse:
        """One response; without anything to rebind where the contract does not know its status or media type."""
        kind = media_type(exchange.response_headers) or UNSAID
        headers, body = tuple(_played(exchange.response_headers)), exchange.response_body
        response = operation.response(exchange.status)
        plain = RecordedResponse(
            exchange.status,
            headers,
            body,
            _value(kind, body),
            bound=_bound_headers(response),
            addresses={name: self._below(value.decode("latin-1")) for name, value in headers if _leads_on(name, value)},
        )
        media = next((media for media in response.media if media.name == kind), None) if response else None
        if media is None or media.schema is None or plain.value is UNDEFINED:
            return plain
        bound = self._bindings.bound(media.schema, plain.value)
        return _rebinding(plain, bound, streamed=kind == STREAM)

    def _below(self, address: str) -> str:
        """The path and query of an address, below that of the vendor or of a mock of it."""
        try:
            parts = urlsplit(address)
        except ValueError:
            return "/"
        mount, slash, rest = parts.path[1:].partition("/")
        path = slash + rest if mount in self._mounts else parts.path
        return (path if path.startswith("/") else f"/{path}") + (f"?{parts.query}" if parts.query else "")


def _leads_on(name: bytes, value: bytes) -> bool:
    """Whether a header holds an address that does not begin where the response was asked for."""
    return name in _ADDRESSES and value.lower().startswith((b"http://", b"https://", b"/"))


def _value(kind: str, body: bytes) -> Json:
    try:
        return events_of(body) if kind == STREAM else json_of(body)
    except UndecodableBody:
        return UNDEFINED


def _bound_headers(response: Response | None) -> dict[bytes, Expression]:
    headers = response.headers if response else ()
    return {
        header.name.lower().encode("latin-1"): header.value
        for header in headers
        if header.value and header.value.text in REBOUND
    }


def _anew_header(expression: Expression | None, recorded: bytes, roots: ExpressionRoots) -> bytes:
    value = UNDEFINED if expression is None else expression.evaluate(roots)
    return recorded if value is UNDEFINED else header_text(value)


def _played(headers: Iterable[tuple[str, str]]) -> Iterator[tuple[bytes, bytes]]:
    for name, value in headers:
        lower = name.lower()
        if not (lower in _NOT_PLAYED or lower.startswith(("access-control-", ":")) or value == "[redacted]"):
            yield lower.encode("latin-1", "replace"), value.encode("latin-1", "replace")


def _rebinding(plain: RecordedResponse, bound: BoundInstance, *, streamed: bool) -> RecordedResponse:
    ordinals = _ordinals(plain.value, bound)
    reported_values: dict[str, Any] = {}
    of_images: dict[int, dict[str, Any]] = {}
    bindings, paints = [], False
    for binding in bound.bindings:
        written = value_on(plain.value, binding.path)
        reported = expression_inverse.read(binding.expression, written, binding.types, binding.format) or {}
        index = _ordinal(binding.path, ordinals)
        (reported_values if index is None else of_images.setdefault(index, {})).update(reported)
        unseen = BASE64 in _parts(binding.expression) and _decoded(reported.get(BASE64)) is None
        paints |= unseen
        if written is not None and (unseen or not REBOUND.isdisjoint(_parts(binding.expression))):
            bindings.append(_anew(binding, index))
    images = tuple(_image(of_images.get(index, {})) for index in range(max(of_images, default=-1) + 1))
    example = Example("", "", plain.value, None, bindings=tuple(bindings))
    render = compile_example(example) if bindings else None
    return replace(plain, said=reported_values, images=images, render=render, streamed=streamed, paints=paints)


def _parts(expression: Expression) -> set[str]:
    return {part.text for part in expression.embedded} or {expression.text}


def _ordinals(value: Json, bound: BoundInstance) -> dict[Path, int]:
    """Which image each item of a list stands for: the one that it numbers itself, or the next."""
    reported = {
        binding.path[:length]: value_on(value, binding.path)
        for binding in bound.bindings
        if binding.expression.text == "$image.index"
        for length in range(len(binding.path))
    }
    ordinals: dict[Path, int] = {}
    before: Counter[Path] = Counter()
    for item in bound.images:
        number = reported.get(item.path)
        ordinals[item.path] = number if isinstance(number, int) and 0 <= number < 1000 else before[item.path[:-1]]
        before[item.path[:-1]] += 1
    return ordinals


def _ordinal(path: Path, ordinals: Mapping[Path, int]) -> int | None:
    """The image that a leaf belongs to; None for one that belongs to none."""
    return next((ordinals[path[:end]] for end in range(len(path), 0, -1) if path[:end] in ordinals), None)


def _anew(binding: ExampleBinding, index: int | None) -> ExampleBinding:
    """A binding that writes the value of now, of one image where it belongs to one; what has none stays as it was."""
    expression = binding.expression
    if index is not None:
        expression = replace(expression, evaluate=_of_image(index, expression.evaluate))
    return replace(binding, expression=expression, required=True)


def _of_image(index: int, evaluate: Callable[[ExpressionRoots], Json]) -> Callable[[ExpressionRoots], Json]:
    def of(roots: ExpressionRoots) -> Json:
        if index >= len(roots.images):
            return UNDEFINED
        before, roots.image = roots.image, roots.images[index]
        reported_value = evaluate(roots)
        roots.image = before
        return reported_value

    return of


def _image(reported: Mapping[str, Any]) -> RecordedImage:
    size = SIZE.fullmatch(str(reported.get("$image.size", "")))
    width, height = reported.get("$image.width"), reported.get("$image.height")
    pixels = (int(size[1]), int(size[2])) if size else (int(width), int(height)) if width and height else None
    url = reported.get("$image.url")
    image = RecordedImage(url, pixels, _format(reported.get("$image.format") or url))
    return image.with_content(_decoded(reported.get(BASE64)))


_FORMATS = {"jpg": "jpeg", "jpeg": "jpeg", "png": "png", "webp": "webp"}


def _format(reported: str | None) -> str | None:
    """The format that a word, or the end of an address, tells of; None for one that cannot be painted."""
    return _FORMATS.get((reported or "").partition("?")[0].rpartition(".")[2].lower())


def _decoded(text: Any) -> bytes | None:
    """The bytes of an image in base64; None where they were left out, or are no image."""
    try:
        content = binascii.a2b_base64(text, strict_mode=True) if isinstance(text, str) else b""
    except ValueError:
        return None
    return content if content and read_image_facts(content, decode=False) else None
