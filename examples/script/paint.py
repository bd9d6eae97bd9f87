"""Paint images with APIMart from the command line.

    export APIMART_KEY=… APIMART_URL=https://api.apimart.ai
    python paint.py "A red kite over the dunes" --size 16:9 --number 2 --out images
    python paint.py "The same in winter" --reference kite.jpg
    python paint.py --task task_01K8…          # what an earlier run did not wait for

Exit codes: 0 every image was saved; 1 the vendor refused, the task failed, or images are missing; 2 usage;
3 there was no outcome before the deadline: the task's id is printed.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
import uuid
from collections.abc import Callable
from contextlib import closing, suppress
from io import BytesIO
from pathlib import Path
from typing import Any

import httpx2
from PIL import Image

TRIES = 3
PAUSES = (1, 2, 4, 8)
"""Seconds between two polls; the last one is kept."""

Json = dict[str, Any]


class Stop(Exception):
    """Why the program ends: an exit code and a line for a person."""

    def __init__(self, code: int, line: str) -> None:
        super().__init__(line)
        self.code = code


class Vendor:
    """APIMart with one key. `wait` waits so many seconds."""

    def __init__(self, url: str, key: str, wait: Callable[[float], None], timeout: float = 60) -> None:
        self._http = httpx2.Client(base_url=url, headers={"Authorization": f"Bearer {key}"}, timeout=timeout)
        self._wait = wait

    def close(self) -> None:
        """Give the connections back."""
        self._http.close()

    def submit(self, body: Json) -> str:
        """Buy, and give the task's id.

        Every try carries the same `Idempotency-Key`: if an earlier one was carried out after all, its response comes
        again, and nothing is bought twice.
        """
        key = {"Idempotency-Key": f"paint-{uuid.uuid4()}"}
        return self._json("POST", "/v1/images/generations", json=body, headers=key)["data"][0]["task_id"]

    def upload(self, path: Path) -> str:
        """Upload an image and give its address."""
        return self._json("POST", "/v1/uploads/images", files={"file": (path.name, path.read_bytes())})["url"]

    def poll(self, task: str) -> Json:
        """The task as it stands."""
        return self._json("GET", f"/v1/tasks/{task}")["data"]

    def fetch(self, url: str) -> bytes:
        """The bytes of a whole image: half of one comes without any error of HTTP, so it is decoded."""
        for _ in range(TRIES):
            with suppress(httpx2.TransportError):
                response = self._http.get(url)
                if response.status_code in (403, 404, 410):
                    raise Stop(1, f"{url} has expired")
                if response.status_code == 200 and is_whole(response.content):
                    return response.content
            self._wait(1)
        raise Stop(1, f"{url} gives no whole image")

    def _json(self, method: str, path: str, **fields: Any) -> Json:
        """Send a request until there is a response that is one. What was refused for good is not sent again."""
        for _ in range(TRIES):
            try:
                response = self._http.request(method, path, **fields)
                body = response.json()
            except (httpx2.TransportError, ValueError):  # lost; or a page of a gateway, or half a response
                self._wait(1)
                continue
            if response.status_code == 200:
                return body
            if response.status_code == 429 or (response.status_code == 409 and "Retry-After" in response.headers):
                self._wait(patience(response))
            elif response.status_code < 500 or "moderation" in said(body):  # a moderated prompt is a 500 here
                raise Stop(1, f"refused: {said(body)}")
            else:
                self._wait(1)
        raise Stop(1, "the vendor gives no response")


def patience(response: httpx2.Response) -> float:
    """How many seconds the vendor asks to wait."""
    try:
        return float(response.headers["Retry-After"])
    except (KeyError, ValueError):  # it may be a date as well
        return 5


def said(body: Json) -> str:
    """The vendor's words for an error."""
    return body.get("error", {}).get("message", "no reason given")


def is_whole(content: bytes) -> bool:
    """Whether an image can be decoded to its end."""
    try:
        Image.open(BytesIO(content)).load()
    except OSError:
        return False
    return True


def outcome(vendor: Vendor, task: str, seconds: float, now: Callable[[], float], wait: Callable[[float], None]) -> Json:
    """Look at a task until it is over, at most so many seconds. Any status that is not known is one under way."""
    deadline = now() + seconds
    pauses = iter(PAUSES)
    while (shown := vendor.poll(task))["status"] not in ("completed", "failed"):
        pause = next(pauses, PAUSES[-1])
        if now() + pause > deadline:
            raise Stop(3, f"no outcome after {seconds:g} seconds; later: paint.py --task {task}")
        wait(pause)
    return shown


def save(vendor: Vendor, shown: Json, folder: Path) -> list[Path]:
    """Fetch the images of a task at once: their links die."""
    if shown["status"] == "failed":
        raise Stop(1, f"failed: {shown['error']['message']}")
    folder.mkdir(parents=True, exist_ok=True)
    saved = []
    for number, image in enumerate(shown["result"]["images"]):
        urls = image["url"]  # a list; a text is promised as well
        url = urls if isinstance(urls, str) else urls[0]
        content = vendor.fetch(url)
        kind = (Image.open(BytesIO(content)).format or "bin").lower()
        saved.append(folder / f"{shown['id']}-{number}.{kind}")
        saved[-1].write_bytes(content)
    return saved


def arguments(words: list[str]) -> argparse.Namespace:
    """What was asked for."""
    parser = argparse.ArgumentParser(prog="paint.py", description="Paint images with APIMart.")
    parser.add_argument("prompt", nargs="?")
    parser.add_argument("--task", help="fetch what an earlier run asked for")
    parser.add_argument("--model", default="doubao-seedream-5-0-lite")
    parser.add_argument("--size", default="1:1")
    parser.add_argument("--number", type=int, default=1)
    parser.add_argument("--reference", type=Path, action="append", default=[])
    parser.add_argument("--deadline", type=float, default=300, metavar="SECONDS")
    parser.add_argument("--out", type=Path, default=Path("pictures"))
    asked = parser.parse_args(words)
    if not asked.prompt and not asked.task:
        parser.error("say what to paint, or give --task")
    return asked


def paint(asked: argparse.Namespace, vendor: Vendor, now: Callable[[], float], wait: Callable[[float], None]) -> None:
    """Submit, wait, save."""
    task, wanted = asked.task, None
    if task is None:
        wanted = asked.number
        body = {"model": asked.model, "prompt": asked.prompt, "size": asked.size, "n": wanted}
        if asked.reference:
            body["image_urls"] = [vendor.upload(path) for path in asked.reference]
        task = vendor.submit(body)
    saved = save(vendor, outcome(vendor, task, asked.deadline, now, wait), asked.out)
    print(*saved, sep="\n")
    if wanted is not None and len(saved) < wanted:
        raise Stop(1, f"{len(saved)} of {wanted} images came; the others were not charged")


def main(
    words: list[str] | None = None,
    now: Callable[[], float] = time.monotonic,
    wait: Callable[[float], None] = time.sleep,
) -> int:
    """The program. Time is an argument, so that tests need none."""
    asked = arguments(sys.argv[1:] if words is None else words)
    try:
        with closing(Vendor(os.environ["APIMART_URL"], os.environ["APIMART_KEY"], wait)) as vendor:
            paint(asked, vendor, now, wait)
    except KeyError as error:
        print(f"set {error.args[0]}", file=sys.stderr)
        return 2
    except Stop as stop:
        print(stop, file=sys.stderr)
        return stop.code
    return 0


if __name__ == "__main__":
    sys.exit(main())
