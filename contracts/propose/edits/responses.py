"""What a contract must say where the body of a response was of another form."""

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


def body(scene: FindingContext) -> Iterator[ContractEdit]:
    """The edits for one broken keyword of a response's schema."""
    keyword = scene.finding.kind
    if keyword == "type":
        yield from _type(scene)
    elif keyword == "required":
        yield from _missing(scene)
    elif keyword in ("enum", "const"):
        yield from _word(scene)
    elif keyword in ("oneOf", "anyOf"):
        yield from _forms(scene)
    elif keyword == "contains":
        holder = parent_of(scene.claim.pointer)[0]
        drops = [RemoveValue(pointer_below(holder, word)) for word in ("contains", "minContains", "maxContains")]
        yield edit("its items are free", *(drop for drop in drops if exists(scene.document, drop.pointer)))
    elif keyword in BOUNDS:
        yield from _bound(scene)
    else:
        name = steps(scene.claim.pointer)[-1]
        yield edit(f"{name} limits nothing", RemoveValue(scene.claim.pointer))


# ---- types


def _type(scene: FindingContext) -> Iterator[ContractEdit]:
    """Only the new type where the old one was never seen, else both."""
    value, holder = scene.observed, parent_of(scene.claim.pointer)[0]
    if value is UNDEFINED:
        return
    observed_type = type_of(value)
    stated = scene.statement if isinstance(scene.statement, list) else [scene.statement]
    # Every integer is a number: beside the one, the other says nothing.
    both = [name for name in [*stated, observed_type] if not (name == "integer" and observed_type == "number")]
    once = not scene.kept
    if isinstance(value, str) and _DATE.fullmatch(value) and exists(scene.document, pointer_below(holder, "x-value")):
        yield edit(
            "it is a date and time",
            SetValue(scene.claim.pointer, observed_type),
            SetValue(pointer_below(holder, "format"), "date-time"),
        )
    if once and isinstance(value, (list, dict)):
        yield from _wrapped(scene, holder, value)
    if once:
        yield edit(f"it is of type {observed_type}", SetValue(scene.claim.pointer, observed_type))
    if len(both) > 1 or not once:
        yield edit(f"it is of type {' or '.join(both)}", SetValue(scene.claim.pointer, both if both[1:] else both[0]))
    if loose := _unbound(scene, holder):
        yield edit(
            f"it is of type {observed_type}, and no longer computed",
            SetValue(scene.claim.pointer, observed_type),
            *loose,
        )


def _unbound(scene: FindingContext, holder: str) -> list[Operation]:
    binding_pointer = pointer_below(holder, "x-value")
    return [RemoveValue(binding_pointer)] if exists(scene.document, binding_pointer) else []


def _wrapped(scene: FindingContext, holder: str, value: Json) -> Iterator[ContractEdit]:
    """An object where a list of such was, or the other way round; links that led into it lead there again."""
    schema = at(scene.document, holder)
    if isinstance(value, dict) and isinstance(schema.get("items"), dict):
        made = schema["items"]
        links = _links(scene, scene.finding.pointer + "/0/", scene.finding.pointer + "/")
        yield edit("it is a single item, not a list", SetValue(holder, made), *links)
    elif isinstance(value, list) and "properties" in schema:
        made = {"type": "array", "items": schema}
        links = _links(scene, scene.finding.pointer + "/", scene.finding.pointer + "/0/")
        yield edit("it is a list of these values", SetValue(holder, made), *links)


def _links(scene: FindingContext, old: str, new: str) -> Iterator[Operation]:
    """The parameters of links that read below a place of the response, reading below another."""
    operation = scene.seen.contract.operation(scene.finding.operation)
    for response in operation.responses:
        for link in response.links:
            written = at(scene.document, link.pointer).get("parameters", {})
            for name, expression in written.items():
                start = f"$response.body#{old}"
                moved = expression.replace(start, f"$response.body#{new}", 1) if isinstance(expression, str) else ""
                if moved and moved != expression:
                    yield SetValue(pointer_below(link.pointer, "parameters", name), moved)


# ---- fields


def _missing(scene: FindingContext) -> Iterator[ContractEdit]:
    """A field that is not there: it has another name now, or it may be missing."""
    name = steps(scene.finding.pointer)[-1]
    parent = scene.finding.pointer.rpartition("/")[0]
    beside = [pointer for pointer in _unknown(scene) if pointer.rpartition("/")[0] == parent]
    gone = RemoveItem(scene.claim.pointer, name)
    holder = parent_of(scene.claim.pointer)[0]
    schema = _schema_of(scene, holder, name)
    if len(beside) == 1 and schema is not None and not scene.kept:
        new = steps(beside[0])[-1]
        yield edit(
            f"{name} is called {new}",
            gone,
            AppendItem(scene.claim.pointer, new),
            RemoveValue(schema),
            SetValue(pointer_below(schema.rpartition("/")[0], new), at(scene.document, schema)),
            *_links(scene, scene.finding.pointer, beside[0]),
            renamed=(schema.rpartition("/")[0], name, new),
        )
    fields = pointer_below(holder, "properties")
    added = [_field(scene, fields, pointer) for pointer in beside] if exists(scene.document, fields) else []
    yield edit(f"{name} may be missing", gone, *added)


def _schema_of(scene: FindingContext, holder: str, name: str) -> str | None:
    field_pointer = pointer_below(holder, "properties", name)
    return field_pointer if exists(scene.document, field_pointer) else None


def _unknown(scene: FindingContext) -> list[str]:
    step = scene.step
    return [pointer for _, pointer in step.body.unknown] if step and step.body else []


def unknown_field(scene: FindingContext) -> Iterator[ContractEdit]:
    """A field that no schema names: it is there, of the types that were seen."""
    pointers = dict.fromkeys(claim.pointer for claim in scene.claims)
    names = steps(scene.finding.pointer)
    step = scene.step
    if step is None:
        return
    beside = [
        unknown for unknown in _unknown(scene) if unknown.rpartition("/")[0] == scene.finding.pointer.rpartition("/")[0]
    ]
    for claim_pointer in list(pointers)[:1]:
        added = [_field(scene, claim_pointer, pointer) for pointer in beside or [scene.finding.pointer]]
        yield edit(f"{', '.join(steps(unknown.pointer)[-1] for unknown in added) or names[-1]} is a field", *added)


def _field(scene: FindingContext, fields: str, pointer: str) -> SetValue:
    """A new field of a schema, of every type that it was seen with."""
    name = steps(pointer)[-1]
    pattern = _pattern(pointer)
    type_names = dict.fromkeys(
        type_of(value)
        for step in scene.seen.steps
        if step.body and step.media and scene.step and scene.step.media and step.media.schema == scene.step.media.schema
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


def _word(scene: FindingContext) -> Iterator[ContractEdit]:
    """A word that is not listed: it is listed too; a single word that was never seen gives way."""
    value = scene.observed
    if isinstance(value, (list, dict)) or value is UNDEFINED:
        return
    keyword, holder = parent_of(scene.claim.pointer)[1], parent_of(scene.claim.pointer)[0]
    if keyword == "const":
        if not scene.kept:
            yield edit(f"it is {short_json(value)}", SetValue(scene.claim.pointer, value))
        yield edit(
            f"it is {short_json(scene.statement)} or {short_json(value)}",
            RemoveValue(scene.claim.pointer),
            SetValue(pointer_below(holder, "enum"), [scene.statement, value]),
        )
    elif len(scene.statement) == 1 and not scene.kept:
        yield edit(f"it is {short_json(value)}", SetValue(scene.claim.pointer, [value]))
    else:
        yield edit(f"{short_json(value)} is one of its values", AppendItem(scene.claim.pointer, value))


def _forms(scene: FindingContext) -> Iterator[ContractEdit]:
    """Several forms at once: what each forbids of the others is allowed, and one of them suffices."""
    forms = scene.statement
    for index, form in enumerate(forms):
        forbidden = [
            name
            for name, inner in form.get("properties", {}).items()
            if inner is False and isinstance(scene.observed, dict) and name in scene.observed
        ]
        properties_pointer = pointer_below(scene.claim.pointer, str(index), "properties")
        if forbidden:
            puts = (
                SetValue(pointer_below(properties_pointer, name), {"type": type_of(scene.observed[name])})
                for name in forbidden
            )
            yield edit(f"{', '.join(forbidden)} may be used together with it", *puts)
    if scene.finding.kind == "oneOf":
        any_of = SetValue(pointer_below(parent_of(scene.claim.pointer)[0], "anyOf"), forms)
        yield edit("it may have several of its forms at once", RemoveValue(scene.claim.pointer), any_of)


def _bound(scene: FindingContext) -> Iterator[ContractEdit]:
    """A limit moves out to the outermost value that was seen."""
    keyword = steps(scene.claim.pointer)[-1]
    values = [size for size in _sizes(scene) if isinstance(size, (int, float))]
    if values and not keyword.startswith("exclusive"):
        furthest = max(values, key=lambda magnitude: magnitude * BOUNDS[keyword])
        yield edit(f"{keyword} is {furthest}", SetValue(scene.claim.pointer, furthest))
    yield edit(f"{keyword} limits nothing", RemoveValue(scene.claim.pointer))


def _sizes(scene: FindingContext) -> Iterator[Json]:
    for step in scene.seen.steps:
        for claim, violation in step.body.violations if step.body else ():
            if claim is not None and claim.id == scene.claim.id:
                value = value_at(step.value, steps(violation.pointer))
                yield len(value) if isinstance(value, (list, str)) else value


# ---- bindings


def binding(scene: FindingContext) -> Iterator[ContractEdit]:
    """What a field says is computed otherwise, or from nothing that the contract could name."""
    pointers = dict.fromkeys(claim.pointer for claim in scene.claims if claim.pointer.endswith("/x-value"))
    for pointer in pointers:
        written = at(scene.document, pointer)
        for expression in dict.fromkeys(re.findall(r"\{(\$[^{}]+)\}", written)):
            if len(pointers) == 1:
                yield edit(f"it says {expression}", SetValue(pointer, expression))
    drops = [RemoveValue(pointer) for pointer in pointers]
    names = ", ".join(short_pointer(pointer.rpartition("/")[0]) for pointer in pointers)
    if drops:
        yield edit(f"{names} is no longer computed", *drops)


def encoded(scene: FindingContext) -> Iterator[ContractEdit]:
    """Base64 with a prefix is not base64; and a text as long as an image is never read as a template."""
    yield edit("it contains nothing that a contract could describe", RemoveValue(scene.claim.pointer))
