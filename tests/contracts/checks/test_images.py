"""Images: the images are there, can be fetched, and are what was promised."""

from __future__ import annotations

from base64 import b64encode
from dataclasses import replace
from email.utils import formatdate

import pytest

from pixpact.contracts.checks.images import images as check_images
from pixpact.contracts.samples.reference_images import image

from .conftest import FILE, START, download, generate, images, poll, submit, task

OPEN, COMPLETE, TYPE = (f"createImage:image/{name}" for name in ("open", "complete", "content-type"))
PIXELS = "createImage:image/SeedreamRequest/allOf/1/pixels/2K/1:1"
FORMAT = "createImage:image/SeedreamRequest/allOf/1/format"
COUNT = "createImage:image/SeedreamRequest/else/count"
LIFETIME = "createImage:image/SeedreamRequest/allOf/0/lifetime"
SQUARE = {"size": "1:1", "metadata": {"resolution": "2K"}}


def found_of(said, fetched, **more):
    return said(check_images, "toapis", submit(**SQUARE), poll(task("completed", **more), after=31), fetched)


def test_an_image_as_promised(said):
    """It can be fetched, decodes, and has the pixels and the format of its request."""
    found = found_of(said, download("jpeg-2048x2048"))

    assert {OPEN, COMPLETE, TYPE, PIXELS, FORMAT, LIFETIME} <= found.keys()
    assert {"kept"} == set(found.values())


@pytest.mark.parametrize(
    ("fetched", "claim"),
    [
        (download("jpeg-1024x1024"), PIXELS),
        (download("png-2048x2048"), FORMAT),
        (download("jpeg-2048x2048", kind="image/png"), TYPE),
        (download("jpeg-2048x2048", status=403), OPEN),
        (replace(download("jpeg-2048x2048"), response_body=image("jpeg-2048x2048")[:-900]), COMPLETE),
        (replace(download("jpeg-2048x2048"), response_body=b"<html>"), COMPLETE),
    ],
)
def test_an_image_that_is_not(said, fetched, claim):
    """Each fault of a file is one claim."""
    assert [claim] == [key for key, verdict in found_of(said, fetched).items() if verdict == "broken"]


def test_pixels_within_the_tolerance(said):
    """2 % of the area, as the contract says."""
    assert "kept" == found_of(said, download("jpeg-2060x2060"))[PIXELS]
    assert "broken" == found_of(said, download("jpeg-2080x2080"))[PIXELS]


@pytest.mark.parametrize(("count", "verdict"), [(1, "broken"), (2, "kept"), (3, "broken")])
def test_as_many_images_as_were_asked_for(said, count, verdict):
    """No more and no fewer."""
    result = {"type": "image", "data": [{"url": f"{FILE}{index}"} for index in range(count)]}
    found = said(check_images, "toapis", submit(n=2), poll(task("completed", result=result)))

    assert verdict == found[COUNT]


def test_a_response_without_any_image(said):
    """Well formed and empty is no success."""
    assert (
        "broken" in said(check_images, "fasttoken", generate({"data": []}, model="doubao-seedream-4-5-251128")).values()
    )


@pytest.mark.parametrize(("seconds", "verdict"), [(86400, "kept"), (3600, "broken")])
def test_the_stated_expiry(said, seconds, verdict):
    """As long after the end of the task as promised."""
    assert verdict == found_of(said, download("jpeg-2048x2048"), expires_at=int(START) + 30 + seconds)[LIFETIME]


@pytest.mark.parametrize(("status", "verdict"), [(200, "kept"), (410, "broken")])
def test_an_image_just_before_its_end(said, status, verdict):
    """It can still be fetched then."""
    late = download("jpeg-2048x2048", status=status, after=86000, late="24 h")
    found = said(check_images, "toapis", submit(**SQUARE), poll(task("completed"), after=31), late)

    assert verdict == found["createImage:image/SeedreamRequest/allOf/0/available"]


ENCODED = b64encode(image("jpeg-64x64")).decode()


@pytest.mark.parametrize(
    ("text", "verdict"),
    [
        (ENCODED, "kept"),
        (f"data:image/jpeg;base64,{ENCODED}", "broken"),
        (ENCODED[:40] + "\n" + ENCODED[40:], "broken"),
    ],
)
def test_base64_is_plain(said, text, verdict):
    """No data URI, no line breaks."""
    response = generate(images({"b64_json": text, "size": "64x64"}), response_format="b64_json")

    assert verdict == said(check_images, "apiyi", response)["createImage:answer/Picture/oneOf/1/b64_json/x-value"]


def test_a_stated_size_is_the_decoded_one(said):
    """Of the very image beside it."""
    response = generate(images({"b64_json": ENCODED, "size": "64x32"}), response_format="b64_json")

    assert "broken" == said(check_images, "apiyi", response)["createImage:answer/Picture/size/x-value"]


@pytest.mark.parametrize("behind", [-600, -90, 0, 90, 600])
@pytest.mark.parametrize(("short", "verdict"), [(0, "kept"), (3600, "broken")])
def test_an_expiry_is_measured_by_the_clock_of_the_vendor(said, behind, short, verdict):
    """Its own `completed_at` says when the 24 hours began, whatever our clock shows."""
    ended = int(START) + 30 - behind
    times = {"created_at": int(START) - behind, "completed_at": ended, "expires_at": ended + 86_400 - short}

    assert verdict == found_of(said, download("jpeg-2048x2048"), **times)[LIFETIME]


def test_without_an_end_the_date_of_the_response_tells_the_clock(said):
    """A vendor that is 20 minutes behind says so in `Date` (RFC 9110, section 6.6.1)."""
    behind = 1200
    value = task("completed", created_at=int(START) - behind, expires_at=int(START) + 30 - behind + 86_400)
    del value["completed_at"]
    date = formatdate(START + 31 - behind, usegmt=True)
    seen = replace(poll(value, after=31), response_headers=(("content-type", "application/json"), ("date", date)))

    assert "broken" != said(check_images, "toapis", submit(**SQUARE), seen, download("jpeg-2048x2048"))[LIFETIME]


@pytest.mark.parametrize(("gap", "verdict"), [(30, "broken"), (4000, "kept")])
def test_a_task_that_was_not_polled_for_an_hour_may_have_ended_in_it(said, gap, verdict):
    """A check that was held up between two polls cannot tell when the task ended; one that was not can."""
    value = task("completed", expires_at=int(START) + 30 + 86_400 - (0 if gap > 100 else 3600))
    del value["completed_at"]
    polls = (poll(task("in_progress"), after=10), poll(value, after=10 + gap))

    assert verdict == said(check_images, "toapis", submit(**SQUARE), *polls, download("jpeg-2048x2048"))[LIFETIME]


@pytest.mark.parametrize(
    "fetched",
    [
        download("jpeg-2048x2048", status=0, tries="3", fault="timeout"),
        download("jpeg-2048x2048", status=404, after=90_000),
    ],
    ids=["out of time", "after its lifetime"],
)
def test_a_download_that_a_slow_machine_may_have_missed_is_not_judged(said, fetched):
    """It is no proof against the vendor, and no proof for it either."""
    assert {"unjudged"} == {found_of(said, fetched)[claim] for claim in (OPEN, COMPLETE)}


@pytest.mark.parametrize(("ahead", "skew"), [(0, 0.0), (600, 0.0), (1200, 0.0), (1800, 600.0), (-600, -600.0)])
def test_a_date_within_a_slow_exchange_is_no_difference_of_clocks(case, ahead, skew):
    """A server may write it at once and respond twenty minutes later."""
    date = ("date", formatdate(START + ahead, usegmt=True))
    slow = replace(submit(), duration=1200.0, response_headers=(("content-type", "application/json"), date))

    assert skew == case("toapis", slow).skew
