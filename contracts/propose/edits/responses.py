"""Edits for responses whose body differs from its schema."""

from __future__ import annotations

import re
from collections.abc import Iterator

from pixpact.contracts.propose.bounds import BOUNDS
from pixpact.contracts.propose.finding_context import ContractEdit, FindingContext, edit, type_of
from pixpact.contracts.propose.operations import (
    AppendItem,
    Operation,
    RemoveItem,
    RemoveValue,
    SetValue,
    exists,
    parent_of,
    pointer_below,
)
from pixpact.contracts.samples.statements import short_pointer as short_pointer
from pixpact.specs.dialect.expressions import UNDEFINED, value_at
from pixpact.specs.openapi.document import Json, at, steps
from pixpact.specs.openapi.messages import short_json

_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:.]+(Z|[+-][0-9:]+)")


def body(context: FindingContext) -> Iterator[ContractEdit]:
    """The edits for one broken keyword of a response's schema."""
    keyword = context.finding.kind
    if keyword == "type":
        yield from _type(context)
    elif keyword == "required":
        yield from _missing(context)
    elif keyword in ("enum", "const"):
        yield from _word(context)
    elif keyword in ("oneOf", "anyOf"):
        yield from _forms(context)
    elif keyword == "contains":
        holder = parent_of(context.claim.pointer)[0]
        drops = [RemoveValue(pointer_below(holder, word)) for word in ("contains", "minContains", "maxContains")]
        yield edit("its items are free", *(drop for drop in drops if exists(context.document, drop.pointer)))
    elif keyword in BOUNDS:
        yield from _bound(context)
    else:
        name = steps(context.claim.pointer)[-1]
        yield edit(f"{name} limits nothing", RemoveValue(context.claim.pointer))


# ---- types


def _type(context: FindingContext) -> Iterator[ContractEdit]:
    """Set the new type; keep the old one too if it was observed."""
    value, holder = context.observed, parent_of(context.claim.pointer)[0]
    if value is UNDEFINED:
        return
    observed_type = type_of(value)
    stated = context.statement if isinstance(context.statement, list) else [context.statement]
    # Every integer is a number, so beside `number` it adds nothing.
    both = [name for name in [*stated, observed_type] if not (name == "integer" and observed_type == "number")]
    once = not context.kept
    if isinstance(value, str) and _DATE.fullmatch(value) and exists(context.document, pointer_below(holder, "x-value")):
        yield edit(
            "it is a date and time",
            SetValue(context.claim.pointer, observed_type),
            SetValue(pointer_below(holder, "format"), "date-time"),
        )
    if once and isinstance(value, (list, dict)):
        yield from _wrapped(context, holder, value)
    if once:
        yield edit(f"it is of type {observed_type}", SetValue(context.claim.pointer, observed_type))
    if len(both) > 1 or not once:
        yield edit(f"it is of type {' or '.join(both)}", SetValue(context.claim.pointer, both if both[1:] else both[0]))
    if loose := _unbound(context, holder):
        yield edit(
            f"it is of type {observed_type}, and no longer computed",
            SetValue(context.claim.pointer, observed_type),
            *loose,
        )


def _unbound(context: FindingContext, holder: str) -> list[Operation]:
    binding_pointer = pointer_below(holder, "x-value")
    return [RemoveValue(binding_pointer)] if exists(context.document, binding_pointer) else []


def _wrapped(context: FindingContext, holder: str, value: Json) -> Iterator[ContractEdit]:
    """Change a list of objects to an object, or the reverse, and the links that lead into it."""
    schema = at(context.document, holder)
    if isinstance(value, dict) and isinstance(schema.get("items"), dict):
        made = schema["items"]
        links = _links(context, context.finding.pointer + "/0/", context.finding.pointer + "/")
        yield edit("it is a single item, not a list", SetValue(holder, made), *links)
    elif isinstance(value, list) and "properties" in schema:
        made = {"type": "array", "items": schema}
        links = _links(context, context.finding.pointer + "/", context.finding.pointer + "/0/")
        yield edit("it is a list of these values", SetValue(holder, made), *links)


def _links(context: FindingContext, old: str, new: str) -> Iterator[Operation]:
    """Let link parameters that read below one pointer of the response read below another."""
    operation = context.seen.contract.operation(context.finding.operation)
    for response in operation.responses:
        for link in response.links:
            written = at(context.document, link.pointer).get("parameters", {})
            for name, expression in written.items():
                start = f"$response.body#{old}"
                moved = expression.replace(start, f"$response.body#{new}", 1) if isinstance(expression, str) else ""
                if moved and moved != expression:
                    yield SetValue(pointer_below(link.pointer, "parameters", name), moved)


# ---- fields


def _missing(context: FindingContext) -> Iterator[ContractEdit]:
    """Rename a missing field, or make it optional."""
    name = steps(context.finding.pointer)[-1]
    parent = context.finding.pointer.rpartition("/")[0]
    beside = [pointer for pointer in _unknown(context) if pointer.rpartition("/")[0] == parent]
    gone = RemoveItem(context.claim.pointer, name)
    holder = parent_of(context.claim.pointer)[0]
    schema = _schema_of(context, holder, name)
    if len(beside) == 1 and schema is not None and not context.kept:
        new = steps(beside[0])[-1]
        yield edit(
            f"{name} is called {new}",
            gone,
            AppendItem(context.claim.pointer, new),
            RemoveValue(schema),
            SetValue(pointer_below(schema.rpartition("/")[0], new), at(context.document, schema)),
            *_links(context, context.finding.pointer, beside[0]),
            renamed=(schema.rpartition("/")[0], name, new),
        )
    fields = pointer_below(holder, "properties")
    added = [_field(context, fields, pointer) for pointer in beside] if exists(context.document, fields) else []
    yield edit(f"{name} may be missing", gone, *added)


def _schema_of(context: FindingContext, holder: str, name: str) -> str | None:
    field_pointer = pointer_below(holder, "properties", name)
    return field_pointer if exists(context.document, field_pointer) else None


def _unknown(context: FindingContext) -> list[str]:
    step = context.step
    return [pointer for _, pointer in step.body.unknown] if step and step.body else []


def unknown_field(context: FindingContext) -> Iterator[ContractEdit]:
    """Declare an unknown field, with the observed types."""
    pointers = dict.fromkeys(claim.pointer for claim in context.claims)
    names = steps(context.finding.pointer)
    step = context.step
    if step is None:
        return
    beside = [
        unknown
        for unknown in _unknown(context)
        if unknown.rpartition("/")[0] == context.finding.pointer.rpartition("/")[0]
    ]
    for claim_pointer in list(pointers)[:1]:
        added = [_field(context, claim_pointer, pointer) for pointer in beside or [context.finding.pointer]]
        yield edit(f"{', '.join(steps(unknown.pointer)[-1] for unknown in added) or names[-1]} is a field", *added)


def _field(context: FindingContext, fields: str, pointer: str) -> SetValue:
    """A new field of a schema, with all observed types."""
    name = steps(pointer)[-1]
    pattern = _pattern(pointer)
    type_names = dict.fromkeys(
        type_of(value)
        for step in context.seen.steps
        if step.body
        and step.media
        and context.step
        and context.step.media
        and step.media.schema == context.step.media.schema
        for _, unknown_pointer in step.body.unknown
        if _pattern(unknown_pointer) == pattern
        and (value := value_at(step.value, steps(unknown_pointer))) is not UNDEFINED
    )
    types = [type_name for type_name in type_names if not (type_name == "integer" and "number" in type_names)]
    schema: Json = {"type": types[0] if len(types) == 1 else types} if types else {}
    return SetValue(pointer_below(fields, name), schema)


def _pattern(pointer: str) -> str:
    return "/".join("*" if step.isdecimal() else step for step in pointer.split("/"))


# ---- words and forms


def _word(context: FindingContext) -> Iterator[ContractEdit]:
    """List a new value too; it replaces a single listed value that was never observed."""
    value = context.observed
    if isinstance(value, (list, dict)) or value is UNDEFINED:
        return
    keyword, holder = parent_of(context.claim.pointer)[1], parent_of(context.claim.pointer)[0]
    if keyword == "const":
        if not context.kept:
            yield edit(f"it is {short_json(value)}", SetValue(context.claim.pointer, value))
        yield edit(
            f"it is {short_json(context.statement)} or {short_json(value)}",
            RemoveValue(context.claim.pointer),
            SetValue(pointer_below(holder, "enum"), [context.statement, value]),
        )
    elif len(context.statement) == 1 and not context.kept:
        yield edit(f"it is {short_json(value)}", SetValue(context.claim.pointer, [value]))
    else:
        yield edit(f"{short_json(value)} is one of its values", AppendItem(context.claim.pointer, value))


def _forms(context: FindingContext) -> Iterator[ContractEdit]:
    """Allow several forms at once: allow what each forbids of the others, or turn `oneOf` into `anyOf`."""
    forms = context.statement
    for index, form in enumerate(forms):
        forbidden = [
            name
            for name, inner in form.get("properties", {}).items()
            if inner is False and isinstance(context.observed, dict) and name in context.observed
        ]
        properties_pointer = pointer_below(context.claim.pointer, str(index), "properties")
        if forbidden:
            puts = (
                SetValue(pointer_below(properties_pointer, name), {"type": type_of(context.observed[name])})
                for name in forbidden
            )
            yield edit(f"{', '.join(forbidden)} may be used together with it", *puts)
    if context.finding.kind == "oneOf":
        any_of = SetValue(pointer_below(parent_of(context.claim.pointer)[0], "anyOf"), forms)
        yield edit("it may have several of its forms at once", RemoveValue(context.claim.pointer), any_of)


def _bound(context: FindingContext) -> Iterator[ContractEdit]:
    """Widen a limit to the outermost observed value."""
    keyword = steps(context.claim.pointer)[-1]
    values = [size for size in _sizes(context) if isinstance(size, (int, float))]
    if values and not keyword.startswith("exclusive"):
        furthest = max(values, key=lambda magnitude: magnitude * BOUNDS[keyword])
        yield edit(f"{keyword} is {furthest}", SetValue(context.claim.pointer, furthest))
    yield edit(f"{keyword} limits nothing", RemoveValue(context.claim.pointer))


def _sizes(context: FindingContext) -> Iterator[Json]:
    for step in context.seen.steps:
        for claim, violation in step.body.violations if step.body else ():
            if claim is not None and claim.id == context.claim.id:
                value = value_at(step.value, steps(violation.pointer))
                yield len(value) if isinstance(value, (list, str)) else value


# ---- bindings


def binding(context: FindingContext) -> Iterator[ContractEdit]:
    """Change the expression of a field, or remove it if no expression gives the observed values."""
    pointers = dict.fromkeys(claim.pointer for claim in context.claims if claim.pointer.endswith("/x-value"))
    for pointer in pointers:
        written = at(context.document, pointer)
        for expression in dict.fromkeys(re.findall(r"\{(\$[^{}]+)\}", written)):
            if len(pointers) == 1:
                yield edit(f"it says {expression}", SetValue(pointer, expression))
    drops = [RemoveValue(pointer) for pointer in pointers]
    names = ", ".join(short_pointer(pointer.rpartition("/")[0]) for pointer in pointers)
    if drops:
        yield edit(f"{names} is no longer computed", *drops)


def encoded(context: FindingContext) -> Iterator[ContractEdit]:
    """Remove the expression of an encoded field: base64 with a prefix is neither base64 nor a template."""
    yield edit("it contains nothing that a contract could describe", RemoveValue(context.claim.pointer))
