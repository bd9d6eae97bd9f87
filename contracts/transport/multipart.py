"""Reads the parts of a multipart form from a recorded body (RFC 7578, RFC 2046 section 5.1)."""

from __future__ import annotations

import re
from dataclasses import dataclass

from pixpact.wire.exchange import Exchange, header, media_type

_BOUNDARY = re.compile(r'(?i);\s*boundary=(?:"([^"]+)"|([^\s;]+))')
_PARAMETER = re.compile(r';\s*(name|filename)="((?:[^"\\]|\\.)*)"')
_UNUSUAL = re.compile(r"[^\w.-]+")


@dataclass(frozen=True, slots=True)
class FormPart:
    """One part of a form; `filename` is None unless it is a file. `kind`: its media type, or empty."""

    name: str
    content: bytes
    filename: str | None = None
    kind: str = ""


def parts(exchange: Exchange) -> tuple[FormPart, ...]:
    """The parts of a request's form; empty if it is not a complete, well-formed form."""
    if media_type(exchange.request_headers) != "multipart/form-data":
        return ()
    match = _BOUNDARY.search(exchange.request_header("content-type") or "")
    if not match:
        return ()
    delimiter = b"\r\n--" + (match[1] or match[2]).encode("latin-1", "replace")
    pieces = (b"\r\n" + exchange.request_body).split(delimiter)
    if len(pieces) < 3 or not pieces[-1].startswith(b"--"):
        return ()
    read = [_part(piece) for piece in pieces[1:-1]]
    return tuple(part for part in read if part is not None) if None not in read else ()


def safe_name(filename: str) -> str:
    """A file name that is safe to write in the working directory and needs no quotes."""
    last = re.split(r"[/\\]", filename)[-1]
    return _UNUSUAL.sub("_", last).lstrip(".-") or "file"


def _part(piece: bytes) -> FormPart | None:
    head, separator, content = piece.partition(b"\r\n\r\n")
    lines = [line.partition(":") for line in head.decode("utf-8", "replace").split("\r\n") if line.strip()]
    headers = tuple((name.strip(), value.strip()) for name, _, value in lines)
    about = dict(_PARAMETER.findall(header(headers, "content-disposition") or ""))
    if not separator or "name" not in about:
        return None
    return FormPart(about["name"], content, about.get("filename"), media_type(headers))
