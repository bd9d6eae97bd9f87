"""Reports to look at: whole in one file, harmless whatever an endpoint sends, with what was measured."""

from __future__ import annotations

import re
from dataclasses import replace
from decimal import Decimal
from html.parser import HTMLParser
from io import BytesIO
from pathlib import Path

import pytest
from PIL import Image

from pixpact.contracts.diff.read.contract_version import read_version
from pixpact.contracts.diff.report import comparison
from pixpact.contracts.reports import FORMATS
from pixpact.contracts.reports.diff_formats import COMPARED, DiffReport
from pixpact.contracts.reports.html import charts
from pixpact.contracts.reports.html.page import TEMPLATES, digest
from pixpact.contracts.reports.view import view
from pixpact.contracts.run.timelines import ImagePair, TaskTimeline, TimelineStep
from pixpact.specs.catalogue import SpecCatalogue
from pixpact.specs.dialect.images import ImagePromise
from pixpact.wire.images import read_image_facts, thumbnail

ROOT = Path(__file__).parents[3]
KEY = "sk-toy-0123456789"
HOSTILE = "</script><script>alert(1)</script><img src=x onerror=alert(1)>'\"><svg onload=alert(1)> {{ 7*7 }} {% raw %}"


class Elements(HTMLParser):
    """The elements of a page: (name, attributes) in order, and its text."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.text += data

    def of(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.found if name == tag]


def step(at, role, status=200, state="", outcome=""):
    return TimelineStep(at, 0.5, role, status, state, outcome)


def png(width, height):
    out = BytesIO()
    Image.new("RGB", (width, height), "teal").save(out, "PNG")
    return out.getvalue()


@pytest.fixture
def task():
    """A task whose one image is smaller than promised."""
    content = png(640, 480)
    pair = ImagePair(
        ImagePromise(width=1024, height=768, promised=True, format="png", price=Decimal("0.03")),
        read_image_facts(content),
        False,
        "",
        thumbnail(content),
    )
    steps = (
        step(0, "start", 202, "queued"),
        step(2, "show", 200, "queued"),
        step(5.5, "show", 200, "done", "success"),
        step(6, "download"),
    )
    return TaskTimeline("", "startDrawing", "ink-1", f"A red kite {KEY}", steps, (pair,))


def test_everything_is_in_the_one_file(full):
    """No element loads anything, and the policy would not let it."""
    page = Elements(FORMATS["html"](full))
    sources = [it[name] for _, it in page.found for name in ("src", "srcset", "data", "poster") if name in it]
    links = [it["href"] for _, it in page.found if "href" in it]

    assert [] == [source for source in sources if not source.startswith("data:image/")]
    assert [] == [link for link in links if not link.startswith("#")]
    assert [] == page.of("link") + page.of("iframe") + page.of("base")


def test_only_our_own_style_and_script_may_run(full):
    """The policy names both by the digest of what stands in the file, and allows nothing else."""
    text = FORMATS["html"](full)
    policy = next(it["content"] for it in Elements(text).of("meta") if "http-equiv" in it)
    style, script = re.search("<style>(.*?)</style>.*<script>(.*?)</script>", text, re.DOTALL).groups()

    assert "default-src 'none'" in policy
    assert f"style-src '{digest(style)}'; script-src '{digest(script)}'" in policy
    assert "unsafe" not in policy


def test_what_an_endpoint_sends_stays_text(hostile):
    """No element, attribute or template of it comes to life; it is shown as it was sent."""
    page = Elements(FORMATS["html"](hostile(HOSTILE)))
    attributes = {name for _, it in page.found for name in it}

    assert 1 == len(page.of("script"))
    assert [] == page.of("img")
    assert [] == [name for name in attributes if name.startswith("on") or name == "style"]
    assert "<img src=x onerror=alert(1)>" in page.text
    assert "{{ 7*7 }} {% raw %}" in page.text


def test_no_key_is_in_it(toy, task):
    """Neither the key of the run nor one that stands in a prompt."""
    finding = toy.finding(toy.copies, observed=f"the key {KEY} may not", repro=f"curl -H 'X-Api-Key: {KEY}'")
    shown = view(toy.result(finding, timelines=(task,)), secrets=[KEY])

    assert KEY not in FORMATS["html"](shown)


def test_each_claim_stands_on_the_map_and_in_the_list(full):
    """A square leads to the text of its claim, a broken one on to its finding."""
    page = Elements(FORMATS["html"](full))
    ids = {it["id"] for _, it in page.found if "id" in it}
    squares = [it for it in page.of("a") if (it.get("class") or "").startswith("claim")]
    links = {it["href"][1:] for it in page.of("a")}

    assert len(full.judged) == len(squares)
    assert sorted(judged.verdict for judged in full.judged) == sorted(it["class"].split()[1] for it in squares)
    assert links <= ids
    assert {f"finding-{number}" for number in range(1, len(full.findings) + 1)} <= links


def test_images_stand_beside_what_was_requested(toy, task):
    """With the pixels that were measured, and the verdict."""
    page = Elements(FORMATS["html"](view(toy.result(timelines=(task,)))))
    image = page.of("img")[0]

    assert "1024\u00d7768 png" in page.text
    assert "640\u00d7480 png" in page.text
    assert "differs" in page.text
    assert ("112", "84") == (image["width"], image["height"])
    assert image["src"].startswith("data:image/jpeg;base64,")
    assert "0.03 EUR" in page.text


def test_a_timeline_shows_how_long_each_state_lasted(task):
    """Responses with the same state are one bar; the outcome has its colour."""
    found = [(bar.state, round(bar.seconds, 2), bar.tone) for bar in charts.state_bars(task)]

    assert [("queued", 5.5, "tone0"), ("done", 1.0, "good")] == found
    assert 100 == pytest.approx(sum(bar.width for bar in charts.state_bars(task)))
    assert 4 == len(charts.exchange_marks(task))


def test_a_task_that_took_no_time_is_drawn(task):
    """A mock's clock may stand."""
    at_once = replace(task, steps=(replace(step(0, "run"), duration=0.0),))

    assert [("response", 100.0, "good")] == [(bar.state, bar.width, bar.tone) for bar in charts.state_bars(at_once)]


def test_the_colours_are_those_of_the_console():
    """One look: the variables at the top of both styles are the same."""
    roots = [
        re.search(r":root \{.*?\n\}", path.read_text(), re.DOTALL)[0]
        for path in (TEMPLATES / "style.css", ROOT / "mockserver/console/static/base.css")
    ]

    assert roots[0] == roots[1]


@pytest.mark.parametrize("format_", ["jpeg", "png", "webp", "gif"])
def test_a_small_copy_is_small_and_opaque(format_):
    """On white, at most so many pixels a side, with nothing but pixels in it."""
    out = BytesIO()
    Image.new("RGBA" if format_ in ("png", "webp") else "RGB", (900, 300)).save(out, format_)
    made = read_image_facts(thumbnail(out.getvalue(), 60))

    assert ("jpeg", 60, 20, True) == (made.format, made.width, made.height, made.complete)


@pytest.mark.parametrize("content", [b"", b"no image", png(9, 9)[:40], b"\xff\xd8\xff"])
def test_what_is_no_image_has_no_small_copy(content):
    """Nothing is raised for bytes that break off."""
    assert b"" == thumbnail(content)


def test_a_diff_shows_its_witnesses():
    """Each breaking change stands with the message that proves it, below what a client must do."""
    catalogue = SpecCatalogue()
    base, revision = (read_version(catalogue.source(name).document(), name) for name in ("apimart", "apimart@2026-09"))
    found = comparison(base, revision)
    page = Elements(COMPARED["html"](DiffReport(found, None, 1, "2026-01-01T00:00:00Z")))
    breaking = [change for change in found.changes if change.severity == "breaking"]

    assert breaking
    assert [] == [change.message for change in found.changes if change.message not in page.text]
    assert [] == [change.witness.says for change in breaking if change.witness.says not in page.text]
    assert len([change for change in breaking if change.witness.content is not None]) <= len(page.of("pre"))
