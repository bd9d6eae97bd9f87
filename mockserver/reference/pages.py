"""`/{vendor}/docs` and `/{vendor}/openapi.json`: the served contract for people and for tools.

A contract that has such a path itself keeps it.
"""

from __future__ import annotations

from pathlib import Path
from urllib.parse import urlsplit

import orjson
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from pixpact.mockserver.core.static_folder import StaticFolder, content_policy
from pixpact.specs.contract.model import Contract
from pixpact.specs.export import plain
from pixpact.specs.openapi.document import Json

DOCS, OPENAPI = "/docs", "/openapi.json"
# The renderer writes styles into its elements; scripts come from here alone, and requests go nowhere else.
FILES = StaticFolder(Path(__file__).parent / "static", content_policy("'self' 'unsafe-inline'"))


def reference_response(request: Request, path: str, contract: Contract, mount: str) -> Response | None:
    """The response to a GET of a path below a vendor's prefix; None where it is neither page nor document."""
    if request.method not in ("GET", "HEAD") or not (path in (DOCS, OPENAPI) or path.startswith(f"{DOCS}/")):
        return None
    if path == f"{DOCS}/":
        return RedirectResponse(f"/{mount}{DOCS}")  # the page's own addresses are relative to this one
    if path != OPENAPI:
        return FILES.response(request, path.removeprefix(DOCS).removeprefix("/") or "index.html")
    headers = {"access-control-allow-origin": "*", "cache-control": "no-cache"}
    return Response(orjson.dumps(served_document(contract, mount)), headers=headers, media_type="application/json")


def served_document(contract: Contract, mount: str) -> Json:
    """The contract as plain OpenAPI 3.1 whose only servers are those of this mock, relative to its origin."""
    document = plain(contract.document.value)
    assert isinstance(document, dict)
    paths = dict.fromkeys(urlsplit(url).path.rstrip("/") for url in contract.servers)
    servers: Json = [{"url": f"/{mount}{path}", "description": "this mock"} for path in paths or ("",)]
    return {**document, "servers": servers}
