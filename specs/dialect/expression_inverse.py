"""Inverts expressions: derives the values of their roots from a written value.

The mock writes `$task.createdAt` into an `integer` as epoch seconds; here the same response field gives the time when
the task was created. Values are returned in their natural form, however they are written:

- instants (`$task.createdAt`): epoch seconds, as float
- numbers: int or float, also from a text
- `$image.withheld` and `$exchange.replayed`: bool
- `$image.size`: a `WxH` text; every other named root: a text
- fields of requests and responses: unchanged, because they may have any type
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Any

from pixpact.specs.dialect.expressions import Expression
from pixpact.specs.dialect.keyword_checks import SIZE
from pixpact.specs.openapi.document import Json
from pixpact.wire.json_values import is_number

MOST_TEXT = 65_536
"""Maximum length of a text with embedded expressions; a longer one counts as another text."""

MILLISECONDS = "milliseconds"
"""The `format` of a number of milliseconds since 1970."""

_NUMBERS = frozenset(
    {
        "$task.progress",
        "$task.fraction",
        "$task.elapsed",
        "$task.estimate",
        "$task.cost",
        "$image.index",
        "$image.width",
        "$image.height",
    }
    | {"$usage.images", "$usage.tokens", "$account.balance", "$account.used", "$upload.bytes", "$statusCode"}
)
_FLAGS = frozenset({"$image.withheld", "$exchange.replayed"})
# Values without white space, which separates an id from the words around it.
_WORDS = frozenset(
    {"$task.id", "$task.status", "$upload.id", "$exchange.id", "$event.id", "$image.format", "$method", "$url"}
    | {
        "$server",
        "$image.bytes",
        "$image.url",
        "$upload.url",
        "$upload.mediaType",
        "$image.base64",
        "$violation.keyword",
    }
)
_ANYTHING = ("$request.", "$response.", "$task.request.", "$event.body")

_NUMBER = re.compile(r"-?[0-9]+(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?")
_WHOLE = re.compile(r"-?[0-9]{1,18}")
# RFC 3339, section 5.6; the offset is required.
_DATE_TIME = re.compile(
    r"([0-9]{4}-[0-9]{2}-[0-9]{2})[Tt]([0-9]{2}:[0-9]{2}):([0-9]{2})(\.[0-9]+)?([Zz]|[+-][0-9]{2}:[0-9]{2})"
)


class _NoReading:
    """The value cannot come from the expression."""


_NOTHING = _NoReading()
_Read = Callable[[Json], Any]


def read(expression: Expression, value: Json, types: tuple[str, ...], form: str | None = None) -> dict[str, Any] | None:
    """The values that a written value implies: the text of each root expression → value in its natural form.

    `types` and `form` are `type` and `format` of its schema; a value of another type does not fit. A named root may
    have no value yet, so null implies nothing: an empty result. None: the value cannot come from this expression.
    """
    if not _is_of(types, value):
        return None
    if expression.embedded:
        return _of_template(expression, value)
    if value is None and not expression.text.startswith(_ANYTHING):
        return {}
    value_read = _instant(value, form) if expression.time else _reader(expression.text)(value)
    return None if value_read is _NOTHING else {expression.text: value_read}


def _reader(text: str) -> _Read:
    """The function that reads the value of a plain expression, except instants."""
    if text.startswith(_ANYTHING):
        return lambda value: value
    if text in _NUMBERS:
        return _number
    if text in _FLAGS:
        return _flag
    return _size if text == "$image.size" else _text


_TYPES: dict[type, tuple[str, ...]] = {
    str: ("string",),
    bool: ("boolean",),
    int: ("integer", "number"),
    float: ("number",),
    list: ("array",),
    dict: ("object",),
    type(None): ("null",),
}


def _is_of(types: tuple[str, ...], value: Json) -> bool:
    """Whether a value has one of the types (4.0 is an integer, as in JSON Schema); no types allow any."""
    if isinstance(value, float) and value.is_integer():
        return not types or "integer" in types or "number" in types
    return not types or any(name in types for name in _TYPES.get(type(value), ()))


def _instant(value: Json, form: str | None) -> Any:
    """The epoch seconds of an instant: an RFC 3339 date-time, a text in the schema's format, or a number."""
    if form == "date-time" and isinstance(value, str):
        return _date_time(value)
    if form is not None and "%" in form and isinstance(value, str):
        return _in_form(value, form)
    seconds = _number(value)
    if seconds is _NOTHING:
        return seconds
    return seconds / 1000 if form == MILLISECONDS else float(seconds)


def _in_form(text: str, form: str) -> Any:
    try:
        moment = datetime.strptime(text, form)
    except ValueError:
        return _NOTHING
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()


def _date_time(text: str) -> Any:
    match = _DATE_TIME.fullmatch(text)
    if match is None:
        return _NOTHING
    day, minute, second, fraction, offset = match.groups()
    leap = second == "60"  # Python does not support the leap seconds of RFC 3339
    try:
        moment = datetime.fromisoformat(f"{day}T{minute}:{'59' if leap else second}{offset.upper()}")
    except ValueError:
        return _NOTHING
    return (moment + timedelta(seconds=leap)).timestamp() + float(fraction or 0)


def _number(value: Json) -> Any:
    if isinstance(value, str) and len(value) <= 40 and _NUMBER.fullmatch(value):
        return int(value) if _WHOLE.fullmatch(value) else float(value)
    return value if is_number(value) else _NOTHING


def _flag(value: Json) -> Any:
    if isinstance(value, str) and value.lower() in ("true", "false"):
        return value.lower() == "true"
    return value if isinstance(value, bool) else _NOTHING


def _size(value: Json) -> Any:
    return value if isinstance(value, str) and SIZE.fullmatch(value) else _NOTHING


def _text(value: Json) -> Any:
    """A text; ids and states written as integers become texts."""
    return as_text(value) if isinstance(value, (str, int)) and not isinstance(value, bool) else _NOTHING


def as_text(value: Json) -> Json:
    """An integer as a text; any other value unchanged."""
    return str(value) if type(value) is int else value


def _of_template(expression: Expression, value: Json) -> dict[str, Any] | None:
    """The values embedded in a text; where it can be split in several ways, the first values are the shorter."""
    if not isinstance(value, str) or len(value) > MOST_TEXT:
        return None
    match = _template(expression).fullmatch(value)
    if match is None:
        return None
    values: dict[str, Any] = {}
    for index, inner in enumerate(dict.fromkeys(expression.embedded)):
        natural = _inside(inner, match[f"value{index}"])
        if natural is _NOTHING:
            return None
        values[inner.text] = natural
    return values


def _inside(inner: Expression, text: str) -> Any:
    """The natural form of an embedded value: instants are epoch seconds there."""
    return _instant(text, None) if inner.time else _reader(inner.text)(text)


@lru_cache(maxsize=1024)
def _template(expression: Expression) -> re.Pattern[str]:
    """The pattern of a text with embedded expressions, one group each; a repeated one must match the same text."""
    literals = _literals(expression)
    groups: dict[Expression, str] = {}
    pattern = re.escape(literals[0])
    for inner, literal in zip(expression.embedded, literals[1:], strict=True):
        name = groups.get(inner)
        if name is None:
            name = groups[inner] = f"value{len(groups)}"
            pattern += f"(?P<{name}>{_form(inner)})"
        else:
            pattern += f"(?P={name})"
        pattern += re.escape(literal)
    return re.compile(pattern, re.DOTALL)


def _literals(expression: Expression) -> list[str]:
    """The text before, between and after the embedded expressions."""
    rest, literals = expression.text, []
    for inner in expression.embedded:
        before, _, rest = rest.partition("{" + inner.text + "}")
        literals.append(before)
    return [*literals, rest]


def _form(inner: Expression) -> str:
    """The pattern of an embedded value."""
    if inner.time:
        return r"-?[0-9]+?"
    if inner.text in _NUMBERS:
        return _NUMBER.pattern
    if inner.text in _FLAGS:
        return r"true|false"
    if inner.text == "$image.size":
        return r"[0-9]+x[0-9]+"
    return r"\S+?" if inner.text in _WORDS else r".*?"
