"""OpenAPI 3.0 → 3.1: what can be said the new way is, what cannot be is reported. So are leftovers of 3.0 in 3.1.

After the migration guide of the OpenAPI Initiative: `nullable`, the boolean `exclusiveMinimum` and
`exclusiveMaximum`, `example`. In 3.0 whatever stands beside a `$ref` is ignored, so it is here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from pixpact.specs.openapi.document import DocumentNode
from pixpact.specs.openapi.messages import short
from pixpact.specs.openapi.problems import SpecProblem

Fields = dict[str, DocumentNode]
Rewrite = Callable[[DocumentNode, list[SpecProblem]], DocumentNode]


def replaced(node: DocumentNode, path: tuple[str, ...], rewrite: Rewrite, notes: list[SpecProblem]) -> DocumentNode:
    """A copy of the tree with the node at `path` rewritten; the node itself where nothing changes."""
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
            message = f"{key!r} beside a $ref says nothing in OpenAPI 3.0"
            yield SpecProblem(inner.origin, "openapi-3.0", message, "put both into an allOf", note=True)


_OLD = frozenset(("exclusiveMinimum", "exclusiveMaximum", "$recursiveRef", "$recursiveAnchor", "required"))
"""Keywords that older drafts of JSON Schema give another form or meaning."""


def _leftovers(node: DocumentNode, notes: list[SpecProblem]) -> DocumentNode:
    if "nullable" in node.value:
        message = "`nullable` says nothing in OpenAPI 3.1"
        notes.append(
            SpecProblem(node.value["nullable"].origin, "openapi-3.0", message, "add 'null' to the type", note=True)
        )
    if _OLD.isdisjoint(node.value):
        return node
    fields: Fields = dict(node.value)
    for key in ("exclusiveMinimum", "exclusiveMaximum"):
        if key in fields and isinstance(fields[key].value, bool):
            message = f"{key} must be a number in OpenAPI 3.1; {short(fields[key].value)} is read as 3.0 has it"
            notes.append(SpecProblem(fields[key].origin, "openapi-3.0", message, "write the bound there", note=True))
    notes += _bounds(fields)
    for key in ("$recursiveAnchor", "$recursiveRef"):
        if key in fields:
            message = f"{key} is not of JSON Schema 2020-12, where it says nothing"
            notes.append(SpecProblem(fields.pop(key).origin, "openapi-3.0", message, "use $ref", note=True))
    notes += _twice(fields)
    return node if fields == node.value else DocumentNode(fields, node.origin)


def _twice(fields: Fields) -> Iterator[SpecProblem]:
    """Names that `required` lists twice: forbidden, and clear all the same."""
    required = fields.get("required")
    if required is None or not isinstance(required.value, list):
        return
    names: dict[str, DocumentNode] = {}
    for node in required.value:
        if isinstance(node.value, str) and node.value in names:
            yield SpecProblem(
                node.origin, "openapi-3.0", f"{short(node.value)} is required twice", "keep one", note=True
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
            message = f"{exclusive} without {limit} says nothing"
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
        message = "`nullable: true` without a `type` beside it says nothing (OpenAPI 3.0.3, section 4.7.24)"
        yield SpecProblem(flag.origin, "openapi-3.0", message, "put it beside the type", note=True)
        return
    # The line of `nullable` is where null is allowed; the line of the type tells the other one.
    fields["type"] = DocumentNode([kind, DocumentNode("null", flag.origin)], kind.origin)


def _carrier(node: DocumentNode, _: list[SpecProblem]) -> DocumentNode:
    """The one `example` of a parameter, header or media type among its `examples`."""
    if "example" not in node.value or "examples" in node.value:
        return node
    fields: Fields = dict(node.value)
    example = fields.pop("example")
    fields["examples"] = DocumentNode({"example": DocumentNode({"value": example}, example.origin)}, example.origin)
    return DocumentNode(fields, node.origin)


CONVERTED: dict[str, Rewrite] = {"schema": _schema, "media": _carrier, "parameter": _carrier, "header": _carrier}
"""By kind of part: what OpenAPI 3.0 says, as 3.1 has it."""
AMENDED: dict[str, Rewrite] = {"schema": _leftovers}
"""By kind of part: what older drafts left in a 3.1 document, each told."""
