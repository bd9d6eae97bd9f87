"""One side of a comparison: any OpenAPI document, made ready to be walked, or refused with file and line."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from pixpact.contracts.diff.read import openapi, openapi30
from pixpact.contracts.diff.read.openapi import DocumentPart
from pixpact.specs.contract.model import Contract
from pixpact.specs.lint import lint
from pixpact.specs.openapi.containment import StandaloneSchema, faults, is_pattern
from pixpact.specs.openapi.document import Json, SpecDocument, at
from pixpact.specs.openapi.messages import short
from pixpact.specs.openapi.problems import SpecError, SpecProblem
from pixpact.specs.openapi.schemas import pointer_to

DIALECT = frozenset(
    ("x-lifecycles", "x-lifecycle", "x-value", "x-images", "x-image", "x-total", "x-clamp", "x-when", "x-billing")
)
_UNFOLLOWED = ("$dynamicRef", "$id", "$anchor", "$dynamicAnchor")
_MIND = "the comparison follows JSON pointers within one file only"


@dataclass(frozen=True)
class ContractVersion:
    """A document whose every reference leads somewhere.

    `contract` is there where the document is written in our dialect and can be read by it; `notes` say what could
    not be read.
    """

    name: str
    document: SpecDocument
    contract: Contract | None = None
    notes: tuple[SpecProblem, ...] = field(default=())

    @cached_property
    def value(self) -> dict[str, Any]:
        """The document as plain JSON."""
        return self.document.value


def side_of(document: SpecDocument, name: str) -> ContractVersion:
    """Make one document ready. Raises SpecError: no OpenAPI 3.0 or 3.1, a part of the wrong form, a bad reference."""
    document, notes = _current(document)
    found = list(openapi.sites(document))
    checks = (_references, _forms, _circles, _schemas, _patterns)
    if problems := [problem for check in checks for problem in check(document, found)]:
        raise SpecError(problems)
    contract, unread = _contract(document, name)
    return ContractVersion(name, document, contract, (*notes, *unread))


def _current(document: SpecDocument) -> tuple[SpecDocument, tuple[SpecProblem, ...]]:
    """The document in OpenAPI 3.1, and what could not be converted."""
    version = document.root.child("openapi")
    written = str(version.value) if version is not None else ""
    if written == "3.1" or written.startswith("3.1."):
        done = openapi30.amended(document)
        return done.document, done.notes
    if written == "3.0" or written.startswith("3.0."):
        done = openapi30.converted(document)
        return done.document, done.notes
    raise SpecError([_unknown(document, written)])


def _unknown(document: SpecDocument, written: str) -> SpecProblem:
    for key, remedy in (
        ("overlay", "compare the contract it makes: NAME@OVERLAY"),
        ("swagger", "convert it to OpenAPI 3.1 first"),
    ):
        if (node := document.root.child(key)) is not None:
            return SpecProblem(node.origin, "not-openapi", f"this is {key} {node.value}, not OpenAPI 3.1", remedy)
    if written:
        origin = document.origin("/openapi")
        return SpecProblem(
            origin, "not-openapi", f"OpenAPI {short(written)} is not read here", "write it in OpenAPI 3.1"
        )
    origin = document.root.origin
    return SpecProblem(origin, "not-openapi", "this is no OpenAPI document", "begin it with `openapi: 3.1.0`")


def _forms(document: SpecDocument, found: list[DocumentPart]) -> Iterator[SpecProblem]:
    """Fields of the wrong form, of those that are read."""
    judges = {kind: StandaloneSchema(form) for kind, form in openapi.FORMS.items()}
    for site in found:
        judge = judges.get(site.kind)
        if judge is None or "$ref" in site.node.value:
            continue
        for refusal in judge.refusals(site.node.plain()):
            place = document.origin(site.pointer + pointer_to(refusal.path))
            yield SpecProblem(
                place, "wrong-shape", f"{site.pointer}: {refusal.message}", "see the OpenAPI specification"
            )


def _references(document: SpecDocument, found: list[DocumentPart]) -> Iterator[SpecProblem]:
    for site in found:
        written = site.node.value.get("$ref")
        if written is not None:
            yield from _reference(document, site, written.value)
        for key in _UNFOLLOWED if site.kind == "schema" else ():
            if (node := site.node.value.get(key)) is not None:
                remedy = f"use $ref with a JSON pointer; {_MIND}"
                yield SpecProblem(node.origin, "unresolved-ref", f"{key} {short(node.value)} is not followed", remedy)


def _reference(document: SpecDocument, site: DocumentPart, target: Json) -> Iterator[SpecProblem]:
    origin = document.origin(f"{site.pointer}/$ref")
    if not isinstance(target, str):
        yield SpecProblem(origin, "unresolved-ref", f"$ref must be a text; got {short(target)}", "write a reference")
    elif target != "#" and not target.startswith("#/"):
        yield SpecProblem(
            origin, "unresolved-ref", f"$ref {short(target)} leads out of the file", f"bundle it; {_MIND}"
        )
    else:
        try:
            at(document.value, target.removeprefix("#"))
        except (KeyError, IndexError):
            yield SpecProblem(origin, "unresolved-ref", f"$ref {short(target)} leads to nothing", "correct it")


def _circles(document: SpecDocument, found: list[DocumentPart]) -> Iterator[SpecProblem]:
    """References that lead only to themselves, or into an `allOf` that includes itself: nothing can be said of them."""
    ahead = {site.pointer: _ahead(site) for site in found if site.kind == "schema" or "$ref" in site.node.value}
    done: set[str] = set()
    for start in ahead:
        way: list[str] = []
        if circle := _circle(start, ahead, done, way):
            place = next((step for step in circle if "$ref" in at(document.value, step)), start)
            names = " → ".join(f"#{step}" for step in circle)
            message = f"a reference that only leads back to itself: {names}"
            yield SpecProblem(document.origin(f"{place}/$ref"), "reference-cycle", message, "break the circle")


def _ahead(site: DocumentPart) -> list[str]:
    """What must be read to know the object itself: what it refers to and includes."""
    written = site.node.value.get("$ref")
    ahead = [written.value.removeprefix("#")] if written and isinstance(written.value, str) else []
    parts = site.node.value.get("allOf") if site.kind == "schema" else None
    if parts is not None and isinstance(parts.value, list):
        ahead += [f"{site.pointer}/allOf/{index}" for index in range(len(parts.value))]
    return ahead


def _circle(start: str, ahead: dict[str, list[str]], done: set[str], way: list[str]) -> list[str]:
    if start in way:
        return [*way[way.index(start) :], start]
    if start in done:
        return []
    way.append(start)
    for step in ahead.get(start, ()):
        if circle := _circle(step, ahead, done, way):
            done.add(start)
            return circle
    way.pop()
    done.add(start)
    return []


def _schemas(document: SpecDocument, found: list[DocumentPart]) -> Iterator[SpecProblem]:
    """What is no JSON Schema; only the outermost are looked at, for they hold the others."""
    outer = ""
    for site in found:
        if site.kind != "schema" or (outer and site.pointer.startswith(f"{outer}/")):
            continue
        outer = site.pointer
        for fault in faults(site.node.plain()):
            place = document.origin(site.pointer + pointer_to(fault.path))
            yield SpecProblem(place, "bad-schema", fault.message, "see JSON Schema 2020-12")


def _patterns(_: SpecDocument, found: list[DocumentPart]) -> Iterator[SpecProblem]:
    """Patterns that are no regular expressions: no validator could be made of them."""
    for site in found:
        if site.kind != "schema" or not isinstance(site.node.value, dict):
            continue
        pattern, named = site.node.value.get("pattern"), site.node.value.get("patternProperties")
        written = [(pattern.value, pattern.origin)] if pattern is not None else []
        written += [(name, node.origin) for name, node in named.value.items()] if named is not None else []
        for text, origin in written:
            if isinstance(text, str) and not is_pattern(text):
                message = f"{short(text)} is no regular expression"
                yield SpecProblem(origin, "bad-schema", message, "write it as ECMA-262 has it")


def _contract(document: SpecDocument, name: str) -> tuple[Contract | None, tuple[SpecProblem, ...]]:
    """The contract where the dialect is there; a note where it is there and cannot be read."""
    if not _speaks(document.root.value):
        return None, ()
    try:
        checked = lint.check(document, name)
        if checked.contract is not None:
            return checked.contract, ()
        first = checked.errors[0]
    except SpecError as error:
        first = error.problems[0]
    message = f"read as plain OpenAPI, because its x- keys cannot be: {first.message}"
    return None, (SpecProblem(first.origin, "dialect-unread", message, "pixpact lint tells everything", note=True),)


def _speaks(value: Any) -> bool:
    """Whether any of our keys stands anywhere below."""
    if isinstance(value, dict):
        return not DIALECT.isdisjoint(value) or any(_speaks(node.value) for node in value.values())
    return isinstance(value, list) and any(_speaks(node.value) for node in value)
