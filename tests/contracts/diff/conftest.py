"""What the tests of comparisons share: documents from fragments, and the labelled pairs."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from pixpact.contracts.diff.read.contract_version import ContractVersion, read_version
from pixpact.contracts.diff.report import ContractChange, ContractComparison, comparison
from pixpact.specs.openapi import overlay
from pixpact.specs.openapi.document import SpecDocument, parse, read

ROOT = Path(__file__).parents[3]
FOLDER = ROOT / "fixtures/changes"
TOY = ROOT / "fixtures/specs/toy.yaml"


def document(value: dict[str, Any], name: str = "api.json") -> SpecDocument:
    """A document of a JSON value, a line for each field."""
    return parse(json.dumps(value, indent=1), Path(name))


def side(value: dict[str, Any], name: str = "api") -> ContractVersion:
    return read_version(document(value, f"{name}.json"), name)


def whole(operation: dict[str, Any]) -> dict[str, Any]:
    """An OpenAPI document with one operation, `POST /things`."""
    return of_paths({"/things": {"post": {"responses": {"200": {"description": "Done."}}, **operation}}})


def of_paths(paths: dict[str, Any], **more: Any) -> dict[str, Any]:
    schemes = {
        "key": {"type": "apiKey", "in": "header", "name": "X-Key"},
        "bearer": {"type": "http", "scheme": "bearer"},
        "basic": {"type": "http", "scheme": "basic"},
        "oauth": {"type": "oauth2", "flows": {}},
    }
    return {
        "openapi": "3.1.0",
        "info": {"title": "Things", "version": "1"},
        "paths": paths,
        **more,
        "components": {"securitySchemes": schemes, **more.get("components", {})},
    }


def asked(schema: Any) -> dict[str, Any]:
    """A document whose one request body has this schema."""
    return whole({"requestBody": {"required": True, "content": {"application/json": {"schema": schema}}}})


def answered(schema: Any) -> dict[str, Any]:
    """A document whose one response has this schema."""
    content = {"application/json": {"schema": schema}}
    return whole({"responses": {"200": {"description": "Done.", "content": content}}})


def field(schema: Any) -> dict[str, Any]:
    return {"type": "object", "properties": {"x": schema}}


def compared(before: dict[str, Any], after: dict[str, Any]) -> ContractComparison:
    return comparison(side(before, "before"), side(after, "after"))


def verdict_of(change: ContractChange) -> str:
    """What is said of a change, in the words of the labelled pairs."""
    if change.undecided:
        return "undecided"
    return change.severity if change.witness else "compatible"


@dataclass(frozen=True)
class Pair:
    """Two documents that differ in one thing, and what is to be said of it."""

    name: str
    before: ContractVersion
    after: ContractVersion
    rule: str
    verdict: str
    elsewhere: str
    also: tuple[str, ...]


@cache
def pairs() -> tuple[Pair, ...]:
    """Every labelled pair of `fixtures/changes/`."""
    return tuple(pair for path in sorted(FOLDER.glob("*.yaml")) for pair in _of_file(path))


def _of_file(path: Path) -> list[Pair]:
    family = read(path).value
    makers = {"member": _of_schemas, "body": _of_schemas, "operation": _of_operations, "toy": _of_toy}
    made = makers.get(family["of"], _of_documents)
    return [pair for entry in family["pairs"] for pair in made(f"{path.stem}: {entry['name']}", entry, family["of"])]


def _of_schemas(name: str, entry: dict[str, Any], of: str) -> list[Pair]:
    made = []
    for direction, into in (("request", asked), ("response", answered)):
        schemas = [field(entry[key]) if of == "member" else entry[key] for key in ("before", "after")]
        sides = [side(into(schema), "api") for schema in schemas]
        label = entry[direction]
        made.append(_pair(f"{name}, {direction}", *sides, {**label, "rule": f"{direction}-{entry['rule']}"}))
    return made


def _of_operations(name: str, entry: dict[str, Any], of: str) -> list[Pair]:
    into = (lambda value: of_paths(value.pop("paths"), **value)) if entry.get("document") else whole
    return [_pair(name, *(side(into(dict(entry[key]))) for key in ("before", "after")), entry)]


def _of_toy(name: str, entry: dict[str, Any], of: str) -> list[Pair]:
    base = read(TOY)
    root = base.root
    for action in document({"actions": entry["actions"]}, "overlay.json").root.value["actions"].value:
        root = overlay._applied(root, action)
    return [_pair(name, read_version(base, "toy"), read_version(SpecDocument(root), "toy"), entry)]


def _of_documents(name: str, entry: dict[str, Any], of: str) -> list[Pair]:
    """Two files of `documents/`, read as the command reads them."""
    sides = (next(FOLDER.glob(f"documents/{entry['name']}-{which}.*")) for which in ("base", "revision"))
    return [_pair(name, *(read_version(read(path, aliases=True), path.stem) for path in sides), entry)]


def _pair(name: str, before: ContractVersion, after: ContractVersion, label: dict[str, Any]) -> Pair:
    also = label.get("also", [])
    more = (also,) if isinstance(also, str) else tuple(also)
    return Pair(name, before, after, label["rule"], label["verdict"], label["elsewhere"], more)
