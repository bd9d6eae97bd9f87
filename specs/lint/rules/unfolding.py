"""Lint rule for schemas that grow too large when references are written out, such as doubling ones."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from pixpact.specs.lint.rules.subject import LintFault, SpecParts, in_place
from pixpact.specs.openapi.document import escaped
from pixpact.specs.openapi.grammar import SpecPart

MOST_IN_PLACE = 1000
"""Maximum number of schemas that apply to one value."""
_ENDLESS = 10**9
MOST_IN_ALL = 20_000
"""Maximum number of schemas that apply to a value and everything in it."""


def too_many(spec: SpecParts) -> Iterator[LintFault]:
    """The innermost schemas that unfold beyond the limits."""
    sites = {site.pointer: site for site in spec.schema_objects}
    for parts_of, most, what in ((in_place, MOST_IN_PLACE, "a value"), (_in_all, MOST_IN_ALL, "a body")):
        sizes = _sizes(sites, parts_of)
        for pointer, size in sizes.items():
            if size > most and all(sizes.get(part, 1) <= most for part in parts_of(sites[pointer])):
                message = f"with what it refers to, this schema says more than {most} things of {what}"
                yield LintFault(pointer, message, "refer to what is meant once, rather than to it and to what holds it")


def _in_all(site: SpecPart) -> Iterator[str]:
    """Yield the schemas that a schema applies to a value, and to the values in it."""
    yield from in_place(site)
    for keyword in ("properties", "patternProperties"):
        inner = site.value.get(keyword)
        yield from (f"{site.pointer}/{keyword}/{escaped(name)}" for name in (inner if isinstance(inner, dict) else ()))
    for keyword in ("items", "additionalProperties", "contains"):
        if isinstance(site.value.get(keyword), dict):
            yield f"{site.pointer}/{keyword}"


def _sizes(sites: dict[str, SpecPart], parts_of: Callable[[SpecPart], Iterable[str]]) -> dict[str, int]:
    """Pointer → number of schemas when unfolded; circular references count once."""
    sizes: dict[str, int] = {}
    begun: set[str] = set()
    waiting = list(sites)
    while waiting:
        pointer = waiting[-1]
        inner = [part for part in parts_of(sites[pointer]) if part in sites] if pointer not in sizes else []
        if pointer in sizes or pointer in begun:
            sizes.setdefault(pointer, min(1 + sum(sizes.get(part, 1) for part in inner), _ENDLESS))
            waiting.pop()
        else:
            begun.add(pointer)
            waiting += [part for part in inner if part not in begun]
    return sizes
