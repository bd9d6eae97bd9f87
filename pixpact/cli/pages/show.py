"""`pixpact show`: a contract as a page to read."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from rich.markup import escape
from rich.table import Table

from pixpact.specs import evidence
from pixpact.specs.catalogue import SpecCatalogue
from pixpact.specs.contract.model import Contract, Operation
from pixpact.specs.dialect.images import merged
from pixpact.specs.dialect.lifecycle import Lifecycle
from pixpact.specs.dialect.request_body import BodyBranch, conjuncts, declared
from pixpact.specs.openapi.document import Json
from pixpact.specs.openapi.messages import short
from pixpact.specs.openapi.problems import shown
from pixpact.terminal.console import console, table


def show(vendor: str, folders: tuple[Path, ...]) -> None:
    """Print the page of one contract. Raises UnknownVendor or SpecError."""
    source = SpecCatalogue(folders).source(vendor)
    contract = source.contract()
    out = console()
    out.print(f"[bold]{escape(contract.name)}[/bold]: {escape(contract.title)}, version {escape(contract.version)}")
    out.print(f"servers: {', '.join(map(escape, contract.servers))}")
    out.print(f"files: {', '.join(escape(shown(path)) for path in source.files)}\n")
    out.print(operations(contract))
    for operation in contract.operations:
        for media in operation.body.media if operation.body else ():
            for branch in media.reader.all_branches():
                out.print(fields(contract, operation, branch))
    for lifecycle in contract.lifecycles.values():
        out.print(states(lifecycle))
    out.print(sources(contract))


def operations(contract: Contract) -> Table:
    """Every operation, and what it answers."""
    rows = table("operation", "request", "does", "answers", title="Operations")
    for operation in contract.operations:
        statuses = ", ".join(response.status for response in operation.responses)
        role = operation.role
        does = f"{role.verb} {role.lifecycle or ''}".strip() if role else "-"
        rows.add_row(operation.id, f"{operation.method} {escape(operation.path)}", does, statuses)
    return rows


def fields(contract: Contract, operation: Operation, branch: BodyBranch) -> Table:
    """The fields of one branch of a request body with all their limits."""
    document = contract.document.value
    models = branch_names(document, branch)
    rows = table("member", "limits", "default", title=f"{operation.id}: {escape(models)}")
    for name, limits, default in _fields(document, branch.pointer, branch.fields, ""):
        rows.add_row(escape(name), escape(limits), escape(default))
    for _, part in conjuncts(document, branch.pointer):
        for text in _rules(document, part):
            rows.add_row("[italic]together[/italic]", escape(text), "")
    for name, text in _promise(document, branch):
        rows.add_row(f"[italic]images: {name}[/italic]", escape(text), "")
    return rows


def branch_names(document: Mapping[str, Json], branch: BodyBranch) -> str:
    """The values that lead to a branch, else the name of its schema."""
    models = [part["enum"] for _, part in declared(document, branch.pointer, "model") if "enum" in part]
    return ", ".join(map(str, models[-1])) if models else branch.pointer.rpartition("/")[2]


def _fields(
    document: Mapping[str, Json], pointer: str, read: Mapping[str, Any], prefix: str
) -> Iterator[tuple[str, str, str]]:
    for name, field in read.items():
        parts = declared(document, pointer, name)
        limits = [text for _, part in parts for text in limits_of(document, part)]
        required = ["required"] if field.required else []
        default = short(field.default) if field.has_default else ""
        yield prefix + name, "; ".join(dict.fromkeys(required + limits)) or "any", default
        if field.fields and parts:
            yield from _fields(document, parts[-1][0], field.fields, f"{prefix}{name}.")


_WORDS = {
    "minimum": "≥ {}",
    "maximum": "≤ {}",
    "exclusiveMinimum": "> {}",
    "exclusiveMaximum": "< {}",
    "minItems": "at least {} items",
    "maxItems": "at most {} items",
    "minLength": "at least {} characters",
    "maxLength": "at most {} characters",
    "pattern": "matches {}",
    "format": "{}",
    "x-clamp": "clamped to {}",
}


def limits_of(document: Mapping[str, Json], part: Json) -> Iterator[str]:
    """What one schema says of a value, in short words."""
    if part is False:
        yield "not taken"
    if not isinstance(part, dict):
        return
    if "type" in part:
        yield part["type"] if isinstance(part["type"], str) else " or ".join(part["type"])
    if "enum" in part:
        yield "one of " + ", ".join(map(str, part["enum"]))
    for keyword, words in _WORDS.items():
        if keyword in part:
            yield (
                words.format(_bounds(part[keyword]))
                .replace(" 1 items", " 1 item")
                .replace(" 1 characters", " 1 character")
            )
    for name, rule in part.get("x-image", {}).items():
        yield f"{name} {_bounds(rule)}"
    condition = " and ".join(_within(document, part.get("if")))
    for name, words in (("items", "each"), ("then", f"if {condition or 'so'}"), ("else", "otherwise")):
        if inner := _within(document, part.get(name)):
            yield f"{words} {', '.join(inner)}" if name == "items" else f"{words}: {', '.join(inner)}"


def _within(document: Mapping[str, Json], schema: Json) -> list[str]:
    if not isinstance(schema, dict):
        return []
    return [text for _, it in conjuncts_of(document, schema) for text in limits_of(document, it)]


def _bounds(rule: Json) -> str:
    if not isinstance(rule, dict):
        return str(rule)
    words = {
        "minimum": "≥",
        "maximum": "≤",
        "exclusiveMinimum": ">",
        "exclusiveMaximum": "<",
        "enum": "in",
    }
    return ", ".join(f"{words.get(key, key)} {short(value)}" for key, value in rule.items())


def _rules(document: Mapping[str, Json], part: Mapping[str, Json]) -> Iterator[str]:
    """What holds between the fields of an object, one sentence each."""
    if "x-total" in part:
        yield f"{' + '.join(part['x-total']['of'])} ≤ {part['x-total']['maximum']}"
    for name, needed in part.get("dependentSchemas", {}).items():
        yield f"{name} needs {_said(document, needed)}"
    for keyword in ("then", "else"):
        if "if" in part and keyword in part:
            effect = _said(document, part[keyword])
            if effect:
                condition = _said(document, part["if"])
                yield f"{'if' if keyword == 'then' else 'unless'} {condition}: {effect}"


def _said(document: Mapping[str, Json], schema: Json, path: str = "") -> str:
    """A schema over fields in short words: `size = auto, image_urls at least 1 items`."""
    if not isinstance(schema, dict):
        return ""
    texts = []
    for _, part in conjuncts_of(document, schema):
        shown = part.get("properties", {})
        texts += [f"{path}{name} given" for name in part.get("required", ()) if name not in shown]
        for name, inner in shown.items():
            texts += _said_of(document, f"{path}{name}", inner)
        if "x-total" in part:
            texts.append(f"{' + '.join(part['x-total']['of'])} ≤ {part['x-total']['maximum']}")
        texts += [f"images: {key} {_image(value)}" for key, value in part.get("x-images", {}).items()]
    return ", ".join(dict.fromkeys(texts))


def _said_of(document: Mapping[str, Json], name: str, inner: Json) -> list[str]:
    if inner is False:
        return [f"no {name}"]
    if "const" in inner:
        return [f"{name} = {inner['const']}"]
    deeper = _said(document, inner, f"{name}.")
    return [f"{name} {text}" for text in limits_of(document, inner)] + ([deeper] if deeper else [])


def conjuncts_of(document: Mapping[str, Json], schema: Mapping[str, Json]) -> list[tuple[str, dict[str, Json]]]:
    """A schema that may stand anywhere, with what it includes by `$ref` and `allOf`."""
    found: list[tuple[str, dict[str, Json]]] = []
    for inner in [*([{"$ref": schema["$ref"]}] if "$ref" in schema else []), *schema.get("allOf", ())]:
        found += conjuncts(document, inner["$ref"].removeprefix("#")) if "$ref" in inner else [("", inner)]
    return [*found, ("", dict(schema))]


def _promise(document: Mapping[str, Json], branch: BodyBranch) -> Iterator[tuple[str, str]]:
    """What the images of a branch are, field by field."""
    parts = [part["x-images"] for _, part in conjuncts(document, branch.pointer) if "x-images" in part]
    for key, value in merged(parts).items():
        if key != "x-evidence":
            yield key, _image(value)


def _image(value: Json) -> str:
    if isinstance(value, dict) and "table" in value:
        names = " and ".join(_expression(text) for text in value.get("by", []))
        return f"by {names}: {_table(value['table'])}"
    if isinstance(value, dict):
        return ", ".join(f"{key} {_image(inner)}" for key, inner in value.items())
    if isinstance(value, list):
        return " or ".join(_image(item) for item in value)
    return _expression(str(value))


def _expression(text: str) -> str:
    return text.removeprefix("$request.body#/").replace("/", ".") if text.startswith("$request.body#/") else text


def _table(rows: Json) -> str:
    if not isinstance(rows, dict):
        return str(rows)
    return ", ".join(f"{key} → {f'({_table(row)})' if isinstance(row, dict) else row}" for key, row in rows.items())


def states(lifecycle: Lifecycle) -> Table:
    """A lifecycle's states, the reachable ones first."""
    rows = table("state", "lasts (s)", "then", "progress (%)", "outcome", title=f"Lifecycle {lifecycle.name}")
    reachable = lifecycle.reachable()
    for name in [*reachable, *(word for word in lifecycle.states if word not in reachable)]:
        state = lifecycle.states[name]
        low, high = state.after or (0.0, 0.0)
        lasts = "-" if state.after is None else f"{low:g}" if low == high else f"{low:g} to {high:g}"
        progress = "-" if state.progress is None else "{} to {}".format(*state.progress)
        outcome = state.outcome or ("" if name in reachable else "documented, never shown by the mock")
        rows.add_row(name, lasts, ", ".join(state.next) or "-", progress, outcome)
    return rows


def sources(contract: Contract) -> Table:
    """How many statements rest on which source."""
    rows = table("evidence", "statements", "means", title="What it rests on")
    for source, count in evidence.counts(contract.document).items():
        rows.add_row(source, str(count), evidence.SOURCES[source])
    return rows
