"""A shop that sells images: `POST /orders`, then `GET /orders/{id}` until it is ready, then the images.

The vendor tells by a signed webhook that a task is over. Webhooks get lost, so whoever asks for an order makes the
shop look for itself. The vendor's links live for a day; the shop keeps the images.
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from itertools import count
from typing import Annotated, Any

import httpx2
from fastapi import Depends, FastAPI, HTTPException, Request, Response
from painter import Painter, Refused, Task, Unavailable, Unsure
from pydantic import BaseModel, Field
from starlette.concurrency import run_in_threadpool
from webhook import genuine

PATIENCE = 15 * 60
"""Seconds after which an order that is still being painted is called late."""


@dataclass(frozen=True)
class Settings:
    """Where the vendor and the shop are. `now` is the time in seconds since the epoch, `transport` the way there."""

    vendor: str
    key: str
    secret: str
    public: str
    now: Callable[[], float] = time.time
    wait: Callable[[float], None] = time.sleep
    transport: httpx2.BaseTransport | None = None


class Wish(BaseModel):
    """What a customer asks for."""

    prompt: str
    images: int = Field(default=1, ge=1, le=4)


@dataclass
class Order:
    """What became of it: `painting`, `late`, `ready` or `failed`."""

    id: str
    wish: Wish
    since: float
    status: str = "painting"
    problem: str | None = None
    images: list[bytes] = field(default_factory=list)

    def reported(self) -> dict[str, Any]:
        """As the customer sees it."""
        missing = self.wish.images - len(self.images) if self.status == "ready" else 0
        links = [f"/orders/{self.id}/images/{number}" for number in range(len(self.images))]
        return {"id": self.id, "status": self.status, "problem": self.problem, "images": links, "missing": missing}


Submit = Callable[[Painter, str, dict[str, Any]], Task]


def submission() -> Submit:
    """How the shop buys. A test puts another way in its place."""
    return Painter.submit


def create(settings: Settings) -> FastAPI:
    """The shop."""
    painter = Painter(settings.vendor, settings.key, settings.wait, settings.transport)
    orders: dict[str, Order] = {}
    numbers = count(1)
    seen: set[str] = set()

    @asynccontextmanager
    async def life(_: FastAPI) -> AsyncIterator[None]:
        yield
        painter.close()

    shop = FastAPI(title="A shop that sells images", lifespan=life)

    @shop.post("/orders", status_code=201)
    def order(wish: Wish, submit: Annotated[Submit, Depends(submission)]) -> dict[str, Any]:
        made = Order(f"order-{next(numbers)}", wish, settings.now())
        request = {
            "model": "doubao-seedream-5-0",
            "prompt": wish.prompt,
            "n": wish.images,
            "callback_url": f"{settings.public}/hooks/toapis",
        }
        orders[made.id] = made  # before it is submitted: a webhook may be faster than the response
        try:
            submit(painter, made.id, request)
        except Refused as error:
            del orders[made.id]
            raise HTTPException(422, str(error)) from error
        except Unavailable as error:
            del orders[made.id]
            raise HTTPException(503, "The painter is not available") from error
        except Unsure:
            pass  # it may have been bought: the order stays, and whoever asks for it makes the shop look
        return made.reported()

    @shop.get("/orders/{number}")
    def poll(number: str) -> dict[str, Any]:
        found = _found(orders, number)
        if found.status in ("painting", "late"):
            _update(found, painter, settings.now())
        return found.reported()

    @shop.get("/orders/{number}/images/{index}")
    def image(number: str, index: int) -> Response:
        images = _found(orders, number).images
        if not 0 <= index < len(images):
            raise HTTPException(404, "There is no such image")
        return Response(images[index], media_type="image/jpeg")

    @shop.post("/hooks/toapis", status_code=204)
    async def hook(request: Request) -> None:
        body = await request.body()
        if not genuine(settings.secret, request.headers, body, settings.now()):
            raise HTTPException(401, "This is not signed by the vendor")
        event = json.loads(body)
        if event["id"] in seen:  # the same event may come twice
            return
        task = await run_in_threadpool(painter.find, event["data"]["task_id"])
        for order in orders.values():
            if task is not None and order.status in ("painting", "late") and task.order == order.id:
                await run_in_threadpool(_settle, order, task, painter)
        seen.add(event["id"])

    return shop


def _found(orders: dict[str, Order], number: str) -> Order:
    if number not in orders:
        raise HTTPException(404, "There is no such order")
    return orders[number]


def _update(order: Order, painter: Painter, now: float) -> None:
    """Look at the vendor's task; when nothing comes of it for too long, say so."""
    try:
        task = painter.find(order.id)
        if task is not None:
            _settle(order, task, painter)
    except Unavailable:
        pass  # the next poll may have more luck
    if order.status == "painting" and now - order.since > PATIENCE:
        order.status = "late"


def _settle(order: Order, task: Task, painter: Painter) -> None:
    """Take the images, or the reason why there are none. All of it or nothing: a link that fails is tried again."""
    if task.status == "failed":
        order.status, order.problem = "failed", task.problem
    elif task.status == "completed":
        order.images = [painter.fetch(url) for url in task.urls]
        order.status = "ready"


def from_environment() -> FastAPI:
    """`uvicorn --factory shop:from_environment`."""
    names = {"vendor": "TOAPIS_URL", "key": "TOAPIS_KEY", "secret": "TOAPIS_WEBHOOK_SECRET", "public": "SHOP_URL"}
    return create(Settings(**{field: os.environ[name] for field, name in names.items()}))
