"""Redirects on demand: to the same place below another path, which is not redirected again."""

from __future__ import annotations

from typing import Any

from starlette.types import Scope

from pixpact.mockserver.faults.fault import Fault

PREFIX = "/_redirected"
_REDIRECTED = "pixpact.redirected"
_USUAL = 307


def is_redirected(scope: Scope) -> bool:
    """Whether a request came by a redirect of ours."""
    return bool(scope.get(_REDIRECTED))


def without_prefix(scope: Scope, path: str) -> tuple[Any, str]:
    """The request and its path as they would be without a redirect."""
    plain = path.removeprefix(PREFIX)
    return {**scope, _REDIRECTED: True, "path": scope["path"].removeprefix(PREFIX), "raw_path": plain.encode()}, plain


def redirect(fault: Fault, scope: Scope, base: str) -> tuple[int, list[tuple[bytes, bytes]]]:
    """The status and the header fields of a redirect below this base URL (RFC 9110, section 15.4)."""
    raw = scope.get("raw_path") or scope["path"].encode()
    query = b"?" + scope["query_string"] if scope["query_string"] else b""
    location = base.encode("latin-1") + PREFIX.encode() + raw + query
    return int(fault.status or _USUAL), [(b"location", location), (b"content-length", b"0")]
