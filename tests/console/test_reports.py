"""Reports to look at, in a real browser: accessible, fitting, alive, and without a single request."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from playwright.sync_api import expect

pytestmark = [pytest.mark.xdist_group("another-browser"), pytest.mark.sweep]

NPM = Path(__file__).parent / "npm"
ROOT = Path(__file__).parents[2]
TOY = str(ROOT / "fixtures/specs/toy.yaml")


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A check of the mock, and a diff of two editions of a vendor."""
    made = tmp_path_factory.mktemp("reports")
    for words in (
        ["check", TOY, "--fuzz", "0", "--quiet", "--report", f"html={made / 'check.html'}"],
        ["diff", "apimart", "apimart@2026-09", "--quiet", "--report", f"html={made / 'diff.html'}"],
    ):
        # In a process of its own: Playwright keeps an event loop running in this one.
        done = subprocess.run([sys.executable, "-m", "pixpact", *words], cwd=made, capture_output=True, text=True)
        assert done.returncode in (0, 1), done.stderr
    return made


@pytest.fixture
def opened(browser, folder):
    """Open a report: `opened("check", width=390)`. It asks for nothing and complains of nothing."""
    made, said, asked = [], [], []

    def open_(name, width=1280, theme="light"):
        context = browser.new_context(viewport={"width": width, "height": 800}, color_scheme=theme)
        made.append(context)
        page = context.new_page()
        page.on("console", lambda message: said.append(message.text))
        page.on("pageerror", lambda error: said.append(str(error)))
        page.on("request", lambda request: asked.append(request.url))
        page.goto((folder / f"{name}.html").as_uri())
        return page

    yield open_
    for context in made:
        context.close()
    assert [] == said
    assert [] == [url for url in asked if not url.startswith(("file:", "data:"))]


@pytest.mark.parametrize(("width", "theme"), [(1280, "light"), (390, "dark")])
@pytest.mark.parametrize("name", ["check", "diff"])
def test_a_report_is_accessible_and_fits(opened, npm_project, name, width, theme):
    """axe-core finds nothing serious, and nothing is wider than the screen."""
    page = opened(name, width, theme)
    axe = npm_project(NPM) / "node_modules" / "axe-core" / "axe.min.js"
    page.evaluate(axe.read_text())
    found = page.evaluate("axe.run()")["violations"]
    serious = [(it["id"], it["nodes"][0]["html"][:200]) for it in found if it["impact"] in ("serious", "critical")]

    assert [] == serious
    assert not page.evaluate("document.documentElement.scrollWidth > innerWidth")


def test_a_claim_is_read_beside_the_map(opened):
    """Chosen by mouse or keyboard; arrow keys walk, and what is filtered out is passed over."""
    page = opened("check")
    squares = page.locator(".map .claim")
    chosen = page.locator("#chosen")
    squares.first.click()
    expect(chosen).to_contain_text(squares.first.get_attribute("aria-label").split(": ")[0])
    page.get_by_role("button", name="not checkable").click()
    expect(page.locator(".map .not-checkable").first).to_be_hidden()
    squares.first.focus()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Enter")
    expect(chosen).to_contain_text(squares.nth(1).get_attribute("aria-label").split(": ")[0])


def test_print_shows_everything(opened):
    """What is folded on the screen is open on paper."""
    page = opened("check")
    expect(page.locator("#claim-1")).to_be_hidden()
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    page.emulate_media(media="print")

    expect(page.locator("#claim-1")).to_be_visible()
    expect(page.get_by_role("navigation")).to_be_hidden()
