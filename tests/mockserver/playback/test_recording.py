"""Whatever stands in a recording, sorting it out never fails, and what is played is never an accident."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pixpact.mockserver.playback.recording import Recording, recorded
from pixpact.specs.catalogue import SpecCatalogue
from pixpact.wire.exchange import Exchange

TEXTS = st.sampled_from(["task_1", "completed", "https://cdn.example/a.png", "", "2026-01-01T00:00:00Z", "é\u2028"])
SCALARS = st.none() | st.booleans() | st.integers(-5, 2**70) | st.floats(allow_nan=False, allow_infinity=False) | TEXTS
NAMES = st.sampled_from(
    [
        "data",
        "task_id",
        "id",
        "status",
        "result",
        "images",
        "url",
        "b64_json",
        "created",
        "error",
        "model",
        "prompt",
        "n",
    ]
)
VALUES = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=4), max_leaves=12
)
KINDS = st.sampled_from(
    [
        "application/json",
        "application/json; charset=utf-8",
        "text/event-stream",
        "multipart/form-data",
        "multipart/form-data; boundary=x",
        "application/x-www-form-urlencoded",
        "text/html",
        "",
    ]
)
URLS = st.sampled_from(
    [
        "https://api.apimart.ai/v1/images/generations",
        "https://api.apimart.ai/v1/tasks/task_1",
        "https://api.apimart.ai/v1/uploads/images",
        "http://127.0.0.1:1/apimart/v1/balance?language=%ff",
        "http://localhost/v1/tasks/task_1",
        "http://[bad/v1/balance",
        "",
    ]
)


@st.composite
def exchanges(draw):
    return Exchange(
        started=0.0,
        method=draw(st.sampled_from(["GET", "POST", "OPTIONS"])),
        url=draw(URLS),
        request_headers=(("Content-Type", draw(KINDS)),),
        request_body=draw(st.binary(max_size=20) | VALUES.map(lambda value: json.dumps(value).encode())),
        status=draw(st.sampled_from([0, 200, 202, 400, 418, 502])),
        response_headers=(("content-type", draw(KINDS)),),
        response_body=draw(st.binary(max_size=20) | VALUES.map(lambda value: json.dumps(value).encode())),
    )


@pytest.fixture(scope="module")
def apimart():
    return SpecCatalogue().source("apimart").contract()


@given(st.lists(exchanges(), max_size=6))
@settings(max_examples=300, deadline=None)
def test_any_recording_can_be_sorted_out(apimart, known):
    """No body, address or response makes it fail; each exchange is played at most once, and none without a response."""
    found = recorded(apimart, known)
    numbers = [entry.number for entry in found.entries]

    assert sorted(set(numbers)) == numbers
    assert all(known[number - 1].status for number in numbers)
    assert set(found.episodes) <= set(numbers)


@given(st.lists(exchanges(), max_size=4))
@settings(max_examples=150, deadline=None)
def test_any_recording_can_be_written_again(apimart, known):
    """What nothing is known of is written as it was recorded: no root has a value here."""
    from pixpact.specs.dialect.expressions import ExpressionRoots

    for entry in recorded(apimart, known).entries:
        value, body = entry.response.written(ExpressionRoots())

        assert entry.response.value == value
        if entry.response.render is None:
            assert entry.exchange.response_body == body


def test_a_contract_is_sorted_out_once(apimart):
    """And again when its spec was edited."""
    recording = Recording([])
    other = SpecCatalogue().source("apimart").contract()

    assert recording.of(apimart) is recording.of(apimart)
    assert recording.of(apimart) is not recording.of(other)
