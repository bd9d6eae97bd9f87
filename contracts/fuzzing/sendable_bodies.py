"""Makes generated bodies sendable, and compares their shapes.

Fields that the contract does not name, nulls and unrepresentable numbers are removed, integers written as fractions are
converted, images become placeholders, URLs get a reserved host; with `ours`, free texts become our own.
"""

from __future__ import annotations

import re
from typing import Any

from pixpact.contracts.samples.prompts import is_ours
from pixpact.contracts.samples.samples import ELSEWHERE, MARK, RequestSamples, image_of
from pixpact.contracts.samples.statements import ITEM, Path
from pixpact.specs.dialect.keyword_checks import SIZE
from pixpact.specs.openapi.document import Json

_URL = re.compile(r"\s*(?:[a-z][a-z0-9+.-]*://|data:)", re.IGNORECASE)
_EXACT = 2**53
"""Larger integers are not exact in all JSON parsers (RFC 8259, section 6)."""
_NOTHING: Any = object()


def sendable_body(body: Json, samples: RequestSamples, *, ours: bool, kept: Path | None = None) -> Json:
    """The body, made sendable. `ours`: free texts are our own. The value at `kept` stays unchanged."""
    return _tamed(body, samples, (), ours, kept)


def _tamed(value: Json, samples: RequestSamples, path: Path, ours: bool, kept: Path | None) -> Json:
    if path == kept:
        return value
    if isinstance(value, dict):
        fields = {name: _field(inner, samples, (*path, name), ours, kept) for name, inner in value.items()}
        return {name: inner for name, inner in fields.items() if inner is not _NOTHING}
    if isinstance(value, list):
        return [_tamed(inner, samples, (*path, ITEM), ours, kept) for inner in value if inner is not None]
    if isinstance(value, float) and value.is_integer() and abs(value) < _EXACT:
        return int(value)
    return _text(value, samples, path, ours) if isinstance(value, str) else value


def _field(value: Json, samples: RequestSamples, path: Path, ours: bool, kept: Path | None) -> Json:
    if value is None or (path not in body_paths(samples) and path != kept):
        return _NOTHING
    if isinstance(value, float) and not value.is_integer() and abs(value) >= _EXACT:
        return _NOTHING
    return _tamed(value, samples, path, ours, kept)


def _text(value: str, samples: RequestSamples, path: Path, ours: bool) -> Json:
    usual = samples.of(path)[0]
    if samples.takes_image(path):
        return value if image_of(value) else usual
    if (usual == ELSEWHERE or _URL.match(value)) and not value.startswith(ELSEWHERE):
        return usual
    if not _is_sendable(value):
        return usual
    if path in _sizes(samples) and not SIZE.fullmatch(value) and value not in samples.of(path):
        return "1024x1024" if usual == MARK else usual
    return usual if ours and samples.is_free(path) and not _is_harmless(value, usual) else value


def _is_sendable(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:  # a lone surrogate
        return False
    return True


def _is_harmless(text: str, usual: Json) -> bool:
    return is_ours(text) or text == usual or bool(re.fullmatch(r"pixpact[a-z0-9-]{0,40}", text))


def _sizes(samples: RequestSamples) -> set[Path]:
    """Paths of fields for sizes; other texts may match their schema, but are never meant."""
    return {
        statement.path
        for statement in samples.statements
        if statement.keyword == "x-image" and not samples.takes_image(statement.path)
    }


def body_paths(samples: RequestSamples) -> frozenset[Path]:
    """All paths of a body that the contract names."""
    places_of_samples = _PLACES.get(id(samples))
    if places_of_samples is None or places_of_samples[0] is not samples:
        paths = {
            statement.path[:length] for statement in samples.statements for length in range(len(statement.path) + 1)
        }
        places_of_samples = _PLACES[id(samples)] = (samples, frozenset(paths))
    return places_of_samples[1]


_PLACES: dict[int, tuple[RequestSamples, frozenset[Path]]] = {}


def shape(body: Json, samples: RequestSamples, path: Path = ()) -> Json:
    """A hashable key of a body: free texts of similar length count as equal, and so do images."""
    if isinstance(body, dict):
        return tuple(sorted((name, shape(value, samples, (*path, name))) for name, value in body.items()))
    if isinstance(body, list):
        return ("list", *(shape(value, samples, (*path, ITEM)) for value in body))
    if isinstance(body, str) and samples.takes_image(path):
        return "(picture)"
    if isinstance(body, str) and samples.is_free(path):
        return f"(text of {len(body).bit_length()} bits)" + ("" if body.isascii() else " beyond ASCII")
    return repr(body)
