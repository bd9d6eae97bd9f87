"""Decodes request bodies by media type: JSON, forms, text, files."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping

from pixpact.specs.contract import forms
from pixpact.specs.contract.model import RequestMedia
from pixpact.specs.dialect.expressions import UNDEFINED, Expression, ExpressionRoots
from pixpact.specs.openapi.document import Json
from pixpact.specs.openapi.media import is_form, is_json, is_text
from pixpact.wire.bodies import FilePart, json_of
from pixpact.wire.images import from_data_uri

WHOLE = "cid:body"
"""The `cid:` URL of a file that is the whole body."""


def decoded(media: RequestMedia, raw: bytes, content_type: str) -> tuple[Json, dict[str, FilePart]]:
    """(the value of a body, its files by `cid:` URL). Raises UndecodableBody."""
    if is_json(media.name):
        return json_of(raw), {}
    if is_form(media.name):
        return forms.decoded(media.reader, raw, content_type)
    if is_text(media.name):
        return raw.decode("utf-8", "replace"), {}
    kind = content_type.partition(";")[0].strip().lower()
    return WHOLE, {WHOLE: FilePart(raw, f"body.{kind.partition('/')[2]}", kind)}


def uploaded_file(expression: Expression, roots: ExpressionRoots, files: Mapping[str, FilePart]) -> FilePart | None:
    """The uploaded file: a part of the form, the whole body, or decoded base64; None without one."""
    value = expression.evaluate(roots)
    if value is UNDEFINED or not isinstance(value, str):
        return None
    if value in files:
        return files[value]
    if files:
        return None
    content = from_data_uri(value) if value.startswith("data:") else plain(value)
    name = expression.text.rpartition("/")[2]
    return FilePart(content, name, "application/octet-stream") if content else None


def plain(text: str) -> bytes | None:
    """The bytes of plain base64; None for any other text."""
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return None
