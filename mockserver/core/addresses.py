"""Addresses as clients write them: which are taken for what they say, and which only for what they may do harm with."""

from __future__ import annotations

import re
from collections.abc import Container
from typing import Any
from urllib.parse import quote, urlsplit

from pixpact.wire.redaction import redacted_url

_AUTHORITY = re.compile(r"([A-Za-z0-9_](?:[A-Za-z0-9._~-]{0,252})|\[[0-9A-Fa-f:.]{2,45}\])(?::([0-9]{1,5}))?")
"""A host with its port, of the characters that names and addresses have: nothing that ends a URL, or a text."""
_ESCAPE = re.compile(r"%([0-9A-Fa-f]{2})")
_UNRESERVED = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~")
_KEPT = "!#$%&'()*+,/:;=?@[]~"
"""What stands in a URL for itself; an escape stays as it is."""
_MOST_PORT = 65_535


def authority(text: str) -> tuple[str, int | None] | None:
    """The host, in lower case, and the port of a `Host` field (RFC 9110, section 7.2); None for what is none."""
    match = _AUTHORITY.fullmatch(text)
    if match is None or (match[2] and int(match[2]) > _MOST_PORT):
        return None
    return match[1].lower(), int(match[2]) if match[2] else None


def base_of(scope: Any, host: str, elsewhere: Container[str] = ()) -> str:
    """The address under which a client reached this server: as it says itself, if that is a host.

    The server's own for anything else, and for a host that would lead `elsewhere`.
    """
    named = authority(host)
    if named is None or named[0].removesuffix(".") in elsewhere:
        name, port = scope.get("server") or ("localhost", None)
        bracketed = f"[{name}]" if ":" in name else name
        host = f"{bracketed}:{port}" if port else bracketed
    return f"{scope['scheme']}://{host}"


def normalized(path: str) -> str:
    """A path without needless escapes (RFC 3986, section 6.2.2): `/%74oy` is `/toy`, `%2f` stays a part of a name."""
    if "%" not in path:
        return path

    def plain(escape: re.Match[str]) -> str:
        character = chr(int(escape[1], 16))
        return character if character in _UNRESERVED else escape[0].upper()

    return _ESCAPE.sub(plain, path)


def checked_base(url: str) -> str:
    """A base URL of this server, without a slash at its end. Raises ValueError that says what is wrong with it."""
    try:
        parts = urlsplit(url)
        right = parts.scheme in ("http", "https") and authority(parts.netloc) is not None
    except ValueError:
        right, parts = False, None
    if parts is None or not right or "?" in url or "#" in url or _is_odd(parts.path):
        raise ValueError(
            f"{redacted_url(url)!r} is not a base URL: write http:// or https://, a host, and perhaps a port and a path"
        )
    return url.rstrip("/")


def _is_odd(path: str) -> bool:
    return encoded(path) != path or "//" in path


def encoded(text: str) -> str:
    """A path or a query as it goes over the wire: what a URL may not hold is percent-encoded as UTF-8 (RFC 3987)."""
    escaped = re.sub(r"%(?![0-9A-Fa-f]{2})", "%25", text)
    return quote(escaped, safe=_KEPT, errors="replace")
