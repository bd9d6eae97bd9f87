"""A client that survives what goes wrong: it orders with an idempotency key, polls, and keeps only whole images.

It is what `bench/soak.py` sends, and it knows of a vendor only what stands in a `SoakedVendor`.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

import httpx2

TRIES, POLLS = 40, 400
"""How often a submission or a download is tried, and a task is polled: slow ones take minutes."""
PAUSE, POLL_EVERY, TIMEOUT, DOWNLOAD_TIMEOUT = 0.2, 0.5, 15.0, 60.0
"""Seconds between two tries, between two polls, and until a request or a download is given up."""
ENDINGS = {b"\x89PNG": b"IEND\xaeB`\x82", b"\xff\xd8\xff": b"\xff\xd9"}
"""How a file begins, and how it then has to end."""


@dataclass(frozen=True, slots=True)
class SoakedVendor:
    """How orders are placed with a vendor, and how its responses are read."""

    contract: str
    submit: str
    poll: str
    headers: Callable[[str], dict[str, str]]
    idempotency: str
    body: Callable[[int], dict[str, Any]]
    task: Callable[[Any], str]
    outcome: Callable[[Any], bool | None]
    """Success, failure, or None while the task is under way. Raises KeyError for what is no status."""
    links: Callable[[Any], list[str]]
    price: Decimal
    callback: str | None = None


class StepFailed(Exception):
    """One step of an order failed however often it was tried."""


@dataclass(slots=True)
class ImageOrder:
    """One order, and what became of it."""

    number: int
    vendor: SoakedVendor
    key: str
    wanted: int
    task: str = ""
    succeeded: bool = False
    images: int = 0
    lost: str = ""
    tries: Counter[str] = field(default_factory=Counter)

    def cost(self) -> Decimal:
        """What it may cost: the images that were delivered, nothing where the task failed."""
        return self.vendor.price * self.images if self.succeeded else Decimal(0)


class RobustClient:
    """Places orders with the mock at a base URL."""

    def __init__(self, base: str, callbacks: str, http: httpx2.AsyncClient) -> None:
        self._base, self._callbacks, self._http = base, callbacks, http

    async def order(self, order: ImageOrder) -> None:
        """Place an order and follow it to its end; what cannot be had is written into `lost`."""
        try:
            await self._submit(order)
            response = await self._outcome(order)
            if order.succeeded:
                links = order.vendor.links(response)
                await asyncio.gather(*(self._download(order, link) for link in links))
                order.images = len(links)
        except StepFailed as error:
            order.lost = str(error)

    async def _submit(self, order: ImageOrder) -> None:
        vendor = order.vendor
        body = vendor.body(order.wanted)
        if vendor.callback:
            body[vendor.callback] = f"{self._callbacks}/{order.number}"
        headers = vendor.headers(order.key) | {vendor.idempotency: f"order-{order.number}"}
        url = f"{self._base}/{vendor.contract}{vendor.submit}"

        async def placed() -> bool:
            response = await self._http.post(url, json=body, headers=headers, timeout=TIMEOUT)
            if response.status_code // 100 == 2:
                order.task = vendor.task(response.json())
            return bool(order.task)

        await self._until(order, "submit", placed)

    async def _outcome(self, order: ImageOrder) -> Any:
        vendor = order.vendor
        url = f"{self._base}/{vendor.contract}{vendor.poll.format(order.task)}"
        shown: list[Any] = []

        async def over() -> bool:
            response = await self._http.get(url, headers=vendor.headers(order.key), timeout=TIMEOUT)
            outcome = vendor.outcome(response.json()) if response.status_code == 200 else None
            if outcome is None:
                return False
            order.succeeded = outcome
            shown.append(response.json())
            return True

        await self._until(order, "poll", over, POLLS, POLL_EVERY)
        return shown[0]

    async def _download(self, order: ImageOrder, link: str) -> None:
        async def whole() -> bool:
            response = await self._http.get(link, timeout=DOWNLOAD_TIMEOUT)
            begins = next((end for begin, end in ENDINGS.items() if response.content.startswith(begin)), None)
            return response.status_code == 200 and begins is not None and response.content.endswith(begins)

        await self._until(order, "download", whole)

    async def _until(
        self,
        order: ImageOrder,
        step: str,
        done: Callable[[], Awaitable[bool]],
        tries: int = TRIES,
        pause: float = PAUSE,
    ) -> None:
        for _ in range(tries):
            order.tries[step] += 1
            try:
                if await done():
                    return
            except (httpx2.HTTPError, httpx2.InvalidURL, ValueError, KeyError, TypeError, IndexError):
                pass  # a connection that broke, a body that is not what it should be: tried again
            await asyncio.sleep(pause)
        raise StepFailed(f"{step} of order {order.number} ({order.vendor.contract} {order.task}): {tries} tries")
