"""What the shop asks of ToAPIs: submit an image, look at a task, fetch what was painted."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import httpx2

PATH = "/v1/images/generations"
TRIES = 3


class Refused(Exception):
    """The vendor said no, for a reason that a second try does not change."""


class Unavailable(Exception):
    """The vendor cannot be reached, has no room, or does not serve this shop. Nothing was bought."""


class Lost(Exception):
    """No usable response came. Whether the request was carried out, and paid, is not known."""


class Unsure(Exception):
    """It is not known whether something was bought, and the vendor cannot be asked at the moment."""


@dataclass(frozen=True)
class Task:
    """A task as the vendor shows it."""

    id: str
    status: str
    order: str | None = None
    urls: list[str] = field(default_factory=list)
    problem: str | None = None

    @classmethod
    def of(cls, body: dict[str, Any]) -> Task:
        """The task of a response. A status that is not known is one under way: nothing is concluded from it."""
        items = body.get("result", {}).get("data", [])
        error = body.get("error") or {}
        urls = [item["url"] for item in items]
        return cls(body["id"], body["status"], body.get("client_business_id"), urls, error.get("message"))


class Painter:
    """The vendor's API with one key. `transport` is how requests travel: over the network unless told otherwise."""

    def __init__(
        self,
        url: str,
        key: str,
        wait: Callable[[float], None] = time.sleep,
        transport: httpx2.BaseTransport | None = None,
    ) -> None:
        headers = {"Authorization": f"Bearer {key}"}
        self._http = httpx2.Client(base_url=url, headers=headers, timeout=60, transport=transport)
        self._wait = wait

    def close(self) -> None:
        """Give the connections back."""
        self._http.close()

    # ------------------------------------------------------------------ buying

    def submit(self, order: str, request: dict[str, Any]) -> Task:
        """Buy images for an order, once, however often the response is lost. Raises Refused, Unavailable or Unsure.

        The order's number goes with the request (`client_business_id`) and finds the task again. So when no response
        comes, the shop asks whether it has bought already before it buys again.
        """
        for _ in range(TRIES):
            try:
                return self.buy(order, request)
            except Lost:
                if (task := self._bought(order)) is not None:
                    return task
        raise Unavailable("no response")

    def _bought(self, order: str) -> Task | None:
        self._wait(2)  # the request may still be on its way
        try:
            return self.find(order)
        except Unavailable as error:
            raise Unsure(order) from error

    def buy(self, order: str, request: dict[str, Any]) -> Task:
        """Send a purchase. Raises Lost too: then it may have been carried out."""
        body = request | {"client_business_id": order}
        for _ in range(TRIES):
            response = self._send("POST", PATH, json=body)
            if response.status_code == 200:
                return _task(response)
            if response.status_code == 429:  # refused before anything was done: to wait and try again is safe
                self._wait(_patience(response))
                continue
            if response.status_code >= 500:
                raise Lost(f"status {response.status_code}")
            if response.status_code in (401, 402, 403):  # the shop's key, the shop's purse
                raise Unavailable(_message(response))
            raise Refused(_message(response))
        raise Unavailable("too many requests")

    # ------------------------------------------------------------------ looking

    def find(self, name: str) -> Task | None:
        """The task of an id, or of an order's number; None if there is none. Raises Unavailable."""
        for _ in range(TRIES):  # a poll costs nothing
            try:
                response = self._send("GET", f"{PATH}/{name}")
                if response.status_code == 404:
                    return None
                if response.status_code == 200:
                    return _task(response)
            except Lost:
                pass
            self._wait(1)
        raise Unavailable("no response")

    def fetch(self, url: str) -> bytes:
        """The bytes of an image. Raises Unavailable."""
        try:
            response = self._http.get(url)
        except httpx2.TransportError as error:
            raise Unavailable(str(error)) from error
        if response.status_code != 200:
            raise Unavailable(f"an image is gone: status {response.status_code}")
        return response.content

    def _send(self, method: str, path: str, **fields: Any) -> httpx2.Response:
        try:
            return self._http.request(method, path, **fields)
        except httpx2.TransportError as error:
            raise Lost(str(error)) from error


def submit_naively(painter: Painter, order: str, request: dict[str, Any]) -> Task:
    """As the shop was first written: whatever goes wrong, try again. `test_money.py` shows what that costs."""
    for _ in range(TRIES):
        try:
            return painter.buy(order, request)
        except Lost:
            continue
    raise Unavailable("no response")


def _task(response: httpx2.Response) -> Task:
    try:
        return Task.of(response.json())
    except (ValueError, KeyError, TypeError, AttributeError) as error:  # a gateway's page, half a response, two of them
        raise Lost("no task in the response") from error


def _patience(response: httpx2.Response) -> float:
    try:
        return float(response.headers["Retry-After"])
    except (KeyError, ValueError):  # it may be a date as well
        return 5


def _message(response: httpx2.Response) -> str:
    try:
        return response.json()["error"]["message"]
    except (ValueError, KeyError, TypeError):
        return f"status {response.status_code}"
