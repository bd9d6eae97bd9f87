"""Defaults that every request must survive, and lists that must hold something."""

from __future__ import annotations

from collections.abc import Iterator

from pixpact.specs.document import Json, escaped
from pixpact.specs.problems import Problem
from pixpact.specs.reading import conjuncts, declared
from pixpact.specs.rules.subject import Meaning


def default(spec: Meaning) -> Iterator[Problem]:
    """A default that a schema which inherits it refuses: it would refuse every request without that member."""
    for pointer in _object_schemas(spec):
        for name in _property_names(spec, pointer):
            yield from _refused_default(spec, pointer, name)
    for operation in spec.contract.operations:
        for parameter in operation.parameters:
            if parameter.default is not None and not spec.schemas.test(parameter.schema)(parameter.default):
                message = f"the default of {parameter.name} is refused by its own schema"
                yield spec.problem("default", f"{parameter.schema}/default", message, "correct one of them")


def _object_schemas(spec: Meaning) -> Iterator[str]:
    """Each branch of each request body, and the objects inside."""
    for operation in spec.contract.operations:
        for media in operation.body.media if operation.body else ():
            for branch in media.reader.all_branches():
                yield from _with_inner(spec, branch.pointer, ())


def _with_inner(spec: Meaning, pointer: str, seen: tuple[str, ...]) -> Iterator[str]:
    if pointer in seen:
        return
    yield pointer
    for place, part in conjuncts(spec.value, pointer):
        for name, inner in part.get("properties", {}).items():
            if isinstance(inner, dict) and ("properties" in inner or "$ref" in inner):
                yield from _with_inner(spec, f"{place}/properties/{escaped(name)}", (*seen, pointer))


def _property_names(spec: Meaning, pointer: str) -> list[str]:
    return list(dict.fromkeys(name for _, part in conjuncts(spec.value, pointer) for name in part.get("properties", {})))


def _refused_default(spec: Meaning, pointer: str, name: str) -> Iterator[Problem]:
    parts = declared(spec.value, pointer, name)
    written = [(place, part["default"]) for place, part in parts if isinstance(part, dict) and "default" in part]
    if not written:
        return
    place, value = written[-1]
    for other, part in parts:
        if part is False or (isinstance(part, dict) and not spec.schemas.test(other)(value)):
            message = f"the default {value!r} of {name} is refused at {spec.parts.document.origin(other)}"
            remedy = "move the default to the branches that take the member, or widen the rule"
            yield spec.problem("default", f"{place}/default", message, remedy)


def list_required(spec: Meaning) -> Iterator[Problem]:
    """A rule that asks for a list and would be content with an empty one."""
    for pointer in _object_schemas(spec):
        lists = {name for name in _property_names(spec, pointer) if _is_list(spec, pointer, name)}
        for place, rule in _requirements(spec, pointer):
            for name in rule.get("required", ()):
                if name in lists and not _min_items(rule, name):
                    message = f"an empty {name} satisfies this rule"
                    remedy = f"add `properties: {{{name}: {{minItems: 1}}}}` beside `required`"
                    yield spec.problem("list-required", place, message, remedy)
        yield from _dependent_lists(spec, pointer, lists)


def _is_list(spec: Meaning, pointer: str, name: str) -> bool:
    parts = declared(spec.value, pointer, name)
    return any(isinstance(part, dict) and part.get("type") == "array" for _, part in parts)


def _requirements(spec: Meaning, pointer: str) -> Iterator[tuple[str, Json]]:
    """What `then`, `else` and `dependentSchemas` of an object schema ask for."""
    for place, part in conjuncts(spec.value, pointer):
        inner = [f"{place}/{keyword}" for keyword in ("then", "else") if keyword in part]
        inner += [f"{place}/dependentSchemas/{escaped(name)}" for name in part.get("dependentSchemas", {})]
        for rule in inner:
            yield from conjuncts(spec.value, rule)


def _min_items(rule: Json, name: str) -> int:
    inner = rule.get("properties", {}).get(name, {})
    return int(inner.get("minItems", 0)) if isinstance(inner, dict) else 1


def _dependent_lists(spec: Meaning, pointer: str, lists: set[str]) -> Iterator[Problem]:
    for place, part in conjuncts(spec.value, pointer):
        for name, needed in part.get("dependentRequired", {}).items():
            for other in lists.intersection(needed):
                message = f"an empty {other} satisfies what {name} asks for"
                remedy = f"use dependentSchemas with `required: [{other}]` and minItems: 1"
                yield spec.problem("list-required", f"{place}/dependentRequired/{escaped(name)}", message, remedy)

