"""Takes the images of docs/images with Chromium: `.venv/bin/python bench/screenshots.py`."""

from __future__ import annotations

import contextlib
import json
import shutil
import sys
from pathlib import Path
from typing import Any
from urllib.error import HTTPError
from urllib.request import Request, urlopen

from playwright.sync_api import sync_playwright

import pixpact

IMAGES = Path(__file__).parent.parent / "docs" / "images"
PROMPTS = [
    ("A lighthouse in a storm, oil on canvas", 1, "16:9"),
    ("A rabbit reading by the window", 2, "1:1"),
    ("Poster for a jazz night, bold type", 1, "2:3"),
    ("A red kite above the dunes at dusk", 4, "1:1"),
    ("Four seasons of one tree", 3, "4:3"),
]
SHOTS = [
    ("traffic", "#/traffic/10", 1280, "light"),
    ("tasks", "#/tasks", 1280, "dark"),
    ("faults", "#/faults", 1280, "light"),
    ("money", "#/money", 1280, "light"),
    ("contract", "#/contract/toapis/createImage", 1280, "dark"),
    ("vendors", "#/vendors", 1280, "light"),
    ("narrow-traffic", "#/traffic", 390, "light"),
    ("narrow-tasks", "#/tasks", 390, "dark"),
]
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update"]


def call(url: str, body: Any, key: str = "sk-alice") -> None:
    """Submit as a client does; a refusal is what some of the images show."""
    headers = {"Authorization": f"Bearer {key}", "Content-Type": "application/json"}
    with contextlib.suppress(HTTPError):
        urlopen(Request(url, json.dumps(body).encode(), headers), timeout=20).close()


def day(mock: pixpact.Mock) -> None:
    """What happened before the images are taken."""
    path = "/v1/images/generations"
    toapis, apimart = mock.url("toapis") + path, mock.url("apimart") + path
    seedream = {"model": "doubao-seedream-5-0"}
    for prompt, n, size in PROMPTS:
        call(toapis, seedream | {"prompt": prompt, "n": n, "size": size})
    for _ in range(2):
        call(apimart, {"model": "doubao-seedream-5-0-lite", "prompt": "A paper boat on a lake"})
    mock.clock.advance(60)
    call(apimart, {"model": "doubao-seedream-5-0-lite", "prompt": "A copper teapot", "n": 99})
    call(mock.url("apiyi") + path, {"model": "seedream-5-0-260128", "prompt": "A red kite", "size": "2K"})
    call(toapis, seedream | {"prompt": "A copper teapot", "siez": "16:9", "n": 20}, "sk-bob")
    mock.fail_next("failed", vendor="toapis")
    call(toapis, seedream | {"prompt": "A portrait of nobody"})
    mock.clock.advance(60)
    mock.add_fault("rate-limited", operation="createImage", every=3)
    for number in range(1, 9):
        call(toapis, seedream | {"prompt": f"Study {number} of a glass bottle", "n": 1 + number % 3})
        mock.clock.advance(2)
    mock.clock.advance(12)


def main() -> None:
    """Take them all, or those that are named."""
    IMAGES.mkdir(exist_ok=True)
    keys = ["sk-alice", "sk-bob"]
    with pixpact.mock(pace="manual", api_keys=keys) as mock, sync_playwright() as playwright:
        day(mock)
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=FLAGS)
        for name, place, width, theme in SHOTS:
            if sys.argv[1:] and name not in sys.argv[1:]:
                continue
            height = 844 if width < 500 else 800
            page = browser.new_page(viewport={"width": width, "height": height}, color_scheme=theme)
            page.goto(f"{mock.base_url}/_pixpact/{place}")
            page.wait_for_load_state("load")
            page.get_by_text("Live", exact=True).wait_for(state="attached")
            page.wait_for_timeout(2500)  # until the images are painted and loaded
            page.screenshot(path=IMAGES / f"console-{name}.png")
            page.close()
        browser.close()


if __name__ == "__main__":
    main()
