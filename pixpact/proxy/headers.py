"""Selects the headers to forward: all except those of one connection (RFC 9110, section 7.6.1)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from pixpact.wire.exchange import Headers

Raw = list[tuple[bytes, bytes]]
"""Headers as in ASGI: names in lower case."""

_OF_THE_CONNECTION = frozenset(
    [
        b"connection",
        b"keep-alive",
        b"proxy-authenticate",
        b"proxy-authorization",
        b"proxy-connection",
        b"te",
        b"trailer",
        b"transfer-encoding",
        b"upgrade",
    ]
)
_NOT_UNDONE = frozenset([b"br", b"zstd", b"dcb", b"dcz", b"compress", b"x-compress"])
"""Content codings that cannot be decoded here, so that their bodies could not be judged."""


def towards_vendor(headers: Iterable[tuple[bytes, bytes]], authority: str) -> Raw:
    """The headers of a forwarded request: with the vendor's host, own framing, and only codings that can be decoded."""
    headers_left = list(_end_to_end(headers))
    fields = [(name, value) for name, value in headers_left if name not in (b"host", b"expect")]
    framing = [(b"transfer-encoding", b"chunked")] if _is_chunked(headers) else []
    return [(b"host", authority.encode("ascii")), *map(_readable, fields), *framing]


def towards_app(status: int, headers: Iterable[tuple[bytes, bytes]]) -> Raw:
    """The headers of a forwarded response; the server adds the framing of its connection."""
    headers_left = list(_end_to_end(headers))
    # A 304 may state the length of a body it does not have (RFC 9110, section 8.6); the server would wait for it.
    return without_headers(headers_left, [b"content-length"]) if status in (204, 304) else headers_left


def without_headers(headers: Iterable[tuple[bytes, bytes]], names: Iterable[bytes]) -> Raw:
    """The headers without these names."""
    left_out = frozenset(names)
    return [(name, value) for name, value in headers if name.lower() not in left_out]


def has_body(headers: Iterable[tuple[bytes, bytes]]) -> bool:
    """Whether a request has a body (RFC 9112, section 6)."""
    return any(name == b"transfer-encoding" or (name == b"content-length" and value != b"0") for name, value in headers)


def header_texts(headers: Iterable[tuple[bytes, bytes]]) -> Headers:
    """The headers as text, for a recording."""
    return tuple((name.decode("latin-1"), value.decode("latin-1")) for name, value in headers)


def _end_to_end(headers: Iterable[tuple[bytes, bytes]]) -> Iterator[tuple[bytes, bytes]]:
    fields = [(name.lower(), value) for name, value in headers]
    named = {word.strip().lower() for name, value in fields if name == b"connection" for word in value.split(b",")}
    dropped = _OF_THE_CONNECTION | named
    if any(name == b"transfer-encoding" for name, _ in fields):
        dropped |= {b"content-length"}  # it is invalid beside a transfer coding (RFC 9112, section 6.3)
    return ((name, value) for name, value in fields if name not in dropped)


def _is_chunked(headers: Iterable[tuple[bytes, bytes]]) -> bool:
    return any(name.lower() == b"transfer-encoding" for name, _ in headers)


def _readable(field: tuple[bytes, bytes]) -> tuple[bytes, bytes]:
    """Accept-Encoding without codings that cannot be decoded here; any other header unchanged."""
    name, value = field
    if name != b"accept-encoding":
        return field
    words = [word.strip() for word in value.split(b",")]
    kept = [word for word in words if word.partition(b";")[0].strip().lower() not in _NOT_UNDONE]
    return field if len(kept) == len(words) else (name, b", ".join(kept) or b"identity")
