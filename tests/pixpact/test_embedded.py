"""`pixpact.mock` takes what people write, and refuses the rest at once."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

import pixpact


@pytest.mark.parametrize(
    "start",
    [1_772_323_200, "2026-03-01T00:00:00Z", "2026-03-01", datetime(2026, 3, 1, tzinfo=UTC), datetime(2026, 3, 1)],
)
def test_the_start_of_the_clock_in_every_form(start):
    """Seconds, ISO 8601 with and without zone, datetime."""
    with pixpact.mock("toapis", start_time=start) as mock:
        assert 1_772_323_200.0 == mock.now()


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"start_time": "noon"}, "ISO 8601"),
        ({"specs": "no-such-folder"}, "no-such-folder"),
        ({"api_keys": "sk-a"}, "sk-a"),
        ({"pace": "fast"}, "instant"),
    ],
)
def test_what_cannot_be_used_is_told_before_anything_starts(options, words):
    """A ValueError with the value and the remedy."""
    with pytest.raises(ValueError, match=words), pixpact.mock("toapis", **options):
        pass


def test_keys_may_be_a_list(tmp_path):
    """A list of keys, a folder as text."""
    with pixpact.mock("toapis", api_keys=["sk-a"], specs=str(tmp_path)) as mock:
        assert mock._app.context.settings.keys.keys() == {"sk-a"}


def test_an_unknown_vendor_has_no_url():
    """The names that are served are told."""
    with pixpact.mock("toapis") as mock, pytest.raises(KeyError, match="toapis"):
        mock.url("apimart")
