"""A text that a pattern matches, for fields that take no other: as short and as plain as the pattern lets it be."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from re import _constants, _parser  # the standard library's own reader of patterns
from typing import Any

_MOST_MORE = 64
"""How often a part that may be repeated is repeated beyond its least, to make a text long enough."""


def matching(patterns: Iterable[str], least: int = 0) -> str | None:
    """A text of at least so many characters that all of the patterns match; None where none is found."""
    patterns = tuple(patterns)
    for pattern in patterns:
        for more in range(_MOST_MORE):
            try:
                text = "".join(_text(token, more) for token in _parser.parse(pattern))
            except (re.error, NotImplementedError):
                break
            if len(text) >= least and all(re.search(other, text) for other in patterns):
                return text
    return None


def _text(token: tuple[Any, Any], more: int) -> str:
    """What stands for one part of a pattern. Raises NotImplementedError for parts that look around or back."""
    kind, value = token
    match kind:
        case _constants.LITERAL:
            return chr(value)
        case _constants.ANY:
            return "a"
        case _constants.AT:
            return ""
        case _constants.IN:
            return _one_of(value)
        case _constants.NOT_LITERAL:
            return "a" if value != ord("a") else "b"
        case _constants.SUBPATTERN:
            return "".join(_text(inner, more) for inner in value[-1])
        case _constants.BRANCH:
            return "".join(_text(inner, more) for inner in value[1][0])
        case _constants.MAX_REPEAT | _constants.MIN_REPEAT:
            low, high, part = value
            return "".join(_text(inner, more) for inner in part) * min(int(low) + more, int(high))
    raise NotImplementedError(str(kind))


def _one_of(items: Sequence[tuple[Any, Any]]) -> str:
    """A character of a set: one that it names, or of a set of all others one that it does not."""
    if items[0][0] is _constants.NEGATE:
        named = {chr(value) for kind, value in items[1:] if kind is _constants.LITERAL}
        return next(it for it in "abcdefghijklmnopqrstuvwxyz0123456789-" if it not in named)
    kind, value = items[0]
    if kind is _constants.CATEGORY:
        return {"digit": "1", "space": " ", "word": "a"}.get(str(value).rpartition("_")[2].lower(), "a")
    return chr(value if kind is _constants.LITERAL else value[0])
