"""`dialect.yaml` read two ways: what may stand where in a spec, and which kind of object stands where."""

from __future__ import annotations

import difflib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from pixpact.specs import schemas
from pixpact.specs.document import Document, Json, escaped, read
from pixpact.specs.messages import said
from pixpact.specs.problems import Problem
from pixpact.specs.schemas import pointer_to

DIALECT = Path(__file__).parent / "dialect.yaml"


@cache
def dialect() -> dict[str, Json]:
    """The grammar as plain JSON."""
    return read(DIALECT).value


@dataclass(frozen=True, slots=True)
class Site:
    """One object of a spec: its kind (a name in the grammar's `$defs`), where it stands, and itself."""

    kind: str
    pointer: str
    value: Json


def problems(document: Document) -> list[Problem]:
    """Every key that is unknown and every value of the wrong shape."""
    found = []
    for error in schemas.grammar_errors(dialect(), document.value):
        unexpected = getattr(error.kind, "unexpected", None)
        if unexpected:
            found += [_unknown(document, error, key) for key in unexpected]
        else:
            found.append(_misshapen(document, error))
    return found


def _unknown(document: Document, error: Any, key: str) -> Problem:
    pointer = f"{pointer_to(error.instance_path)}/{escaped(key)}"
    known = _known_keys(error.schema_path)
    near = difflib.get_close_matches(key, known, 1)
    remedy = f"did you mean {near[0]!r}?" if near else f"use one of {', '.join(known)}"
    return Problem(document.origin(pointer), "unknown-key", f"the key {key!r} is not known here", remedy)


def _known_keys(schema_path: list[str | int]) -> list[str]:
    place: Json = dialect()
    for step in schema_path[:-1]:
        place = place[step]
    return sorted(place.get("properties", {}))


def _misshapen(document: Document, error: Any) -> Problem:
    pointer = pointer_to(error.instance_path)
    keyword = str(error.schema_path[-1])
    message = said(error, keyword, pointer or "the document")
    remedy = "see the page for spec authors, specs/README.md"
    return Problem(document.origin(pointer), "wrong-shape", message, remedy)


def sites(value: Json) -> Iterator[Site]:
    """Every object of a document that has a name in the grammar, parents first."""
    yield from _sites("openapi", value, "", dialect())


def _sites(kind: str, value: Json, pointer: str, rule: dict[str, Json]) -> Iterator[Site]:
    kind, rule = _chosen(kind, rule, value)
    if kind:
        yield Site(kind, pointer, value)
    if isinstance(value, dict):
        members, rest = rule.get("properties", {}), rule.get("additionalProperties")
        for key, inner in value.items():
            inner_rule = members.get(key, rest)
            if isinstance(inner_rule, dict):
                yield from _sites("", inner, f"{pointer}/{escaped(key)}", inner_rule)
    elif isinstance(value, list) and isinstance(rule.get("items"), dict):
        for index, item in enumerate(value):
            yield from _sites("", item, f"{pointer}/{index}", rule["items"])


def _chosen(kind: str, rule: dict[str, Json], value: Json) -> tuple[str, dict[str, Json]]:
    """Follow `$ref` and `if` of the grammar for this value; the last `$defs` name met is its kind."""
    while "$ref" in rule or "if" in rule:
        if "$ref" in rule:
            kind = rule["$ref"].removeprefix("#/$defs/")
            rule = dialect()["$defs"][kind]
        elif "properties" in rule or "then" not in rule:
            return kind, rule  # an object whose `if` only adds requirements
        else:
            rule = rule.get("then" if _holds(rule["if"], value) else "else", {})
    return kind, rule


def _holds(condition: dict[str, Json], value: Json) -> bool:
    if "required" in condition:
        return isinstance(value, dict) and all(name in value for name in condition["required"])
    kinds = {"array": list, "object": dict, "number": (int, float)}
    return isinstance(value, kinds[condition["type"]])
