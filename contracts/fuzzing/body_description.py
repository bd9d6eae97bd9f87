"""Describes bodies in words, and finds the fields that a statement is about."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping

from pixpact.contracts.fuzzing.shrink_body import fields
from pixpact.contracts.samples.bodies import value_in
from pixpact.contracts.samples.statements import Path
from pixpact.specs.openapi.document import Json, at, escaped, steps
from pixpact.specs.openapi.messages import plural

_LONGEST = 40


def body_in_words(body: Json, paths: Iterable[Path] | None = None) -> str:
    """The fields of a body in words, those at `paths` or all: `n 3, prompt of 1200 characters`."""
    chosen = [path[:1] for path in fields(body) if len(path) == 1] if paths is None else list(paths)
    return ", ".join(f"{'.'.join(path)} {_shown(value_in(body, path))}" for path in chosen)[:160]


def _shown(value: Json) -> str:
    if isinstance(value, str) and len(value) > _LONGEST:
        return f"of {plural(len(value), 'character')}"
    if isinstance(value, list):
        return f"of {plural(len(value), 'item')}"
    if isinstance(value, dict):
        return "{" + body_in_words(value) + "}"
    return json.dumps(value, ensure_ascii=False)


def speaks_of(document: Mapping[str, Json], pointer: str, paths: list[Path]) -> bool:
    """Whether the statement at `pointer` is about one of the fields, or about a total that includes one."""
    if any(f"/properties/{escaped(path[-1])}/" in f"{pointer}/" for path in paths if path):
        return True
    if not pointer.endswith("/x-total"):
        return False
    summed = [steps(f"/{name}") for name in at(document, pointer)["of"]]
    return any(path[-len(part) :] == part for path in paths for part in map(tuple, summed))
