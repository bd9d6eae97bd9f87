"""How far one JSON value is from another, said field by field: for requests that were expected, or recorded."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from pixpact.specs.dialect.expressions import UNDEFINED
from pixpact.specs.openapi.document import Json, escaped
from pixpact.specs.openapi.messages import short_json
from pixpact.wire.json_values import same_json


@dataclass(frozen=True, slots=True)
class JsonDifference:
    """One place, a JSON pointer or a name, where a value is another one; UNDEFINED where there is none."""

    place: str
    expected: Any
    actual: Any

    def __str__(self) -> str:
        if self.actual is UNDEFINED:
            return f"{self.place}: expected {short_json(self.expected)}, got nothing"
        if self.expected is UNDEFINED:
            return f"{self.place}: expected nothing, got {short_json(self.actual)}"
        return f"{self.place}: expected {short_json(self.expected)}, got {short_json(self.actual)}"

    def written(self) -> dict[str, Json]:
        """It as JSON; a side without a value is left out."""
        sides = {"expected": self.expected, "actual": self.actual}
        return {"place": self.place, **{name: plain(side) for name, side in sides.items() if side is not UNDEFINED}}


def differences(expected: Json, actual: Json, *, exact: bool, pointer: str = "") -> Iterator[JsonDifference]:
    """Where `actual` is not `expected`; unless `exact`, objects may have fields that nobody expects."""
    if isinstance(expected, dict) and isinstance(actual, dict):
        extra = [name for name in actual if name not in expected] if exact else []
        for name in [*expected, *extra]:
            sides = expected.get(name, UNDEFINED), actual.get(name, UNDEFINED)
            yield from differences(*sides, exact=exact, pointer=f"{pointer}/{escaped(str(name))}")
    elif isinstance(expected, list) and isinstance(actual, list) and len(expected) == len(actual):
        for index, sides in enumerate(zip(expected, actual, strict=True)):
            yield from differences(*sides, exact=exact, pointer=f"{pointer}/{index}")
    elif not same_json(expected, actual):
        yield JsonDifference(pointer or "/", expected, actual)


def plain(value: Any) -> Json:
    """A value as JSON; what is none as a text."""
    if isinstance(value, dict):
        return {str(name): plain(inner) for name, inner in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(inner) for inner in value]
    return value if value is None or isinstance(value, (str, int, float)) else repr(value)
