"""JSON pointer → JSONPath (RFC 9535), the way an overlay names its targets."""

from __future__ import annotations

import json
import re

from pixpact.specs.openapi.document import Json, steps

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


def path_to(document: Json, pointer: str) -> str:
    """The path that leads to the value at a pointer and nowhere else: `$.components.schemas.Task['x-images']`.

    A step into a list is an index, a step into an object a name, whatever it looks like. Raises KeyError where
    there is no such value.
    """
    path, here = "$", document
    for step in steps(pointer):
        if isinstance(here, list):
            path, here = f"{path}[{int(step)}]", _item(here, step)
        else:
            path, here = path + _named(step), here[step]
    return path


def item_of(path: str, value: Json) -> str:
    """The path of every item of the list at `path` that is this plain value: `….enum[?@ == '3K']`."""
    return f"{path}[?@ == {_literal(value)}]"


def _item(items: list[Json], step: str) -> Json:
    if not step.isdecimal() or int(step) >= len(items):
        raise KeyError(step)
    return items[int(step)]


def _named(step: str) -> str:
    return f".{step}" if _NAME.fullmatch(step) else f"[{_quoted(step)}]"


def _literal(value: Json) -> str:
    return _quoted(value) if isinstance(value, str) else json.dumps(value)


def _quoted(text: str) -> str:
    """A text in single quotes, escaped as RFC 9535, section 2.3.1.1, wants it."""
    escapes = {"\\": "\\\\", "'": "\\'"}
    return (
        "'"
        + "".join(
            escapes.get(character) or (f"\\u{ord(character):04x}" if character < " " else character)
            for character in text
        )
        + "'"
    )
