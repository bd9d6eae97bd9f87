"""The files of the console: one page, its scripts and styles, under a strict Content-Security-Policy."""

from __future__ import annotations

from pathlib import Path

from starlette.requests import Request
from starlette.responses import Response

from pixpact.mockserver.core.static_folder import StaticFolder, content_policy

# No inline script or style, nothing from another host, no frame around it: what a client sent can only be text here.
FILES = StaticFolder(Path(__file__).parent / "static", content_policy())


async def page(request: Request) -> Response:
    """The one page."""
    return FILES.response(request, "index.html")


async def static(request: Request) -> Response:
    """A script, a style or an image of the page."""
    return FILES.response(request, request.path_params["name"])
