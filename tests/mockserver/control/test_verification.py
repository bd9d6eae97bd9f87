"""What was sent can be looked for, counted, and explained when it is not there; in Python and over HTTP alike."""

from __future__ import annotations

import httpx2
import pytest

from pixpact.mockserver.control.verification import BadRequestQuery, ExpectedCount, count_of, question, verdict
from pixpact.mockserver.core.json_diff import JsonDifference, differences
from pixpact.mockserver.state.evicted_exchanges import MOST_KINDS, Tally
from pixpact.specs.dialect.expressions import UNDEFINED
from pixpact.wire.exchange import Exchange

SERVED = {"toy": ("startDrawing", "showDrawing"), "toy@2027": ("startDrawing",)}
JSON = (("Content-Type", "application/json"),)
SUBMIT = "/apimart/v1/images/generations"
BODY = {"model": "doubao-seedream-5-0-lite", "prompt": "A kite", "n": 2}


def sent(body=b'{"model": "crayon-1", "copies": 2, "options": {"sign": true}}', **changes):
    values = {
        "started": 1_790_000_000.0,
        "method": "POST",
        "url": "http://mock.test/toy/v2/drawings?key=redacted",
        "request_headers": JSON,
        "request_body": body,
        "status": 202,
        "note": {"vendor": "toy", "operation": "startDrawing", "task": "dr_1", "fault": "latency, stuck"},
    }
    return Exchange(**(values | changes))


@pytest.mark.parametrize(
    ("expected", "actual", "exact", "places"),
    [
        ({"a": 1}, {"a": 1.0, "b": 2}, False, []),
        ({"a": 1}, {"a": 1, "b": 2}, True, ["/b"]),
        ({"a": 1}, {"a": True}, False, ["/a"]),
        ({"a": {"b": [1, 2]}}, {"a": {"b": [1, 3]}}, False, ["/a/b/1"]),
        ({"a": [1, 2]}, {"a": [1]}, False, ["/a"]),
        ({"a/b": 1}, {}, False, ["/a~1b"]),
        ({"a": None}, {}, False, ["/a"]),
        (1, 2, False, ["/"]),
    ],
)
def test_differences_are_told_by_place(expected, actual, exact, places):
    """Objects are compared field by field, lists item by item, numbers as JSON has them."""
    assert places == [difference.place for difference in differences(expected, actual, exact=exact)]


def test_a_difference_says_what_was_expected_and_what_came():
    """Also where nothing came, or nothing was expected."""
    assert "body/n: expected 2, got 1" == str(JsonDifference("body/n", 2, 1))
    assert "body/n: expected 2, got nothing" == str(JsonDifference("body/n", 2, UNDEFINED))
    assert {"place": "body/n", "actual": 1} == JsonDifference("body/n", UNDEFINED, 1).written()


@pytest.mark.parametrize(
    "criteria",
    [
        {},
        {"operation": "startDrawing"},
        {"vendor": "toy"},
        {"status": 202},
        {"status": "2XX"},
        {"status": "202"},
        {"model": "crayon-1"},
        {"body": {"copies": 2}},
        {"body": {"options": {"sign": True}}},
        {"method": "post"},
        {"path": "/toy/v2/drawings"},
        {"task": "dr_1"},
        {"fault": "stuck"},
        {"since": 1_790_000_000},
        {"since": "2026-09-21T00:00:00Z"},
        {"operation": None},
    ],
)
def test_each_criterion_finds_what_is_meant(criteria):
    """Every name of the vocabulary, in each form that it can be given in."""
    assert question(criteria, SERVED).matches(sent())


@pytest.mark.parametrize(
    ("criteria", "place"),
    [
        ({"operation": "showDrawing"}, "operation"),
        ({"vendor": "toy@2027"}, "vendor"),
        ({"status": "4XX"}, "status"),
        ({"model": "ink-1"}, "model"),
        ({"body": {"copies": 3}}, "body/copies"),
        ({"method": "GET"}, "method"),
        ({"path": "/"}, "path"),
        ({"task": "dr_2"}, "task"),
        ({"fault": "hang"}, "fault"),
        ({"since": 1_790_000_001}, "since"),
        ({"key": "sk-a"}, "key"),
    ],
)
def test_each_criterion_says_where_it_differs(criteria, place):
    """Every name of the vocabulary passes over what is not meant."""
    assert [place] == [difference.place for difference in question(criteria, SERVED).differences(sent())]


def test_forms_are_compared_by_their_parts():
    """A multipart request is as good as JSON; a file is the part that it came in."""
    body = (
        b'--x\r\nContent-Disposition: form-data; name="prompt"\r\n\r\nA kite\r\n'
        b'--x\r\nContent-Disposition: form-data; name="image"; filename="a.png"\r\n\r\n\x89PNG\r\n--x--\r\n'
    )
    form = sent(body, request_headers=(("content-type", "multipart/form-data; boundary=x"),))

    assert question({"body": {"prompt": "A kite", "image": "cid:image"}}).matches(form)


def test_a_body_that_was_cut_is_not_guessed_at():
    """It neither meets a criterion nor is told to lack the field."""
    cut = sent(b'{"prompt": "x', note={"truncated": "request"})

    assert ["body"] == [difference.place for difference in question({"body": {"n": 1}}).differences(cut)]


@pytest.mark.parametrize(
    ("criteria", "words"),
    [
        ({"operation": "startDrawin"}, "did you mean 'startDrawing'"),
        ({"vendor": "tay"}, "did you mean 'toy'"),
        ({"opration": "x"}, "did you mean 'operation'"),
        ({"status": "teapot"}, "4XX"),
        ({"since": "noon"}, "ISO 8601"),
    ],
)
def test_a_question_that_makes_no_sense_is_refused(criteria, words):
    """A wrong name is not found "never", and right by mistake."""
    with pytest.raises(BadRequestQuery, match=words):
        question(criteria, SERVED)


@pytest.mark.parametrize(
    ("counts", "expected", "words"),
    [
        ({}, ExpectedCount(1, None), "at least 1 request"),
        ({"times": 2}, ExpectedCount(2, 2), "exactly 2 requests"),
        ({"times": 0}, ExpectedCount(0, 0), "no request"),
        ({"at_least": 2}, ExpectedCount(2, None), "at least 2 requests"),
        ({"at_most": 2}, ExpectedCount(0, 2), "at most 2 requests"),
        ({"at_least": 1, "at_most": 3}, ExpectedCount(1, 3), "1 to 3 requests"),
    ],
)
def test_counts_are_read_and_said(counts, expected, words):
    """Exactly, never, at least, at most, between."""
    assert expected == count_of(**counts)
    assert words == str(expected)


@pytest.mark.parametrize(
    "counts",
    [{"times": -1}, {"times": True}, {"times": "1"}, {"times": 1, "at_least": 1}, {"at_least": 3, "at_most": 1}],
)
def test_counts_that_contradict_are_refused(counts):
    """Nothing is guessed."""
    with pytest.raises(BadRequestQuery):
        count_of(**counts)


def test_the_nearest_request_comes_first():
    """The same operation with another field is nearer than another operation."""
    other = sent(note={"vendor": "toy", "operation": "showDrawing"})
    found = verdict(question({"operation": "startDrawing", "body": {"copies": 3}}), count_of(times=1), [other, sent()])

    assert not found.verified
    assert "startDrawing" == found.nearest[0][0].note["operation"]
    assert "body/copies: expected 3, got 2" in str(found)
    assert "there was none" in str(found)


def test_too_many_are_listed():
    """Where more came than expected, those are shown."""
    found = verdict(question({}), count_of(times=1), [sent()] * 5)

    assert "there were 5" in str(found)
    assert "and 2 more" in str(found)
    assert () == found.nearest


def test_nothing_at_all_is_said_as_such():
    """An app that talks to another address is found out by the message."""
    assert "nothing was sent" in str(verdict(question({}), count_of(), []))


# ---------------------------------------------------------------------- over HTTP


@pytest.fixture
def client(mocked):
    client = mocked("apimart", pace="instant", key="sk-abcdef")
    client.post(SUBMIT, BODY)
    client.post(SUBMIT, BODY | {"n": 1}, key="sk-other")
    client.get("/apimart/v1/tasks/nothing")
    return client


@pytest.mark.parametrize(
    ("query", "count"),
    [
        ("", 3),
        ("?operation=createImage", 2),
        ("?operation=createImage&status=2XX", 2),
        ("?body.n=2", 1),
        ('?body={"n":1}', 1),
        ("?model=doubao-seedream-5-0-lite", 2),
        ("?key=sk-abcdef", 2),
        ("?since=2100-01-01", 0),
        ("?method=get", 1),
    ],
)
def test_the_journal_is_filtered_by_a_query(client, query, count):
    """The same criteria, as JSON and as HAR."""
    found = client.get(f"/_pixpact/journal{query}", key=None)

    assert count == found.json["count"] == len(found.json["exchanges"])
    assert 3 == found.json["total"]
    assert count == len(client.get(f"/_pixpact/journal.har{query}", key=None).json["log"]["entries"])
    assert "sk-abcdef" not in found.text


def test_the_journal_reports_bodies_as_values(client):
    """A script reads what was sent without decoding it again."""
    (found,) = client.get("/_pixpact/journal?body.n=2", key=None).json["exchanges"]

    assert BODY == found["body"]
    assert ("POST", 200, "createImage") == (found["method"], found["status"], found["operation"])


def test_what_was_sent_is_verified(client):
    """200 and the count when it is as expected."""
    response = client.post("/_pixpact/verify", {"operation": "createImage", "body": {"n": 2}, "times": 1}, key=None)

    assert 200 == response.status
    assert {"verified": True, "count": 1, "expected": "exactly 1 request"} == response.json


def test_what_was_not_sent_is_explained(client):
    """409, and the field in which the nearest request differs."""
    response = client.post("/_pixpact/verify", {"operation": "createImage", "body": {"n": 3}}, key=None)

    assert 409 == response.status
    assert 0 == response.json["count"]
    assert [{"place": "body/n", "expected": 3, "actual": 2}] == response.json["nearest"][0]["differences"]
    assert "body/n: expected 3, got 2" in response.json["detail"]


def test_never_is_verified_too(client):
    """`times: 0` is met by nothing, and broken by one."""
    never = {"operation": "uploadImage", "times": 0}

    assert 200 == client.post("/_pixpact/verify", never, key=None).status
    assert 409 == client.post("/_pixpact/verify", never | {"operation": "createImage"}, key=None).status


@pytest.mark.parametrize(
    ("method", "path", "content"),
    [
        ("POST", "verify", b"[]"),
        ("POST", "verify", b"{"),
        ("POST", "verify", b'{"operation": "createImag"}'),
        ("POST", "verify", b'{"times": "once"}'),
        ("GET", "journal?opration=x", None),
        ("GET", "journal.har?status=x", None),
    ],
)
def test_a_senseless_question_over_http_is_refused(client, method, path, content):
    """400 with what there is."""
    assert 400 == client.request(method, f"/_pixpact/{path}", content=content, key=None).status


# ---------------------------------------------------------------------- what made room


def forgotten(*exchanges):
    """The tally of exchanges that made room."""
    tally = Tally()
    for exchange in exchanges:
        tally.add(exchange)
    return tally.read()


@pytest.mark.parametrize(
    ("criteria", "count", "verified", "undecided"),
    [
        ({}, ExpectedCount(3, 3), True, False),
        ({"operation": "startDrawing"}, ExpectedCount(2, 2), True, False),
        ({"operation": "startDrawing"}, ExpectedCount(0, 0), False, False),
        ({"operation": "showDrawing", "status": "4XX"}, ExpectedCount(1, 1), True, False),
        ({"operation": "showDrawing", "status": 200}, ExpectedCount(0, 0), True, False),
        ({"operation": "startDrawing", "body": {"copies": 2}}, ExpectedCount(0, 0), False, True),
        ({"operation": "startDrawing", "body": {"copies": 2}}, ExpectedCount(0, 2), True, False),
        ({"operation": "startDrawing", "body": {"copies": 2}}, ExpectedCount(3, None), False, False),
        ({"path": "/elsewhere"}, ExpectedCount(1, None), False, True),
        ({"since": 1_790_000_100.0}, ExpectedCount(0, 0), True, False),
        ({"since": 1_790_000_000.0}, ExpectedCount(3, 3), True, False),
        ({"since": 1_790_000_005.0, "operation": "startDrawing"}, ExpectedCount(1, 1), False, True),
        ({"callback": "onEnd"}, ExpectedCount(1, 1), True, False),
    ],
)
def test_what_made_room_is_counted_or_it_is_said_that_nobody_can_report(criteria, count, verified, undecided):
    """By operation, status and the like exactly; by what is gone with the bodies not at all."""
    callback = sent(note={"vendor": "toy", "operation": "startDrawing", "callback": "onEnd"})
    poll = sent(status=404, method="GET", note={"vendor": "toy", "operation": "showDrawing"})
    older = forgotten(sent(), sent(started=1_790_000_010.0), poll, callback)
    found = verdict(question(criteria), count, [], older)

    assert (verified, undecided) == (found.verified, found.undecided)


def test_a_verdict_that_cannot_be_given_says_why():
    """The number that is in doubt, and the remedy."""
    older = forgotten(sent(), sent())
    text = str(verdict(question({"body": {"copies": 3}}), ExpectedCount(0, 0), [sent()], older))

    assert "cannot tell whether there was no request" in text
    assert "2 requests more may have been" in text
    assert 'mock.reset("journal")' in text


def test_more_kinds_than_are_kept_apart_are_one_mixture():
    """The number stays right; what they were is no longer known."""
    kinds = [sent(note={"operation": f"op{number}"}) for number in range(MOST_KINDS + 5)]
    older = forgotten(*kinds)

    assert (MOST_KINDS + 1, MOST_KINDS + 5) == (len(older), sum(kind.count for kind in older))
    assert verdict(question({}), ExpectedCount(MOST_KINDS + 5, MOST_KINDS + 5), [], older).verified
    assert verdict(question({"operation": "op1"}), ExpectedCount(1, 1), [], older).undecided


def test_a_callback_is_no_request_to_the_mock():
    """It counts where callbacks are asked for."""
    callback = sent(note={"vendor": "toy", "operation": "startDrawing", "callback": "onEnd"})
    asked = [{"operation": "startDrawing"}, {"operation": "startDrawing", "callback": "onEnd"}]

    assert [1, 1] == [verdict(question(criteria), ExpectedCount(), [sent(), callback]).number for criteria in asked]


def test_a_submission_outlives_a_thousand_polls(mocked):
    """Neither "never" nor "once" is answered wrongly because its polls took the room."""
    client = mocked("toapis", pace="manual")
    started = client.post("/toapis/v1/images/generations", {"model": "doubao-seedream-5-0", "prompt": "A kite"})
    for _ in range(1100):
        client.get(f"/toapis/v1/images/generations/{started.json['id']}")

    def verified(**asked):
        response = client.post("/_pixpact/verify", asked, key=None)
        return response.status, response.json["verified"], response.json["count"]

    assert (409, False, 1) == verified(operation="createImage", times=0)
    assert (200, True, 1) == verified(operation="createImage", body={"prompt": "A kite"}, times=1)
    assert (200, True, 1100) == verified(operation="getImage", times=1100)
    assert (409, None, 999) == verified(operation="getImage", task=started.json["id"], times=1100)
    summary = client.get("/_pixpact/journal?operation=createImage", key=None).json
    assert (1, 1000, 1101, 101) == tuple(summary[name] for name in ("count", "kept", "total", "forgotten"))


def test_a_request_counts_from_its_arrival(served):
    """A client that gives up has sent it all the same, and may have paid for it."""
    mock = served("apiyi", moving=True, timeout=0.3)
    mock.fault(fault="latency", delay=600, stage="submit")
    with pytest.raises(httpx2.ReadTimeout):
        mock.http.post("/apiyi/v1/images/generations", json={"model": "seedream-5-0-260128", "prompt": "A kite"})
    [found] = mock.journal(operation="createImage")
    response = mock.http.post("/_pixpact/verify", json={"operation": "createImage", "times": 1})

    assert (0, "true", "latency") == (found.status, found.note["pending"], found.note["fault"])
    assert "A kite" in found.request_body.decode()
    assert (200, 1) == (response.status_code, len(mock.charges()))
