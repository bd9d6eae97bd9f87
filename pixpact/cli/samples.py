"""Sample curl commands that can be pasted, made from the first documented request of a contract."""

from __future__ import annotations

import json
import shlex
from collections.abc import Iterator
from urllib.parse import quote, urlencode

from pixpact.specs.contract.forms import parts, text
from pixpact.specs.contract.model import Contract, Operation
from pixpact.specs.openapi.document import Json
from pixpact.specs.openapi.media import FORM, MULTIPART

JSON = "application/json"


def sample_curl(contract: Contract, base: str, key: str) -> str:
    """The command over a few lines; empty if no operation has a documented body."""
    for wanted in (JSON, MULTIPART, FORM):
        for operation in contract.operations:
            for media in operation.body.media if operation.body else ():
                if media.examples and media.name == wanted:
                    return _curl(operation, base, key, wanted, media.examples[0].value)
    return ""


def _curl(operation: Operation, base: str, key: str, media: str, body: Json) -> str:
    url = shlex.quote(base + _path(operation) + _query(operation, key))
    lines = [f"curl {url}" if operation.method == "POST" else f"curl -X {operation.method} {url}"]
    for credential in operation.credentials[:1]:
        name = "Authorization" if credential.name == "authorization" else credential.name
        if credential.place == "header":
            lines.append(f"-H {shlex.quote(f'{name}: {credential.written(key)}')}")
    lines += [f"-H {shlex.quote(f'{name}: {value}')}" for name, value in _required(operation, "header")]
    lines += _body(media, body)
    return " \\\n  ".join(lines)


def _body(media: str, body: Json) -> list[str]:
    if media == JSON:
        return ["-H 'Content-Type: application/json'", f"-d {shlex.quote(json.dumps(body, ensure_ascii=False))}"]
    flag = "--form-string" if media == MULTIPART else "--data-urlencode"
    return [f"{flag} {shlex.quote(f'{name}={text(value)}')}" for name, value in parts(body)]


def _path(operation: Operation) -> str:
    """The path, with sample values from the contract for its parameters."""
    path = operation.path
    for parameter in operation.parameters:
        if parameter.place == "path":
            shown = parameter.name if parameter.shown is None else str(parameter.shown)
            path = path.replace("{" + parameter.name + "}", quote(shown, safe=""))
    return path


def _query(operation: Operation, key: str) -> str:
    keys = [(credential.name, key) for credential in operation.credentials[:1] if credential.place == "query"]
    values = [*_required(operation, "query"), *keys]
    return f"?{urlencode(values)}" if values else ""


def _required(operation: Operation, location: str) -> Iterator[tuple[str, str]]:
    """The required parameters with sample values from the contract."""
    for parameter in operation.parameters:
        if parameter.place == location and parameter.required:
            yield parameter.name, "1" if parameter.shown is None else str(parameter.shown)
