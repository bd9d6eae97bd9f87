"""`pixpact show`: a contract as a page to read."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from rich.markup import escape
from rich.table import Table

from pixpact.pages.console import console, table
from pixpact.specs import evidence
from pixpact.specs.catalogue import Catalogue
from pixpact.specs.document import Json
from pixpact.specs.lifecycle import Lifecycle
from pixpact.specs.messages import short
from pixpact.specs.model import Contract, Operation
from pixpact.specs.problems import shown
from pixpact.specs.reading import Branch, conjuncts, declared


def show(vendor: str, folders: tuple[Path, ...]) -> None:
    """Print the page of one contract. Raises UnknownVendor or SpecError."""
    source = Catalogue(folders).source(vendor)
    contract = source.contract()
    out = console()
    out.print(f"[bold]{escape(contract.name)}[/bold]: {escape(contract.title)}, version {escape(contract.version)}")
    out.print(f"servers: {', '.join(map(escape, contract.servers))}")
    out.print(f"files: {', '.join(escape(shown(path)) for path in source.files)}\n")
    out.print(operations(contract))
    for operation in contract.operations:
        for media in operation.body.media if operation.body else ():
            for branch in media.reader.all_branches():
                out.print(members(contract, operation, branch))
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


def members(contract: Contract, operation: Operation, branch: Branch) -> Table:
    """The members of one branch of a request body with all their limits."""
    document = contract.document.value
    models = branch_names(document, branch)
    rows = table("member", "limits", "default", title=f"{operation.id}: {escape(models)}")
    for name, limits, default in _members(document, branch.pointer, branch.members, ""):
        rows.add_row(escape(name), escape(limits), escape(default))
    for _, part in conjuncts(document, branch.pointer):
        for text in _rules(part):
            rows.add_row("(together)", escape(text), "")
    promise = _promise(document, branch)
    if promise:
        rows.add_row("(images)", escape(promise), "")
    return rows


def branch_names(document: Mapping[str, Json], branch: Branch) -> str:
    """The values that lead to a branch, else the name of its schema."""
    models = [part["enum"] for _, part in declared(document, branch.pointer, "model") if "enum" in part]
    return ", ".join(map(str, models[-1])) if models else branch.pointer.rpartition("/")[2]


def _members(
    document: Mapping[str, Json], pointer: str, read: Mapping[str, Any], prefix: str
) -> Iterator[tuple[str, str, str]]:
    for name, member in read.items():
        parts = declared(document, pointer, name)
        limits = [text for _, part in parts for text in limits_of(part)]
        required = ["required"] if member.required else []
        default = short(member.default) if member.has_default else ""
        yield prefix + name, "; ".join(dict.fromkeys(required + limits)) or "any", default
        if member.members and parts:
            yield from _members(document, parts[-1][0], member.members, f"{prefix}{name}.")


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


def limits_of(part: Json) -> Iterator[str]:
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
            yield words.format(_bounds(part[keyword]))
    for name, rule in part.get("x-image", {}).items():
        yield f"{name} {_bounds(rule)}"
    if isinstance(part.get("items"), dict):
        yield from (f"each: {text}" for text in limits_of(part["items"]) if text)
    for keyword in ("then", "else"):
        if keyword in part:
            yield from (f"{'if so' if keyword == 'then' else 'otherwise'}: {text}" for text in limits_of(part[keyword]))


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


def _rules(part: Mapping[str, Json]) -> Iterator[str]:
    if "x-total" in part:
        yield f"{' + '.join(part['x-total']['of'])} ≤ {part['x-total']['maximum']}"
    for name, needed in part.get("dependentSchemas", {}).items():
        yield f"{name} asks for {short(needed)}"
    if "if" in part and "then" in part:
        yield f"if {short(part['if'])} then {short(part['then'])}"


def _promise(document: Mapping[str, Json], branch: Branch) -> str:
    found: dict[str, Json] = {}
    for _, part in conjuncts(document, branch.pointer):
        found |= {key: value for key, value in part.get("x-images", {}).items() if key != "x-evidence"}
    pixels = found.pop("pixels", None)
    texts = [f"{key} {short(value)}" for key, value in found.items()]
    if isinstance(pixels, dict) and "table" in pixels:
        texts.append(
            f"pixels by {' and '.join(text.rpartition('/')[2] for text in pixels.get('by', []))}: {_table(pixels['table'])}"
        )
    return "; ".join(texts)


def _table(rows: Json) -> str:
    if not isinstance(rows, dict):
        return str(rows)
    return ", ".join(
        f"{key}={_table(value) if not isinstance(value, dict) else '(' + _table(value) + ')'}"
        for key, value in rows.items()
    )


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
