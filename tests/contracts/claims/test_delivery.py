"""How images come, read off the documented examples."""

from __future__ import annotations

import pytest

from pixpact.contracts.claims.delivery import delivery_fields, way_of, ways_of


@pytest.mark.parametrize(
    ("vendor", "ways", "fields"),
    [
        ("apiyi", {"url", "base64"}, {("response_format",), ("model",)}),
        ("fasttoken", {"url", "base64"}, {("response_format",)}),
        ("apimart", set(), set()),
        ("toapis", set(), set()),
    ],
)
def test_the_ways_that_a_request_chooses_from(contract, vendor, ways, fields):
    """Where links and base64 stand in examples with a condition, its field chooses; else there is no choice."""
    operation = contract(vendor).operation("createImage")

    assert (ways, fields) == (set(ways_of(operation)), set(delivery_fields(operation)))


@pytest.mark.parametrize(("holds", "expected"), [(True, "base64"), (False, "url")])
def test_the_way_of_one_request(contract, holds, expected):
    """The first example whose condition holds, else the one without a condition."""
    responses = contract("fasttoken").operation("createImage").responses
    media = next(media for response in responses if response.status == "200" for media in response.media)

    assert expected == way_of(media, lambda condition: condition is None or holds)
