"""Evaluates `x-image`, `x-total` and `x-clamp`: (keyword value, instance) → violations.

`x-image` constrains numbers derived from an image or a size text, `x-total` a sum over fields; `x-clamp` limits a
number instead of refusing it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from pixpact.specs.dialect.applicators import Path
from pixpact.specs.dialect.expressions import UNDEFINED, value_at
from pixpact.specs.openapi import schemas
from pixpact.specs.openapi.document import Json, steps
from pixpact.specs.openapi.messages import listed
from pixpact.wire.images import MOST_DECODED, ImageFacts, from_data_uri, read_image_facts
from pixpact.wire.json_values import is_number

SIZE = re.compile(r"([1-9][0-9]{0,5})[x*]([1-9][0-9]{0,5})")

Fetch = Callable[[str], "bytes | ImageFacts | None"]
"""Returns the bytes behind a URL that this server itself serves, or known facts; None for others. Sends no request."""


@dataclass(frozen=True, slots=True)
class BrokenRule:
    """A broken rule: the keyword with its detail, and a text that continues the field's name."""

    keyword: str
    text: str


def numbers_of(instance: Json, fetch: Fetch) -> dict[str, Any] | None:
    """The derived numbers of a size text, a data URI, an upload's URL or raw bytes; None: nothing to judge."""
    if isinstance(instance, str) and (size := SIZE.fullmatch(instance)):
        return _dimensions(int(size[1]), int(size[2]))
    content = instance if isinstance(instance, bytes) else _content(instance, fetch)
    if content is None:
        return None
    if isinstance(content, ImageFacts):
        return _numbers(content)
    facts = _facts(content)
    return {"format": "unknown", "bytes": len(content)} if facts is None else _numbers(facts)


def _content(instance: Json, fetch: Fetch) -> bytes | ImageFacts | None:
    """The image's bytes or facts; an undecodable data URI has empty bytes, which are no image."""
    if not isinstance(instance, str):
        return None
    if instance[:5].lower() == "data:":  # a recording may have facts in place of the data
        return from_data_uri(instance) or fetch(instance) or b""
    return fetch(instance)


_MARKED = re.compile(r"data:[^,]*,\[(?:cut off\]|[0-9]+ bytes, sha256 )")
"""A recorded data URI whose data was left out."""
_ISO_FILE = slice(4, 8)
"""The bytes that are `ftyp` in HEIC, HEIF and AVIF (ISO/IEC 14496-12), which cannot be decoded here."""


_SHORTEST = len("data:image/")
_COLON = slice(len("data"), len("data:"))


def data_uris_without_image(body: Json, fetch: Fetch) -> Iterator[Path]:
    """Yield the paths of data URIs in a body that contain no image: broken base64, empty, text, wrong prefix."""
    waiting: list[tuple[Path, Json]] = [((), body)]
    while waiting:
        path, value = waiting.pop()
        if isinstance(value, dict):
            waiting += [((*path, name), field) for name, field in value.items() if _may_hold_image(field)]
        elif isinstance(value, list):
            waiting += [((*path, index), item) for index, item in enumerate(value) if _may_hold_image(item)]
        elif _may_hold_image(value) and _is_pictureless(value, fetch):
            yield path


def may_hold_image(body: Json) -> bool:
    """Whether a body may contain an image as a data URI; flat bodies of short texts are excluded quickly."""
    if type(body) is not dict:
        return True
    for value in body.values():
        kind = type(value)
        if kind is str:
            if value[_COLON] == ":" and value[:_SHORTEST].lower() == "data:image/":
                return True
        elif kind is dict or kind is list:
            return True
    return False


def _may_hold_image(value: Json) -> bool:
    if isinstance(value, str):
        return value[:_SHORTEST].lower() == "data:image/"
    return isinstance(value, (dict, list))


def _is_pictureless(uri: str, fetch: Fetch) -> bool:
    content = None if _MARKED.match(uri) else _content(uri, fetch)
    return content is not None and not isinstance(content, ImageFacts) and holds_no_image(content)


def holds_no_image(content: bytes) -> bool:
    """Whether bytes are not a complete image of any format."""
    if content[_ISO_FILE] == b"ftyp":
        return False
    facts = _facts(content)
    return facts is None or (facts.pixels <= MOST_DECODED and not facts.complete)


_known: dict[tuple[int, int], ImageFacts | None] = {}  # several rules ask for the facts of one image
_MOST_KNOWN = 256


def _facts(content: bytes) -> ImageFacts | None:
    """The facts of an image, cached by digest without its bytes."""
    key = (len(content), hash(content))
    if key not in _known:
        if len(_known) >= _MOST_KNOWN:
            _known.clear()
        _known[key] = read_image_facts(content)
    return _known[key]


def _dimensions(width: int, height: int) -> dict[str, Any]:
    aspect = max(width, height) / min(width, height)
    return {"width": width, "height": height, "pixels": width * height, "aspect": aspect}


def _numbers(facts: ImageFacts) -> dict[str, Any]:
    # A file that cannot be decoded completely is treated like one of another format.
    kind = facts.format if facts.complete else "unknown"
    own = {"format": kind, "bytes": facts.bytes, "alpha": facts.alpha}
    return own | _dimensions(facts.width, facts.height)


class ImageRule:
    """`x-image`, compiled: one JSON Schema per derived number."""

    def __init__(self, value: Mapping[str, Json]) -> None:
        self._rules = [(name, rule, schemas.test(rule)) for name, rule in value.items()]

    def broken(self, instance: Json, fetch: Fetch) -> Iterator[BrokenRule]:
        """Yield what the instance breaks; nothing if no number can be derived."""
        numbers = numbers_of(instance, fetch) or {}
        for name, rule, holds in self._rules:
            if name in numbers and not holds(numbers[name]):
                yield BrokenRule(f"x-image/{name}", _image_text(name, rule, numbers))


_IMAGE_NOUNS = {
    "format": "format",
    "width": "width in pixels",
    "height": "height in pixels",
    "pixels": "number of pixels",
    "aspect": "ratio of the long to the short side",
    "bytes": "size in bytes",
}
_BOUNDS = {
    "minimum": "at least",
    "maximum": "at most",
    "exclusiveMinimum": "more than",
    "exclusiveMaximum": "less than",
}


def _image_text(name: str, rule: Mapping[str, Json], numbers: Mapping[str, Any]) -> str:
    value = numbers[name]
    if name == "alpha":
        return f"must {'not ' if value else ''}have an alpha channel"
    shown = f"{value:.6g}" if isinstance(value, float) else value
    limits = [f"{word} {rule[bound]}" for bound, word in _BOUNDS.items() if bound in rule]
    if "enum" in rule:
        limits.append("one of " + listed(rule["enum"]))
    if "const" in rule:
        limits.append(listed([rule["const"]]))
    return f"has a {_IMAGE_NOUNS[name]} of {shown}, which must be {' and '.join(limits)}"


class TotalRule:
    """`x-total`, compiled: numbers count by value, texts as 1, lists by length, missing fields as 0."""

    def __init__(self, value: Mapping[str, Json]) -> None:
        self._paths = [steps(f"/{name}") for name in value["of"]]
        self.first = self._paths[0]
        self._maximum = value["maximum"]

    def broken(self, instance: Json, inside: str = "") -> Iterator[BrokenRule]:
        """Yield the violation of the total. `inside`: the name of the object around the fields."""
        total = sum(_counted(value_at(instance, path)) for path in self._paths)
        if total > self._maximum:
            names = " + ".join(".".join([inside, *path] if inside else path) for path in self._paths)
            yield BrokenRule("x-total", f"{names} must be at most {self._maximum} together; got {total}")


def _counted(value: Json) -> int:
    if isinstance(value, bool) or value is UNDEFINED or value is None:
        return 0
    if isinstance(value, (int, float)):
        return int(value)
    return len(value) if isinstance(value, list) else 1


def clamp_number(value: Json, clamp: Mapping[str, Json]) -> Json:
    """`x-clamp`: a number, limited to the bounds; any other value unchanged."""
    if not is_number(value):
        return value
    low, high = clamp.get("minimum", value), clamp.get("maximum", value)
    return min(max(value, low), high)
