"""What recordings of browsers and proxies show of pictures, and what they leave out."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from pixpact.contracts.run.check import Run, judged
from pixpact.specs.catalogue import Catalogue
from pixpact.wire.har_stream import exchanges_of

TRAFFIC = Path(__file__).parents[3] / "fixtures/traffic"
PICTURE = "https://upload.apimart.ai/f/image/9990001-0.png"
CDN = "https://cdn.apimart.example/9990001-0.png"


@pytest.fixture(scope="module")
def apimart():
    return Catalogue().source("apimart").contract()


@pytest.fixture
def found(apimart):
    """The findings of a recording, as (claim, kind), after each of its exchanges was changed."""

    def look(name, change=lambda exchange: exchange):
        exchanges = [changed for it in exchanges_of(TRAFFIC / name) if (changed := change(it)) is not None]
        return {(it.claim.id.partition(":")[2], it.kind) for it in judged(apimart, exchanges, Run()).findings}

    return look


def pictures(findings):
    return {(claim, kind) for claim, kind in findings if ":image/" in claim}


SMALL = {("createImage:image/SeedreamRequest/pixels/2K/16:9", "pixels")}
"""The picture in the recordings has 4x3 px: whoever looks at it finds that, and nothing else."""


def test_a_redirect_is_followed_to_the_picture(found):
    """An address that leads to a CDN is in order, and the picture is judged where it is."""
    assert SMALL == pictures(found("charles.har"))


def test_a_redirect_to_what_was_not_recorded_says_nothing(found):
    """Nobody knows what the client got there."""
    assert set() == pictures(found("charles.har", lambda it: None if it.url == CDN else it))


def test_a_redirect_in_a_circle_ends(found):
    """It leads to no picture that could be judged."""
    back = lambda it: (  # noqa: E731  # read in the next line
        replace(it, status=302, response_headers=(("location", PICTURE),)) if it.url == CDN else it
    )

    assert set() == pictures(found("charles.har", back))


def test_a_fragment_does_not_hide_a_picture(found):
    """A browser notes it with the address, and never sends it."""
    assert SMALL == pictures(found("chrome.har"))


@pytest.mark.parametrize(
    "part", [{"status": 304, "response_body": b""}, {"status": 206}, {"method": "HEAD", "response_body": b""}], ids=str
)
def test_what_is_only_a_part_is_not_judged(found, part):
    """A cache that is still fresh, a range, a look at the headers: none of them shows a picture."""
    assert set() == pictures(found("chrome.har", lambda it: replace(it, **part) if it.url.startswith(PICTURE) else it))


def test_a_body_that_the_browser_left_out_is_not_judged(found):
    """Chrome drops bodies that it has no room for: that is no answer without a body."""
    assert SMALL == found("chrome.har")
