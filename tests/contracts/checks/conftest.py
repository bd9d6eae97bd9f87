"""Hand-made exchanges, read with a vendor's contract, and what one check says of them."""

from __future__ import annotations

import json
from typing import Any

import pytest

from pixpact.contracts.samples.reference_images import image, media_type
from pixpact.contracts.traffic.case import CaseReader, TaskCase
from pixpact.wire.exchange import Exchange, Trace

BASE = "https://vendor.example"
START = 1_790_000_000.0
KEY = ("Authorization", "Bearer sk-1")
JSON = ("Content-Type", "application/json")
FILE = f"{BASE}/files/kite.jpg"


def call(
    method: str,
    path: str,
    response: Any,
    body: Any = None,
    *,
    status: int = 200,
    after: float = 0.0,
    kind: str = "application/json",
    key: bool = True,
    headers: tuple[tuple[str, str], ...] = (),
    **note: str,
) -> Exchange:
    """One exchange; bodies that are no bytes are JSON. `after` is in seconds."""
    content = response if isinstance(response, bytes) else json.dumps(response).encode()
    sent = body if isinstance(body, bytes) else b"" if body is None else json.dumps(body).encode()
    asked = (*((KEY,) if key else ()), *((JSON,) if sent else ()))
    said = (("content-type", kind), *headers)
    return Exchange(START + after, method, BASE + path, asked, sent, status, said, content, 0.1, note)


def download(
    name: str, *, url: str = FILE, status: int = 200, kind: str = "", after: float = 40.0, **note: str
) -> Exchange:
    """The fetching of an image."""
    content = image(name)
    said = (("content-type", kind or media_type(name)),)
    return Exchange(START + after, "GET", url, (), b"", status, said, content, 0.1, {"role": "download", **note})


def stream(*events: tuple[str, Any]) -> bytes:
    """A stream of (name, data); an empty name is left out."""
    lines = [
        (f"event: {name}\n" if name else "") + f"data: {data if isinstance(data, str) else json.dumps(data)}\n\n"
        for name, data in events
    ]
    return "".join(lines).encode()


@pytest.fixture
def case(claims):
    """A case of exchanges, read with a vendor's contract."""

    def made(vendor: str, *exchanges: Exchange) -> TaskCase:
        return CaseReader(claims(vendor), (BASE,)).case(Trace(exchanges))

    return made


@pytest.fixture
def said(claims, case):
    """What a check says of exchanges: the claims without the vendor's name → kept, broken or unjudged."""

    def made(check: Any, vendor: str, *exchanges: Exchange) -> dict[str, str]:
        words = {True: "kept", False: "broken", None: "unjudged"}
        found: dict[str, str] = {}
        for seen in (it for it in check(case(vendor, *exchanges), claims(vendor)) if not it.always):
            for claim in seen.claims:
                short = claim.id.removeprefix(f"{vendor}:")
                if found.get(short) != "broken":
                    found[short] = words[seen.kept]
        return found

    return made


# ---- a task of one vendor, and an image of another: as documented, with what a test changes


def task(status: str = "queued", **more: Any) -> dict[str, Any]:
    """An asynchronous vendor's task."""
    progress = {"queued": 0, "in_progress": 50, "completed": 100, "failed": 0}.get(status, 0)
    value = {
        "id": "task_1",
        "object": "generation.task",
        "model": "doubao-seedream-5-0",
        "status": status,
        "progress": progress,
        "created_at": int(START),
        "metadata": {},
    }
    if status == "completed":
        value |= {"completed_at": int(START) + 30, "expires_at": int(START) + 86430}
        value |= {"result": {"type": "image", "data": [{"url": FILE}]}}
    return value | more


def submit(response: Any = None, *, status: int = 200, note: dict[str, str] | None = None, **body: Any) -> Exchange:
    """A submit of it."""
    asked = {"model": "doubao-seedream-5-0", "prompt": "A kite", **body}
    response = task() if response is None else response
    return call(
        "POST",
        "/v1/images/generations",
        response,
        asked,
        status=status,
        role="start",
        **{"expects": "", **(note or {})},
    )


def poll(value: Any, after: float = 10.0, *, status: int = 200, key: bool = True, **note: str) -> Exchange:
    """A look at it."""
    path = "/v1/images/generations/task_1"
    return call("GET", path, value, status=status, after=after, key=key, role="show", **{"expects": "", **note})


def images(*items: Any, **more: Any) -> dict[str, Any]:
    """A synchronous vendor's response."""
    usage = {"generated_images": len(items), "output_tokens": 16384 * len(items), "total_tokens": 16384 * len(items)}
    return {"model": "seedream-5-0-260128", "created": int(START), "data": list(items), "usage": usage} | more


def generate(response: Any, *, status: int = 200, kind: str = "application/json", **body: Any) -> Exchange:
    """The request that it answers."""
    asked = {"model": "seedream-5-0-260128", "prompt": "A kite", **body}
    return call("POST", "/v1/images/generations", response, asked, status=status, kind=kind, role="run")
