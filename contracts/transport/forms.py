"""Writes multipart forms so that equal forms have equal bytes (RFC 7578). `multipart` reads them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

BOUNDARY = "pixpact-form-boundary"


class FormFile(NamedTuple):
    """A file part of a form."""

    name: str
    filename: str
    content: bytes
    media_type: str


def form(
    fields: Iterable[tuple[str, str]], files: Iterable[FormFile | tuple[str, str, bytes, str]], boundary: str = BOUNDARY
) -> tuple[str, bytes]:
    """(content type, body) of a form; fields come before files.

    The boundary is extended if a part contains it. Raises ValueError for a boundary that RFC 2046 does not allow.
    """
    parts = [(f'name="{_quoted(name)}"', "", value.encode()) for name, value in fields]
    parts += [
        (f'name="{_quoted(name)}"; filename="{_quoted(filename)}"', f"Content-Type: {kind}\r\n", content)
        for name, filename, content, kind in files
    ]
    while any(boundary.encode() in content for _, _, content in parts):
        boundary += "-"
    if not (0 < len(boundary) <= 70 and boundary.isascii() and boundary.replace("-", "").isalnum()):
        raise ValueError(f"{boundary!r} is not a boundary: use up to 70 letters, digits and hyphens (RFC 2046, 5.1.1)")
    pieces: list[bytes] = []
    for about, kind, content in parts:
        head = f"--{boundary}\r\nContent-Disposition: form-data; {about}\r\n{kind}\r\n"
        pieces += [head.encode(), content, b"\r\n"]  # joined once, because files may have megabytes
    pieces.append(f"--{boundary}--\r\n".encode())
    return f"multipart/form-data; boundary={boundary}", b"".join(pieces)


def _quoted(name: str) -> str:
    """A name escaped as browsers do (RFC 7578, section 4.2; HTML, section 4.10.21.8)."""
    return name.replace('"', "%22").replace("\r", "%0D").replace("\n", "%0A")
