"""`dialect.yaml` read two ways: what may stand where in a spec, and which kind of object stands where."""

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
"""The lint rules that a document can break here."""


@dataclass(frozen=True, slots=True)
class SpecPart:
    """One object of a spec: its kind (a name in the grammar's `$defs`), where it stands, and itself."""

    kind: str
    pointer: str
    value: Json
    stands_for: str = ""
    """The kind of object that a `reference` stands for."""


@cache
def dialect() -> dict[str, Json]:
    """The grammar as plain JSON."""
    return read(DIALECT).value


@cache
def _grammar() -> schemas.KeywordSchema:
    return schemas.KeywordSchema(dialect())


@dataclass(frozen=True, slots=True)
class GrammarFault:
    """One key that is unknown, or one value of the wrong shape: its JSON pointer, and what is wrong."""

    pointer: str
    rule: str
    message: str
    usual: str = ""
    """The remedy where the grammar names one."""
    missing: str = ""
    """The field that an object must have and has not."""
    known: tuple[str, ...] = ()
    """The keys that may stand there."""

    @property
    def remedy(self) -> str:
        """What to do about it; of a key that is unknown, the known one most like it."""
        if not self.known:
            return self.usual
        near = difflib.get_close_matches(steps(self.pointer)[-1], self.known, 1)
        return f"did you mean {near[0]!r}?" if near else f"use one of {', '.join(self.known)}"


def problems(document: SpecDocument) -> list[SpecProblem]:
    """Every key that is unknown and every value of the wrong shape."""
    if "overlay" in document.value:
        message, remedy = "this is an overlay, not a spec", "check it with its base: pixpact lint VENDOR@OVERLAY"
        return [SpecProblem(document.origin("/overlay"), "wrong-shape", message, remedy)]
    return [
        SpecProblem(document.origin(fault.pointer), fault.rule, fault.message, fault.remedy)
        for fault in faults(document.value)
    ]


def faults(value: Json) -> Iterator[GrammarFault]:
    """Everything in a document that the grammar does not know, or knows in another shape."""
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
    """The rule of the grammar that an error comes from, without its last keyword."""
    rule: dict[str, Json] = at(dialect(), pointer_to(error.schema_path[:-1]))
    return rule


def sites(value: Json) -> tuple[SpecPart, ...]:
    """Every object of a document that has a name in the grammar, parents first."""
    parts: list[SpecPart] = []
    _collect(parts, value, "", dialect(), "openapi")
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
    """Each field or item of a value with the rule for it: a schema, or something else where anything may stand."""
    if isinstance(value, dict):
        fields, rest = rule.get("properties", {}), rule.get("additionalProperties")
        for key, inner in value.items():
            yield key, inner, fields.get(key, rest)
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield index, item, rule.get("items")


def resolved(rule: dict[str, Json], value: Json) -> tuple[str, str, dict[str, Json]]:
    """Follow `$ref` and `if` of the grammar for this value: the last `$defs` name met, the one before, the rule."""
    kind = before = ""
    while "$ref" in rule or "if" in rule:
        if "$ref" in rule:
            kind, before = rule["$ref"].removeprefix("#/$defs/"), kind
            rule = dialect()["$defs"][kind]
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
