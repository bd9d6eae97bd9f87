"""What a contract rests on: every statement in it, and the source that vouches for it.

`x-evidence` stands on any object and holds for everything below it until another takes its place; what is
unmarked rests on the vendor's own page that the spec was written from (`seed`).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from pixpact.specs import grammar
from pixpact.specs.document import Document, Json, at, escaped, steps

SOURCES = {
    "seed": "the page the spec was written from",
    "documented": "another page of the vendor",
    "observed": "bytes captured from the real service",
    "upstream": "the service behind the vendor",
    "inferred": "no document says it",
}
_OBJECTS = frozenset({"operation", "parameter", "response", "header", "example", "link", "state", "role", "billing"})
_KEYWORDS = (
    "type enum const multipleOf maximum exclusiveMaximum minimum exclusiveMinimum maxLength minLength pattern format "
    "contentEncoding maxItems minItems uniqueItems contains maxContains minContains maxProperties minProperties "
    "default dependentRequired x-total x-clamp"
).split()


@dataclass(frozen=True, slots=True)
class Statement:
    """One thing that a contract states: JSON pointer, and the source it rests on."""

    pointer: str
    source: str


def statements(document: Document) -> Iterator[Statement]:
    """Every statement of a document."""
    for site in grammar.sites(document.value):
        if site.kind in _OBJECTS and not (isinstance(site.value, dict) and "$ref" in site.value):
            yield Statement(site.pointer, source_of(document.value, site.pointer))
        elif site.kind == "schema":
            yield from _of_schema(document.value, site.pointer, site.value)


def _of_schema(document: Json, pointer: str, schema: Json) -> Iterator[Statement]:
    places = [pointer] if schema is False else []
    if isinstance(schema, dict):
        places += [f"{pointer}/{keyword}" for keyword in _KEYWORDS if keyword in schema]
        places += [f"{pointer}/required/{index}" for index in range(len(schema.get("required", ())))]
        for keyword in ("x-images", "x-image"):
            members = [name for name in schema.get(keyword, {}) if name != "x-evidence"]
            places += [f"{pointer}/{keyword}/{escaped(name)}" for name in members]
    return (Statement(place, source_of(document, place)) for place in places)


def source_of(document: Json, pointer: str) -> str:
    """The source that vouches for what stands at a pointer."""
    return evidence_at(document, pointer)[0]


def evidence_at(document: Json, pointer: str) -> tuple[str, str]:
    """(source, note) of the nearest `x-evidence` at or above a pointer."""
    path = steps(pointer)
    for length in range(len(path), -1, -1):
        try:
            place = at(document, "".join(f"/{escaped(step)}" for step in path[:length]))
        except (KeyError, IndexError, ValueError):
            continue
        if isinstance(place, dict) and "x-evidence" in place:
            written = place["x-evidence"]
            return (written, "") if isinstance(written, str) else (written["source"], written.get("note", ""))
    return "seed", ""


def counts(document: Document) -> dict[str, int]:
    """How many statements rest on each source."""
    found = Counter(statement.source for statement in statements(document))
    return {source: found.get(source, 0) for source in SOURCES}
