"""Any document as far as it can be read: faulty parts are left out and reported, the rest is kept.

Faults are parts of the wrong form, invalid keywords, patterns that are no ECMA-262, references that lead nowhere. Each
is reported once, with its line. If the faulty part would restrict what is valid, its pointer is in `faults`, so that
nothing is decided there.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from itertools import groupby
from urllib.parse import unquote

from pixpact.contracts.diff.regex.ecma import NotEcma, canonical
from pixpact.specs.openapi import parts as openapi
from pixpact.specs.openapi.containment import StandaloneSchema, faults, is_pattern
from pixpact.specs.openapi.document import DocumentNode, Json, SpecDocument, at, escaped, steps
from pixpact.specs.openapi.messages import short_json
from pixpact.specs.openapi.parts import FORMS, PARTS, DocumentPart, part_at, with_values_changed
from pixpact.specs.openapi.problems import SourcePlace, SpecProblem
from pixpact.specs.openapi.schemas import pointer_to

Rewrite = Callable[[DocumentNode, list[SpecProblem]], DocumentNode]
_SAYING_NOTHING_WORDS = """
title description example examples externalDocs xml deprecated readOnly writeOnly default $comment $anchor $schema
$vocabulary $recursiveAnchor summary nullable
"""
_SAYING_NOTHING = frozenset(_SAYING_NOTHING_WORDS.split())
"""Keywords that do not restrict what is valid: nothing is undecided without them."""
UNREAD = "x-unread"
"""The key under which a schema keeps its unreadable keywords."""
_UNFOLLOWED = ("$dynamicRef", "$id", "$dynamicAnchor")
_MIND = "the comparison follows JSON pointers within one file only"


@dataclass(frozen=True, slots=True)
class Readable:
    """A document whose parts have the expected form and whose references resolve."""

    document: SpecDocument
    notes: tuple[SpecProblem, ...]
    faults: Mapping[str, str]
    """Pointer of a part → what is wrong in it."""


def without_faulty_parts(document: SpecDocument, rewrites: Mapping[str, Rewrite]) -> Readable:
    """The document without its faulty parts, every part rewritten by its kind, the inner ones first."""
    parts = _Parts(rewrites)
    root = parts.read(DocumentPart("openapi", "", document.root))
    faults = _Faults(SpecDocument(root), list(parts.notes), dict(parts.faults))
    for check in (_keywords, _patterns, _references, _circles):
        check(faults)
    return Readable(faults.document, tuple(_reported_once(faults.notes)), faults.faults)


class _Parts:
    """Rewrites the parts of a document, and leaves out those of the wrong form."""

    def __init__(self, rewrites: Mapping[str, Rewrite]) -> None:
        self._rewrites = rewrites
        self.notes: list[SpecProblem] = []
        self.faults: dict[str, str] = {}

    def read(self, site: DocumentPart) -> DocumentNode:
        """The part rewritten; empty if it has the wrong form."""
        if not isinstance(site.node.value, dict):
            if site.kind == "schema" and isinstance(site.node.value, bool):
                return site.node
            return self._left_out(site, openapi.wrong_shape(site, "an object"))
        fields = {key: node for key, inner in site.node.value.items() for node in self._field(site, key, inner)}
        same = len(fields) == len(site.node.value) and all(node is site.node.value[key] for key, node in fields.items())
        if site.kind == "schema" and (
            lost := {key: dropped.plain() for key, dropped in site.node.value.items() if key not in fields}
        ):
            fields = _marking(lost, site.node.origin)(fields)
        node = self._formed(replace(site, node=site.node if same else DocumentNode(fields, site.node.origin)))
        rewrite = self._rewrites.get(site.kind)
        return rewrite(node, self.notes) if rewrite is not None else node

    def _left_out(self, site: DocumentPart, problem: SpecProblem) -> DocumentNode:
        self.notes.append(replace(problem, note=True))
        self.faults[site.pointer] = problem.message
        lost = {"schema": site.node.plain()}
        kept = _marking(lost, site.node.origin)({}) if site.kind == "schema" else {}
        return DocumentNode(kept, site.node.origin)

    def _field(self, site: DocumentPart, key: str, inner: DocumentNode) -> Iterator[DocumentNode]:
        part = part_at(site.kind, key)
        if part is None:
            yield inner
            return
        form, kind = part
        held = DocumentPart(kind, f"{site.pointer}/{escaped(key)}", inner)
        if form == "one":
            yield self.read(held)
        elif isinstance(inner.value, dict if form == "map" else list):
            yield self._held(held)
        else:
            problem = openapi.wrong_shape(held, "an object" if form == "map" else "a list")
            self.notes.append(replace(problem, note=True))
            self.faults[site.pointer if site.kind == "schema" else held.pointer] = problem.message

    def _held(self, site: DocumentPart) -> DocumentNode:
        """A list or map of parts, each rewritten."""

        def rewritten(key: str | int, inner: DocumentNode) -> DocumentNode:
            if site.kind == "path" and str(key).startswith("x-"):
                return inner
            return self.read(DocumentPart(site.kind, f"{site.pointer}/{escaped(key)}", inner))

        return with_values_changed(site.node, rewritten)

    def _formed(self, site: DocumentPart) -> DocumentNode:
        """The object without fields of the wrong form; a parameter without a name is left out whole."""
        judge = _FORMED.get(site.kind)
        if judge is None or "$ref" in site.node.value:
            return site.node
        refusals = judge.refusals(
            {key: site.node.value[key].plain() for key in _READ[site.kind] & set(site.node.value)}
        )
        fields = dict(site.node.value)
        for refusal in refusals:
            named = f"{site.pointer}{pointer_to(refusal.path)}"
            origin = SpecDocument(site.node).origin(pointer_to(refusal.path))
            message = f"{site.pointer or 'the document'}: {refusal.message}"
            self.notes.append(SpecProblem(origin, "wrong-shape", message, "see the OpenAPI specification", note=True))
            self.faults[named if refusal.keyword != "required" else site.pointer] = message
            fields.pop(str(refusal.path[0]), None)
            if site.kind == "parameter":
                return DocumentNode({}, site.node.origin)
        return DocumentNode(fields, site.node.origin) if refusals else site.node


_FORMED = {kind: StandaloneSchema(form) for kind, form in FORMS.items()}
_READ = {kind: set(form["properties"]) for kind, form in FORMS.items()}


@dataclass
class _Faults:
    """A document, and its faults so far."""

    document: SpecDocument
    notes: list[SpecProblem]
    faults: dict[str, str] = field(default_factory=dict)

    def sites(self) -> list[DocumentPart]:
        """Every part of the document as it is now."""
        return list(openapi.sites(self.document))

    def leave_out(self, wrong: Iterable[tuple[str, str, SpecProblem]]) -> None:
        """Leave fields out: the pointer of the object, the name of the field, and what is wrong with it."""
        gone: dict[str, set[str]] = {}
        unread: dict[str, dict[str, Json]] = {}
        for pointer, name, problem in wrong:
            self.notes.append(replace(problem, note=True))
            gone.setdefault(pointer, set()).add(name)
            if name not in _SAYING_NOTHING:
                owner = pointer.removesuffix("/patternProperties")
                self.faults[owner] = problem.message
                unread.setdefault(owner, {})[name] = at(self.document.value, pointer).get(name)
        changes: dict[tuple[str, ...], Change] = {
            steps(owner_pointer): _lacking(names) for owner_pointer, names in gone.items()
        }
        if changes:
            self.document = SpecDocument(_changed(self.document.root, changes))
            marks = {
                steps(owner_pointer): _marking(names, self.document.origin(owner_pointer))
                for owner_pointer, names in unread.items()
            }
            self.document = SpecDocument(_changed(self.document.root, marks))


Fields = dict[str, DocumentNode]
Change = Callable[[Fields], Fields]


def _lacking(names: set[str]) -> Change:
    return lambda fields: {key: node for key, node in fields.items() if key not in names}


def _marking(unread: Mapping[str, Json], at_line: SourcePlace) -> Change:
    """A change that keeps unreadable keywords as a mark, so that the schema differs from one without them."""

    def changed(fields: Fields) -> Fields:
        marked = fields[UNREAD].value if UNREAD in fields else {}
        words = {name: DocumentNode(repr(value), at_line) for name, value in unread.items()}
        return {**fields, UNREAD: DocumentNode({**marked, **words}, at_line)}

    return changed


def _changed(node: DocumentNode, changes: Mapping[tuple[str, ...], Change]) -> DocumentNode:
    """A copy of the tree with the fields of the objects at these places changed."""
    inner: dict[str, dict[tuple[str, ...], Change]] = {}
    for path, change in changes.items():
        if path:
            inner.setdefault(path[0], {})[path[1:]] = change
    if isinstance(node.value, list):
        made = [
            _changed(child, inner[str(index)]) if str(index) in inner else child
            for index, child in enumerate(node.value)
        ]
        return DocumentNode(made, node.origin)
    fields = {key: _changed(child, inner[key]) if key in inner else child for key, child in node.value.items()}
    return DocumentNode(changes[()](fields) if () in changes else fields, node.origin)


def _keywords(document_faults: _Faults) -> None:
    """Leave out invalid keywords; only the outermost schemas are validated, since they contain the others."""
    wrong: list[tuple[str, str, SpecProblem]] = []
    outer = ""
    for site in document_faults.sites():
        if site.kind != "schema" or (outer and site.pointer.startswith(f"{outer}/")):
            continue
        outer = site.pointer
        for fault in faults(site.node.plain()):
            inner, keyword = _keyword(fault.path)
            origin = document_faults.document.origin(site.pointer + pointer_to(fault.path))
            problem = SpecProblem(origin, "bad-schema", fault.message, "see JSON Schema 2020-12")
            wrong.append((site.pointer + pointer_to(inner), keyword, problem))
    document_faults.leave_out(wrong)


def _keyword(path: tuple[str | int, ...]) -> tuple[tuple[str | int, ...], str]:
    """The path of the innermost schema on a path, and its keyword that the path leads into."""
    schema: tuple[str | int, ...] = ()
    rest = path
    while rest:
        part = PARTS["schema"].get(str(rest[0]))
        taken = 0 if part is None else 1 if part[0] == "one" else 2
        if not taken or len(rest) <= taken:
            return schema, str(rest[0])
        schema, rest = (*schema, *rest[:taken]), rest[taken:]
    return schema, ""


def _patterns(document_faults: _Faults) -> None:
    """Leave out patterns that are no regular expressions of ECMA-262."""
    wrong: list[tuple[str, str, SpecProblem]] = []
    for site in document_faults.sites():
        if site.kind != "schema" or not isinstance(site.node.value, dict):
            continue
        pattern, named = site.node.value.get("pattern"), site.node.value.get("patternProperties")
        written = [(pattern.value, pattern.origin, site.pointer, "pattern")] if pattern is not None else []
        if named is not None:
            pointer = f"{site.pointer}/patternProperties"
            written += [(name, node.origin, pointer, name) for name, node in named.value.items()]
        for text, origin, pointer, name in written:
            if why := _why_no_pattern(text):
                message = f"{short_json(text)} is not a regular expression of ECMA-262: {why}"
                wrong.append((pointer, name, SpecProblem(origin, "bad-schema", message, "follow ECMA-262")))
    document_faults.leave_out(wrong)


def _why_no_pattern(text: str) -> str:
    try:
        return "" if is_pattern(canonical(text)) else "no validator reads it"
    except NotEcma as error:
        return str(error)


def _references(document_faults: _Faults) -> None:
    """Leave out references that leave the file, lead nowhere, or are no JSON pointers."""
    sites = document_faults.sites()
    coded = {site.pointer: site.node for site in sites if "%" in str(_written(site))}
    if coded:
        document_faults.document = SpecDocument(
            _changed(document_faults.document.root, {steps(pointer): _decoded for pointer in coded})
        )
        sites = document_faults.sites()
    wrong: list[tuple[str, str, SpecProblem]] = []
    for site in sites:
        if (problem := _reference(document_faults.document, site)) is not None:
            wrong.append((site.pointer, "$ref", problem))
        for key in _UNFOLLOWED if site.kind == "schema" and isinstance(site.node.value, dict) else ():
            if (node := site.node.value.get(key)) is not None:
                message, remedy = (
                    f"{key} {short_json(node.value)} is not followed",
                    f"use $ref with a JSON pointer; {_MIND}",
                )
                wrong.append((site.pointer, key, SpecProblem(node.origin, "unresolved-ref", message, remedy)))
    document_faults.leave_out(wrong)


def _written(site: DocumentPart) -> Json:
    node = site.node.value.get("$ref") if isinstance(site.node.value, dict) else None
    return node.value if node is not None else None


def _decoded(fields: Fields) -> Fields:
    """The object with its reference percent-decoded (RFC 6901, section 6)."""
    return {**fields, "$ref": DocumentNode(unquote(fields["$ref"].value), fields["$ref"].origin)}


def _reference(document: SpecDocument, site: DocumentPart) -> SpecProblem | None:
    if not isinstance(site.node.value, dict) or (node := site.node.value.get("$ref")) is None:
        return None
    target = node.value
    if not isinstance(target, str):
        return SpecProblem(
            node.origin, "unresolved-ref", f"$ref must be a text; got {short_json(target)}", "write a reference"
        )
    if target != "#" and not target.startswith("#/"):
        message = f"$ref {short_json(target)} leads out of the file"
        return SpecProblem(node.origin, "unresolved-ref", message, f"bundle it; {_MIND}")
    try:
        at(document.value, target.removeprefix("#"))
    except (KeyError, IndexError):
        return SpecProblem(node.origin, "unresolved-ref", f"$ref {short_json(target)} leads to nothing", "correct it")
    return None


def _circles(document_faults: _Faults) -> None:
    """Leave out references that lead only back to themselves, also by an `allOf` that includes itself."""
    while True:
        sites = document_faults.sites()
        ahead = {site.pointer: _ahead(site) for site in sites if site.kind == "schema" or _written(site) is not None}
        done: set[str] = set()
        wrong: list[tuple[str, str, SpecProblem]] = []
        for start in ahead:
            if circle := _circle(start, ahead, done, []):
                value = document_faults.document.value
                step_pointer = next((step for step in circle if "$ref" in at(value, step)), start)
                names = " → ".join(f"#{step}" for step in circle)
                message = f"a reference that leads back to itself: {names}"
                origin = document_faults.document.origin(f"{step_pointer}/$ref")
                wrong.append(
                    (step_pointer, "$ref", SpecProblem(origin, "reference-cycle", message, "break the circle"))
                )
                break
        if not wrong:
            return
        document_faults.leave_out(wrong)


def _ahead(site: DocumentPart) -> list[str]:
    """The parts that an object includes: the target of its reference, and its `allOf`."""
    written = _written(site)
    ahead = [written.removeprefix("#")] if isinstance(written, str) else []
    parts = site.node.value.get("allOf") if site.kind == "schema" and isinstance(site.node.value, dict) else None
    if parts is not None:
        ahead += [f"{site.pointer}/allOf/{index}" for index in range(len(parts.value))]
    return ahead


_LONGEST = 300
"""How many references in a row are followed in search of a circle."""


def _circle(start: str, ahead: dict[str, list[str]], done: set[str], way: list[str]) -> list[str]:
    if start in way:
        return [*way[way.index(start) :], start]
    if start in done or len(way) > _LONGEST:
        return []
    way.append(start)
    for step in ahead.get(start, ()):
        if circle := _circle(step, ahead, done, way):
            done.add(start)
            return circle
    way.pop()
    done.add(start)
    return []


def _reported_once(notes: list[SpecProblem]) -> Iterator[SpecProblem]:
    """One note for each kind of fault, which may occur hundreds of times."""
    ordered = sorted(notes, key=lambda note: (note.rule, note.message))
    groups = [list(group) for _, group in groupby(ordered, key=lambda note: (note.rule, note.message))]
    for group in sorted(groups, key=lambda group: min(note.origin.line for note in group)):
        first = min(group, key=lambda note: note.origin.line)
        times = f" ({len(group)} times, first here)" if len(group) > 1 else ""
        yield replace(first, message=first.message + times)
