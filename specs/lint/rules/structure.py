"""Lint rules for unusable schemas, patterns that are not portable, and keywords on wrong types."""

from __future__ import annotations

import re
from collections.abc import Iterator

from pixpact.specs.lint.rules.subject import LintFault, SpecParts
from pixpact.specs.lint.rules.unfolding import too_many
from pixpact.specs.openapi.document import Json, escaped
from pixpact.specs.openapi.schemas import fault_of

_PERL_CLASSES = re.compile(r"(?<!\\)(?:\\\\)*(\\[dDwWsSbB])")


def bad_schema(spec: SpecParts) -> Iterator[LintFault]:
    """A schema that is not valid JSON Schema 2020-12."""
    faults = {site.pointer: fault for site in spec.schema_objects if (fault := spec.schemas.fault(site.pointer))}
    references = {site.pointer: site.value.get("$ref", "")[1:] for site in spec.schema_objects} if faults else {}
    for pointer, fault in faults.items():
        inner = any(fault.startswith(pointer + "/") for fault in faults)
        if not inner and references[pointer] not in faults:  # caused by the other one
            yield LintFault(pointer, f"no validator can be made of it: {fault}", "see JSON Schema 2020-12")
    for site in spec.of_kind("when"):
        for expression, schema in site.value.items() if site.value else ():
            if fault := fault_of(schema):
                message = f"no validator can be made of this condition: {fault}"
                yield LintFault(f"{site.pointer}/{escaped(expression)}", message, "see JSON Schema 2020-12")


def portable_pattern(spec: SpecParts) -> Iterator[LintFault]:
    r"""`\d`, `\w`, `\s` and `\b` match other characters in other languages' validators."""
    for site in spec.schema_objects:
        if match := _PERL_CLASSES.search(site.value.get("pattern", "")):
            message = f"{match[1]} in a pattern means different characters to different validators"
            yield LintFault(f"{site.pointer}/pattern", message, "write the characters out, such as [0-9]")


_MOST = {"minLength": 1_000_000, "minItems": 1000, "minProperties": 1000}
_MOST_OF = {"oneOf": 200, "anyOf": 200, "allOf": 200, "enum": 500}


def too_large(spec: SpecParts) -> Iterator[LintFault]:
    """A limit too large for requests of the mock and the check, or too many alternatives to try one by one."""
    for site in spec.schema_objects:
        for keyword, most in _MOST.items():
            value = site.value.get(keyword, 0)
            if isinstance(value, (int, float)) and value > most:
                message = f"{keyword} is {value}: requests of that size are neither generated nor read"
                yield LintFault(f"{site.pointer}/{keyword}", message, f"write {most} at most")
        for keyword, most in _MOST_OF.items():
            value = site.value.get(keyword, ())
            if isinstance(value, list) and len(value) > most:
                message = f"{keyword} has {len(value)} entries, which are tried one by one"
                remedy = "write {} at most{}".format(most, ", or a pattern" if keyword == "enum" else "")
                yield LintFault(f"{site.pointer}/{keyword}", message, remedy)
    yield from too_many(spec)


_NEEDS = {
    "x-image": ({"string"}, "an image or a size is written as a string"),
    "x-clamp": ({"integer", "number"}, "only a number can be clamped"),
    "x-total": ({"object"}, "a total is taken over the fields of an object"),
}


def derived_keyword(spec: SpecParts) -> Iterator[LintFault]:
    """`x-image`, `x-clamp` or `x-total` on a type to which it does not apply."""
    for site in spec.schema_objects:
        written = site.value.get("type", ())
        types = {written} if isinstance(written, str) else set(written)
        for keyword, (wanted, why) in _NEEDS.items():
            if keyword in site.value and types and not types & wanted:
                message = f"{keyword} stands on type {', '.join(sorted(types))}: {why}"
                remedy = f"move it to a schema of type {' or '.join(sorted(wanted))}"
                yield LintFault(f"{site.pointer}/{keyword}", message, remedy)


def image_table(spec: SpecParts) -> Iterator[LintFault]:
    """An `x-images` table whose depth differs from the number of expressions that choose its rows."""
    for site in spec.of_kind("images"):
        for name in ("pixels", "price"):
            written = site.value.get(name)
            if isinstance(written, dict) and "by" in written and "table" in written:
                wanted, depths = len(written["by"]), _depths(written["table"])
                if depths != {wanted}:
                    message = (
                        f"`by` has {wanted} expressions, and rows lie {' or '.join(map(str, sorted(depths)))} deep"
                    )
                    yield LintFault(
                        f"{site.pointer}/{name}/table", message, "give the table one level for each of them"
                    )


def _depths(table: Json) -> set[int]:
    """The numbers of keys that lead to cells."""
    if not isinstance(table, dict):
        return {0}
    return {depth + 1 for inner in table.values() for depth in _depths(inner)}
