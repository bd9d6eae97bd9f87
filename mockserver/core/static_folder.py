"""Files of the mock's own pages: from one folder, with entity tags, under a Content-Security-Policy."""

from __future__ import annotations

from functools import cached_property
from hashlib import sha256
from pathlib import Path

from starlette.requests import Request
from starlette.responses import Response

from pixpact.mockserver.core.problem import problem_response

TYPES = {
    ".css": "text/css; charset=utf-8",
    ".html": "text/html; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".mjs": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
}


def content_policy(styles: str = "'self'") -> str:
    """The Content-Security-Policy of a page: no inline script, nothing from another host, no frame around it."""
    return (
        f"default-src 'none'; script-src 'self'; style-src {styles}; img-src 'self' data: blob:; connect-src 'self'; "
        "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    )


class StaticFolder:
    """A folder whose files are sent as they are; read with the first request."""

    def __init__(self, folder: Path, policy: str) -> None:
        self._folder = folder
        self.headers = {
            "content-security-policy": policy,
            "x-content-type-options": "nosniff",
            "referrer-policy": "no-referrer",
            "cache-control": "no-cache",
        }

    def response(self, request: Request, name: str) -> Response:
        """The file of that name; 404 for a name that is none of them, whatever dots are in it."""
        content = self._contents.get(name)
        if content is None:
            return problem_response(404, "Not there", f"there is no file {name!r}")
        etag = f'"{sha256(content).hexdigest()[:16]}"'
        headers = {**self.headers, "etag": etag}
        if request.headers.get("if-none-match") == etag:
            return Response(status_code=304, headers=headers)
        return Response(content, headers={**headers, "content-type": TYPES[Path(name).suffix]})

    @cached_property
    def _contents(self) -> dict[str, bytes]:
        files = (path for path in self._folder.rglob("*") if path.suffix in TYPES)
        return {path.relative_to(self._folder).as_posix(): path.read_bytes() for path in files}
