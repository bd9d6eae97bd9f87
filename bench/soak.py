"""A mock under faults for an hour, with clients that survive them.

    python bench/soak.py [MINUTES] [RATE] [FILL] [RESULTS]

One `pixpact serve` on this machine remembers FILL tasks before it begins, so that every bound is reached and memory has
no reason to grow. Then RATE orders a second come from robust clients while faults of every stage strike: refusals,
responses lost after the charge, broken bodies, failing tasks, half images, callbacks that come late or again. Each
order is followed to its end. In the end the mock's ledger is held against what the clients know:

- lost: an order without an end, an image that is not whole, a callback that never came;
- double-billed: a task in the ledger that no order knows, a task charged twice, an account that used another amount.

Resident memory is taken every `SAMPLE` seconds. The results go to RESULTS (`bench/results/soak.json`).
The exit code is 1 if anything was lost or billed twice, or if memory was not flat.
"""

from __future__ import annotations

import asyncio
import json
import platform
import re
import statistics
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from socket import create_server, socket
from time import monotonic
from typing import Any
from urllib.parse import urlsplit
from urllib.request import Request, urlopen

import httpx2
from robust_client import ImageOrder, RobustClient, SoakedVendor

from pixpact.mockserver.core.identity import account_of

ROOT = Path(__file__).parent.parent
RESULTS = Path(__file__).parent / "results" / "soak.json"
TOY = str(ROOT / "fixtures" / "specs" / "toy.yaml")
SAMPLE = 15.0
GRACE = 240.0
"""Seconds that callbacks have after the last order: they may be a minute late, and are tried again after another."""
FLAT, LONG = 0.05, 10.0
"""The share by which the last quarter may lie above the second one, in a run of at least so many minutes."""
MOST_UNDER_WAY = 30
"""Orders at the same time: where the machine is busy, fewer come, and none waits for a mock that is buried in work."""
FILLER, ROUND = "sk-fill", 60.0
"""The key of the tasks that are there before, and the seconds after which orders come from another key."""
DRAWING = {"done": True, "broken": False, "waiting": None, "drawing": None}
TASK = {"completed": True, "failed": False, "submitted": None, "pending": None, "processing": None, "in_progress": None}

VENDORS = (
    SoakedVendor(
        contract="toy",
        submit="/v2/drawings",
        poll="/v2/drawings/{}",
        headers=lambda key: {"X-Api-Key": key},
        idempotency="Repeat-Key",
        body=lambda images: {"model": "crayon-1", "prompt": "A red kite", "size": "small", "copies": images},
        task=lambda body: str(body["drawing"]),
        outcome=lambda body: DRAWING[body["state"]],
        links=lambda body: [link for sheet in body["sheets"] for link in sheet["files"]],
        price=Decimal("0.01"),
        callback="call",
    ),
    SoakedVendor(
        contract="apimart@2026-09",
        submit="/v1/images/generations",
        poll="/v1/tasks/{}",
        headers=lambda key: {"Authorization": f"Bearer {key}"},
        idempotency="Idempotency-Key",
        body=lambda _: {"model": "gpt-image-2", "prompt": "A red kite", "resolution": "1k"},
        task=lambda body: str(body["data"][0]["task_id"]),
        outcome=lambda body: TASK[body["data"]["status"]],
        links=lambda body: [link for image in body["data"]["result"]["images"] for link in image["url"]],
        price=Decimal("0.006"),
    ),
)

FAULTS: tuple[dict[str, Any], ...] = (
    {"fault": "server-error", "charged": True, "stage": "submit", "vendor": "apimart", "probability": 0.06},
    {"fault": "gateway-timeout", "stage": "submit", "probability": 0.03},
    {"fault": "rate-limited", "stage": "submit", "vendor": "apimart", "probability": 0.04},
    *(
        {"fault": name, "stage": stage, "probability": chance}
        for stage, chance in (("submit", 0.02), ("poll", 0.01))
        for name in (
            *("accept-then-drop", "reset-after", "reset-before", "malformed-json", "two-json-objects", "empty"),
            *("stream-cut", "chunked", "compressed", "redirect", "wrong-content-type"),
        )
    ),
    {"fault": "html", "status": 524, "stage": "submit", "probability": 0.02},
    {"fault": "hang", "stage": "submit", "probability": 0.005},
    {"fault": "hang", "stage": "poll", "probability": 0.002},
    {"fault": "slow-drip", "delay": 1, "stage": "poll", "probability": 0.01},
    {"fault": "latency", "delay": {"uniform": [0.05, 0.5]}, "stage": "poll", "probability": 0.05},
    *({"fault": name, "stage": "submit", "probability": 0.04} for name in ("failed", "slow")),
    {"fault": "unknown-task", "stage": "poll", "probability": 0.01},
    {"fault": "truncated-image", "stage": "download", "probability": 0.04},
    *({"fault": "file-error", "status": status, "probability": 0.03} for status in (403, 404, 503)),
    {"fault": "stream-cut", "stage": "download", "probability": 0.03},
    {"fault": "reset-before", "stage": "download", "probability": 0.02},
    *({"fault": name, "probability": 0.04} for name in ("webhook-late", "webhook-twice", "webhook-again")),
)


@contextmanager
def served(keys: list[str], callbacks: str) -> Iterator[tuple[str, int]]:
    """A mock that knows these keys and signs callbacks to an origin; its base URL and its process."""
    words = [sys.executable, "-m", "pixpact", "serve", *(TOY, "apimart@2026-09"), "--port", "0", "--pace", "10x"]
    words += ["--webhook", f"toy={callbacks},whsec-soak"]
    accounts = [word for key in keys for word in ("--api-key", f"{key}=1000000")]
    process = subprocess.Popen([*words, "--json", *accounts], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    try:
        yield json.loads(process.stdout.readline())["url"], process.pid
    finally:
        process.terminate()
        process.wait(30)


def resident(process: int) -> float:
    """Megabytes of resident memory of a process (Linux)."""
    return int(re.findall(r"VmRSS:\s+(\d+)", Path(f"/proc/{process}/status").read_text())[0]) / 1024


def origin(bound: socket) -> str:
    """Where a socket of this machine is reached."""
    return f"http://127.0.0.1:{bound.getsockname()[1]}"


def control(base: str, name: str, body: Any = None) -> Any:
    """What the control side says."""
    content = None if body is None else json.dumps(body).encode()
    with urlopen(Request(f"{base}/_pixpact/{name}", content), timeout=120) as response:
        return json.load(response)


async def fill(base: str, tasks: int) -> None:
    """Submit so many small tasks over one connection, each with an idempotency key of its own."""
    host, port = urlsplit(base).hostname, urlsplit(base).port
    reader, writer = await asyncio.open_connection(host, port)
    body = json.dumps(VENDORS[0].body(1)).encode()
    for number in range(tasks):
        head = (
            f"POST /toy/v2/drawings HTTP/1.1\r\nHost: {host}:{port}\r\nX-Api-Key: {FILLER}\r\nRepeat-Key: {number}\r\n"
        )
        writer.write(f"{head}Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body)
        response = await reader.readuntil(b"\r\n\r\n")
        assert response.startswith(b"HTTP/1.1 202"), response
        await reader.readexactly(int(re.findall(rb"content-length: (\d+)", response)[0]))
    writer.close()


@dataclass(slots=True)
class CallbackReceiver:
    """Counts what comes by order; every seventh first callback is refused, so that it has to come again."""

    taken: Counter[int] = field(default_factory=Counter)
    refused: Counter[int] = field(default_factory=Counter)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One callback on a connection."""
        try:
            head = await reader.readuntil(b"\r\n\r\n")
            length = re.findall(rb"content-length: (\d+)", head.lower())
            await reader.readexactly(int(length[0]) if length else 0)
            number = int(head.split()[1].rsplit(b"/", 1)[1])
            again = number % 7 == 0 and not self.refused[number]
            (self.refused if again else self.taken)[number] += 1
            writer.write(b"HTTP/1.1 %s\r\nConnection: close\r\n\r\n" % (b"500 No" if again else b"204 Taken"))
            await writer.drain()
        finally:
            writer.close()


@dataclass(slots=True)
class SoakRun:
    """What was ordered, and the memory of the mock over time: minutes and megabytes."""

    orders: list[ImageOrder] = field(default_factory=list)
    samples: list[tuple[float, float]] = field(default_factory=list)
    receiver: CallbackReceiver = field(default_factory=CallbackReceiver)

    async def go(self, base: str, process: int, bound: socket, keys: list[str], minutes: float, rate: float) -> None:
        """Place orders until the time is over, and follow all of them to their end."""
        server = await asyncio.start_server(self.receiver.serve, sock=bound)
        sampling = asyncio.create_task(self._sample(process, monotonic()))
        async with httpx2.AsyncClient() as http:
            await self._place(RobustClient(base, origin(bound), http), keys, minutes, rate)
        await self._callbacks_in()
        sampling.cancel()
        server.close()

    async def _place(self, client: RobustClient, keys: list[str], minutes: float, rate: float) -> None:
        began, under_way, turn = monotonic(), set[asyncio.Task[None]](), asyncio.Semaphore(MOST_UNDER_WAY)
        while (passed := monotonic() - began) < minutes * 60:
            await turn.acquire()
            number = len(self.orders)
            vendor, key = VENDORS[number % len(VENDORS)], keys[int(passed // ROUND) % len(keys)]
            order = ImageOrder(number, vendor, key, 1 + number // 2 % 2 if vendor.callback else 1)
            self.orders.append(order)
            task = asyncio.create_task(client.order(order))
            under_way.add(task)
            task.add_done_callback(under_way.discard)
            task.add_done_callback(lambda _: turn.release())
            await asyncio.sleep(max(0.0, (number + 1) / rate - (monotonic() - began)))
        await asyncio.gather(*under_way)

    async def _sample(self, process: int, began: float) -> None:
        while True:
            self.samples.append((round((monotonic() - began) / 60, 2), round(resident(process), 1)))
            await asyncio.sleep(SAMPLE)

    async def _callbacks_in(self) -> None:
        until = monotonic() + GRACE
        while monotonic() < until and self.without_callback():
            await asyncio.sleep(1)

    def without_callback(self, sent: list[dict[str, Any]] | None = None) -> list[str]:
        """Orders whose callback was never taken, and what the mock says of it."""
        attempts = {webhook["task"]: webhook["attempts"] for webhook in sent or []}
        called = [order for order in self.orders if order.vendor.callback and order.task]
        waiting = [order for order in called if not self.receiver.taken[order.number]]
        return [f"callback of order {order.number}: {attempts.get(order.task)}" for order in waiting]


def billed_twice(orders: list[ImageOrder], charges: list[dict[str, Any]], accounts: list[dict[str, Any]]) -> list[str]:
    """What the ledger holds beyond what was ordered, in the accounts of the orders' keys."""
    ordered = {order.task: order for order in orders if order.task}
    names = {account_of(order.vendor.contract.partition("@")[0], order.key) for order in orders}
    ours = [charge for charge in charges if charge["account"] in names]
    wrong = [f"{task} is no order's" for task in sorted({charge["task"] for charge in ours} - ordered.keys())]
    times = Counter((charge["task"], charge["intent"]) for charge in ours)
    wrong += [f"{task}: {count} times {intent}" for (task, intent), count in times.items() if count > 1]
    wrong += [f"{task} is in no ledger" for task in sorted(ordered.keys() - {charge["task"] for charge in ours})]
    expected: dict[str, Decimal] = {}
    for task, account in {charge["task"]: charge["account"] for charge in ours if charge["task"] in ordered}.items():
        expected[account] = expected.get(account, Decimal(0)) + ordered[task].cost()
    used = {account["account"]: Decimal(account["used"]) for account in accounts}
    return wrong + [
        f"account {name} used {used[name]}, not {cost}" for name, cost in expected.items() if used[name] != cost
    ]


def growth(samples: list[tuple[float, float]]) -> float:
    """By what share the median of the last quarter lies above that of the second quarter."""
    quarter = max(1, len(samples) // 4)
    second, last = samples[quarter : 2 * quarter] or samples, samples[-quarter:]
    return statistics.median(size for _, size in last) / statistics.median(size for _, size in second) - 1


def main(minutes: float, rate: float, tasks: int, results: Path) -> int:
    """Run, write the results, and print what they say."""
    keys = [f"sk-soak-{number}" for number in range(1 + int(minutes * 60 // ROUND))]
    run, bound = SoakRun(), create_server(("127.0.0.1", 0))
    with served([FILLER, *keys], origin(bound)) as (base, process):
        asyncio.run(fill(base, tasks))
        print(f"{tasks} tasks are remembered: {resident(process):.0f} MB", flush=True)
        control(base, "faults", list(FAULTS))
        asyncio.run(run.go(base, process, bound, keys, minutes, rate))
        faults, charges = control(base, "faults")["faults"], control(base, "ledger")["charges"]
        missing = run.without_callback(control(base, "webhooks")["webhooks"])
        twice = billed_twice(run.orders, charges, control(base, "accounts")["accounts"])
    lost = [order.lost for order in run.orders if order.lost] + missing
    applied = Counter[str]()
    for fault in faults:
        applied[fault["fault"]] += fault["fired"]
    result = {
        "python": platform.python_version(),
        "minutes": minutes,
        "remembered before": tasks,
        "orders": len(run.orders),
        "succeeded": sum(order.succeeded for order in run.orders),
        "images": sum(order.images for order in run.orders),
        "tries": dict(sum((order.tries for order in run.orders), Counter[str]())),
        "callbacks": {"taken": sum(run.receiver.taken.values()), "refused": sum(run.receiver.refused.values())},
        "faults": dict(applied.most_common()),
        "lost": lost,
        "billed twice": twice,
        "growth": round(growth(run.samples), 4),
        "memory": run.samples,
    }
    results.write_text(json.dumps(result, indent=1) + "\n")
    print(*lost[:20], *twice[:20], sep="\n")
    print(
        f"{minutes:g} minutes, {len(run.orders)} orders, {sum(applied.values())} faults: {len(lost)} lost, "
        f"{len(twice)} billed twice; memory {run.samples[0][1]:.0f} to {run.samples[-1][1]:.0f} MB, "
        f"growth {growth(run.samples):.1%}"
    )
    grew = minutes >= LONG and growth(run.samples) > FLAT
    return 1 if lost or twice or grew or not applied else 0


if __name__ == "__main__":
    given = [*sys.argv[1:], *["60", "5", "110000", str(RESULTS)][len(sys.argv) - 1 :]]
    sys.exit(main(float(given[0]), float(given[1]), int(given[2]), Path(given[3])))
