"""Lint rule for `$ref`: it must lead to a component of the right kind, in this file or another of its folder."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from pixpact.specs.lint.rules.subject import LintFault, SpecParts, in_place
from pixpact.specs.openapi.bundle import why_unfollowed
from pixpact.specs.openapi.grammar import SpecPart


def unresolved_ref(spec: SpecParts) -> Iterator[LintFault]:
    """A `$ref` that leads nowhere, to an unreadable file, to another kind of component, or back to itself."""
    by_pointer = {site.pointer: site for site in spec.sites}
    for site in spec.sites:
        if site.kind not in ("reference", "schema") or not isinstance(site.value, dict):
            continue
        reference = site.value.get("$ref")
        if not isinstance(reference, str):
            continue
        if not reference.startswith("#") and (elsewhere := _elsewhere(spec, site, reference)):
            yield LintFault(f"{site.pointer}/$ref", f"$ref {reference!r} {elsewhere[0]}", elsewhere[1])
        elif fault := _fault(by_pointer, site, reference):
            wanted = f"{site.stands_for or site.kind}s".replace("bodys", "bodies")
            remedy = f"point it at one of the {wanted} in the components of this file"
            yield LintFault(f"{site.pointer}/$ref", f"$ref {reference!r} {fault}", remedy)


def _elsewhere(spec: SpecParts, site: SpecPart, reference: str) -> tuple[str, str] | None:
    """(why a reference to another file was not followed, the remedy); None if it was."""
    origin = spec.document.origin(f"{site.pointer}/$ref")
    return why_unfollowed(reference, origin.path, spec.document.root.origin.path.parent)


def _fault(by_pointer: Mapping[str, SpecPart], site: SpecPart, reference: str) -> str | None:
    if not reference.startswith("#/components/"):
        return "leads to no component of this file"
    target = by_pointer.get(reference[1:])
    if target is None:
        return "leads nowhere"
    wanted = site.stands_for or site.kind
    if wanted not in (target.kind, target.stands_for):
        return f"leads to a {target.stands_for or target.kind} instead of a {wanted}"
    return "leads back to itself" if _circular(by_pointer, site) else None


def _circular(by_pointer: Mapping[str, SpecPart], site: SpecPart) -> bool:
    """Whether a reference leads back to itself without descending into the instance."""
    ways = [site.value["$ref"].removeprefix("#")]
    for pointer in ways:
        if pointer == site.pointer:
            return True
        if pointer in by_pointer:
            ways += [inner_pointer for inner_pointer in in_place(by_pointer[pointer]) if inner_pointer not in ways]
    return False
