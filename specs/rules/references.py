"""Every `$ref` leads to something in the same file."""

from __future__ import annotations

from collections.abc import Iterator

from pixpact.specs.document import Document, Json, at, escaped
from pixpact.specs.problems import Problem

# Below these keys stand literal values, not parts of the document.
_LITERAL = frozenset({"value", "example", "examples", "default", "enum", "const", "x-when"})


def unresolved(document: Document) -> Iterator[Problem]:
    """A `$ref` that leads nowhere, to another file, or round in a circle."""
    for pointer, reference in _references(document.value, ""):
        fault = _fault(document.value, reference)
        if fault:
            message = f"$ref {reference!r} {fault}"
            remedy = "point it at #/components/… of this file"
            yield Problem(document.origin(f"{pointer}/$ref"), "unresolved-ref", message, remedy)


def _references(value: Json, pointer: str) -> Iterator[tuple[str, Json]]:
    if isinstance(value, dict):
        if "$ref" in value and not pointer.endswith("/properties"):
            yield pointer, value["$ref"]
        for key, inner in value.items():
            literal = key in _LITERAL and not (key == "examples" and isinstance(inner, dict))
            if not literal or pointer.endswith("/properties"):
                yield from _references(inner, f"{pointer}/{escaped(key)}")
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            yield from _references(inner, f"{pointer}/{index}")


def _fault(document: Json, reference: Json) -> str | None:
    seen: list[str] = []
    while isinstance(reference, str):
        if not reference.startswith("#/"):
            return "leads out of the file"
        if reference in seen:
            return "leads back to itself"
        seen.append(reference)
        try:
            target = at(document, reference)
        except (KeyError, IndexError, ValueError, TypeError):
            return "leads nowhere"
        reference = target.get("$ref") if isinstance(target, dict) else None
    return None
