"""Upgrades OpenAPI 3.0 documents to 3.1, with notes on what has no equivalent; also 3.0 leftovers in 3.1.

It follows the migration guide of the OpenAPI Initiative: `nullable`, the boolean `exclusiveMinimum` and
`exclusiveMaximum`, `example`. As in 3.0, keywords beside a `$ref` are ignored.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from pixpact.specs.openapi.document import DocumentNode, SpecDocument
from pixpact.specs.openapi.messages import short_json
from pixpact.specs.openapi.parts import with_parts_changed
from pixpact.specs.openapi.problems import SpecError, SpecProblem

Fields = dict[str, DocumentNode]
Rewrite = Callable[[DocumentNode, list[SpecProblem]], DocumentNode]


def replaced(node: DocumentNode, path: tuple[str, ...], rewrite: Rewrite, notes: list[SpecProblem]) -> DocumentNode:
    """A copy of the tree with the node at `path` rewritten; the same node where nothing changes."""
    if not path:
        return rewrite(node, notes)
    step: str | int = path[0] if isinstance(node.value, dict) else int(path[0])
    old = node.value[step]
    new = replaced(old, path[1:], rewrite, notes)
    if new is old:
        return node
    if isinstance(node.value, dict):
        return DocumentNode({**node.value, step: new}, node.origin)
    return DocumentNode([new if index == step else item for index, item in enumerate(node.value)], node.origin)


def _schema(node: DocumentNode, notes: list[SpecProblem]) -> DocumentNode:
    fields: Fields = dict(node.value)
    if "$ref" in fields:
        notes += _ignored_siblings(fields)
        return DocumentNode({"$ref": fields["$ref"]}, node.origin) if len(fields) > 1 else node
    for change in (_bounds, _example, _nullable, _twice):
        notes += change(fields)
    return node if fields == node.value else DocumentNode(fields, node.origin)


def _ignored_siblings(fields: Fields) -> Iterator[SpecProblem]:
    for key, inner in fields.items():
        if key not in ("$ref", "description", "summary") and not key.startswith("x-"):
            message = f"{key!r} beside a $ref has no effect in OpenAPI 3.0"
            yield SpecProblem(inner.origin, "openapi-3.0", message, "put both into an allOf", note=True)


_OLD = frozenset(("exclusiveMinimum", "exclusiveMaximum", "$recursiveRef", "$recursiveAnchor", "required"))
"""Keywords with another form or meaning in older drafts of JSON Schema."""


def _leftovers(node: DocumentNode, notes: list[SpecProblem]) -> DocumentNode:
    if "nullable" in node.value:
        message = "`nullable` has no effect in OpenAPI 3.1"
        notes.append(
            SpecProblem(node.value["nullable"].origin, "openapi-3.0", message, "add 'null' to the type", note=True)
        )
    if _OLD.isdisjoint(node.value):
        return node
    fields: Fields = dict(node.value)
    for key in ("exclusiveMinimum", "exclusiveMaximum"):
        if key in fields and isinstance(fields[key].value, bool):
            message = (
                f"{key} must be a number in OpenAPI 3.1; {short_json(fields[key].value)} is read as in OpenAPI 3.0"
            )
            notes.append(SpecProblem(fields[key].origin, "openapi-3.0", message, "write the bound there", note=True))
    notes += _bounds(fields)
    for key in ("$recursiveAnchor", "$recursiveRef"):
        if key in fields:
            message = f"{key} is not part of JSON Schema 2020-12 and has no effect"
            notes.append(SpecProblem(fields.pop(key).origin, "openapi-3.0", message, "use $ref", note=True))
    notes += _twice(fields)
    return node if fields == node.value else DocumentNode(fields, node.origin)


def _twice(fields: Fields) -> Iterator[SpecProblem]:
    """Remove duplicate names from `required`: they are invalid but unambiguous. Yields notes."""
    required = fields.get("required")
    if required is None or not isinstance(required.value, list):
        return
    names: dict[str, DocumentNode] = {}
    for node in required.value:
        if isinstance(node.value, str) and node.value in names:
            yield SpecProblem(
                node.origin, "openapi-3.0", f"{short_json(node.value)} is required twice", "keep one", note=True
            )
        elif isinstance(node.value, str):
            names[node.value] = node
    if len(names) != len(required.value) and all(isinstance(node.value, str) for node in required.value):
        fields["required"] = DocumentNode(list(names.values()), required.origin)


def _bounds(fields: Fields) -> Iterator[SpecProblem]:
    for limit, exclusive in (("minimum", "exclusiveMinimum"), ("maximum", "exclusiveMaximum")):
        flag = fields.get(exclusive)
        if flag is None or not isinstance(flag.value, bool):
            continue
        del fields[exclusive]
        if not flag.value:
            continue
        if limit in fields:
            fields[exclusive] = DocumentNode(fields.pop(limit).value, flag.origin)
        else:
            message = f"{exclusive} without {limit} has no effect"
            yield SpecProblem(flag.origin, "openapi-3.0", message, f"add {limit}", note=True)


def _example(fields: Fields) -> Iterator[SpecProblem]:
    example = fields.pop("example", None)
    if example is not None and "examples" not in fields:
        fields["examples"] = DocumentNode([example], example.origin)
    yield from ()


def _nullable(fields: Fields) -> Iterator[SpecProblem]:
    flag = fields.pop("nullable", None)
    if flag is None or flag.value is not True:
        return
    kind = fields.get("type")
    if kind is None or not isinstance(kind.value, str):
        message = "`nullable: true` without a `type` beside it has no effect (OpenAPI 3.0.3, section 4.7.24)"
        yield SpecProblem(flag.origin, "openapi-3.0", message, "put it beside the type", note=True)
        return
    # Null is allowed at the line of `nullable`, the other type at the line of `type`.
    fields["type"] = DocumentNode([kind, DocumentNode("null", flag.origin)], kind.origin)


def _meant(node: DocumentNode, notes: list[SpecProblem]) -> DocumentNode:
    """A schema of a 3.1 document with 3.0 keywords upgraded; keywords beside a `$ref` count there."""
    fields: Fields = dict(node.value)
    for change in (_bounds, _example, _nullable, _twice):
        notes += change(fields)
    return DocumentNode(fields, node.origin)


def _carrier(node: DocumentNode, _: list[SpecProblem]) -> DocumentNode:
    """Move the single `example` of a parameter, header or media type into `examples`."""
    if "example" not in node.value or "examples" in node.value:
        return node
    fields: Fields = dict(node.value)
    example = fields.pop("example")
    fields["examples"] = DocumentNode({"example": DocumentNode({"value": example}, example.origin)}, example.origin)
    return DocumentNode(fields, node.origin)


CONVERTED: dict[str, Rewrite] = {"schema": _schema, "media": _carrier, "parameter": _carrier, "header": _carrier}
"""Kind of part → the upgrade from OpenAPI 3.0 to 3.1."""
AMENDED: dict[str, Rewrite] = {"schema": _leftovers}
"""Kind of part → the removal of older drafts' keywords from a 3.1 document, with notes."""
MEANT: dict[str, Rewrite] = {**CONVERTED, "schema": _meant}
"""Kind of part → the upgrade of a 3.1 document as its author meant it."""


def rewrites_of(document: SpecDocument) -> tuple[Mapping[str, Rewrite], str]:
    """(rewrites that upgrade the parts of a document to OpenAPI 3.1, its version).

    Raises SpecError if it is neither 3.0 nor 3.1.
    """
    version = document.root.child("openapi")
    written = str(version.value) if version is not None else ""
    for written_version, rewrites in (("3.1", AMENDED), ("3.0", CONVERTED)):
        if written == written_version or written.startswith(f"{written_version}."):
            return rewrites, written_version
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
            origin, "not-openapi", f"OpenAPI {short_json(written)} is not read here", "write it in OpenAPI 3.1"
        )
    origin = document.root.origin
    return SpecProblem(origin, "not-openapi", "this is not an OpenAPI document", "begin it with `openapi: 3.1.0`")


def upgrade_document(document: SpecDocument, notes: list[SpecProblem]) -> SpecDocument:
    """The document as OpenAPI 3.1; 3.0 keywords in a 3.1 document are read as meant.

    Keywords without effect are added to `notes`. Raises SpecError if it is neither version.
    """
    rewrites, version = rewrites_of(document)
    rewrites = MEANT if version == "3.1" else rewrites
    root = _upgraded(document.root, "openapi", rewrites, notes)
    fields = {**root.value, "openapi": DocumentNode("3.1.0", document.origin("/openapi"))}
    return SpecDocument(DocumentNode(fields, root.origin))


def _upgraded(node: DocumentNode, kind: str, rewrites: Mapping[str, Rewrite], notes: list[SpecProblem]) -> DocumentNode:
    """A part with all its inner parts upgraded, innermost first; values of another shape stay unchanged."""
    if not isinstance(node.value, dict):
        return node
    made = with_parts_changed(node, kind, lambda inner, held: _upgraded(inner, held, rewrites, notes))
    rewrite = rewrites.get(kind)
    return made if rewrite is None else rewrite(made, notes)
