"""The control prefix: health, clock, journal, reset."""

from __future__ import annotations

from email.utils import parsedate_to_datetime

import pytest

BODY = {"model": "doubao-seedream-5-0-lite", "prompt": "A kite"}
SUBMIT = "/apimart/v1/images/generations"


def test_health_names_what_is_served(mocked):
    """A program that waits for the mock learns version, pace and contracts."""
    found = mocked("apimart", "toapis", pace="instant").get("/_pixpact/health", key=None).json

    assert found["status"] == "ok"
    assert found["vendors"] == ["apimart", "toapis"]
    assert found["pace"] == "instant"


@pytest.mark.parametrize(
    ("advance", "seconds"), [(90, 90), (1.5, 1.5), ("25h", 90_000), ("PT25H", 90_000), ("P1DT1H", 90_000), ("90", 90)]
)
def test_the_clock_moves_by_what_is_said(mocked, advance, seconds):
    """Seconds, short durations and ISO 8601."""
    client = mocked("apimart")
    before = client.get("/_pixpact/clock", key=None).json["now"]
    after = client.post("/_pixpact/clock", {"advance": advance}, key=None).json["now"]

    assert seconds == pytest.approx(after - before)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{",
        b"[]",
        b"{}",
        b'{"advance": -1}',
        b'{"advance": true}',
        b'{"advance": "soon"}',
        b'{"advance": null}',
        b'{"advance": 1e300}',
        b'{"advance": "-PT1H"}',
        b'{"advance": []}',
    ],
)
def test_a_clock_request_that_makes_no_sense_is_refused(mocked, content):
    """400 with what could be sent instead; the time does not change."""
    client = mocked("apimart")
    before = client.context.clock.now()
    response = client.request("POST", "/_pixpact/clock", content=content, key=None)

    assert response.status == 400
    assert "advance" in response.json["detail"]
    assert before == client.context.clock.now()


def test_the_journal_is_har_without_secrets(mocked):
    """Every exchange with method, URL, bodies and what it meant; no key, no signature."""
    client = mocked("apimart", key="sk-secret")
    client.post(SUBMIT, BODY, headers={"X-Api-Key": "sk-secret", "Cookie": "session=sk-secret"})
    client.get("/apimart/v1/tasks/nothing?api_key=sk-secret&language=en")
    response = client.get("/_pixpact/journal.har", key=None)
    entries = response.json["log"]["entries"]

    assert response.json["log"]["version"] == "1.2"
    assert [entry["request"]["method"] for entry in entries] == ["POST", "GET"]
    assert [entry["response"]["status"] for entry in entries] == [200, 400]
    assert "createImage" in str(entries[0]["_pixpact"])
    assert "A kite" in entries[0]["request"]["postData"]["text"]
    assert "submitted" in entries[0]["response"]["content"]["text"]
    assert "sk-secret" not in response.text


def test_the_journal_is_bounded(mocked):
    """The oldest exchanges make room, and long bodies are cut."""
    client = mocked("apimart")
    for _ in range(1005):
        client.get("/apimart/v1/tasks/x")
    client.post(SUBMIT, BODY | {"prompt": "x" * 200_000})
    entries = client.get("/_pixpact/journal.har", key=None).json["log"]["entries"]

    assert len(entries) == 1000
    assert len(str(entries[-1])) < 60_000


def test_reset_forgets_what_it_names(mocked):
    """`tasks`, `journal` and `ledger` each leave the rest alone; `all` leaves nothing."""
    client = mocked("apimart", pace="instant")

    def facts():
        task = client.get(f"/apimart/v1/tasks/{task_id}").status
        used = client.get("/apimart/v1/balance").json["used_balance"]
        return task == 200, used > 0

    expected = {"tasks": (False, True), "ledger": (True, False), "journal": (True, True), "all": (False, False)}
    for what, wanted in expected.items():
        task_id = client.post(SUBMIT, BODY).json["data"][0]["task_id"]
        assert client.post("/_pixpact/reset", {"what": what}, key=None).status == 200
        assert wanted == facts(), what
    client.post("/_pixpact/reset", {"what": "journal"}, key=None)
    assert client.get("/_pixpact/journal.har", key=None).json["log"]["entries"] == []


@pytest.mark.parametrize("content", [b'{"what": "everything"}', b"{", b"[]"])
def test_a_reset_of_something_unknown_is_refused(mocked, content):
    """400 names what there is."""
    response = mocked("apimart").request("POST", "/_pixpact/reset", content=content, key=None)

    assert response.status == 400
    assert "tasks" in response.json["detail"]


def test_an_unknown_control_path_names_the_known_ones(mocked):
    """A typing error below the prefix is reported."""
    response = mocked("apimart").get("/_pixpact/jurnal", key=None)

    assert response.status == 404
    assert "journal.har" in response.json["detail"]


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Sec-Fetch-Site": "cross-site"},
    ],
)
@pytest.mark.parametrize(("method", "path"), [("POST", "reset"), ("POST", "clock"), ("GET", "journal.har")])
def test_pages_of_other_origins_cannot_use_the_control_side(mocked, headers, method, path):
    """A web page the developer happens to visit neither resets the mock nor moves its clock."""
    client = mocked("apimart")
    before = client.context.clock.now()
    content = b'{"advance": 5}' if method == "POST" else None
    response = client.request(method, f"/_pixpact/{path}", content=content, headers=headers, key=None)

    assert 403 == response.status
    assert before == client.context.clock.now()


def test_a_page_of_the_mock_itself_may(mocked):
    """The same origin is no foreign one."""
    headers = {"Origin": "http://mock.test:4747", "Sec-Fetch-Site": "same-origin"}

    assert 200 == mocked("apimart").post("/_pixpact/reset", headers=headers, key=None).status


def test_the_journal_reports_of_wrong_paths_and_downloads(mocked):
    """What no operation answered is there too: a wrong prefix, an unknown path, a preflight, an image fetched."""
    client = mocked("apiyi", pace="instant")
    body = {"model": "seedream-5-0-260128", "prompt": "A kite", "size": "1280x720"}
    url = client.post("/apiyi/v1/images/generations", body).json["data"][0]["url"]
    client.get(url, key=None)
    client.get("/apyi/v1/images/generations")
    client.get("/apiyi/v1/nothing")
    client.request("OPTIONS", "/apiyi/v1/images/generations", key=None)
    entries = client.get("/_pixpact/journal.har", key=None).json["log"]["entries"]

    assert [200, 200, 404, 404, 204] == [entry["response"]["status"] for entry in entries]
    assert ["createImage", "(file)", "(unknown)", "(unknown)", "(preflight)"] == [
        entry["_pixpact"]["operation"] for entry in entries
    ]


def test_a_key_in_a_path_is_redacted(mocked):
    """A client that mixes up key and id does not leave its key in the record."""
    client = mocked("apimart", key="sk-SECRET12345")
    client.get("/apimart/v1/tasks/sk-SECRET12345")

    assert "SECRET12345" not in client.get("/_pixpact/journal.har", key=None).text


def test_the_tasks_are_listed_as_they_stand(mocked):
    """Looking at them there is no poll."""
    client = mocked("apimart", pace="polls:1")
    client.post(SUBMIT, BODY)
    found = [client.get("/_pixpact/tasks", key=None).json["tasks"][0] for _ in range(3)]

    assert ["submitted"] * 3 == [task["status"] for task in found]
    assert ("createImage", None, 1) == (found[0]["operation"], found[0]["outcome"], found[0]["images"])


def test_the_pace_can_be_changed(mocked):
    """For the tasks that come; what is no pace is refused."""
    client = mocked("apimart", pace="1x")
    response = client.post("/_pixpact/pace", {"pace": "instant"}, key=None)
    task_id = client.post(SUBMIT, BODY).json["data"][0]["task_id"]

    assert "instant" == response.json["pace"]
    assert "completed" == client.get(f"/apimart/v1/tasks/{task_id}").json["data"]["status"]
    for content in (b"{", b"{}", b'{"pace": "quick"}', b'{"pace": 3}', b"[]"):
        assert 400 == client.request("POST", "/_pixpact/pace", content=content, key=None).status


@pytest.mark.parametrize("moving", [False, True])
def test_responses_are_dated_by_the_mocks_clock(served, moving):
    """`Date` says what time it is here, standing or not, and follows when the clock is moved."""
    mock = served("apimart", moving=moving)
    found = []
    for _ in range(2):
        before = int(mock.context.clock.now())
        reported = parsedate_to_datetime(mock.http.get("/apimart/v1/models").headers["date"]).timestamp()
        found.append(before <= reported <= mock.context.clock.now())
        mock.advance(25 * 3600)

    assert [True, True] == found


@pytest.mark.parametrize(
    ("host", "headers", "status"),
    [
        ("rebound.example", {"Sec-Fetch-Site": "same-origin"}, 403),
        ("rebound.example:4747", {"Origin": "http://rebound.example:4747"}, 403),
        ("127.0.0.1:4747", {"Sec-Fetch-Site": "same-origin"}, 200),
        ("localhost:4747", {"Origin": "http://localhost:4747"}, 200),
        ("[::1]:4747", {"Sec-Fetch-Site": "same-origin"}, 200),
        ("public.example", {"Sec-Fetch-Site": "same-origin"}, 200),
        ("pixpact:4747", {}, 200),
        ("127.0.0.1:4747", {"Sec-Fetch-Site": "none"}, 200),
    ],
)
def test_a_page_whose_name_was_made_to_lead_here_is_refused(served, host, headers, status):
    """DNS rebinding: to a browser it is the same origin. A program may use any name, such as that of a container."""
    mock = served("apimart", public_url="http://public.example")

    assert status == mock.http.get("/_pixpact/journal", headers={"Host": host, **headers}).status_code


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        ("PUT", "clock", "GET, HEAD, POST"),
        ("PATCH", "faults", "DELETE, GET, HEAD, POST"),
        ("DELETE", "journal", "GET, HEAD"),
        ("GET", "reset", "POST"),
        ("POST", "exchanges/1", "GET, HEAD"),
    ],
)
def test_another_method_is_told_which_there_are(mocked, method, path, allowed):
    """All of them, also where each has a handler of its own (RFC 9110, section 15.5.6)."""
    response = mocked("toapis").request(method, f"/_pixpact/{path}")

    assert (405, allowed) == (response.status, response.headers["allow"])
    assert f"not {method}" in response.json["detail"]


@pytest.mark.parametrize("method", ["GET", "POST", "DELETE"])
def test_an_unknown_path_is_unknown_to_every_method(mocked, method):
    """It is not a matter of the method."""
    assert 404 == mocked("toapis").request(method, "/_pixpact/nope").status


@pytest.mark.parametrize("path", ["exchanges/{}", "exchanges/{}.har", "faults/{}", "tasks/t/images/{}"])
def test_a_number_of_thousands_of_digits_is_no_place(served, path):
    """404 or 405, in our own words."""
    mock = served("toapis")
    found = [mock.http.request(verb, "/_pixpact/" + path.format("9" * 5000)) for verb in ("GET", "DELETE")]

    assert {404, 405} >= {it.status_code for it in found}
    assert {"pixpact"} == {it.json()["by"] for it in found}
