"""The files of the console: one page, its scripts and styles, under a strict Content-Security-Policy."""

from __future__ import annotations

from functools import cache
from hashlib import sha256
from pathlib import Path

from starlette.requests import Request
from starlette.responses import Response

from pixpact.mockserver.console.replies import not_there

STATIC = Path(__file__).parent / "static"
TYPES = {
    ".css": "text/css; charset=utf-8",
    ".html": "text/html; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".mjs": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
}
# No inline script or style, nothing from another host, no frame around it: what a client sent can only be text here.
POLICY = "; ".join(
    [
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' data: blob:",
        "connect-src 'self'",
        "base-uri 'none'",
        "form-action 'none'",
        "frame-ancestors 'none'",
    ]
)
HEADERS = {
    "content-security-policy": POLICY,
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "cache-control": "no-cache",
}


async def page(request: Request) -> Response:
    """The one page."""
    return _file(request, "index.html")


async def static(request: Request) -> Response:
    """A script, a style or an image of the page."""
    return _file(request, request.path_params["name"])


def _file(request: Request, name: str) -> Response:
    content = _contents().get(name)
    if content is None:
        return not_there(f"the console has no file {name!r}")
    etag = f'"{sha256(content).hexdigest()[:16]}"'
    headers = {**HEADERS, "etag": etag}
    if request.headers.get("if-none-match") == etag:
        return Response(status_code=304, headers=headers)
    return Response(content, headers={**headers, "content-type": TYPES[Path(name).suffix]})


@cache
def _contents() -> dict[str, bytes]:
    """Every file by its path; a name that is none of them leads nowhere, whatever dots are in it."""
    files = (path for path in STATIC.rglob("*") if path.suffix in TYPES)
    return {path.relative_to(STATIC).as_posix(): path.read_bytes() for path in files}
