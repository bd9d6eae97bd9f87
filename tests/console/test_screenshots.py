"""The images of the documentation: `PIXPACT_SCREENSHOTS=1 pytest tests/console/test_screenshots.py` takes them anew.

Without it a sample of them is taken and thrown away, so that taking them never breaks.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import pytest

import pixpact
from pixpact.wire.images import read_image_facts

pytestmark = [pytest.mark.xdist_group("another-browser"), pytest.mark.sweep]

ROOT = Path(__file__).parents[2]
IMAGES = ROOT / "docs" / "images"
RENEW = bool(os.environ.get("PIXPACT_SCREENSHOTS"))
DRIFT = ROOT / "fixtures/mutants/toapis/always-square.yaml"
PROMPTS = [
    ("A lighthouse in a storm, oil on canvas", 1, "16:9"),
    ("一只兔子坐在窗边看书", 2, "1:1"),
    ("Poster for a jazz night, bold type", 1, "2:3"),
    ("A red kite above the dunes at dusk", 4, "1:1"),
    ("一棵树的四季", 3, "4:3"),
]


@dataclass(frozen=True)
class Shot:
    """One image: its name, where it is taken, how wide the window is, and what must be seen before."""

    name: str
    place: str
    width: int = 1280
    theme: str = "light"
    seen: str = "main .panel, main [role=option]"


SHOTS = [
    Shot("console-traffic", "/_pixpact/#/traffic/10"),
    Shot("console-tasks", "/_pixpact/#/tasks", theme="dark"),
    Shot("console-faults", "/_pixpact/#/faults"),
    Shot("console-money", "/_pixpact/#/money"),
    Shot("console-contract", "/_pixpact/#/contract/toapis/createImage", theme="dark"),
    Shot("console-vendors", "/_pixpact/#/vendors"),
    Shot("console-narrow-traffic", "/_pixpact/#/traffic", 390),
    Shot("console-narrow-tasks", "/_pixpact/#/tasks", 390, "dark"),
    Shot("reference", "/toapis/docs", seen=".opblock"),
    Shot("report-check", "report", seen="#chosen:not([hidden])"),
]
# Images below the window are lazy, and never come.
THERE = """Promise.all([...document.images].filter(it => it.getBoundingClientRect().top < innerHeight).map(
    it => (it.complete ? Promise.resolve() : new Promise(done => it.addEventListener("load", done))).then(
        () => it.decode())))"""
SAMPLE = ("console-tasks", "console-narrow-traffic", "reference")
# A check of the contract against a mock of the vendor after a change, so that there is something to see.
REPORT = """
import sys
from pathlib import Path
from pixpact.cli.in_process import IN_PROCESS, in_process
from pixpact.contracts.reports import FORMATS
from pixpact.contracts.reports.view import view
from pixpact.contracts.run.check import RunOptions
from pixpact.specs.catalogue import SpecCatalogue
from pixpact.specs.lint.lint import contract_of

source = SpecCatalogue().source
run = RunOptions(means=IN_PROCESS, timelines=True, target="https://toapis.com")
served = contract_of(source(f"toapis@{sys.argv[1]}").document(), "toapis")
found = in_process(source("toapis").contract(), served, run=run)
Path("report.html").write_text(FORMATS["html"](view(found)))
"""


@pytest.fixture(scope="module")
def mock():
    """A day in the life of a mock."""
    with pixpact.mock(pace="manual", api_keys=["sk-alice", "sk-bob"]) as started:
        _day(started)
        yield started


def _day(mock):
    path = "/v1/images/generations"
    toapis, apimart = mock.url("toapis") + path, mock.url("apimart") + path
    seedream = {"model": "doubao-seedream-5-0"}
    for prompt, n, size in PROMPTS:
        _call(toapis, seedream | {"prompt": prompt, "n": n, "size": size})
    for _ in range(2):
        _call(apimart, {"model": "doubao-seedream-5-0-lite", "prompt": "A paper boat on a lake"})
    mock.clock.advance(60)
    _call(apimart, {"model": "doubao-seedream-5-0-lite", "prompt": "A copper teapot", "n": 99})
    _call(mock.url("apiyi") + path, {"model": "seedream-5-0-260128", "prompt": "A red kite", "size": "2K"})
    _call(toapis, seedream | {"prompt": "A copper teapot", "siez": "16:9", "n": 20}, "sk-bob")
    mock.fail_next("failed", vendor="toapis")
    _call(toapis, seedream | {"prompt": "A portrait of nobody"})
    mock.clock.advance(60)
    mock.add_fault("rate-limited", operation="createImage", every=3)
    for number in range(1, 9):
        _call(toapis, seedream | {"prompt": f"Study {number} of a glass bottle", "n": 1 + number % 3})
        mock.clock.advance(2)
    mock.clock.advance(12)


def _call(url, body, key="sk-alice"):
    headers = {"Authorization": f"Bearer {key}", "Content-Type": "application/json"}
    with contextlib.suppress(HTTPError):  # a refusal is what some of the images show
        urlopen(Request(url, json.dumps(body).encode(), headers), timeout=20).close()


@pytest.mark.parametrize("shot", [shot for shot in SHOTS if RENEW or shot.name in SAMPLE], ids=lambda shot: shot.name)
def test_it_is_taken(browser, mock, tmp_path, shot):
    """As large as the window, once everything on it is there."""
    height = 844 if shot.width < 500 else 800
    page = browser.new_page(viewport={"width": shot.width, "height": height}, color_scheme=shot.theme)
    if shot.place == "report":
        subprocess.run([sys.executable, "-c", REPORT, str(DRIFT)], cwd=tmp_path, check=True, timeout=300)
        page.goto((tmp_path / "report.html").as_uri())
        page.locator(".map .claim.broken").nth(1).click()
        page.locator("#map").evaluate("it => it.scrollIntoView()")
    else:
        page.goto(mock.base_url + shot.place)
    page.locator(shot.seen).first.wait_for()
    page.evaluate(THERE)
    path = (IMAGES if RENEW else tmp_path) / f"{shot.name}.png"
    page.screenshot(path=path)
    page.close()

    assert (shot.width, height) == (
        read_image_facts(path.read_bytes()).width,
        read_image_facts(path.read_bytes()).height,
    )


def test_each_image_of_the_documentation_is_one_of_them():
    """No page shows an image that nobody can take anew."""
    pages = [ROOT / "README.md", *(ROOT / "docs").rglob("*.md")]
    shown = {name for page in pages for name in re.findall(r"images/([\w-]+)\.png", page.read_text())}

    assert shown
    assert shown <= {shot.name for shot in SHOTS}
    assert {f"{shot.name}.png" for shot in SHOTS} == {path.name for path in IMAGES.glob("*.png")}
