"""Bindings read backwards: what a field of a response says is so."""

from __future__ import annotations

import pytest

from pixpact.contracts.checks.bindings import bindings

from .conftest import START, download, generate, images, poll, submit, task

IMAGE = {"url": "https://vendor.example/files/kite.jpg", "size": "64x64"}


@pytest.mark.parametrize(
    ("change", "claim", "verdict"),
    [
        ({}, ":answer/Task/model/x-value", "kept"),
        ({"model": "doubao-seedream-5-0-260128"}, ":answer/Task/model/x-value", "broken"),
        ({"created_at": int(START) + 500}, ":answer/Task/created_at/x-value", "kept"),
        ({"created_at": int(START) * 1000}, ":answer/Task/created_at/x-value", "broken"),
        ({"created_at": 0}, ":answer/Task/created_at/x-value", "broken"),
        ({"completed_at": int(START) * 1000}, ":answer/Task/completed_at/x-value", "broken"),
    ],
)
def test_what_a_task_says_of_its_request(said, change, claim, verdict):
    """Echoes are as they were sent; times are near those of the exchanges, as well as clocks agree."""
    found = said(bindings, "toapis", submit(), poll(task("completed", **change), after=31))

    assert verdict == found[claim]


def test_milliseconds_are_one_fault(case, claims):
    """Times that would be right in another unit have one root."""
    value = task("completed", created_at=int(START) * 1000, completed_at=int(START + 30) * 1000)
    found = [
        seen
        for seen in bindings(case("toapis", submit(), poll(value, after=31)), claims("toapis"))
        if seen.kept is False
    ]

    assert [("milliseconds", 2)] == [(root, len(found)) for root in {seen.root for seen in found}]


@pytest.mark.parametrize(
    ("usage", "verdicts"),
    [
        ({"generated_images": 1, "output_tokens": 16, "total_tokens": 16}, ("kept", "kept")),
        ({"generated_images": 2, "output_tokens": 16, "total_tokens": 16}, ("broken", "kept")),
        ({"generated_images": 1, "output_tokens": 160, "total_tokens": 160}, ("kept", "broken")),
    ],
)
def test_usage_counts_what_was_delivered(said, usage, verdicts):
    """Images by number, tokens by the pixels that were decoded."""
    found = said(bindings, "apiyi", generate(images(IMAGE, usage=usage)), download("jpeg-64x64"))

    assert verdicts == tuple(
        found[f"createImage:answer/Usage/{name}/x-value"] for name in ("generated_images", "output_tokens")
    )


def test_what_cannot_be_counted_is_not_judged(said):
    """Images in an undocumented form may be any number; of a wrong type `body` says what is wrong."""
    model = {"model": "doubao-seedream-5-0-260128"}
    unknown = generate(images({"link": "https://vendor.example/kite.jpg"}, **model), **model)
    undated = generate(images(IMAGE, created="x", **model), **model)

    assert (
        "unjudged" == said(bindings, "fasttoken", unknown)["createImage:answer/Pictures/usage/generated_images/x-value"]
    )
    assert "createImage:answer/Pictures/created/x-value" not in said(bindings, "fasttoken", undated)
