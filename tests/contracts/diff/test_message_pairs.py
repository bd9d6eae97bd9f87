"""Which media types and statuses of two sides belong together."""

from __future__ import annotations

import pytest

from pixpact.contracts.diff.read.message_pairs import Match, media_types, statuses

JSON = "application/json"


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ([JSON], [JSON], [(JSON, JSON)]),
        ([JSON], ["Application/JSON; charset=utf-8"], [(JSON, "Application/JSON; charset=utf-8")]),
        ([JSON], ["text/csv"], [(JSON, None), (None, "text/csv")]),
        (["image/png"], ["image/*", "*/*"], [("image/png", "image/*"), (None, "image/*"), (None, "*/*")]),
        ([JSON, "*/*"], [JSON], [(JSON, JSON), ("*/*", None)]),
    ],
)
def test_media_types(old: list[str], new: list[str], expected: list[Match]) -> None:
    """Parameters make no other media type; the narrowest range that holds one speaks of it."""
    assert list(media_types(old, new)) == expected


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        (["200", "404"], ["404", "200"], [("200", "200"), ("404", "404")]),
        (["404"], ["4XX", "default"], [("404", "4XX"), (None, "4XX"), ("default", None)[::-1]]),
        (["4XX"], ["400"], [("4XX", None), ("4XX", "400")]),
        (["200"], ["201"], [("200", None), (None, "201")]),
    ],
)
def test_statuses(old: list[str], new: list[str], expected: list[Match]) -> None:
    """A range or `default` speaks of a status that has no entry of its own."""
    assert list(statuses(old, new)) == expected
