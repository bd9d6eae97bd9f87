"""The grammar of a spec, `dialect.yaml`: validates documents, and finds the kind of each object."""

from __future__ import annotations

import difflib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from pixpact.specs.openapi import schemas
from pixpact.specs.openapi.document import Json, SpecDocument, at, escaped, read, steps
from pixpact.specs.openapi.messages import error_text
from pixpact.specs.openapi.problems import SpecProblem
from pixpact.specs.openapi.schemas import pointer_to

DIALECT = Path(__file__).parents[1] / "dialect.yaml"

RULES = ("unknown-key", "wrong-shape")
"""The lint rules of the grammar."""


@dataclass(frozen=True, slots=True)
class SpecPart:
    """An object of a spec: its kind (a name in the grammar's `$defs`), JSON pointer, and value."""

    kind: str
    pointer: str
    value: Json
    stands_for: str = ""
    """The kind of object that a `reference` refers to."""


@cache
def meta_schema() -> dict[str, Json]:
    """The grammar as plain JSON."""
    return read(DIALECT).value


@cache
def _grammar() -> schemas.KeywordSchema:
    return schemas.KeywordSchema(meta_schema())


@dataclass(frozen=True, slots=True)
class GrammarFault:
    """An unknown key, or a value of the wrong shape: JSON pointer, rule, message."""

    pointer: str
    rule: str
    message: str
    usual: str = ""
    """The remedy that the grammar names, if any."""
    missing: str = ""
    """The required field that is missing."""
    known: tuple[str, ...] = ()
    """The keys allowed there."""

    @property
    def remedy(self) -> str:
        """The remedy; for an unknown key, the most similar allowed key."""
        if not self.known:
            return self.usual
        near = difflib.get_close_matches(steps(self.pointer)[-1], self.known, 1)
        return f"did you mean {near[0]!r}?" if near else f"use one of {', '.join(self.known)}"


def problems(document: SpecDocument) -> list[SpecProblem]:
    """The problems of a document: unknown keys, and values of the wrong shape."""
    if "overlay" in document.value:
        message, remedy = "this is an overlay, not a spec", "check it with its base: pixpact lint VENDOR@OVERLAY"
        return [SpecProblem(document.origin("/overlay"), "wrong-shape", message, remedy)]
    return [
        SpecProblem(document.origin(fault.pointer), fault.rule, fault.message, fault.remedy)
        for fault in faults(document.value)
    ]


def faults(value: Json) -> Iterator[GrammarFault]:
    """Yield the faults of a document by the grammar."""
    for error in _grammar().errors(value):
        unexpected = getattr(error.kind, "unexpected", None)
        if unexpected:
            yield from (_unknown(error, key) for key in unexpected)
        else:
            yield _misshapen(error)


def _unknown(error: Any, key: str) -> GrammarFault:
    pointer = f"{pointer_to(error.instance_path)}/{escaped(key)}"
    names = tuple(sorted(_rule_of(error).get("properties", {}))) or ("nothing",)
    return GrammarFault(pointer, "unknown-key", f"the key {key!r} is not known here", known=names)


def _misshapen(error: Any) -> GrammarFault:
    pointer, missing = pointer_to(error.instance_path), ""
    name = pointer or "the document"
    if error.kind.name == "required":
        missing = error.kind.property
        message = f"{name} has no {missing!r}"
    elif error.kind.name == "propertyNames":
        key = error.kind.error.instance
        pointer, message = f"{pointer}/{escaped(key)}", f"{key!r} is not a key for {name}"
    else:
        message = error_text(error, str(error.schema_path[-1]), name)
    usual = "add it" if missing else "see the page for spec authors, specs/README.md"
    remedy = _rule_of(error).get("description", usual)
    return GrammarFault(pointer, "wrong-shape", message, remedy, missing)


def _rule_of(error: Any) -> dict[str, Json]:
    """The grammar's rule that an error comes from."""
    rule: dict[str, Json] = at(meta_schema(), pointer_to(error.schema_path[:-1]))
    return rule


def sites(value: Json) -> tuple[SpecPart, ...]:
    """All objects of a document that the grammar names, parents first."""
    parts: list[SpecPart] = []
    _collect(parts, value, "", meta_schema(), "openapi")
    return tuple(parts)


def _collect(collected: list[SpecPart], value: Json, pointer: str, rule: dict[str, Json], kind: str = "") -> None:
    before = ""
    if "$ref" in rule or "if" in rule:
        kind, before, rule = resolved(rule, value)
    if kind:
        collected.append(SpecPart(kind, pointer, value, before if kind == "reference" else ""))
    if isinstance(value, (dict, list)):
        for step, inner, inner_rule in parts(rule, value):
            if isinstance(inner_rule, dict):
                _collect(collected, inner, f"{pointer}/{escaped(step)}", inner_rule)


def parts(rule: dict[str, Json], value: Json) -> Iterator[tuple[str | int, Json, Json]]:
    """Yield (key or index, value, rule) of each field or item; the rule is no schema where anything is allowed."""
    if isinstance(value, dict):
        fields, rest = rule.get("properties", {}), rule.get("additionalProperties")
        for key, inner in value.items():
            yield key, inner, fields.get(key, rest)
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield index, item, rule.get("items")


def resolved(rule: dict[str, Json], value: Json) -> tuple[str, str, dict[str, Json]]:
    """Resolve the grammar's `$ref` and `if` for a value: (last `$defs` name, the one before it, rule)."""
    kind = before = ""
    while "$ref" in rule or "if" in rule:
        if "$ref" in rule:
            kind, before = rule["$ref"].removeprefix("#/$defs/"), kind
            rule = meta_schema()["$defs"][kind]
        elif "properties" in rule:
            break  # an object whose `if` only adds requirements
        else:
            rule = rule.get("then" if _holds(rule["if"], value) else "else", {})
    return kind, before, rule


_TYPES: dict[str, tuple[type, ...]] = {"array": (list,), "object": (dict,), "number": (int, float)}


def _holds(condition: dict[str, Json], value: Json) -> bool:
    if "required" in condition:
        return isinstance(value, dict) and all(name in value for name in condition["required"])
    return isinstance(value, _TYPES[condition["type"]])
