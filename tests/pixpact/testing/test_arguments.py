"""What `pixpact.mock` is given: wrong values are named, with the argument and what would do."""

from __future__ import annotations

import re
from datetime import timedelta
from pathlib import Path

import pytest

import pixpact

TOY = Path(__file__).parents[3] / "fixtures" / "specs" / "toy.yaml"


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"vendors": 3}, "vendors: write names of vendors"),
        ({"vendors": [None]}, "vendors: None is not a name"),
        ({"vendors": [["apimart"]]}, "vendors: ['apimart'] is not a name"),
        ({"pace": 2}, "pace: '2' is not a pace: write 10x"),
        ({"seed": "x"}, "seed: 'x' is not a whole number"),
        ({"seed": 1.5}, "seed: 1.5 is not a whole number"),
        ({"seed": True}, "seed: True is not a whole number"),
        ({"start_time": "yesterday"}, "start_time: 'yesterday' is not an ISO 8601 time"),
        ({"start_time": [2026]}, "start_time: [2026] is not a time"),
        ({"start_time": float("nan")}, "start_time: nan is not a time"),
        ({"api_keys": "sk-a"}, "api_keys: write a list of keys"),
        ({"api_keys": 5}, "api_keys: write a list of keys"),
        ({"api_keys": [""]}, "api_keys: a key is a text that is not empty"),
        ({"api_keys": {"sk-a": "ten"}}, "api_keys: 'ten' is not a balance"),
        ({"api_keys": {"sk-a": -1}}, "api_keys: -1 is not a balance"),
        ({"api_keys": {"sk-a": float("inf")}}, "api_keys: inf is not a balance"),
        ({"specs": "nowhere"}, "specs: 'nowhere' is not a folder"),
        ({"specs": 3}, "specs: write a path or a list of them; got 3"),
        ({"specs": [3]}, "specs: 3 is not a path"),
        ({"faults": "server-error"}, "faults: write a list of objects"),
        ({"faults": {"fault": "server-error"}}, "faults: write a list of objects"),
        ({"rate_limit": 5}, "rate_limit: '5' is not a rate: write 5/s"),
        ({"webhooks": "toy=https://x.example"}, "webhooks: write a mapping"),
        ({"webhooks": {"tyo": "https://x.example"}}, "webhooks: 'tyo' is not served; there are toy"),
        ({"webhooks": {"toy": "ftp://x.example,hush"}}, "webhooks: write VENDOR=ORIGIN"),
        ({"responses": "odd"}, "responses: 'odd' is neither"),
        ({"play": 3}, "play: write a path or a list of them; got 3"),
    ],
)
def test_a_wrong_argument_is_named(arguments, words):
    """A ValueError that begins with the argument; no key and no secret in it."""
    with pytest.raises(ValueError, match=re.escape(words)) as caught, pixpact.mock(**({"vendors": TOY} | arguments)):
        pass

    assert str(caught.value).startswith(words)
    assert "sk-a" not in str(caught.value)
    assert "hush" not in str(caught.value)


@pytest.mark.parametrize(
    ("names", "vendors"), [((TOY,), ()), ((str(TOY),), ()), ((), TOY), ((), [str(TOY)]), ((TOY,), [str(TOY)])]
)
def test_vendors_by_place_and_by_name(names, vendors):
    """Names and paths, texts and paths, one and several; each is served once."""
    with pixpact.mock(*names, vendors=vendors) as mock:
        assert {"PIXPACT_URL_TOY": mock.url("toy")} == mock.environ


@pytest.mark.parametrize("time", [90, 90.0, "90", "90s", "PT1M30S", timedelta(seconds=90)])
def test_time_is_moved_by_any_kind_of_duration(time):
    """Numbers are seconds."""
    with pixpact.mock(TOY, pace="manual") as mock:
        before = mock.clock.now()
        mock.clock.advance(time)

        assert before + 90 == mock.clock.now()


@pytest.mark.parametrize("time", [None, [90], True, "tomorrow", -1, timedelta(days=-1)])
def test_what_is_no_duration_is_named(time):
    """And time stands where it stood."""
    with pixpact.mock(TOY, pace="manual") as mock:
        before = mock.clock.now()
        with pytest.raises(ValueError, match=r"not a duration|only moves forward"):
            mock.clock.advance(time)

        assert before == mock.clock.now()


def test_a_mock_says_what_it_is():
    """As pytest shows it among the values of a test that failed."""
    with pixpact.mock(TOY) as mock:
        assert f"<pixpact.Mock of toy at {mock.base_url}>" == repr(mock)


def test_the_name_of_an_argument_in_0_1_still_works():
    """`answers` is what `responses` was called."""
    with pixpact.mock(TOY, answers="extreme") as running:
        assert "extreme" == running._context.settings.responses
