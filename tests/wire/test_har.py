from __future__ import annotations

import json
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pixpact.wire.exchange import Exchange
from pixpact.wire.har import HarError, from_har, to_har

TEXT = st.text(st.characters(codec="utf-8"), max_size=30)
HEADERS = st.lists(st.tuples(TEXT, TEXT), max_size=4).map(tuple)
EXCHANGES = st.builds(
    Exchange,
    started=st.integers(0, 4_102_444_800_000).map(lambda ms: ms / 1000),
    method=TEXT,
    url=TEXT,
    request_headers=HEADERS,
    request_body=st.binary(max_size=40) | TEXT.map(str.encode),
    status=st.integers(0, 999),
    response_headers=HEADERS,
    response_body=st.binary(max_size=40) | TEXT.map(str.encode),
    duration=st.integers(0, 10**11).map(lambda us: us / 1_000_000),
    note=st.dictionaries(TEXT, TEXT, max_size=3),
)

CALL = Exchange(
    started=1_795_253_400.5,
    method="POST",
    url="http://127.0.0.1:4747/v1/images?language=en&empty=",
    request_headers=(("Content-Type", "application/json"), ("Accept", "*/*")),
    request_body='{"prompt":"湖"}'.encode(),
    status=200,
    response_headers=(("content-type", "image/png"), ("Location", "/x")),
    response_body=b"\x89PNG\xff",
    duration=0.0123,
    note={"vendor": "toy"},
)


HOST = [{"name": "Host", "value": "a"}]
WHEN = "2026-11-21T09:30:00Z"
OTHER = {"recorder": "other"}


def minimal(**entry: Any) -> dict[str, Any]:
    """An entry of another recorder, which tells when and by whom."""
    request = {"method": "GET", "url": "http://a/", "headers": HOST}
    return {"log": {"entries": [{"startedDateTime": WHEN, "request": request, **entry}]}}


@given(st.lists(EXCHANGES, max_size=3))
def test_what_is_written_is_read_back(exchanges: list[Exchange]) -> None:
    """Nothing is lost on the way through the text of the file."""
    text = json.dumps(to_har(exchanges, creator_version="1"))

    assert exchanges == from_har(json.loads(text))


def test_an_entry_has_every_field_that_har_demands() -> None:
    """The shape of HAR 1.2, so that browsers and viewers open it."""
    log = to_har([CALL], creator_version="0.1.0")["log"]
    (entry,) = log["entries"]

    assert (log["version"], log["creator"]) == ("1.2", {"name": "pixpact", "version": "0.1.0"})
    assert entry["startedDateTime"] == "2026-11-21T09:30:00.500Z"
    assert entry["time"] == sum(entry["timings"].values()) == 12.3
    assert entry["cache"] == {}
    assert entry["_pixpact"] == {"vendor": "toy"}
    assert entry["request"] == {
        "method": "POST",
        "url": "http://127.0.0.1:4747/v1/images?language=en&empty=",
        "httpVersion": "HTTP/1.1",
        "cookies": [],
        "headers": [
            {"name": "Content-Type", "value": "application/json"},
            {"name": "Accept", "value": "*/*"},
        ],
        "queryString": [{"name": "language", "value": "en"}, {"name": "empty", "value": ""}],
        "headersSize": -1,
        "bodySize": 16,
        "postData": {"mimeType": "application/json", "text": '{"prompt":"湖"}'},
    }
    assert entry["response"] == {
        "status": 200,
        "statusText": "OK",
        "httpVersion": "HTTP/1.1",
        "cookies": [],
        "headers": [
            {"name": "content-type", "value": "image/png"},
            {"name": "Location", "value": "/x"},
        ],
        "content": {
            "size": 5,
            "mimeType": "image/png",
            "text": "iVBOR/8=",
            "encoding": "base64",
        },
        "redirectURL": "/x",
        "headersSize": -1,
        "bodySize": 5,
    }


def test_a_request_without_a_body_has_no_post_data() -> None:
    """Nor an empty note."""
    (entry,) = to_har([Exchange(0.0, "GET", "http://a/")], creator_version="1")["log"]["entries"]

    assert "postData" not in entry["request"]
    assert "_pixpact" not in entry


def test_a_url_and_a_method_are_enough() -> None:
    """Everything else may be missing or null, which is noted."""
    note = {"recorder": "other", "unrecorded": "request-headers time", "entry": "0"}
    bare = {"log": {"entries": [{"request": {"method": "GET", "url": "http://a/"}, "time": None, "response": None}]}}

    assert from_har(bare) == [Exchange(0.0, "GET", "http://a/", note=note)]


def test_times_of_other_writers() -> None:
    """Browsers write an offset, some proxies seven digits, some nothing."""
    times = ["2026-11-21T10:30:00.5+01:00", "2026-11-21T09:30:00.5000000Z", "2026-11-21T09:30:00.5"]
    read = [from_har(minimal(startedDateTime=time))[0].started for time in times]

    assert read == [1_795_253_400.5] * 3


def test_a_time_that_a_browser_does_not_know() -> None:
    """It writes -1, which is no duration."""
    assert from_har(minimal(time=-1))[0].duration == 0.0


def test_a_form_may_be_given_by_its_parameters() -> None:
    """As Firefox writes it."""
    document = minimal()
    document["log"]["entries"][0]["request"]["postData"] = {
        "mimeType": "application/x-www-form-urlencoded; charset=utf-8",
        "params": [{"name": "a b", "value": "&"}, {"name": "c"}],
    }

    assert from_har(document)[0].request_body == b"a+b=%26&c="


def test_parameters_of_another_kind_of_body_do_not_make_one() -> None:
    """A multipart body cannot be rebuilt: it is noted, not made up."""
    document = minimal()
    document["log"]["entries"][0]["request"]["postData"] = {
        "mimeType": "multipart/form-data",
        "params": [{"name": "image", "fileName": "a.png"}],
    }

    (exchange,) = from_har(document)
    assert (exchange.request_body, exchange.note["truncated"]) == (b"", "request")


def test_a_body_that_was_left_out_is_noted() -> None:
    """Could not look is not the same as empty."""
    (gone,) = from_har(minimal(response={"status": 200, "headers": HOST, "content": {"size": 9}}))
    (empty,) = from_har(minimal(response={"status": 204, "headers": HOST, "content": {"size": 0}}))

    lacks = {"truncated": "response", "lacks response": "it was left out", "entry": "0"}
    assert (gone.response_body, gone.note) == (b"", OTHER | lacks)
    assert empty.note == OTHER


def test_everything_that_was_left_out_is_noted() -> None:
    """Of both bodies; also of a response whose size is given as that of the transfer only."""
    document = minimal(response={"status": 200, "content": {"size": 0}, "bodySize": 900})
    posted = {"mimeType": "multipart/form-data", "params": [{"name": "image", "fileName": "a.png"}]}
    document["log"]["entries"][0]["request"]["postData"] = posted

    assert from_har(document)[0].note["truncated"] == "request response"


@pytest.mark.parametrize("field", ["_initiator", "_resourceType", "_priority"])
def test_browsers_are_known_by_what_they_add(field: str) -> None:
    """Whoever judges a recording must know that they leave credentials out."""
    assert from_har(minimal(**{field: "fetch"}))[0].note == {"recorder": "browser"}


def test_an_odd_entry_is_left_out_where_somebody_is_reported() -> None:
    """One entry of a proxy's own traffic must not cost the whole recording."""
    document, odd = minimal(), []
    document["log"]["entries"][:0] = [None, {"request": None}, {"request": {"url": "http://a/"}}, 5]

    assert ["http://a/"] == [it.url for it in from_har(document, odd.append)]
    assert ["0", "1/request", "2/request/method", "3"] == [it.pointer.removeprefix("/log/entries/") for it in odd]


def test_an_entry_without_a_url_is_odd() -> None:
    """Half an IPv6 address is none."""
    document, odd = minimal(), []
    document["log"]["entries"][0]["request"]["url"] = "http://[::1"

    assert [] == list(from_har(document, odd.append))
    assert ["/log/entries/0/request/url"] == [it.pointer for it in odd]


def test_our_own_recordings_are_read_byte_by_byte() -> None:
    """What looks cut, empty or blacked out came like this: we would have noted it."""
    bodies = [b"", b'{"a": ', b"[redacted]", "\ufffd".encode(), b"eyJhIjogMX0="]
    calls = [Exchange(0.0, "GET", "http://a/", response_body=body, status=200) for body in bodies]

    assert calls == from_har(to_har(calls, creator_version="1"))


def test_half_a_character_survives() -> None:
    r"""JSON can hold "\ud83d" alone: its bytes are kept, and then written in base64."""
    content = {"text": "\ud83d", "size": 3}
    (exchange,) = from_har(minimal(response={"status": 200, "content": content}))

    assert exchange.response_body == b"\xed\xa0\xbd"
    assert from_har(to_har([exchange], creator_version="1")) == [exchange]


@pytest.mark.parametrize(
    ("field", "value"),
    [("time", "fast"), ("time", float("nan")), ("startedDateTime", "yesterday"), ("startedDateTime", [])],
)
def test_a_time_that_is_none_is_no_reason_to_leave_an_entry_out(field: str, value: object) -> None:
    """Nothing that is judged by it is lost but what is about times."""
    (exchange,) = from_har(minimal(**{field: value}))

    assert (exchange.url, exchange.duration) == ("http://a/", 0.0)


@pytest.mark.parametrize(
    ("document", "message"),
    [
        ([], "HAR /: this is []; write an object"),
        ({}, "HAR /log/entries: this is missing; give a HAR 1.2 document"),
        ({"log": {"entries": {}}}, "HAR /log/entries: this is {}; write an array"),
        ({"log": {"entries": [1]}}, "HAR /log/entries/0: this is 1; write an object"),
        (
            {"log": {"entries": [{"request": {"method": "GET"}}]}},
            "HAR /log/entries/0/request/url: this is missing; give a HAR 1.2 document",
        ),
        (
            minimal(response={"status": True}),
            "HAR /log/entries/0/response/status: this is True; write a number",
        ),
        (
            minimal(_pixpact=7),
            "HAR /log/entries/0/_pixpact: this is 7; write an object",
        ),
        (
            minimal(_pixpact={"task": 7}),
            "HAR /log/entries/0/_pixpact/task: this is 7; write a string",
        ),
    ],
)
def test_a_malformed_document_is_refused_with_place_and_remedy(document: object, message: str) -> None:
    """Whoever wrote it finds the line at once."""
    with pytest.raises(HarError) as raised:
        from_har(document)

    assert str(raised.value) == message


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner),
    max_leaves=5,
)
FIELDS = ["startedDateTime", "time", "response", "_pixpact", "request"]


@given(st.dictionaries(st.sampled_from(FIELDS), JSON), JSON)
def test_any_json_is_read_or_refused(entry: dict[str, Any], other: object) -> None:
    """Nothing but HarError ever comes out."""
    for document in (minimal(**entry), other, {"log": other}):
        with suppress(HarError):
            from_har(document)
