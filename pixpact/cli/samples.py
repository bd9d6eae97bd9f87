"""A curl that works when it is pasted, made from a contract's first documented request."""

from __future__ import annotations

import json
import shlex

from pixpact.specs.contract.model import Contract, Operation


def sample_curl(contract: Contract, base: str, key: str) -> str:
    """The command, over a few lines; empty for a contract that has no operation with a documented JSON body."""
    for operation in contract.operations:
        for media in operation.body.media if operation.body else ():
            if media.examples and media.name == "application/json":
                return _curl(operation, base, key, media.examples[0].value)
    return ""


def _curl(operation: Operation, base: str, key: str, body: object) -> str:
    url = base + operation.path
    parts = [
        f"curl {shlex.quote(url)}" if operation.method == "POST" else f"curl -X {operation.method} {shlex.quote(url)}"
    ]
    for credential in operation.credentials[:1]:
        name = "Authorization" if credential.name == "authorization" else credential.name
        if credential.place == "header":
            parts.append(f"-H {shlex.quote(f'{name}: {credential.written(key)}')}")
    parts.append("-H 'Content-Type: application/json'")
    parts.append(f"-d {shlex.quote(json.dumps(body, ensure_ascii=False))}")
    return " \\\n  ".join(parts)
