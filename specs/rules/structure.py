"""Schemas that cannot be used, patterns that mean different things elsewhere, keywords that stand in vain."""

from __future__ import annotations

import re
from collections.abc import Iterator

from pixpact.specs.problems import Problem
from pixpact.specs.rules.subject import Parts

_PERL_CLASSES = re.compile(r"\\[dDwWsSbB]")


def bad_schema(spec: Parts) -> Iterator[Problem]:
    """A schema that is no JSON Schema 2020-12."""
    for site in spec.schema_objects():
        fault = spec.schemas.fault(site.pointer, site.value)
        if fault:
            remedy = "see JSON Schema 2020-12"
            yield spec.problem("bad-schema", site.pointer, f"no validator can be made of it: {fault}", remedy)


def portable_pattern(spec: Parts) -> Iterator[Problem]:
    r"""`\d`, `\w`, `\s` and `\b` match other characters in other languages' validators."""
    for site in spec.schema_objects():
        pattern = site.value.get("pattern")
        if isinstance(pattern, str) and (found := _PERL_CLASSES.search(pattern)):
            message = f"{found[0]} in a pattern means different characters to different validators"
            remedy = "write the characters out, such as [0-9]"
            yield spec.problem("portable-pattern", f"{site.pointer}/pattern", message, remedy)


_NEEDS = {
    "x-image": ({"string"}, "a picture or a size is written as a string"),
    "x-clamp": ({"integer", "number"}, "only a number can be pulled to a bound"),
    "x-total": ({"object"}, "a total is taken over the members of an object"),
}


def derived_keyword(spec: Parts) -> Iterator[Problem]:
    """`x-image`, `x-clamp` or `x-total` on a type it says nothing about."""
    for site in spec.schema_objects():
        written = site.value.get("type")
        types = {written} if isinstance(written, str) else set(written or ())
        for keyword, (wanted, why) in _NEEDS.items():
            if keyword in site.value and types and not types & wanted:
                message = f"{keyword} stands on type {', '.join(sorted(types))}: {why}"
                remedy = f"move it to a schema of type {' or '.join(sorted(wanted))}"
                yield spec.problem("derived-keyword", f"{site.pointer}/{keyword}", message, remedy)
