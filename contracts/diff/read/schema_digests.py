"""Digests and sizes of the schemas of one document, with all that they refer to: equal digests mean equal schemas.

So equal parts of two documents need no comparison, and a schema that would grow without end if its references were
written out is recognised before.
"""

from __future__ import annotations

from collections.abc import Iterator
from hashlib import sha256
from typing import Any

from pixpact.specs.openapi.document import Json, at
from pixpact.specs.openapi.parts import PARTS

_UNSAID = frozenset(("title", "description", "example", "examples", "externalDocs", "xml", "$comment", "summary"))
_DEEPEST = 40
LARGEST = 10**9
"""The size at which counting stops."""


class SchemaDigests:
    """The schemas of one document by their JSON pointers."""

    def __init__(self, value: dict[str, Any]) -> None:
        self._value = value
        self._own: dict[str, tuple[str, frozenset[str], int]] = {}
        self._digests: dict[str, str] = {}
        self._sizes: dict[str, int] = {}
        self._open: set[str] = set()

    def digest(self, pointer: str) -> str:
        """Equal texts for schemas that say the same and refer to equal schemas by the same names."""
        if pointer not in self._digests:
            hashed = sha256()
            for target in (pointer, *sorted(self.reached(pointer))):
                hashed.update(f"{target if target != pointer else ''} {self._said(target)[0]}\n".encode())
            self._digests[pointer] = hashed.hexdigest()
        return self._digests[pointer]

    def reached(self, pointer: str) -> set[str]:
        """Every schema that this one refers to, directly or not."""
        targets: set[str] = set()
        waiting = list(self._said(pointer)[1])
        while waiting:
            target = waiting.pop()
            if target not in targets:
                targets.add(target)
                waiting += self._said(target)[1]
        return targets

    def size(self, pointer: str) -> int:
        """How many schemas it contains with its references written out; `LARGEST` if it is endless or very deep."""
        if pointer in self._open or len(self._open) > _DEEPEST:
            return LARGEST
        if pointer not in self._sizes:
            self._open.add(pointer)
            counted = self._said(pointer)[2] + sum(map(self.size, self._targets(at(self._value, pointer))))
            self._open.discard(pointer)
            self._sizes[pointer] = min(counted, LARGEST)
        return self._sizes[pointer]

    def _said(self, pointer: str) -> tuple[str, frozenset[str], int]:
        """(digest of the schema itself, targets of its references, number of schemas in it)."""
        if pointer not in self._own:
            schema = at(self._value, pointer)
            words: list[str] = []
            count = _written(schema, words)
            text = sha256("\x00".join(words).encode()).hexdigest()
            self._own[pointer] = (text, frozenset(self._targets(schema)), count)
        return self._own[pointer]

    def _targets(self, schema: Json) -> Iterator[str]:
        """The target of each reference in a schema, with repetitions."""
        if not isinstance(schema, dict):
            return
        if "$ref" in schema:
            yield schema["$ref"].removeprefix("#")
        for inner in _inside(schema):
            yield from self._targets(inner)


def _inside(schema: dict[str, Any]) -> Iterator[Json]:
    for key, inner in schema.items():
        part = PARTS["schema"].get(key)
        if part is not None:
            yield from [inner] if part[0] == "one" else inner.values() if isinstance(inner, dict) else inner


def _written(schema: Json, words: list[str]) -> int:
    """Add what a schema says, whatever the order of its keys. Returns the number of schemas in it."""
    if not isinstance(schema, dict):
        words.append(repr(schema))
        return 1
    count = 1
    words.append("{")
    for key in sorted(schema):
        part, inner = PARTS["schema"].get(key), schema[key]
        if part is None:
            if key not in _UNSAID:
                words += (key, repr(inner))
            continue
        words.append(key)
        if part[0] == "one":
            count += _written(inner, words)
            continue
        pairs = inner.items() if isinstance(inner, dict) else enumerate(inner)
        for name, held in sorted(pairs, key=lambda pair: str(pair[0])) if part[0] == "map" else pairs:
            words.append(str(name))
            count += _written(held, words)
    words.append("}")
    return count
