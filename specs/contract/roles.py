"""Reads `x-lifecycle`: the role of an operation towards a task or an upload, by request."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import get_args

from pixpact.specs.contract.bindings import condition
from pixpact.specs.contract.model import LifecycleRole, Verb
from pixpact.specs.dialect.expressions import parse
from pixpact.specs.dialect.lifecycle import ClientEnd
from pixpact.specs.openapi.document import Json

LIVING: tuple[Verb, ...] = ("start", "run")
"""Verbs that create a task, and so name its lifecycle."""
METHODS = ("get", "put", "post", "delete", "patch")
VERBS: tuple[Verb, ...] = get_args(Verb)


def roles_of(operation: Mapping[str, Json]) -> tuple[LifecycleRole, ...]:
    """The roles in an operation's `x-lifecycle`."""
    return tuple(_role(written) for written in _written_roles(operation))


def _written_roles(operation: Mapping[str, Json]) -> list[Mapping[str, Json]]:
    written = operation.get("x-lifecycle") or []
    return written if isinstance(written, list) else [written]


def _role(written: Mapping[str, Json]) -> LifecycleRole:
    verb = next(verb for verb in VERBS if verb in written)
    when = condition(written["x-when"]) if "x-when" in written else None
    asked = json.dumps(written.get("x-when", ""), sort_keys=True)
    if verb in LIVING:
        wait = written.get("wait", [])
        listed = wait if isinstance(wait, list) else [wait]
        waits = tuple(parse(bound) if isinstance(bound, str) else float(bound) for bound in listed)
        of = parse(written["of"]) if "of" in written else None
        return LifecycleRole(verb, lifecycle=written[verb], when=when, of=of, wait=waits, asked=asked)
    return LifecycleRole(
        verb,
        expression=parse(written[verb]),
        lifetime=written.get("lifetime"),
        becomes=written.get("as"),
        since=tuple(written.get("from", ())),
        when=when,
    )


def client_ends(value: Mapping[str, Json]) -> Iterator[ClientEnd]:
    """Yield how operations of a document let clients end tasks."""
    for item in value.get("paths", {}).values():
        for method in METHODS:
            for written in _written_roles(item.get(method, {})):
                if "end" in written and "as" in written:
                    yield ClientEnd(written["as"], tuple(written.get("from", ())))
