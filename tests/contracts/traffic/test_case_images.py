"""What recordings of browsers and proxies show of images, and what they leave out."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from pixpact.contracts.run.check import RunOptions, judge_recording
from pixpact.specs.catalogue import SpecCatalogue
from pixpact.wire.har_stream import exchanges_of

TRAFFIC = Path(__file__).parents[3] / "fixtures/traffic"
IMAGE = "https://upload.apimart.ai/f/image/9990001-0.png"
CDN = "https://cdn.apimart.example/9990001-0.png"


@pytest.fixture(scope="module")
def apimart():
    return SpecCatalogue().source("apimart").contract()


@pytest.fixture
def found(apimart):
    """The findings of a recording, as (claim, kind), after each of its exchanges was changed."""

    def poll(name, change=lambda exchange: exchange):
        exchanges = [changed for it in exchanges_of(TRAFFIC / name) if (changed := change(it)) is not None]
        return {
            (finding.claim.id.partition(":")[2], finding.kind)
            for finding in judge_recording(apimart, exchanges, RunOptions()).findings
        }

    return poll


def images(findings):
    return {(claim, kind) for claim, kind in findings if ":image/" in claim}


SMALL = {("createImage:image/SeedreamRequest/pixels/2K/16:9", "pixels")}
"""The image in the recordings has 4x3 px: whoever looks at it finds that, and nothing else."""


def test_a_redirect_is_followed_to_the_image(found):
    """An address that leads to a CDN is in order, and the image is judged where it is."""
    assert SMALL == images(found("charles.har"))


def test_a_redirect_to_what_was_not_recorded_says_nothing(found):
    """Nobody knows what the client got there."""
    assert set() == images(found("charles.har", lambda it: None if it.url == CDN else it))


def test_a_redirect_in_a_circle_ends(found):
    """It leads to no image that could be judged."""
    back = lambda it: (  # noqa: E731  # read in the next line
        replace(it, status=302, response_headers=(("location", IMAGE),)) if it.url == CDN else it
    )

    assert set() == images(found("charles.har", back))


def test_a_fragment_does_not_hide_an_image(found):
    """A browser notes it with the address, and never sends it."""
    assert SMALL == images(found("chrome.har"))


@pytest.mark.parametrize(
    "part", [{"status": 304, "response_body": b""}, {"status": 206}, {"method": "HEAD", "response_body": b""}], ids=str
)
def test_what_is_only_a_part_is_not_judged(found, part):
    """A cache that is still fresh, a range, a poll of the headers: none of them shows an image."""
    assert set() == images(found("chrome.har", lambda it: replace(it, **part) if it.url.startswith(IMAGE) else it))


def test_a_body_that_the_browser_left_out_is_not_judged(found):
    """Chrome drops bodies that it has no room for: that is no response without a body."""
    assert SMALL == found("chrome.har")
