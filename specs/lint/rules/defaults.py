"""Lint rules for default values, and for required lists that may be empty."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from pixpact.specs.dialect.request_body import BodyBranch, FieldRule, conjuncts
from pixpact.specs.lint.rules.subject import CompiledSpec, LintFault
from pixpact.specs.openapi.document import Json, at, escaped
from pixpact.specs.openapi.messages import short_json


def default(spec: CompiledSpec) -> Iterator[LintFault]:
    """A default that its own schema refuses: every request without the field would be refused."""
    for name, field in spec.fields:
        if field.has_default:
            yield from _refused(spec, name, field)
    for operation in spec.contract.operations:
        for parameter in operation.parameters:
            if parameter.default is not None and not spec.schemas.test(parameter.schema)(parameter.default):
                message = (
                    f"the default {short_json(parameter.default)} of {parameter.name} is refused by its own schema"
                )
                yield LintFault(f"{parameter.schema}/default", message, "correct one of them")


def _refused(spec: CompiledSpec, name: str, field: FieldRule) -> Iterator[LintFault]:
    refusing = [pointer for pointer in field.places if not _takes(spec, pointer, field.default)]
    if refusing:
        written = [pointer for pointer in field.places if _writes_default(at(spec.value, pointer))]
        where = spec.parts.document.origin(refusing[0])
        message = f"the default {short_json(field.default)} of {name} is refused at {where}"
        remedy = "move the default to the branches that take the field, or widen the rule"
        yield LintFault(f"{written[-1]}/default", message, remedy)


def _takes(spec: CompiledSpec, pointer: str, value: Json) -> bool:
    return at(spec.value, pointer) is not False and spec.schemas.test(pointer)(value)


def _writes_default(schema: Json) -> bool:
    return isinstance(schema, dict) and "default" in schema


def list_required(spec: CompiledSpec) -> Iterator[LintFault]:
    """A required list that may be empty."""
    for branch in spec.branches:
        lists = {name for name, field in branch.fields.items() if _is_list(spec, field)}
        yield from _required_lists(spec, branch, lists)
        for pointer, rule in _conditional(spec, branch.pointer):
            for name in lists.intersection(rule.get("required", ())):
                if not _least(rule.get("properties", {}).get(name)):
                    remedy = f"add `properties: {{{name}: {{minItems: 1}}}}` beside `required`"
                    yield LintFault(f"{pointer}/required", f"an empty {name} satisfies this rule", remedy)
        yield from _dependent_lists(spec, branch.pointer, lists)


def _is_list(spec: CompiledSpec, field: FieldRule) -> bool:
    parts = [at(spec.value, pointer) for pointer in field.places]
    return any(isinstance(part, dict) and "array" in part.get("type", ()) for part in parts)


def _least(schema: Json) -> int:
    """The minimum number of items of a schema; one where it allows no list at all."""
    return int(schema.get("minItems", 0)) if isinstance(schema, Mapping) else int(schema is False)


def _required_lists(spec: CompiledSpec, branch: BodyBranch, lists: set[str]) -> Iterator[LintFault]:
    for name in sorted(lists):
        field = branch.fields[name]
        if field.required and not any(_least(at(spec.value, pointer)) for pointer in field.places):
            message = f"{name} is required, and may be empty"
            yield LintFault(field.places[-1], message, "add `minItems: 1`")


def _conditional(spec: CompiledSpec, pointer: str) -> Iterator[tuple[str, Json]]:
    """Yield (pointer, schema) of the `then`, `else` and `dependentSchemas` of an object schema."""
    for part_pointer, part in conjuncts(spec.value, pointer):
        inner = [f"{part_pointer}/{keyword}" for keyword in ("then", "else") if keyword in part]
        inner += [f"{part_pointer}/dependentSchemas/{escaped(name)}" for name in part.get("dependentSchemas", {})]
        for rule in inner:
            yield from conjuncts(spec.value, rule)


def _dependent_lists(spec: CompiledSpec, pointer: str, lists: set[str]) -> Iterator[LintFault]:
    for part_pointer, part in conjuncts(spec.value, pointer):
        for name, needed in part.get("dependentRequired", {}).items():
            for sibling in lists.intersection(needed):
                message = f"an empty {sibling} satisfies what {name} asks for"
                remedy = f"use dependentSchemas with `required: [{sibling}]` and minItems: 1"
                yield LintFault(f"{part_pointer}/dependentRequired/{escaped(name)}", message, remedy)
