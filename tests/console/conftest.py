"""A console in a real browser: Debian's Chromium, driven by Playwright, that can reach this machine only."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator
from typing import Any
from urllib.error import HTTPError
from urllib.parse import urlsplit
from urllib.request import Request, urlopen

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
PATIENCE = 20_000
"""Milliseconds until something must be seen: on a busy machine a page takes its time."""
PROMPTS = {
    "toapis": ("/v1/images/generations", "doubao-seedream-5-0"),
    "apiyi": ("/v1/images/generations", "seedream-5-0-260128"),
}


@pytest.fixture(scope="module")  # Playwright keeps an event loop running: no test of another module may meet it
def browser() -> Iterator[Browser]:
    path = shutil.which("chromium") or shutil.which("google-chrome")
    if path is None:
        pytest.fail("these tests need Chromium in PATH: apt-get install chromium")
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=path, args=FLAGS)
        yield started
        started.close()


class Console:
    """One page of the console of a mock, and what went wrong in it."""

    def __init__(self, context: BrowserContext, mock: Any) -> None:
        self.mock = mock
        self.page: Page = context.new_page()
        self.problems: list[str] = []
        self.hosts: set[str] = set()
        self.page.on("console", self._heard)
        self.page.on("pageerror", lambda error: self.problems.append(str(error)))
        self.page.on("request", lambda request: self.hosts.add(urlsplit(request.url).netloc))

    def _heard(self, message: Any) -> None:
        # What an API refuses is written to the console by the browser itself; the page has to show it.
        if message.type in ("error", "warning") and "Failed to load resource" not in message.text:
            self.problems.append(message.text)

    def open(self, place: str = "traffic") -> Page:
        self.page.goto(f"{self.mock.base_url}/_pixpact/#/{place}")
        self.page.get_by_text("Live", exact=True).wait_for(state="attached")
        return self.page

    def overflows(self) -> bool:
        """Whether the page is wider than its window."""
        return bool(self.page.evaluate("document.documentElement.scrollWidth > innerWidth"))


@pytest.fixture
def console(browser: Browser, pixpact_mock: Any) -> Iterator[Callable[..., Console]]:
    """Open a console: `console(width=390, theme="dark")`; nothing goes wrong in it, and nothing leaves the machine."""
    made: list[tuple[BrowserContext, Console]] = []

    def make(width: int = 1280, height: int = 800, theme: Any = "light") -> Console:
        context = browser.new_context(viewport={"width": width, "height": height}, color_scheme=theme)
        context.set_default_timeout(PATIENCE)
        made.append((context, Console(context, pixpact_mock)))
        return made[-1][1]

    yield make
    problems = [problem for _, it in made for problem in it.problems]
    hosts = {host for _, it in made for host in it.hosts}
    for context, _ in made:
        context.close()
    assert [] == problems
    assert hosts <= {urlsplit(pixpact_mock.base_url).netloc}


@pytest.fixture
def send(pixpact_mock: Any) -> Callable[..., tuple[int, Any]]:
    """Submit as a client does: (status, JSON)."""

    def submit(vendor: str = "toapis", key: str = "sk-client", **fields: Any) -> tuple[int, Any]:
        path, model = PROMPTS[vendor]
        body = json.dumps({"model": model, "prompt": "A red kite"} | fields).encode()
        headers = {"Authorization": f"Bearer {key}", "Content-Type": "application/json"}
        try:
            with urlopen(Request(pixpact_mock.url(vendor) + path, body, headers), timeout=20) as response:
                return response.status, json.load(response)
        except HTTPError as error:
            return error.code, json.load(error)

    return submit
