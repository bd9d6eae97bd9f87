"""Resident memory, and what a collection of the interpreter walks, while tasks are submitted and polled in process.

One process, no socket; Linux. Usage: python bench/memory.py [tasks]
"""

from __future__ import annotations

import asyncio
import gc
import json
import re
import sys
import time
from decimal import Decimal
from pathlib import Path
from typing import Any

from pixpact.mockserver.app import MockApp
from pixpact.mockserver.context import MockContext, MockSettings
from pixpact.mockserver.core.pace import parse
from pixpact.specs.catalogue import SpecCatalogue
from pixpact.wire.clock import SystemClock

BODY = b'{"model":"doubao-seedream-5-0-lite","prompt":"A golden retriever in a garden","size":"16:9","n":1}'
KEY = "sk-bench"


def resident() -> float:
    """Megabytes of this process."""
    return int(re.findall(r"VmRSS:\s+(\d+)", Path("/proc/self/status").read_text())[0]) / 1024


class Client:
    """Speaks ASGI with a mock."""

    def __init__(self, app: MockApp) -> None:
        self._app = app

    async def send(self, method: str, path: str, body: bytes = b"") -> Any:
        """The JSON of one response."""
        headers = {"host": "127.0.0.1:4747", "content-type": "application/json", "authorization": f"Bearer {KEY}"}
        scope = {
            "type": "http",
            "method": method,
            "scheme": "http",
            "path": path,
            "raw_path": path.encode(),
            "query_string": b"",
            "root_path": "",
            "headers": [(name.encode(), value.encode()) for name, value in headers.items()],
            "server": ("127.0.0.1", 4747),
        }
        messages: list[Any] = []

        async def receive() -> Any:
            return {"type": "http.request", "body": body, "more_body": False}

        async def send(message: Any) -> None:
            messages.append(message)

        await self._app(scope, receive, send)
        assert messages[0]["status"] == 200, messages
        return json.loads(messages[1]["body"])


async def run(tasks: int) -> list[str]:
    contract = SpecCatalogue().source("apimart").contract()
    settings = MockSettings(parse("10x"), keys={KEY: Decimal(10**9)})
    client = Client(MockApp([contract], MockContext.new(settings, SystemClock())))
    gc.collect()
    gc.freeze()
    lines = [f"ready: {resident():.0f} MB"]
    for number in range(1, tasks + 1):
        submitted = await client.send("POST", "/apimart/v1/images/generations", BODY)
        await client.send("GET", f"/apimart/v1/tasks/{submitted['data'][0]['task_id']}")
        if number in (1_000, 10_000, 100_000) or number % 250_000 == 0 or number == tasks:
            gc.collect()
            started = time.process_time()
            gc.collect()
            seconds = time.process_time() - started
            lines.append(f"{number:9} tasks: {resident():.0f} MB, a full collection takes {seconds * 1000:.1f} ms")
            print(lines[-1], flush=True)
    return lines


def main() -> None:
    tasks = int(sys.argv[1]) if len(sys.argv) > 1 else 250_000
    lines = asyncio.run(run(tasks))
    results = Path(__file__).parent / "results"
    results.mkdir(exist_ok=True)
    (results / "memory.txt").write_text("\n".join([f"Python {sys.version.split()[0]}", *lines]) + "\n")


if __name__ == "__main__":
    main()
