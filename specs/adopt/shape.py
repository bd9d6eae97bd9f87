"""Converts servers, security, operations and parameters of a foreign document to the dialect."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable
from typing import Any

from pixpact.specs.adopt.draft import DraftDocument, placeholder
from pixpact.specs.contract.roles import METHODS
from pixpact.specs.openapi.document import Json

NOWHERE = "https://api.example.com"
_IGNORED = {"accept", "content-type", "authorization"}
"""Header parameters that OpenAPI ignores (3.1.1, section 4.8.12)."""
_TEMPLATE = re.compile(r"\{([^{}]+)\}")


class UnknownOperation(ValueError):
    """A requested operation is not in the document; names those that are."""


def convert_operations(draft: DraftDocument, wanted: Iterable[str] = ()) -> None:
    """Convert everything outside of bodies and schemas. Raises UnknownOperation."""
    _operations(draft)
    if wanted:
        _select(draft, list(wanted))
    _root(draft)
    _servers(draft)
    _security(draft)
    for path, _, pointer, operation in draft.operations():
        _parameters(draft, path, pointer, operation)


def _root(draft: DraftDocument) -> None:
    info = draft.value.setdefault("info", {})
    for name, usual in (("title", "An API"), ("version", "1")):
        if not isinstance(info.get(name), str) or not info[name]:
            info[name] = str(info.get(name) or usual)
    draft.value.pop("tags", None)
    for _, _, _, operation in draft.operations():
        operation.pop("tags", None)


def _servers(draft: DraftDocument) -> None:
    servers = [one for one in draft.value.get("servers") or () if isinstance(one, dict) and one.get("url")]
    for one in servers:
        if not str(one["url"]).startswith(("http://", "https://", "{")):
            draft.note("/servers", "placeholder", f"host of a server: {one['url']}")
            one["url"] = NOWHERE + "/" + str(one["url"]).strip("/")
            one["x-evidence"] = placeholder("the document names no host")
    if not servers:
        draft.note("", "placeholder", f"server: {NOWHERE}")
        servers = [{"url": NOWHERE, "x-evidence": placeholder("the document names no server")}]
    draft.value["servers"] = servers


# ------------------------------------------------------------------------------------------------ operations


def _operations(draft: DraftDocument) -> None:
    """Give each operation a unique id that the dialect allows; drop methods that are not served."""
    for path, written in list(draft.value.get("paths", {}).items()):
        if path.startswith("x-") or not isinstance(written, dict):
            del draft.value["paths"][path]
            continue
        item = dict(draft.resolved(written) or {}) if "$ref" in written else written
        draft.value["paths"][path] = item
        for method in [key for key in item if key in ("options", "head", "trace")]:
            del item[method]
            draft.note(
                f"/paths/{path.replace('~', '~0').replace('/', '~1')}", "left-out", f"method: {method.upper()} {path}"
            )
    names: dict[str, str] = {}
    for path, method, pointer, operation in draft.operations():
        written = operation.get("operationId")
        name = _free(_plain(str(written or _named(method, path))), names)
        if name != written:
            draft.note(pointer, "renamed", f"operation: {written or f'{method.upper()} {path}'} → {name}")
        names[name] = operation["operationId"] = name
        operation.setdefault("responses", {})


def _plain(name: str) -> str:
    plain = re.sub(r"[^A-Za-z0-9_-]+", "_", name).strip("_-")
    return plain if plain[:1].isalpha() else f"op_{plain}"


def _named(method: str, path: str) -> str:
    return "_".join([method, *re.findall(r"[A-Za-z0-9]+", path)])


def _free(name: str, taken: Iterable[str]) -> str:
    return next(one for one in (name, *(f"{name}_{n}" for n in range(2, 10_000))) if one not in taken)


def _select(draft: DraftDocument, wanted: list[str]) -> None:
    """Keep only these operations, by their new or original id, or as `POST /path`."""
    kept: set[tuple[str, str]] = set()
    operations_by_id: dict[str, tuple[str, str]] = {}
    for path, method, _, operation in draft.operations():
        for name in (operation["operationId"], f"{method.upper()} {path}"):
            operations_by_id[name] = (path, method)
    for name in wanted:
        reference = operations_by_id.get(name) or operations_by_id.get(_plain(name))
        if reference is None:
            near = difflib.get_close_matches(name, operations_by_id, 1, cutoff=0.5)
            hint = f"did you mean {near[0]!r}?" if near else f"there are: {', '.join(sorted(operations_by_id))}"
            raise UnknownOperation(f"{name!r} is not an operation of the document; {hint}")
        kept.add(reference)
    for path, item in list(draft.value["paths"].items()):
        for method in [key for key in item if key in METHODS and (path, key) not in kept]:
            del item[method]
        if not item.keys() & set(METHODS):
            del draft.value["paths"][path]


# ------------------------------------------------------------------------------------------------ keys


def _security(draft: DraftDocument) -> None:
    """Convert security schemes: OAuth tokens become bearer tokens, unusable schemes are dropped."""
    schemes = draft.value.setdefault("components", {}).setdefault("securitySchemes", {})
    for name, written in list(schemes.items()):
        scheme = draft.resolved(written) or {}
        pointer = f"/components/securitySchemes/{name}"
        if scheme.get("type") in ("oauth2", "openIdConnect"):
            draft.note(pointer, "changed", f"security scheme: {name} as a bearer token")
            schemes[name] = {"type": "http", "scheme": "bearer"}
        elif not _usable(scheme):
            draft.note(pointer, "left-out", f"security scheme: {name}")
            del schemes[name]
        else:
            schemes[name] = {
                key: scheme[key]
                for key in ("type", "description", "scheme", "bearerFormat", "name", "in")
                if key in scheme
            }
    for holder in (draft.value, *(operation for _, _, _, operation in draft.operations())):
        if isinstance(holder.get("security"), list):
            kept = [one for one in holder["security"] if isinstance(one, dict) and one.keys() <= set(schemes)]
            holder["security"] = [dict(list(one.items())[:1]) for one in kept]
            for one in kept:
                for name in list(one)[1:]:
                    draft.note(f"/components/securitySchemes/{name}", "left-out", f"security scheme: {name}")


def _usable(scheme: dict[str, Json]) -> bool:
    if scheme.get("type") == "http":
        return bool(re.fullmatch(r"[A-Za-z][A-Za-z0-9-]*", str(scheme.get("scheme", ""))))
    return scheme.get("type") == "apiKey" and scheme.get("in") in ("header", "query") and bool(scheme.get("name"))


# ------------------------------------------------------------------------------------------------ parameters


def _parameters(draft: DraftDocument, path: str, pointer: str, operation: dict[str, Any]) -> None:
    """Merge the parameters of an operation with those of its path, and convert them."""
    item = draft.at(pointer.rpartition("/")[0])
    parameters: dict[tuple[str, str], Json] = {}
    for one in [*(item.get("parameters") or ()), *(operation.get("parameters") or ())]:
        parameter = draft.resolved(one)
        if not isinstance(parameter, dict) or not isinstance(parameter.get("name"), str):
            draft.note(pointer, "left-out", f"parameter without a name: {operation['operationId']}")
        elif parameter.get("in") not in ("path", "query", "header"):
            draft.note(pointer, "left-out", f"parameter in {parameter.get('in')}: {parameter['name']}")
        elif parameter["in"] == "header" and parameter["name"].lower() in _IGNORED:
            _ignored(draft, operation, parameter["name"])
        else:
            parameters[parameter["name"], parameter["in"]] = draft.derived(_parameter(parameter), parameter)
    names = _TEMPLATE.findall(path)
    kept = [one for (name, location), one in parameters.items() if location != "path" or name in names]
    for name in names:
        if (name, "path") not in parameters:
            draft.note(pointer, "placeholder", f"path parameter: {name} of {path}")
            evidence = placeholder("the document does not describe it")
            kept.append(
                {"name": name, "in": "path", "required": True, "schema": {"type": "string"}, "x-evidence": evidence}
            )
    operation["parameters"] = kept
    if not kept:
        del operation["parameters"]
    if operation is [item[method] for method in METHODS if method in item][-1]:
        item.pop("parameters", None)


def _ignored(draft: DraftDocument, operation: dict[str, Any], name: str) -> None:
    """Turn an `Authorization` header parameter without a scheme into a bearer scheme."""
    if name.lower() != "authorization" or operation.get("security", draft.value.get("security")):
        return
    draft.value["components"]["securitySchemes"].setdefault("bearer", {"type": "http", "scheme": "bearer"})
    operation["security"] = [{"bearer": []}]


def _parameter(written: dict[str, Any]) -> dict[str, Any]:
    """The parameter with a schema, and with at most one example."""
    content: dict[str, Any] = next(iter((written.get("content") or {}).values()), {})
    made: dict[str, Any] = {
        key: written[key] for key in ("name", "in", "description", "required", "deprecated") if key in written
    }
    made["schema"] = written.get("schema", content.get("schema", {}))
    shown = written.get("examples")
    example = next(iter(shown.values()), None) if isinstance(shown, dict) else None
    if isinstance(example, dict) and "value" in example:
        made["example"] = example["value"]
    elif "example" in written:
        made["example"] = written["example"]
    return made | ({"required": True} if made["in"] == "path" else {})
