"""Lint rules for expressions: they parse, read declared fields, and use `$image` only with an image."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator
from datetime import UTC, datetime

from pixpact.specs.contract.bindings import IMAGE
from pixpact.specs.dialect.expressions import TIMES, ExpressionError, parse
from pixpact.specs.lint.rules.subject import CompiledSpec, LintFault, SpecParts, in_place
from pixpact.specs.openapi.document import escaped, steps
from pixpact.specs.openapi.grammar import SpecPart
from pixpact.specs.openapi.media import is_file


def expression(spec: SpecParts) -> Iterator[LintFault]:
    """A text that is not a valid runtime expression."""
    for pointer, text in _written(spec):
        try:
            parse(text)
        except ExpressionError as error:
            yield LintFault(pointer, str(error), "use one of the roots named in specs/README.md")


def _written(spec: SpecParts) -> Iterator[tuple[str, str]]:
    for site in spec.sites:
        if site.kind == "expression" and not (site.value == IMAGE and site.pointer.endswith("/x-value")):
            yield site.pointer, site.value
        elif site.kind in ("when", "callback") and isinstance(site.value, dict):
            yield from ((f"{site.pointer}/{escaped(text)}", text) for text in site.value if "$" in text)
        elif site.kind == "images":
            yield from _fields(site)


def _fields(site: SpecPart) -> Iterator[tuple[str, str]]:
    for name in ("format", "transparent", "watermark"):
        value = site.value.get(name)
        if isinstance(value, str) and value.startswith("$"):
            yield f"{site.pointer}/{name}", value


def unknown_field(spec: CompiledSpec) -> Iterator[LintFault]:
    """An expression or a total that reads a field or parameter that no request declares."""
    declared = _EVERYWHERE | {name.lower() for name in spec.names}
    for pointer, text in [*_written(spec.parts), *_totalled(spec.parts)]:
        read_as_key = _KEYS.search(pointer) is not None  # other rules check these
        headers = [] if read_as_key else [header for header in _HEADER.findall(text) if header.lower() not in declared]
        for name in (*_read(text), *headers):
            if name not in spec.names:
                near = difflib.get_close_matches(name, spec.names, 1)
                remedy = f"did you mean {near[0]!r}?" if near else "declare it, or correct the name"
                yield LintFault(pointer, f"no request has the field or parameter {name!r}", remedy)


def _totalled(spec: SpecParts) -> Iterator[tuple[str, str]]:
    for site in spec.of_kind("total"):
        for index, name in enumerate(site.value["of"]):
            yield f"{site.pointer}/of/{index}", f"$request.body#/{name}"


_READ = re.compile(r"\$(?:task\.)?request\.(?:body#([^{}]*)|(?:path|query)\.([^{}]*))")
_HEADER = re.compile(r"\$(?:task\.)?request\.header\.([^{}]*)")
_KEYS = re.compile(r"/x-(?:idempotency|lifecycle)(?:/[0-9]+)?/[a-z]+$")
_EVERYWHERE = frozenset({"accept", "content-type", "authorization", "host", "user-agent"})
"""Headers that any request may have; OpenAPI ignores declarations of the first three (3.1.0, section 4.8.12.2)."""


def _read(text: str) -> Iterator[str]:
    """Yield the field and parameter names in a text's expressions; list indices are skipped."""
    for reading in _READ.finditer(text):
        names = (reading[2],) if reading[2] else steps(reading[1])
        yield from (name for name in names if not name.isdecimal())


def image_item(spec: SpecParts) -> Iterator[LintFault]:
    """`$image` not on a list item, `$image.…` in a list of other items, or `x-when` on a schema that is no item."""
    images = {site.pointer for site in spec.schema_objects if site.value.get("x-value") == IMAGE}
    items = _applied(spec, {site.pointer for site in spec.schema_objects if _is_item(site.pointer)})
    inside = images | _referred_from(spec, images)
    for site in spec.schema_objects:
        value = site.value.get("x-value", "")
        if value == IMAGE and site.pointer not in items:
            remedy = "put it on the `items` of a list"
            yield LintFault(f"{site.pointer}/x-value", f"{value} is on a schema that is not an item of a list", remedy)
        if _lists_no_image(site.pointer, value) and site.pointer not in items and not _below(site.pointer, inside):
            message = f"{value} is in a list whose items are not images"
            yield LintFault(f"{site.pointer}/x-value", message, "put `x-value: $image` on the list's item")
        if "x-when" in site.value and site.pointer not in items:
            message = "x-when is on a schema that is not an item of a list"
            remedy = "put it on the item (or one alternative of it), an example or a media type"
            yield LintFault(f"{site.pointer}/x-when", message, remedy)


def _lists_no_image(pointer: str, value: str) -> bool:
    """Whether a value of an image is bound within an item; outside of lists it is the first image's."""
    return "$image." in value and "/items/" in f"{pointer}/".replace("/properties/items/", "/")


def image_file(spec: SpecParts) -> Iterator[LintFault]:
    """An image body that is not bound to image bytes, or image bytes bound anywhere else."""
    schemas = {site.pointer for site in spec.schema_objects}
    bodies = {
        f"{site.pointer}/schema": _last(site.pointer) for site in spec.of_kind("media-type") if _is_response(site)
    }
    files = {pointer for pointer, name in bodies.items() if is_file(name)}
    bound = {site.pointer for site in spec.schema_objects if site.value.get("x-value") == BYTES}
    for pointer in sorted(bound - _applied(spec, files & schemas)):
        message = f"{BYTES} is on a schema that is not the whole of a file"
        yield LintFault(
            f"{pointer}/x-value", message, "write $image.base64 in JSON; bytes are the body of an image/png"
        )
    plain = not any("x-value" in site.value for site in spec.schema_objects)
    for pointer in sorted(file for file in (set() if plain else files) if bodies[file].startswith("image/")):
        if not bound & _applied(spec, {pointer} & schemas):
            message = f"the body of {bodies[pointer]} is an image without a value"
            yield LintFault(pointer, message, f"add `x-value: {BYTES}` to its schema")


def time_form(spec: SpecParts) -> Iterator[LintFault]:
    """A time format that loses information: a time written with it cannot be read back to the second."""
    for site in spec.schema_objects:
        form = site.value.get("format", "")
        if "%" not in form or not _is_time(site.value.get("x-value", "")):
            continue
        if _read_again(form) != _SOME_TIME:
            message = f"a time written as {form} loses information"
            yield LintFault(f"{site.pointer}/format", message, "write a strftime pattern with a date and a time of UTC")


_SOME_TIME = datetime(2026, 1, 31, 23, 45, 59, tzinfo=UTC)


def _read_again(form: str) -> datetime | None:
    try:
        read = datetime.strptime(_SOME_TIME.strftime(form), form)
    except ValueError:
        return None
    return read if read.tzinfo else read.replace(tzinfo=UTC)


def _is_time(text: str) -> bool:
    return text.startswith("$") and text != IMAGE and text.rpartition(".")[2] in TIMES


BYTES = "$image.bytes"


def _last(pointer: str) -> str:
    return steps(pointer)[-1]


def _is_response(site: SpecPart) -> bool:
    return "/responses/" in site.pointer


def _is_item(pointer: str) -> bool:
    return pointer.endswith("/items") and not pointer.endswith("/properties/items")


def _applied(spec: SpecParts, pointers: set[str]) -> set[str]:
    """These schemas, and all that they apply to the same instance."""
    by_pointer = {site.pointer: site for site in spec.schema_objects}
    queue, applied = list(pointers), set(pointers)
    for pointer in queue:
        new = [inner for inner in in_place(by_pointer[pointer]) if inner in by_pointer and inner not in applied]
        queue += new
        applied.update(new)
    return applied


def _below(pointer: str, parents: set[str]) -> bool:
    return any(pointer == parent or pointer.startswith(parent + "/") for parent in parents)


def _referred_from(spec: SpecParts, pointers: set[str]) -> set[str]:
    """The schemas that items refer to: their bindings are within an item too."""
    targets: set[str] = set()
    while True:
        new = {
            site.value["$ref"].removeprefix("#")
            for site in spec.schema_objects
            if "$ref" in site.value and _below(site.pointer, pointers | targets)
        }
        if new <= targets:
            return targets
        targets |= new
