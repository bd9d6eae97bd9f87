"""The value of a recorded request body, whatever its media type; and a form without the bytes of its files."""

from __future__ import annotations

import re
from hashlib import sha256
from urllib.parse import parse_qsl

from pixpact.specs.dialect.expressions import UNDEFINED
from pixpact.specs.openapi.document import Json
from pixpact.wire.bodies import UndecodableBody, form_of, json_of
from pixpact.wire.exchange import Exchange, media_type

FORM = "application/x-www-form-urlencoded"
MULTIPART = "multipart/form-data"
_BOUNDARY = re.compile(r'boundary="?([^";]+)')


def request_value(exchange: Exchange) -> Json:
    """What a request body says; UNDEFINED when there is none, or when it cannot be read.

    A file in a form is the `cid:` URL of its part, as when a request is decoded.
    """
    if not exchange.request_body:
        return UNDEFINED
    kind = media_type(exchange.request_headers)
    if kind == FORM:
        return dict(parse_qsl(exchange.request_body.decode("latin-1"), keep_blank_values=True))
    try:
        if kind == MULTIPART:
            return form_of(exchange.request_body, exchange.request_header("content-type") or "")[0]
        return json_of(exchange.request_body)
    except UndecodableBody:
        return UNDEFINED


def without_files(body: bytes, content_type: str) -> bytes:
    """A multipart body (RFC 7578) in which the content of each file is replaced by what identifies it."""
    boundary = _BOUNDARY.search(content_type)
    if boundary is None:
        return body
    mark = b"--" + boundary[1].encode("latin-1")
    return mark.join(_without_file(part) for part in body.split(mark))


def _without_file(part: bytes) -> bytes:
    head, blank, content = part.partition(b"\r\n\r\n")
    if b"filename" not in head or not blank:
        return part
    file = content.removesuffix(b"\r\n")
    return b"%s%s[%d bytes, sha256 %s]\r\n" % (head, blank, len(file), sha256(file).hexdigest()[:16].encode())
