"""JSON values as RFC 8259 defines them, where Python differs: `True` is an `int` in Python."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, TypeGuard


def is_number(value: Any) -> TypeGuard[int | float]:
    """Whether a value is a JSON number."""
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def is_integer(value: Any) -> TypeGuard[int]:
    """Whether a value is a JSON number that Python reads as an `int`."""
    return isinstance(value, int) and not isinstance(value, bool)


def same_json(left: Any, right: Any) -> bool:
    """Whether two values are equal in JSON at any depth: 1 equals 1.0, and true is not a number."""
    if isinstance(left, dict) and isinstance(right, dict):
        return left.keys() == right.keys() and all(same_json(value, right[name]) for name, value in left.items())
    if isinstance(left, list) and isinstance(right, list):
        return len(left) == len(right) and all(map(same_json, left, right))
    return bool(left == right) and isinstance(left, bool) == isinstance(right, bool)


def value_on(value: Any, path: Iterable[str | int]) -> Any:
    """The value at a path of names and indexes. Raises KeyError, IndexError or TypeError without one."""
    for step in path:
        value = value[step]
    return value


def with_value(value: Any, path: tuple[str | int, ...], new: Any) -> Any:
    """A copy of a value with `new` at an existing path. Raises as `value_on`."""
    if not path:
        return new
    step, inner = path[0], with_value(value[path[0]], path[1:], new)
    if isinstance(value, dict):
        return {**value, step: inner}
    return [inner if index == step else item for index, item in enumerate(value)]
