"""Boundary values: values on the inner side of a rule, and one step past it.

They are candidates only: the caller validates whether a value keeps, or breaks, the rule that it was made for.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from math import ceil, isqrt

from pixpact.contracts.samples.reference_images import WITH_ALPHA, data_uri
from pixpact.contracts.samples.samples import ELSEWHERE, MARK, PLAIN, USUAL_IMAGE, slot
from pixpact.contracts.samples.statements import SchemaStatement
from pixpact.specs.openapi.document import Json
from pixpact.specs.openapi.schemas import matches

UNKNOWN = "pixpact-unknown"
"""A value that no contract allows."""
_STEPS = (8, 16, 32, 64)
"""Steps past a bound, for numbers that must be multiples of one of them."""
_MOST_OF = {"Items": 20_000, "Length": 2_000_000}
_MOST_BYTES = 64 * 1024 * 1024
"""Largest list (items), text (characters) and file (bytes) that is made for a bound; beyond that, none is made."""
_STEP = 0.1
_SIDE = 256
_NARROW = 32
_OTHER_TYPES: tuple[Json, ...] = ("1", 1, True, [], {})
_NO_MATCHES = ("", "x", "pixpact", "ftp://pixpact.invalid/x", "data:text/plain,pixpact", "data:image/png;base64,AAAA")
_PAIR = re.compile(r"([0-9]+)([:x*])([0-9]+)")
_NUMBER = re.compile(r"[0-9]+")
_FORMATS = ("png", "jpeg", "webp", "gif", "bmp")


def values_inside(statement: SchemaStatement, samples: list[Json], whole: bool) -> list[Json]:
    """Values that keep the rule at its bound. `whole`: integers only."""
    value = statement.value
    match statement.keyword:
        case "enum":
            return list(value)
        case "const":
            return [value]
        case "minimum" | "maximum" | "minItems" | "maxItems" | "minLength" | "maxLength":
            return _of_measure(statement.keyword, value, samples)
        case "exclusiveMinimum":
            return [value + 1 if whole else value + _STEP]
        case "exclusiveMaximum":
            return [value - 1 if whole else value - _STEP]
        case "type":
            return [True, False] if value == "boolean" else samples
        case "pattern":
            return samples
    return []


def values_outside(statement: SchemaStatement, samples: list[Json]) -> list[Json]:
    """Values that break the rule by as little as possible, the likeliest to break no other rule first."""
    value = statement.value
    match statement.keyword:
        case "enum" | "const":
            return [UNKNOWN, -1, "x"]
        case "minimum":
            return (
                [value - 1, *(value - step for step in _STEPS if value > step)]
                if value > 0
                else [value - 1, value - _STEP]
            )
        case "maximum":
            return [value + 1, *(value + step for step in _STEPS)]
        case "minItems" | "minLength":
            return _of_measure(statement.keyword, value - 1, samples) if value > 0 else [value - 1, value - _STEP]
        case "maxItems" | "maxLength":
            return _of_measure(statement.keyword, value + 1, samples)
        case "multipleOf":
            return [number + 1 for number in [*samples, value] if type(number) is int]
        case "exclusiveMinimum" | "exclusiveMaximum":
            return [value]
        case "type":
            return [other_type for other_type in _OTHER_TYPES if not _is(other_type, value)]
        case "pattern":
            return list(_NO_MATCHES)
        case "uniqueItems":
            return [[samples[0], samples[0]]] if samples else []
        case "false":
            return [*samples, True, 1, "x"]
    return []


def plausible_values(statement: SchemaStatement, elsewhere: list[Json]) -> list[Json]:
    """Values past a rule that a vendor could plausibly accept, as if the rule had been widened a little.

    For an enum: the first of `elsewhere` that it lacks, a size or ratio turned round, the next of numbered words. For
    integers a fraction; for booleans their names; for a pattern, other usual forms of images and URLs; for a forbidden
    field, the value that another model accepts.
    """
    if statement.keyword == "enum":
        texts = [value for value in statement.value if isinstance(value, str)]
        ways = (elsewhere, [_turned(value) for value in texts], _next(texts))
        return [
            value
            for way in ways
            for value in [character for character in way if character and character not in statement.value][:1]
        ]
    if statement.keyword == "type" and statement.value in ("integer", ["integer"]):
        return [1.5]
    if statement.keyword == "type" and statement.value in ("boolean", ["boolean"]):
        return ["true"]
    if statement.keyword == "pattern":
        return _other_forms(statement.value)
    if statement.keyword == "false":
        return elsewhere[:1]
    return []


def _other_forms(pattern: str) -> list[Json]:
    """The usual forms of images and URLs that a pattern excludes, at most one of each."""
    uri = data_uri(USUAL_IMAGE)
    bare = uri.partition(",")[2]
    forms = {form: matches(pattern, form) for form in (uri, bare, ELSEWHERE, PLAIN)}
    if matches(pattern, MARK) or not any(forms.values()):
        return []  # the pattern is not about images or URLs
    likely = [bare if forms[uri] else uri, PLAIN if forms[ELSEWHERE] else ELSEWHERE]
    return [form for form in likely if not forms[form]]


def _turned(value: str) -> str:
    match = _PAIR.fullmatch(value)
    return f"{match[3]}{match[2]}{match[1]}" if match else ""


def _next(values: list[str]) -> list[str]:
    """The next of numbered words: 4K after 2K and 3K."""
    forms: dict[str, list[str]] = {}
    for value in values:
        forms.setdefault(_NUMBER.sub("#", value), []).append(value)
    alike = [listed for form, listed in forms.items() if "#" in form and len(listed) > 1]
    last = [max(listed, key=lambda value: int(_NUMBER.findall(value)[0])) for listed in alike]
    return [_NUMBER.sub(lambda match: str(int(match[0]) + 1), value, count=1) for value in last]


def _of_measure(keyword: str, value: Json, samples: list[Json]) -> list[Json]:
    most = _MOST_OF.get(keyword[3:])
    if most is not None and value > most:
        return []
    if keyword.endswith("Items"):
        items = samples[0] if samples and isinstance(samples[0], list) and samples[0] else ["x"]
        return [[items[0]] * value] if value >= 0 else []
    if keyword.endswith("Length"):
        text = samples[0] if samples and isinstance(samples[0], str) and samples[0] else "x"
        return [(text * (value // len(text) + 1))[:value]] if value >= 0 else []
    return [value]


def _is(value: Json, types: Json) -> bool:
    names = types if isinstance(types, list) else [types]
    own = {bool: "boolean", int: "integer", str: "string", list: "array", dict: "object"}[type(value)]
    return own in names or (own == "integer" and "number" in names)


# ---- x-image: derived numbers


def derived(rule: Mapping[str, Json], name: str, bound: str, *, keep: bool, between: str = "") -> list[Json]:
    """Image placeholders whose derived number `name` lies on its bound (`keep`), or one step past it.

    `between`: return sizes as texts instead, with this separator (`x`, `*`) between width and height.
    """
    limit = rule[name][bound]
    if bound in ("enum", "const"):
        allowed = limit if bound == "enum" else [limit]
        wanted = allowed if keep else [value for value in _of_kind(name) if value not in allowed]
        return [slot(image) for image in _kinds(rule, name, wanted)]
    step = 0 if keep else (-1 if "inimum" in bound else 1)
    if bound.startswith("exclusive"):
        step = (1 if "inimum" in bound else -1) if keep else 0
    sizes = list(_sizes(rule, name, limit, step))
    if name == "bytes":
        return [] if limit > _MOST_BYTES else [slot(f"png-{_SIDE}x{_SIDE}{_transparency(rule, 'png')}-{limit + step}")]
    if between:
        return [f"{width}{between}{height}" for width, height in sizes]
    return [slot(f"png-{width}x{height}") for width, height in sizes]


def _of_kind(name: str) -> list[Json]:
    return list(_FORMATS) if name == "format" else [True, False]


def _kinds(rule: Mapping[str, Json], name: str, values: list[Json]) -> Iterator[str]:
    for value in values:
        if name == "format":
            yield f"{value}-{_SIDE}x{_SIDE}{_transparency(rule, value)}"
        elif name == "alpha":
            yield f"png-{_SIDE}x{_SIDE}" + ("-alpha" if value else "")


def _transparency(rule: Mapping[str, Json], kind: str) -> str:
    """The part of an image's name for transparency, where it is required and its format allows it."""
    alpha = rule.get("alpha", {})
    is_needed = alpha.get("const") is True or alpha.get("enum") == [True]
    return "-alpha" if is_needed and kind in WITH_ALPHA else ""


def _sizes(rule: Mapping[str, Json], name: str, limit: Json, step: int) -> Iterator[tuple[int, int]]:
    """Pairs of sides; the caller removes those that break another rule."""
    if name in ("width", "height"):
        side = limit + step  # the other side at its bounds; its own rule is tried apart
        for opposite in _other_sides(rule, side):
            yield (side, opposite) if name == "width" else (opposite, side)
    elif name == "aspect":
        for height in (_SIDE, isqrt(int(_least_pixels(rule) / limit)) + 1, *range(200, 2000, 100)):
            yield int(height * limit) + step, height
    elif name == "pixels":
        for height in range(isqrt(int(limit)), 0, -1):
            if limit % height == 0:
                yield limit // height + step, height
                if limit // height / height > 16:
                    break
        if step:
            yield from _just_past(int(limit), step)


def _just_past(limit: int, step: int) -> Iterator[tuple[int, int]]:
    """Nearly square sides with slightly more, or fewer, pixels than the limit; also multiples of usual steps."""
    for unit in (1, *_STEPS):
        height = isqrt(limit) // unit * unit
        if height > 0:
            width = limit // height // unit * unit
            yield (width + unit if step > 0 else width - unit * (width * height == limit)), height


def _other_sides(rule: Mapping[str, Json], side: int) -> tuple[int, ...]:
    """Lengths of the other side, at the bounds of the aspect ratio and of the pixels."""
    ratio, most = rule.get("aspect", {}).get("maximum", 1), rule.get("pixels", {}).get("maximum")
    by_pixels = () if most is None or side <= 0 else (int(most) // side,)
    return (int(side * ratio), max(_NARROW, side), side, ceil(side / ratio), *by_pixels)


def _least_pixels(rule: Mapping[str, Json]) -> float:
    return float(rule.get("pixels", {}).get("minimum", 1))
