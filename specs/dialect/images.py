"""Evaluates `x-images`: the images that a request must yield, and their price.

The `x-images` that apply to a request are merged into one statement; each distinct statement is compiled once.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from itertools import repeat
from math import sqrt
from typing import Any

from pixpact.specs.dialect.applicators import AppliedKeyword
from pixpact.specs.dialect.expressions import UNDEFINED, Expression, ExpressionRequest, ExpressionRoots, parse
from pixpact.specs.dialect.keyword_checks import SIZE, Fetch, numbers_of
from pixpact.specs.openapi.document import Json
from pixpact.specs.openapi.messages import short_json
from pixpact.wire.json_values import is_number

_MOST_MADE = 1000
_RATIO = re.compile(r"([1-9][0-9]?):([1-9][0-9]?)")
_FIELD = re.compile(r"\$request\.body#/([^/~{}\s]+)")
"""An expression that reads a top-level field of the body."""
FALLBACK = (1024, 1024)
"""Pixels of a generated image if the contract promises none."""
FIXED, EXACT, REFERENCE = "fixed", "exact", "reference"
"""Rows that are in no table: one fixed size, an exact size in the request, the ratio of a reference image."""


@dataclass(frozen=True, slots=True)
class ImagePromise:
    """The images that a request must yield. Sizes in pixels, `lifetime` in seconds, `price` of one image."""

    count: int = 1
    up_to: bool = False
    """Whether the model may decide for fewer than `count`."""
    width: int = FALLBACK[0]
    height: int = FALLBACK[1]
    promised: bool = False
    """Whether the contract promises these pixels; otherwise they are only the mock's choice."""
    area_tolerance: float = 0.0
    aspect_tolerance: float = 0.0
    format: str = "jpeg"
    transparent: bool = False
    watermark: bool = False
    lifetime: float | None = None
    price: Decimal | None = None
    pixels_per_token: int | None = None
    row: tuple[str, ...] = field(default=(), compare=False)
    """The table row of the promised pixels, `exact` (a size in the request), `reference` (an image's ratio) or ()."""

    def tokens(self, images: int) -> int:
        """Output tokens of `images` such images: all pixels ÷ pixels per token, rounded down."""
        return images * self.width * self.height // (self.pixels_per_token or 256)


def merged(statements: Iterable[dict[str, Json]]) -> dict[str, Json]:
    """One statement of all that apply: objects are merged, later (more specific) values win."""
    result: dict[str, Json] = {}
    for statement in statements:
        result = _merge(result, statement)
    return result


def _merge(old: dict[str, Json], new: dict[str, Json]) -> dict[str, Json]:
    both = dict(old)
    for key, value in new.items():
        inner = both.get(key)
        both[key] = _merge(inner, value) if isinstance(inner, dict) and isinstance(value, dict) else value
    return both


Value = Callable[[ExpressionRoots], Json]


class ImageRules:
    """A merged `x-images`, compiled. `defaults`: expression of a field → its default value."""

    def __init__(self, statement: Mapping[str, Json], defaults: Mapping[str, Json]) -> None:
        pixels = statement.get("pixels", {})
        tolerance = pixels.get("tolerance", {}) if isinstance(pixels, dict) else {}
        self._count = _CountRule(statement.get("count", 1))
        self._pixels = _PixelRule(pixels, defaults)
        self._area, self._aspect = tolerance.get("area", 0.0), tolerance.get("aspect", 0.0)
        self._format = _value(statement.get("format", "jpeg"))
        self._transparent = _value(statement.get("transparent", False))
        self._watermark = _value(statement.get("watermark", False))
        self._lifetime = statement.get("lifetime")
        self._price = _RuleTable(statement.get("price"))
        self._per_token = statement.get("tokens", {}).get("perPixels")
        read = sorted(expressions_in(statement))
        self._reads = [parse(text).evaluate for text in read]
        fields = [_FIELD.fullmatch(text) for text in read]
        self._fields = [field[1] for field in fields if field] if all(fields) else None
        """The body fields that it reads; None if it reads anything else."""
        self._made: dict[tuple[Json, ...], ImagePromise] = {}

    def of(self, request: ExpressionRequest, fetch: Fetch) -> ImagePromise:
        """The promise to one request, whose body has defaults filled in and numbers clamped."""
        if self._pixels.follows_reference:
            return self._computed(ExpressionRoots(request=request), fetch)  # depends on the bytes of an image
        values = self._values(request)
        try:
            promise = self._made.get(values)
        except TypeError:  # a value is a list
            return self._computed(ExpressionRoots(request=request), fetch)
        if promise is None:
            if len(self._made) >= _MOST_MADE:
                self._made.clear()
            promise = self._made[values] = self._computed(ExpressionRoots(request=request), fetch)
        return promise

    def _values(self, request: ExpressionRequest) -> tuple[Json, ...]:
        body = request.body
        if self._fields is not None and type(body) is dict:
            return tuple(map(body.get, self._fields, repeat(UNDEFINED)))
        roots = ExpressionRoots(request=request)
        return tuple([evaluate(roots) for evaluate in self._reads])

    def _computed(self, roots: ExpressionRoots, fetch: Fetch) -> ImagePromise:
        (width, height), row = self._pixels.of(roots, fetch)
        price = self._price.of(roots)
        return ImagePromise(
            count=self._count.of(roots),
            up_to=self._count.up_to,
            width=width,
            height=height,
            promised=bool(row),
            area_tolerance=self._area,
            aspect_tolerance=self._aspect,
            format=format_named(self._format(roots)) or "jpeg",
            transparent=self._transparent(roots) is True,
            watermark=self._watermark(roots) is True,
            lifetime=self._lifetime,
            price=None if price is None else Decimal(str(price)),
            pixels_per_token=self._per_token,
            row=row,
        )


def expressions_in(written: Json) -> set[str]:
    """The expressions that a statement reads: requests with equal values for them get equal promises."""
    if isinstance(written, dict):
        return {text for key, inner in written.items() if key != "x-evidence" for text in expressions_in(inner)}
    if isinstance(written, list):
        return {text for inner in written for text in expressions_in(inner)}
    return {written} if isinstance(written, str) and written.startswith("$") else set()


# Vendors' names of the formats that can be generated.
_PAINTED = {"jpeg": "jpeg", "jpg": "jpeg", "png": "png", "webp": "webp"}


def format_named(name: Json) -> str | None:
    """The format for a vendor's name, or a media type such as `image/png`; None if it cannot be generated."""
    return _PAINTED.get(name.removeprefix("image/").lower()) if isinstance(name, str) else None


def _value(written: Json) -> Value:
    """A field of `x-images`: an expression if it starts with `$`, else a constant."""
    if isinstance(written, str) and written.startswith("$"):
        return parse(written).evaluate
    return lambda roots: written


class _CountRule:
    """`count`: a number, an expression, or `{upTo: …}`; of several, the minimum of those with a value."""

    def __init__(self, written: Json) -> None:
        self.up_to = isinstance(written, dict)
        limits = written["upTo"] if isinstance(written, dict) else written
        self._values = [_value(limit) for limit in (limits if isinstance(limits, list) else [limits])]

    def of(self, roots: ExpressionRoots) -> int:
        counts = [count for evaluate in self._values if (count := _number(evaluate(roots))) is not None]
        return max(1, min(counts, default=1))


def _number(value: Json) -> int | None:
    """An integer, also from a text; None for any other value."""
    if isinstance(value, str) and value.isascii() and value.isdecimal() and len(value) < _LONGEST:
        return int(value)
    return int(value) if is_number(value) else None


_LONGEST = 10
"""Texts with this many digits, or more, are no number of images."""


class _RuleTable:
    """A number, or `{by: [expressions], table: …}`; `of` returns None for a combination without a row."""

    def __init__(self, written: Json) -> None:
        rows = written if isinstance(written, dict) else {"by": [], "table": written}
        self.by: list[Expression] = [parse(text) for text in rows.get("by", [])]
        self.table = rows.get("table")

    def of(self, roots: ExpressionRoots) -> Json:
        row = self.table
        for expression in self.by:
            row = row.get(_key(expression.evaluate(roots))) if isinstance(row, dict) else None
        return row if not isinstance(row, dict) else None


def _key(value: Json) -> str:
    """The table key of a value: keys are texts, including `true` and `4`; 4.0 is 4, as in JSON Schema."""
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return value if isinstance(value, str) else short_json(value)


class _PixelRule(_RuleTable):
    """`pixels`: a size text, or a table. A missing row promises nothing; the mock then uses the default's size."""

    def __init__(self, written: Json, defaults: Mapping[str, Json]) -> None:
        super().__init__(written if isinstance(written, dict) else {"table": written})
        self._usual = [defaults.get(expression.text) for expression in self.by]
        reference = written.get("from") if isinstance(written, dict) else None
        self._reference = parse(reference).evaluate if reference else None
        self.follows_reference = reference is not None

    def of(self, roots: ExpressionRoots, fetch: Fetch = lambda url: None) -> tuple[tuple[int, int], tuple[str, ...]]:
        """((width, height), the row that promises them; empty if none does)."""
        if self._reference and (numbers := numbers_of(self._reference(roots), fetch)) and "width" in numbers:
            return _reshaped(self._squarest(roots), numbers), (REFERENCE,)
        if size := _size(super().of(roots)):
            return size, tuple(_key(expression.evaluate(roots)) for expression in self.by) or (FIXED,)
        values = [expression.evaluate(roots) for expression in self.by]
        for value in [*values, dict(zip(("width", "height"), values, strict=False)) if len(values) == _SIDES else None]:
            if size := _size(value):
                return size, (EXACT,)  # an exact size: a WxH text, or two numbers
        return self._painted(roots), ()

    def _painted(self, roots: ExpressionRoots) -> tuple[int, int]:
        """The size of the row with defaults for missing values, in the ratio that a value names.

        Without such a row: the squarest size of the first value's rows.
        """
        row, shape, listed = self.table, None, False
        for expression, usual in zip(self.by, self._usual, strict=True):
            rows: dict[str, Any] = row if isinstance(row, dict) else {}
            value = expression.evaluate(roots)
            listed = listed or (row is self.table and _key(value) in rows)
            shape = shape if _key(value) in rows else _ratio(value) or shape
            row = rows.get(_key(value), rows.get(_key(usual)))
        size = _size(row) or (self._squarest(roots) if listed else FALLBACK)
        return _reshaped(size, shape) if shape else size

    def _squarest(self, roots: ExpressionRoots) -> tuple[int, int]:
        """The squarest size of the rows that fit: a reference image gives the ratio, these rows the area."""
        levels = [self.table]
        for expression in self.by:
            key = _key(expression.evaluate(roots))
            rows = [row for row in levels if isinstance(row, dict)]
            levels = [row[key] for row in rows if key in row] or [size for row in rows for size in row.values()]
        sizes = [size for row in levels if (size := _size(row))]
        return min(sizes, key=lambda size: max(size) / min(size), default=FALLBACK)


_SIDES = 2


def _size(value: Json) -> tuple[int, int] | None:
    """The size in a text such as `640x480`, or in an object with width and height; None for any other value."""
    if isinstance(value, dict):
        sides = [value.get("width"), value.get("height")]
        width, height = (side if type(side) is int and side > 0 else 0 for side in sides)
        return (width, height) if width and height else None
    match = SIZE.fullmatch(value) if isinstance(value, str) else None
    return (int(match[1]), int(match[2])) if match else None


def _ratio(text: Json) -> dict[str, int] | None:
    """The sides of a text such as `9:21`, which names a ratio without a size; None for any other value."""
    match = _RATIO.fullmatch(text) if isinstance(text, str) else None
    return {"width": int(match[1]), "height": int(match[2])} if match else None


def _reshaped(size: tuple[int, int], like: Mapping[str, Any]) -> tuple[int, int]:
    """A size of the same area, with the ratio of another image."""
    area, ratio = size[0] * size[1], like["width"] / like["height"]
    return round(sqrt(area * ratio)), round(sqrt(area / ratio))


class ImageStatements:
    """The compiled `x-images` of a request schema, one per set of branches that apply."""

    def __init__(self, defaults: Mapping[str, Json]) -> None:
        self._defaults = defaults
        self._compiled: dict[tuple[str, ...], ImageRules] = {}

    def promise(self, marks: Sequence[AppliedKeyword], request: ExpressionRequest, fetch: Fetch) -> ImagePromise:
        """The promise of the `x-images` among `marks` for `request`."""
        key = tuple([mark.schema for mark in marks if mark.keyword == "x-images"])
        images = self._compiled.get(key)
        if images is None:
            statements = (mark.value for mark in marks if mark.keyword == "x-images")
            images = self._compiled[key] = ImageRules(merged(statements), self._defaults)
        return images.of(request, fetch)
