"""Evidence of a contract: lists its statements, each with the source that supports it.

`x-evidence` on an object holds for everything below it, until another one replaces it; unmarked parts rest on the
vendor's page that the spec was written from (`seed`). A statement is what can be wrong on its own: an operation, a
parameter, a response, an example, a link, a state, a rule or binding of a schema, a cell of a table. Conditions (`if`)
are not statements: they only select the rules beside them.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from pixpact.specs.openapi import grammar
from pixpact.specs.openapi.document import Json, SpecDocument, escaped, step_into, steps
from pixpact.specs.openapi.grammar import SpecPart

SOURCES = {
    "seed": "the page the spec was written from",
    "documented": "another page of the vendor",
    "observed": "bytes captured from the real service",
    "upstream": "the service behind the vendor",
    "inferred": "no document says it",
}
_OBJECTS = frozenset(
    [
        "server",
        "security-scheme",
        "operation",
        "callback-operation",
        "parameter",
        "response",
        "header",
        "example",
        "link",
        "state",
        "role",
        "billing",
        "idempotency",
        "sent-header",
        "delivery",
        "size",
        "prices",
    ]
)
_KEYWORDS = [
    "type",
    "enum",
    "const",
    "multipleOf",
    "maximum",
    "exclusiveMaximum",
    "minimum",
    "exclusiveMinimum",
    "maxLength",
    "minLength",
    "pattern",
    "format",
    "contentEncoding",
    "maxItems",
    "minItems",
    "uniqueItems",
    "contains",
    "maxContains",
    "minContains",
    "maxProperties",
    "minProperties",
    "default",
    "dependentRequired",
    "x-total",
    "x-clamp",
    "x-value",
    "x-when",
]


@dataclass(frozen=True, slots=True)
class EvidenceStatement:
    """A statement of a contract: its JSON pointer, and its source."""

    pointer: str
    source: str


def statements(document: SpecDocument) -> Iterator[EvidenceStatement]:
    """Yield every statement of a document."""
    conditions: set[str] = set()
    for site in grammar.sites(document.value):
        if site.kind == "schema" and isinstance(site.value, dict) and "if" in site.value:
            conditions.add(f"{site.pointer}/if")
        if not any(site.pointer == condition or site.pointer.startswith(condition + "/") for condition in conditions):
            for pointer in _stated(site):
                yield EvidenceStatement(pointer, evidence_at(document.value, pointer)[0])


def _stated(site: SpecPart) -> Iterator[str]:
    """Yield the JSON pointers of the statements of one object."""
    if site.kind == "schema":
        yield from _of_schema(site)
    elif site.kind == "images":
        yield from (
            f"{site.pointer}/{name}" for name in site.value if name != "x-evidence" and _is_one(site.value[name])
        )
    elif site.stands_for in _OBJECTS or (site.kind in _OBJECTS and not _is_shared(site) and _is_one(site.value)):
        yield site.pointer


def _is_one(value: Json) -> bool:
    """Whether a value is a single statement, not a table of them."""
    return not isinstance(value, dict) or "table" not in value


def _is_shared(site: SpecPart) -> bool:
    """Whether an object in `components` is only a definition: each reference to it is the statement."""
    return site.pointer.startswith("/components/") and len(steps(site.pointer)) == 3 and site.kind in _REFERRED


_REFERRED = frozenset(["parameter", "response", "header", "example", "link"])


def _of_schema(site: SpecPart) -> Iterator[str]:
    if site.value is False:
        yield site.pointer
    if isinstance(site.value, dict):
        yield from (f"{site.pointer}/{keyword}" for keyword in _KEYWORDS if keyword in site.value)
        yield from (f"{site.pointer}/required/{index}" for index in range(len(site.value.get("required", ()))))
        yield from (f"{site.pointer}/x-image/{escaped(name)}" for name in site.value.get("x-image", ()))


def source_of(document: Json, pointer: str) -> str:
    """The source of the statement at a pointer."""
    return evidence_at(document, pointer)[0]


def evidence_at(document: Json, pointer: str) -> tuple[str, str]:
    """(source, note) of the nearest `x-evidence` at or above a pointer."""
    written: Json = document.get("x-evidence", "seed")
    node = document
    for step in steps(pointer):
        try:
            node = step_into(node, step)
        except KeyError:
            break
        if isinstance(node, dict):
            written = node.get("x-evidence", written)
    return (written, "") if isinstance(written, str) else (written["source"], written.get("note", ""))


def counts(document: SpecDocument) -> dict[str, int]:
    """The number of statements by source."""
    sources = Counter(statement.source for statement in statements(document))
    return {source: sources.get(source, 0) for source in SOURCES}
