"""`pixpact show`: a contract as text, with everything needed to write a client; 80 columns wide."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.text import Text

from pixpact.cli.pages.limits import expression_words, image_words, limits_of, rules_of
from pixpact.cli.pages.responses import error_line, examples, leads_to, response_fields
from pixpact.specs import evidence
from pixpact.specs.catalogue import SpecCatalogue
from pixpact.specs.contract.model import Contract, LifecycleRole, Operation, Response
from pixpact.specs.dialect.images import merged
from pixpact.specs.dialect.lifecycle import Lifecycle
from pixpact.specs.dialect.request_body import BodyBranch, conjuncts, declarations_of
from pixpact.specs.openapi.document import Json
from pixpact.specs.openapi.messages import short_json
from pixpact.specs.openapi.problems import relative_path
from pixpact.terminal.console import hang_whole, print_hanging, prose_console, table
from pixpact.terminal.plain_openapi_note import say_what_is_missing

_NAME = 24
"""Columns for a name; longer names get their own line."""
_MOST_ACROSS = 5
"""The most columns in a table of pixels; wider tables are printed row by row."""
_DOES = {
    "start": "starts a task",
    "run": "makes the images and responds with them",
    "show": "shows a task",
    "store": "stores an upload",
    "end": "ends a task",
}


def show(vendor: str, folders: tuple[Path, ...]) -> None:
    """Print the page of one contract. Raises UnknownVendor or SpecError."""
    source = SpecCatalogue(folders).source(vendor)
    contract = source.contract()
    say_what_is_missing(contract)
    out = prose_console()
    out.print(Text.assemble((contract.name, "bold"), f": {contract.title}, version {contract.version}"))
    _row("servers", ", ".join(contract.servers), out)
    _row("files", ", ".join(relative_path(path) for path in source.files), out)
    for operation in contract.operations:
        _operation(contract, operation, out)
    for lifecycle in contract.lifecycles.values():
        out.print()
        out.print(states(lifecycle))
    out.print(sources(contract))


# --------------------------------------------------------------------------------------- operations


def _operation(contract: Contract, operation: Operation, out: Console) -> None:
    """Print an operation: what it does, its request, and its responses."""
    out.print()
    out.print(Text.assemble((operation.id, "bold underline"), f"  {operation.method} {operation.path}"))
    if operation.summary:
        print_hanging(out, Text("  "), Text(operation.summary))
    does = "; ".join(dict.fromkeys(_does(role) for role in operation.roles))
    if does:
        _row("does", does, out)
    for credential in operation.credentials:
        _row("key", f"{credential.place} {credential.name}: {credential.prefix}KEY", out)
    if operation.billing:
        refund = f", refunded {operation.billing.refund}" if operation.billing.refund else ""
        _row("charges", f"{operation.billing.charge}{refund}", out)
    _parameters(operation, out)
    for media in operation.body.media if operation.body else ():
        for branch in media.reader.all_branches():
            _branch(contract.document.value, media.name, branch, out)
    _responses(contract, operation, out)


def _does(role: LifecycleRole) -> str:
    return f"{_DOES.get(role.verb, role.verb)}{f' ({role.lifecycle})' if role.lifecycle else ''}"


def _parameters(operation: Operation, out: Console) -> None:
    parameters = [parameter for parameter in operation.parameters if parameter.place in ("path", "query", "header")]
    if parameters:
        _title("Parameters", out)
    for parameter in parameters:
        pattern = [f"matches {parameter.pattern}"] if parameter.pattern else []
        default = [f"default {short_json(parameter.default)}"] if parameter.default is not None else []
        texts = [parameter.place, *(["required"] if parameter.required else []), " or ".join(parameter.types)]
        _row(parameter.name, "; ".join(filter(None, [*texts, *pattern, *default])), out)


def _branch(document: Mapping[str, Json], media: str, branch: BodyBranch, out: Console) -> None:
    """Print the fields of a branch of a request body with their limits, then its rules and its images."""
    _title(f"Request {media}: {branch_names(document, branch)}", out)
    for depth, name, limits in _fields(document, branch.pointer, branch.fields, 0):
        _row(f"{'  ' * depth}{name}", limits, out)
    for text in (text for _, part in conjuncts(document, branch.pointer) for text in rules_of(document, part)):
        hang_whole(out, Text("  rule  "), text)
    parts = [part["x-images"] for _, part in conjuncts(document, branch.pointer) if "x-images" in part]
    for key, value in merged(parts).items():
        if key != "x-evidence":
            _images(key, value, out)


def branch_names(document: Mapping[str, Json], branch: BodyBranch) -> str:
    """The models of a branch; if there are none, the name of its schema."""
    models = [part["enum"] for _, part in declarations_of(document, branch.pointer, "model") if "enum" in part]
    return ", ".join(map(str, models[-1])) if models else branch.pointer.rpartition("/")[2]


def _fields(
    document: Mapping[str, Json], pointer: str, read: Mapping[str, Any], depth: int
) -> Iterator[tuple[int, str, str]]:
    for name, field in read.items():
        parts = declarations_of(document, pointer, name)
        limits = [text for _, part in parts for text in limits_of(document, part)]
        required = ["required"] if field.required else []
        default = [f"default {short_json(field.default)}"] if field.has_default else []
        yield depth, name, "; ".join(dict.fromkeys([*required, *limits, *default])) or "any"
        if field.fields and parts:
            yield from _fields(document, parts[-1][0], field.fields, depth + 1)


def _images(key: str, value: Json, out: Console) -> None:
    """Print a statement about images: a line, or a table if it depends on the request."""
    if not (isinstance(value, dict) and isinstance(value.get("table"), dict)):
        _row(f"images: {key}", f"{value} s" if key == "lifetime" else image_words(value), out)
        return
    names = [expression_words(str(text)) for text in value.get("by", [])]
    rows: dict[str, Json] = value["table"]
    _row(f"images: {key}", f"by {' and '.join(names)}", out)
    columns = list(dict.fromkeys(cell for row in rows.values() if isinstance(row, dict) for cell in row))
    if len(names) == 2 and len(rows) <= _MOST_ACROSS and all(isinstance(row, dict) for row in rows.values()):
        grid = table(names[1].rpartition(".")[2], *rows)
        for cell in columns:
            grid.add_row(cell, *(str(row.get(cell, "-")) if isinstance(row, dict) else "-" for row in rows.values()))
        out.print(grid)
        return
    for name, row in rows.items():
        hang_whole(out, Text(f"    {name}  "), _cells(row))


def _cells(row: Json) -> str:
    if not isinstance(row, dict):
        return str(row)
    return ", ".join(
        f"{key} {f'({_cells(inner)})' if isinstance(inner, dict) else inner}" for key, inner in row.items()
    )


# ---------------------------------------------------------------------------------------- responses


def _responses(contract: Contract, operation: Operation, out: Console) -> None:
    """Print responses with fields and examples, then errors in one line each, then links."""
    for response in operation.responses:
        if response.status.startswith(("2", "3", "d")):
            _success(contract, response, out)
    errors = [response for response in operation.responses if not response.status.startswith(("2", "3", "d"))]
    if errors:
        _title("Errors", out)
    for response in errors:
        _row(response.status, error_line(response), out)
    for text in leads_to(operation):
        _row("then", text, out)


def _success(contract: Contract, response: Response, out: Console) -> None:
    for media in response.media or ():
        _title(f"Response {response.status} {media.name}", out)
        for field in response_fields(contract.document.value, media):
            _row(f"{'  ' * field.depth}{field.name}", "; ".join(field.texts), out)
    if not response.media:
        _title(f"Response {response.status}, without a body", out)
    for header in response.headers:
        _row(header.name, "header", out)
    for name, lines in examples(response):
        out.print(Text(f"  example {name}", style="dim"))
        _lines(lines, out)


def _lines(lines: Iterable[str], out: Console) -> None:
    """Print JSON without wrapping, so that it can be copied."""
    for line in lines:
        out.print(Text(f"    {line}"), soft_wrap=True)


def _title(text: str, out: Console) -> None:
    out.print()
    print_hanging(out, Text("  "), Text(text, style="bold"))


def _row(name: str, text: str, out: Console) -> None:
    """Print a name with its text beside it, or below it if the name is long."""
    if len(name) > _NAME:
        out.print(Text(f"  {name}"), soft_wrap=True)
        name = ""
    hang_whole(out, Text(f"  {name:<{_NAME}}  "), text)


# ------------------------------------------------------------------------------------------- tables


def states(lifecycle: Lifecycle) -> Any:
    """The states of a lifecycle, reachable ones first."""
    rows = table("state", "seconds", "then", "progress", "outcome", title=f"Lifecycle {lifecycle.name}")
    reachable = lifecycle.reachable()
    for name in [*reachable, *(word for word in lifecycle.states if word not in reachable)]:
        state = lifecycle.states[name]
        low, high = state.after or (0.0, 0.0)
        lasts = "-" if state.after is None else f"{low:g}" if low == high else f"{low:g} to {high:g}"
        progress = "-" if state.progress is None else "{} to {} %".format(*state.progress)
        outcome = state.outcome or ("" if name in reachable else "documented, never shown")
        rows.add_row(name, lasts, ", ".join(state.next) or "-", progress, outcome)
    return rows


def sources(contract: Contract) -> Any:
    """The number of statements by source."""
    rows = table("evidence", "statements", "means", title="Evidence")
    for source, count in evidence.counts(contract.document).items():
        rows.add_row(source, str(count), evidence.SOURCES[source])
    return rows
