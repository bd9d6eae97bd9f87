"""Refuses schemas that each refer to the next one twice: no validator comes to an end of them."""

from __future__ import annotations

from pixpact.specs.openapi.document import SpecDocument
from pixpact.specs.openapi.problems import SpecError, SpecProblem

_MOST = 50_000
"""How many schemas may apply to one value."""
_PREFIX = "#/components/schemas/"


def check_unfolding(document: SpecDocument) -> None:
    """Raises SpecError for a component with more schemas for one value than can be tried."""
    components = document.value.get("components")
    schemas = components.get("schemas") if isinstance(components, dict) else None
    for name, size in _sizes(schemas if isinstance(schemas, dict) else {}).items():
        if size > _MOST:
            message = f"with what it refers to, {name} says more than {_MOST} things of a value"
            origin = document.origin(f"/components/schemas/{name.replace('~', '~0').replace('/', '~1')}")
            raise SpecError([SpecProblem(origin, "too-large", message, "refer to what is meant once")])


def _sizes(schemas: dict[str, object]) -> dict[str, int]:
    """Name → number of schemas, counting a circle once; ends at the first that is too large."""
    sizes: dict[str, int] = {}
    begun: set[str] = set()
    waiting = list(schemas)
    while waiting and sizes.get(next(reversed(sizes), ""), 0) <= _MOST:
        name = waiting[-1]
        own, references = _in_place(schemas[name]) if name not in sizes else (0, [])
        if name in sizes or name in begun:
            sizes.setdefault(name, own + sum(sizes.get(reference, 1) for reference in references))
            waiting.pop()
        else:
            begun.add(name)
            waiting += [reference for reference in references if reference in schemas and reference not in begun]
    return sizes


def _in_place(schema: object) -> tuple[int, list[str]]:
    """(the number of its own schemas for the value, the components that it refers to for the same value)."""
    count, references, waiting = 0, list[str](), [schema]
    while waiting:
        part = waiting.pop()
        if not isinstance(part, dict):
            continue
        count += 1
        reference = part.get("$ref")
        if isinstance(reference, str) and reference.startswith(_PREFIX):
            references.append(reference.removeprefix(_PREFIX))
        for keyword in ("allOf", "oneOf", "anyOf"):
            waiting += part[keyword] if isinstance(part.get(keyword), list) else ()
    return count, references
