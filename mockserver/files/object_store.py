"""What the host of images says where it has none to give: the XML of an object store, without CORS headers."""

from __future__ import annotations

Response = tuple[int, list[tuple[bytes, bytes]], bytes]

_CODES = {400: "InvalidArgument", 403: "AccessDenied", 404: "NoSuchKey", 503: "SlowDown"}
"""What object stores call the refusals that clients meet."""
_TEXTS = {400: "Only one auth mechanism allowed"}


def refusal(status: int, text: str = "") -> Response:
    """A refusal of this status."""
    code = _CODES.get(status, "InternalError" if status >= 500 else "InvalidRequest")
    text = text or _TEXTS.get(status, "The file cannot be had")
    body = (
        f'<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>{code}</Code><Message>{text}</Message></Error>'.encode()
    )
    return status, [(b"content-type", b"application/xml"), (b"content-length", b"%d" % len(body))], body
