"""Messages of violations: one sentence per JSON Schema keyword, with the field, the limit and the value.

Values are shortened: a message must never contain megabytes of base64.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

_MOST = 60
_TYPES = {
    "integer": "an integer",
    "number": "a number",
    "string": "a string",
    "boolean": "true or false",
    "array": "a list",
    "object": "an object",
    "null": "null",
}


def short_json(value: Any) -> str:
    """The value as JSON, cut to 60 characters."""
    if isinstance(value, str) and len(value) > _MOST:
        value = value[:_MOST]
        return json.dumps(value, ensure_ascii=False)[:-1] + "…"
    text = json.dumps(value, ensure_ascii=False, default=str)
    return text if len(text) <= _MOST else text[:_MOST] + "…"


def plural(number: int, noun: str) -> str:
    """`1 image`, `2 images`."""
    return f"{number} {noun}{'s' * (number != 1)}"


def listed(values: list[Any], last: str = "or") -> str:
    """`a, b or c`."""
    texts = [value if isinstance(value, str) else short_json(value) for value in values]
    if len(texts) <= 1:
        return str(texts[0]) if texts else "nothing"
    return f"{', '.join(texts[:-1])} {last} {texts[-1]}"


def error_text(error: Any, keyword: str, name: str) -> str:
    """The message for an error of jsonschema-rs. `name`: the field's name in the message."""
    say = _SENTENCES.get(keyword)
    if say is None:
        return f"{name} breaks the rule {keyword!r}; got {short_json(error.instance)}"
    return say(name, error.kind, error.instance)


def _got(value: Any) -> str:
    return f"; got {short_json(value)}"


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"


def _forms(context: list[list[Any]]) -> str:
    """What is wrong with the alternatives of a value: `context` has the errors of each; one without errors matches."""
    return "more than one of its forms at once" if [] in context else "none of the forms it may have"


_SENTENCES: dict[str, Callable[[str, Any, Any], str]] = {
    "required": lambda name, kind, value: f"{name} is required",
    "false": lambda name, kind, value: f"{name} is not supported here",
    "type": lambda name, kind, value: f"{name} must be {listed([_TYPES[t] for t in kind.types])}{_got(value)}",
    "enum": lambda name, kind, value: f"{name} must be one of {listed(kind.options)}{_got(value)}",
    "const": lambda name, kind, value: f"{name} must be {short_json(kind.expected_value)}{_got(value)}",
    "minimum": lambda name, kind, value: f"{name} must be at least {kind.limit}{_got(value)}",
    "maximum": lambda name, kind, value: f"{name} must be at most {kind.limit}{_got(value)}",
    "exclusiveMinimum": lambda name, kind, value: f"{name} must be more than {kind.limit}{_got(value)}",
    "exclusiveMaximum": lambda name, kind, value: f"{name} must be less than {kind.limit}{_got(value)}",
    "pattern": lambda name, kind, value: f"{name} must match {kind.pattern}{_got(value)}",
    "format": lambda name, kind, value: f"{name} must be a {kind.format}{_got(value)}",
    "minItems": lambda name, kind, value: f"{name} must have at least {_count(kind.limit, 'item')}; got {len(value)}",
    "maxItems": lambda name, kind, value: f"{name} must have at most {_count(kind.limit, 'item')}; got {len(value)}",
    "minLength": lambda name, kind, value: f"{name} must have at least {_count(kind.limit, 'character')}",
    "maxLength": lambda name, kind, value: (
        f"{name} must have at most {_count(kind.limit, 'character')}; got {len(value)}"
    ),
    "uniqueItems": lambda name, kind, value: f"{name} must not contain an item twice",
    "additionalProperties": lambda name, kind, value: f"{name} must not hold {listed(kind.unexpected)}",
    "multipleOf": lambda name, kind, value: f"{name} must be a multiple of {kind.multiple_of}{_got(value)}",
    "minProperties": lambda name, kind, value: f"{name} must have at least {_count(kind.limit, 'field')}",
    "maxProperties": lambda name, kind, value: f"{name} must have at most {_count(kind.limit, 'field')}",
    "contains": lambda name, kind, value: f"{name} has too few of the required items",
    "minContains": lambda name, kind, value: f"{name} has too few of the required items",
    "maxContains": lambda name, kind, value: f"{name} has too many of the required items",
    "not": lambda name, kind, value: f"{name} has a form that is not allowed{_got(value)}",
    "oneOf": lambda name, kind, value: f"{name} has {_forms(kind.context)}{_got(value)}",
    "anyOf": lambda name, kind, value: f"{name} has {_forms(kind.context)}{_got(value)}",
}
