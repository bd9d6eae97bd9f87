"""Addresses as people, tools and attackers write them: in requests, for callbacks, on the command line."""

from __future__ import annotations

import re
import socket
import threading

import pytest

from pixpact.mockserver.core.addresses import authority, base_of, checked_base, encoded, normalized
from pixpact.wire.redaction import redacted_url

SUBMIT = "/apimart/v1/images/generations"
BODY = {"model": "doubao-seedream-5-0-lite", "prompt": "A kite"}
ARK = {"model": "seedream-5-0-260128", "prompt": "A kite"}


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("/toy/v1", "/toy/v1"),
        ("/%74oy/v1", "/toy/v1"),
        ("/t%6Fy/%76%31", "/toy/v1"),
        ("/toy/a%2fb", "/toy/a%2Fb"),
        ("/toy/a%20b", "/toy/a%20b"),
        ("/toy/100%", "/toy/100%"),
    ],
)
def test_needless_escapes_do_not_hide_a_path(path, expected):
    """RFC 3986: letters, digits and `-._~` mean the same escaped; a slash in a name does not."""
    assert expected == normalized(path)


@pytest.mark.parametrize(
    "path",
    [
        "/%61pimart/v1/images/generations",
        "/apimart/v1/images/generation%73",
        "/apimart/%76%31/images%2Dx/../generations",
    ],
)
def test_an_escaped_path_leads_where_the_plain_one_does(mocked, path):
    """The prefix and the contract's own segments alike; nothing else is resolved."""
    response = mocked("apimart", pace="instant").post(path, BODY)

    assert (404 if ".." in path else 200) == response.status


@pytest.mark.parametrize(
    ("host", "expected"),
    [
        ("mock.test", ("mock.test", None)),
        ("Mock.Test:4747", ("mock.test", 4747)),
        ("my_service:80", ("my_service", 80)),
        ("[::1]:4747", ("[::1]", 4747)),
        ("", None),
        ('evil"><script>', None),
        ("a b", None),
        ("user@host", None),
        ("host/path", None),
        ("host:99999", None),
        ("host:80:80", None),
        ("é.example", None),
        ("a" * 300, None),
    ],
)
def test_a_host_is_a_name_or_an_address_with_a_port(host, expected):
    """Of characters that end neither a URL nor a text."""
    assert expected == authority(host)


@pytest.mark.parametrize("host", ['x"onerror=alert(1)', "a@b.example", "evil.example/..", "[::1", "%0d%0aX: y", ""])
def test_a_hostile_host_stands_in_no_address(mocked, host):
    """Addresses in responses and in the journal are then those of the server itself."""
    client = mocked("apiyi", pace="instant")
    url = client.post("/apiyi/v1/images/generations", ARK, host=host).json["data"][0]["url"]
    kept = [it.url for it in client.journal()]

    assert re.fullmatch(r"http://[a-z0-9.]+(:\d+)?/_files/apiyi/[0-9a-f]{24}-0\.jpg", url)
    assert host == "" or not any(host in it for it in kept)


def test_without_a_host_and_a_socket_there_is_still_an_address():
    """In process there may be neither."""
    assert "http://localhost" == base_of({"scheme": "http", "server": None}, "")
    assert "http://[::1]:80" == base_of({"scheme": "http", "server": ("::1", 80)}, "")


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("http://mock.test", "http://mock.test"),
        ("https://mock.test:8443/pix/", "https://mock.test:8443/pix"),
        ("http://[::1]:4747", "http://[::1]:4747"),
    ],
)
def test_a_base_url_is_taken(url, expected):
    """With a port and a path, without the slash at its end."""
    assert expected == checked_base(url)


@pytest.mark.parametrize(
    "url",
    [
        "mock.test",
        "ftp://mock.test",
        "http://",
        "http:///x",
        "http://a b",
        "http://mock.test:port",
        "http://mock.test:70000",
        "http://user:pw@mock.test",
        "http://mock.test?x=1",
        "http://mock.test/#x",
        "http://mock.test/a b",
        "http://mock.test//x",
        "http://[::1",
        'http://mock.test/"',
    ],
)
def test_what_is_no_base_url_is_refused_with_what_one_is(url):
    """The value, and how to write it."""
    with pytest.raises(ValueError, match=re.escape(repr(redacted_url(url))) + " is not a base URL: write http://"):
        checked_base(url)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("/häk/é?q=ü", "/h%C3%A4k/%C3%A9?q=%C3%BC"),
        ("/a b", "/a%20b"),
        ("/a%20b?x=%zz", "/a%20b?x=%25zz"),
        ("/a?b=[1]&c=d/e", "/a?b=[1]&c=d/e"),
        ("/a\r\nX: y", "/a%0D%0AX:%20y"),
    ],
)
def test_what_a_url_may_not_hold_is_encoded_once(text, expected):
    """As UTF-8; an escape stays as it is, and no line ends."""
    assert expected == encoded(text)


@pytest.mark.parametrize(
    ("suffix", "target"),
    [("/häk/é", "/h%C3%A4k/%C3%A9/callback"), ("/a b", "/a%20b/callback"), ("/a%20b", "/a%20b/callback")],
)
def test_the_address_of_a_callback_is_encoded(served, receiver, suffix, target):
    """A receiver sees a request line that is one."""
    mock = served("apimart")
    mock.http.post(SUBMIT, json=BODY | {"webhook": receiver.url + suffix})
    mock.advance(0)

    assert [target] == [path for path, _, _ in receiver.received]


def test_the_password_in_the_address_of_a_callback_is_sent_and_not_kept(served, receiver):
    """As Basic authentication (RFC 7617); the journal has neither."""
    mock = served("apimart")
    url = receiver.url.replace("://", "://user:p%40ss-word@")
    mock.http.post(SUBMIT, json=BODY | {"webhook": url})
    mock.advance(0)
    [(_, headers, _)] = receiver.received

    assert "Basic dXNlcjpwQHNzLXdvcmQ=" == headers["authorization"]
    assert receiver.url.removeprefix("http://") == headers["host"]
    kept = mock.http.get("/_pixpact/journal.har").text
    assert [] == [secret for secret in ("ss-word", "dXNlcjpw") if secret in kept]


def answering(raw, *, family=socket.AF_INET, host="127.0.0.1"):
    """A receiver that answers every request with these bytes, and closes: (its port, how to stop it)."""
    listening = socket.socket(family)
    listening.bind((host, 0))
    listening.listen()

    def serve():
        while True:
            try:
                connection = listening.accept()[0]
            except OSError:
                return
            with connection:
                connection.recv(65536)
                connection.sendall(raw)

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    return listening


@pytest.mark.parametrize(
    ("raw", "status", "problem"),
    [
        (b"HTTP/1.1 204 No Content\r\n\r\n", 204, None),
        (b"HTTP/1.1 200 OK\r\n\r\nhello", 200, None),
        (b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 201 Created\r\nContent-Length: 2\r\n\r\nok", 201, None),
        (b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", 200, None),
        (b"HTTP/1.1 100 Continue\r\n\r\n", 0, "without a response"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 20\r\n\r\nok", 0, "before the response was complete"),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n", 0, "before the response was complete"),
        (b"hello\r\n\r\n", 0, "not HTTP"),
        (b"", 0, "without a response"),
    ],
)
def test_what_receivers_response(served, raw, status, problem):
    """The last response counts; one that breaks off, or is none, delivers nothing."""
    with answering(raw) as listening:
        mock = served("apimart")
        mock.http.post(SUBMIT, json=BODY | {"webhook": f"http://127.0.0.1:{listening.getsockname()[1]}"})
        mock.advance(0)
        listening.shutdown(socket.SHUT_RDWR)
    [attempt] = [it for it in mock.journal() if "callback" in it.note]

    assert status == attempt.status
    assert (problem is None and "problem" not in attempt.note) or problem in attempt.note["problem"]


def test_localhost_is_looked_for_in_both_families(served):
    """A receiver may listen on `::1` alone, as Node.js does, whatever the machine's hosts file says."""
    with answering(b"HTTP/1.1 204 No Content\r\n\r\n", family=socket.AF_INET6, host="::1") as listening:
        mock = served("apimart")
        mock.http.post(SUBMIT, json=BODY | {"webhook": f"http://localhost:{listening.getsockname()[1]}"})
        mock.advance(0)
        listening.shutdown(socket.SHUT_RDWR)

    assert [204] == [it.status for it in mock.journal() if "callback" in it.note]


def test_the_mock_writes_to_nobody_but_others(served):
    """A page could make it reset itself: its own port takes no callback, by whatever name of this machine."""
    mock = served("apimart")
    port = mock.url.rpartition(":")[2]
    for host in ("127.0.0.1", "localhost", "[::1]", "app.localhost"):
        mock.http.post(SUBMIT, json=BODY | {"webhook": f"http://{host}:{port}/_pixpact/reset?x="})
    mock.advance(0)
    sent = [it for it in mock.journal() if "callback" in it.note]

    assert [0] * 4 == [it.status for it in sent]
    assert {True} == {"is the mock itself" in it.note["problem"] for it in sent}
