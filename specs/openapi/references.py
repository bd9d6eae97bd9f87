"""Decodes percent-encoded `$ref`s into plain JSON pointers (RFC 6901, section 6)."""

from __future__ import annotations

from urllib.parse import unquote

from pixpact.specs.openapi.document import DocumentNode, SpecDocument, step_into, steps


def with_plain_references(document: SpecDocument) -> SpecDocument:
    """The document with each encoded `$ref` replaced by its plain pointer; unchanged if there is none.

    A reference that resolves as written stays: a name may contain a percent sign.
    """
    root = _plain(document.root, document)
    return document if root is document.root else SpecDocument(root)


def _plain(node: DocumentNode, document: SpecDocument) -> DocumentNode:
    if isinstance(node.value, list):
        items = [_plain(item, document) for item in node.value]
        changed = any(one is not copied for one, copied in zip(items, node.value, strict=True))
        return DocumentNode(items, node.origin) if changed else node
    if not isinstance(node.value, dict):
        return node
    fields = {name: _plain(field, document) for name, field in node.value.items()}
    reference = fields.get("$ref")
    if reference is not None and (plain := _meant(reference.value, document)) is not None:
        fields["$ref"] = DocumentNode(plain, reference.origin)
    return DocumentNode(fields, node.origin) if any(fields[name] is not node.value[name] for name in fields) else node


def _meant(reference: object, document: SpecDocument) -> str | None:
    """The plain pointer of an encoded reference; None if it is plain, or resolves as written."""
    if not isinstance(reference, str) or not reference.startswith("#/") or "%" not in reference:
        return None
    plain = unquote(reference)
    return plain if not _leads(reference, document) and _leads(plain, document) else None


def _leads(reference: str, document: SpecDocument) -> bool:
    value = document.value
    try:
        for step in steps(reference):
            value = step_into(value, step)
    except KeyError:
        return False
    return True
