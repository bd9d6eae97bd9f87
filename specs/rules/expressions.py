"""Every expression can be parsed, and `$image` is only read where an image is at hand."""

from __future__ import annotations

from collections.abc import Iterator

from pixpact.specs.bindings import IMAGE
from pixpact.specs.document import Json, escaped
from pixpact.specs.expressions import ExpressionError, parse
from pixpact.specs.grammar import Site
from pixpact.specs.problems import Problem
from pixpact.specs.rules.subject import Parts


def expression(spec: Parts) -> Iterator[Problem]:
    """A text that should be a runtime expression and is none."""
    for pointer, text in _written(spec):
        try:
            parse(text)
        except ExpressionError as error:
            yield spec.problem("expression", pointer, str(error), "use one of the roots named in specs/README.md")


def _written(spec: Parts) -> Iterator[tuple[str, str]]:
    for site in spec.sites:
        if site.kind == "expression" and site.value != IMAGE:
            yield site.pointer, site.value
        elif site.kind == "when":
            for text in site.value:
                yield f"{site.pointer}/{escaped(text)}", text
        elif site.kind == "images":
            yield from _members(site)


def _members(site: Site) -> Iterator[tuple[str, str]]:
    for name in ("format", "transparent", "watermark"):
        value = site.value.get(name)
        if isinstance(value, str) and value.startswith("$"):
            yield f"{site.pointer}/{name}", value


def image_item(spec: Parts) -> Iterator[Problem]:
    """`$image.…` outside a schema that `x-value: $image` makes the item of one image."""
    items = {site.pointer for site in spec.schema_objects() if site.value.get("x-value") == IMAGE}
    shared = {site.value["$ref"].removeprefix("#") for site in spec.schema_objects() if _is_item_reference(site.value)}
    referred = _referred_from(spec, items | shared)
    for site in spec.schema_objects():
        value = site.value.get("x-value")
        if isinstance(value, str) and value.startswith("$image.") and not _below(site.pointer, items | shared | referred):
            message = f"{value} stands outside an item that is one image"
            remedy = "put `x-value: $image` on the list's item"
            yield spec.problem("image-item", f"{site.pointer}/x-value", message, remedy)


def _is_item_reference(schema: Json) -> bool:
    return schema.get("x-value") == IMAGE and "$ref" in schema


def _below(pointer: str, places: set[str]) -> bool:
    return any(pointer == place or pointer.startswith(place + "/") for place in places)


def _referred_from(spec: Parts, places: set[str]) -> set[str]:
    """Schemas that items refer to: what they bind is inside an item too."""
    found: set[str] = set()
    while True:
        new = {
            site.value["$ref"].removeprefix("#")
            for site in spec.schema_objects()
            if "$ref" in site.value and _below(site.pointer, places | found)
        }
        if new <= found:
            return found
        found |= new
