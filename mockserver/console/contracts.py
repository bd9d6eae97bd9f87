"""The served contracts as data: operations, fields with their limits, responses, lifecycles, evidence."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from pixpact.mockserver.console.replies import as_json, not_there
from pixpact.mockserver.context import MockContext
from pixpact.specs import evidence
from pixpact.specs.contract.model import Contract, Operation, RequestMedia
from pixpact.specs.dialect.images import merged
from pixpact.specs.dialect.lifecycle import Lifecycle
from pixpact.specs.dialect.request_body import BodyBranch, FieldRule, conjuncts
from pixpact.specs.openapi.document import Json, at, escaped

# What a form needs of a schema, and what a table shows of it.
SHOWN = (
    "type",
    "enum",
    "const",
    "minimum",
    "maximum",
    "exclusiveMinimum",
    "exclusiveMaximum",
    "multipleOf",
    "minLength",
    "maxLength",
    "minItems",
    "maxItems",
    "pattern",
    "format",
    "description",
    "x-clamp",
    "x-image",
)


class ContractPages:
    """The contracts that are served now."""

    def __init__(self, context: MockContext) -> None:
        self._context = context

    async def listed(self, request: Request) -> Response:
        """Each with its models and what is promised of their images: enough to lay them side by side."""
        return as_json({"contracts": [summary(contract) for contract in self._context.faults.contracts]})

    async def one(self, request: Request) -> Response:
        """Everything a contract states, with the line and the source of each field."""
        name = request.path_params["name"]
        for contract in self._context.faults.contracts:
            if contract.name == name:
                return as_json(described(contract))
        names = ", ".join(contract.name for contract in self._context.faults.contracts)
        return not_there(f"there is no contract {name!r}; there are {names}")


def summary(contract: Contract) -> dict[str, Any]:
    """A contract in short."""
    return {
        "name": contract.name,
        "vendor": contract.vendor,
        "title": contract.title,
        "version": contract.version,
        "servers": contract.servers,
        "operations": [
            {
                "id": operation.id,
                "method": operation.method,
                "path": operation.path,
                "does": operation.role.verb if operation.role else None,
                "billing": _billing(operation),
                "models": [
                    _branch(contract, branch)
                    for media in (operation.body.media if operation.body else ())
                    for branch in media.reader.all_branches()
                    if operation.role and operation.role.verb in ("start", "run")
                ],
            }
            for operation in contract.operations
        ],
    }


def described(contract: Contract) -> dict[str, Any]:
    """A contract in full."""
    document = contract.document.value
    return {
        "name": contract.name,
        "vendor": contract.vendor,
        "title": contract.title,
        "version": contract.version,
        "description": document.get("info", {}).get("description", ""),
        "servers": contract.servers,
        "operations": [_operation(contract, operation) for operation in contract.operations],
        "lifecycles": [_lifecycle(lifecycle) for lifecycle in contract.lifecycles.values()],
        "evidence": {
            "sources": evidence.SOURCES,
            "counts": evidence.counts(contract.document),
            "notes": list(_notes(contract, document, "")),
        },
    }


def _billing(operation: Operation) -> dict[str, Any] | None:
    billing = operation.billing
    if billing is None:
        return None
    return {"charge": billing.charge, "refund": billing.refund, "currency": billing.currency}


def _operation(contract: Contract, operation: Operation) -> dict[str, Any]:
    written = at(contract.document.value, operation.pointer)
    return {
        "id": operation.id,
        "method": operation.method,
        "path": operation.path,
        "summary": operation.summary,
        "description": written.get("description", ""),
        "line": contract.document.origin(operation.pointer).line,
        "does": operation.role.verb if operation.role else None,
        "lifecycle": operation.role.lifecycle if operation.role else None,
        "billing": _billing(operation),
        "credentials": [
            {"name": credential.name, "place": credential.place, "prefix": credential.prefix}
            for credential in operation.credentials
        ],
        "parameters": [_parameter(contract, parameter) for parameter in operation.parameters],
        "bodies": [_body(contract, media) for media in (operation.body.media if operation.body else ())],
        "responses": [_response(response) for response in operation.responses],
    }


def _parameter(contract: Contract, parameter: Any) -> dict[str, Any]:
    document = contract.document.value
    schema: dict[str, Json] = {}
    for _, part in conjuncts(document, parameter.schema):
        schema |= {key: part[key] for key in SHOWN if key in part}
    described_as = at(document, parameter.pointer).get("description")
    return {
        "name": parameter.name,
        "place": parameter.place,
        "required": parameter.required,
        **schema,
        **({"description": described_as} if described_as else {}),
    }


def _body(contract: Contract, media: RequestMedia) -> dict[str, Any]:
    return {
        "type": media.name,
        "key": media.reader.key,
        "branches": [_branch(contract, branch, full=True) for branch in media.reader.all_branches()],
        "examples": [{"name": example.name, "value": example.value} for example in media.examples],
    }


def _branch(contract: Contract, branch: BodyBranch, *, full: bool = False) -> dict[str, Any]:
    """One form of a request; `full` with every field, else with what the images depend on."""
    document = contract.document.value
    parts = [part for _, part in conjuncts(document, branch.pointer)]
    fields = [_field(contract, name, entry) for name, entry in branch.fields.items()]
    models = next(
        (branch_field["enum"] for branch_field in fields if branch_field["name"] == "model" and "enum" in branch_field),
        None,
    )
    images = merged(part["x-images"] for part in parts if "x-images" in part)
    return {
        "models": models,
        "name": branch.pointer.rpartition("/")[2],
        "images": {key: value for key, value in images.items() if key != "x-evidence"},
        "totals": [part["x-total"] for part in parts if "x-total" in part],
        "fields": fields if full else [_short(field) for field in fields],
    }


def _short(field: dict[str, Any]) -> dict[str, Any]:
    kept = ("name", "required", "type", "enum", "minimum", "maximum", "maxItems", "default")
    return {key: field[key] for key in kept if key in field}


def _field(contract: Contract, name: str, field: FieldRule) -> dict[str, Any]:
    """One field: what its schemas say together, the particular ones last."""
    document = contract.document.value
    schema: dict[str, Json] = {}
    for schema_pointer in field.places:
        part = at(document, schema_pointer)
        schema |= {key: part[key] for key in SHOWN if isinstance(part, dict) and key in part}
        if isinstance(part, dict) and isinstance(part.get("items"), dict):
            schema["items"] = _items(document, f"{schema_pointer}/items")
    pointer = field.places[-1] if field.places else ""
    source, note = evidence.evidence_at(document, pointer)
    return {
        "name": name,
        "required": field.required,
        **schema,
        **({"default": field.default} if field.has_default else {}),
        "source": source,
        "note": note,
        "line": contract.document.origin(pointer).line,
        "fields": [_field(contract, inner, inner_field) for inner, inner_field in field.fields.items()],
    }


def _items(document: Mapping[str, Json], pointer: str) -> dict[str, Json]:
    schema_fields: dict[str, Json] = {}
    for _, part in conjuncts(document, pointer):
        schema_fields |= {key: part[key] for key in SHOWN if key in part}
    return schema_fields


def _response(response: Any) -> dict[str, Any]:
    return {
        "status": response.status,
        "description": response.description,
        "headers": [header.name for header in response.headers],
        "media": [
            {
                "type": media.name,
                "examples": [
                    {"name": example.name, "subject": example.subject, "value": example.value}
                    for example in media.examples
                ],
            }
            for media in response.media
        ],
    }


def _lifecycle(lifecycle: Lifecycle) -> dict[str, Any]:
    reachable = lifecycle.reachable()
    return {
        "name": lifecycle.name,
        "initial": lifecycle.initial,
        "states": [
            {
                "name": state.name,
                "after": state.after,
                "next": state.next,
                "outcome": state.outcome,
                "progress": state.progress,
                "reachable": state.name in reachable,
            }
            for state in lifecycle.states.values()
        ],
    }


def _notes(contract: Contract, value: Json, pointer: str) -> Iterator[dict[str, Any]]:
    """Every remark on what a statement rests on: where documents differ, or are silent."""
    if isinstance(value, dict):
        written = value.get("x-evidence")
        if isinstance(written, dict) and written.get("note"):
            line = contract.document.origin(f"{pointer}/x-evidence").line
            yield {"pointer": pointer, "line": line, "source": written["source"], "note": written["note"]}
        for key, inner in value.items():
            yield from _notes(contract, inner, f"{pointer}/{escaped(key)}")
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            yield from _notes(contract, inner, f"{pointer}/{index}")
