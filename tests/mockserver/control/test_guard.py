"""Off loopback the control side and the console ask for a token, and links of files cannot be found out."""

from __future__ import annotations

import asyncio

import pytest

from pixpact.mockserver.app import MockApp
from pixpact.mockserver.context import MockContext, MockSettings
from pixpact.mockserver.control.guard import token_for
from pixpact.mockserver.core.pace import parse
from pixpact.wire.clock import ManualClock

TOKEN = "a-token-of-mine"
SUBMIT = "/toapis/v1/images/generations"
GUARDED = (
    ("GET", "/_pixpact/journal"),
    ("GET", "/_pixpact/journal.har"),
    ("GET", "/_pixpact/tasks"),
    ("GET", "/_pixpact/gallery"),
    ("GET", "/_pixpact/events"),
    ("GET", "/_pixpact/accounts"),
    ("GET", "/_pixpact/"),
    ("POST", "/_pixpact/reset"),
    ("POST", "/_pixpact/clock"),
    ("DELETE", "/_pixpact/faults"),
)


@pytest.mark.parametrize(("method", "path"), GUARDED)
def test_nobody_gets_in_without_the_token(served, method, path):
    """401 that says where the token comes from; a wrong one is none."""
    mock = served("toapis", token=TOKEN)
    wrong = {"Authorization": "Bearer a-token-of-yours", "Cookie": "pixpact-token=guessed"}

    for headers in ({"Authorization": ""}, wrong):
        found = mock.http.request(method, path, headers=headers)
        assert 401 == found.status_code
        assert "token" in found.json()["detail"]
        assert TOKEN not in found.text


def test_the_vendor_and_the_health_are_for_everybody(served):
    """Clients have the vendor's keys, and whoever waits for the mock knows nothing of it yet."""
    mock = served("toapis", token=TOKEN)

    assert 200 == mock.http.get("/_pixpact/health", headers={"Authorization": ""}).status_code
    assert 200 == mock.http.get("/", headers={"Authorization": ""}).status_code
    assert 200 == mock.http.post(SUBMIT, json={"model": "gpt-image-2", "prompt": "a kite"}).status_code


def test_a_program_sends_it_and_a_browser_keeps_it(served):
    """`Authorization: Bearer`, or the address with the token once, which becomes a cookie that no page can read."""
    mock = served("toapis", token=TOKEN)
    entered = mock.http.get(f"/_pixpact/?token={TOKEN}", headers={"Authorization": ""})
    cookie = entered.headers["set-cookie"]
    mock.http.cookies.clear()
    inside = mock.http.get("/_pixpact/tasks", headers={"Authorization": "", "Cookie": cookie.partition(";")[0]})

    assert 200 == mock.http.get("/_pixpact/tasks", headers={"Authorization": f"bearer {TOKEN}"}).status_code
    assert (303, "/_pixpact/") == (entered.status_code, entered.headers["location"])
    assert {"HttpOnly", "SameSite=Strict", "Path=/_pixpact"} <= set(cookie.split("; "))
    assert 200 == inside.status_code


def test_a_page_of_another_origin_gets_nothing_with_it_either(served):
    """The token does not replace the guard."""
    headers = {"Authorization": f"Bearer {TOKEN}", "Origin": "https://elsewhere.example"}

    assert 403 == served("toapis", token=TOKEN).http.get("/_pixpact/tasks", headers=headers).status_code


@pytest.mark.parametrize(
    ("host", "asks"),
    [
        ("127.0.0.1", False),
        ("::1", False),
        ("localhost", False),
        ("0.0.0.0", True),
        ("::", True),
        ("10.0.0.7", True),
    ],
)
def test_only_this_machine_needs_none(host, asks):
    """Wherever others get to there is one, a new one each time; one that is given holds everywhere."""
    assert asks is (token_for(host) is not None)
    assert not asks or token_for(host) != token_for(host)
    assert TOKEN == token_for(host, TOKEN)


@pytest.mark.parametrize("text", ["", "short", "with space in it", "semi;colon", "line\nbreak", "ümlaut-token"])
def test_a_token_that_cannot_be_sent_is_refused(text):
    """As a header or a cookie, or that is found by trying."""
    with pytest.raises(ValueError, match="8 characters or more"):
        token_for("127.0.0.1", text)


def test_links_of_files_depend_on_the_token(served):
    """Whoever knows the seed, the time and the running number still does not know where another's images are."""
    links = []
    for token in (None, TOKEN, "another-token"):
        mock = served("toapis", token=token)
        task = mock.http.post(SUBMIT, json={"model": "gpt-image-2", "prompt": "a kite"}).json()
        links.append(mock.http.get(f"{SUBMIT}/{task['id']}").json()["result"]["data"][0]["url"].rpartition("/")[2])

    assert 3 == len(set(links))


def test_a_file_is_a_page_of_nobody(served):
    """What a client made or sent cannot run as a page of the mock, and so not steer it."""
    mock = served("toapis")
    task = mock.http.post(SUBMIT, json={"model": "gpt-image-2", "prompt": "a kite"}).json()
    link = mock.http.get(f"{SUBMIT}/{task['id']}").json()["result"]["data"][0]["url"]
    found = mock.http.get(link)

    assert "sandbox" in found.headers["content-security-policy"]
    assert "nosniff" == found.headers["x-content-type-options"]


@pytest.mark.parametrize(
    ("path", "status"), [("/_pixpact/nowhere", 404), ("/_pixpact/journal", 200), ("/_pixpact/reset", 405)]
)
def test_a_query_of_other_bytes_is_read(contract, path, status):
    """An ASGI server may hand on a query that is no UTF-8: nothing breaks."""
    app = MockApp([contract("toapis")], MockContext.new(MockSettings(parse("instant")), ManualClock(0)))
    scope = {"type": "http", "method": "GET", "path": path, "raw_path": path.encode(), "query_string": b"path=\xed\xa0"}
    found = []

    async def receive():
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message):
        found.append(message)

    asyncio.run(app({**scope, "headers": [], "root_path": "", "server": ("a", 80), "scheme": "http"}, receive, send))

    assert status == found[0]["status"]
