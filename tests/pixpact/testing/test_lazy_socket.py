"""Where a mock inside a program is reached: on a socket, by TLS, behind another address, without any."""

from __future__ import annotations

import os
import shutil
import socket
import ssl
import subprocess
import sys
from pathlib import Path
from urllib.parse import urlsplit

import httpx2
import pytest

import pixpact

SUBMIT = Path(__file__).parents[2] / "mockserver/Submit.java"
PATH = "/v1/images/generations"
BODY = {"model": "seedream-5-0-260128", "prompt": "A kite"}
KEY = {"Authorization": "Bearer sk-test"}


def link(client, url):
    return client.post(url + PATH, json=BODY, headers=KEY).json()["data"][0]["url"]


def test_the_transport_opens_no_socket(tmp_path):
    """A suite under pytest-socket, which forbids them: requests, links of results, and the fixture's address."""
    (tmp_path / "test_page.py").write_text(SOCKETLESS)
    others = ["-p", "no:schemathesis", "-p", "no:hypothesispytest", "-p", "no:anyio", "-p", "no:cacheprovider"]
    words = [sys.executable, "-m", "pytest", *others, "--disable-socket", "-q"]
    done = subprocess.run(words, cwd=tmp_path, capture_output=True, text=True, timeout=60)

    assert "3 passed" in done.stdout, done.stdout


SOCKETLESS = """
import httpx2, pixpact, pytest, pytest_socket, socket

BODY = {"model": "seedream-5-0-260128", "prompt": "A kite"}

def paint(mock, url):
    with httpx2.Client(transport=mock.transport(), headers={"Authorization": "Bearer sk"}) as client:
        link = client.post(url + "/v1/images/generations", json=BODY).json()["data"][0]["url"]
        assert client.get(link).headers["content-type"] == "image/jpeg"

def test_sockets_are_forbidden():
    with pytest.raises(pytest_socket.SocketBlockedError):
        socket.socket()

def test_a_mock():
    with pixpact.mock("apiyi") as mock:
        paint(mock, "https://api.apiyi.com")

@pytest.mark.pixpact("apiyi")
def test_the_fixture(pixpact_mock):
    paint(pixpact_mock, pixpact_mock.url("apiyi"))
"""


def test_a_socket_is_opened_by_who_asks_for_the_address(monkeypatch):
    """Not by the transport."""
    opened = []
    monkeypatch.setattr("pixpact.testing.lazy_socket.listen", lambda *place: opened.append(place))
    with pixpact.mock("apiyi") as mock, httpx2.Client(transport=mock.transport()) as client:
        assert link(client, "https://api.apiyi.com").startswith("http://pixpact.test")
        assert "nobody requested" in repr(mock)

    assert [] == opened


def test_links_lead_to_the_socket_once_there_is_one():
    """Another client than that of the transport can fetch them then."""
    with pixpact.mock("apiyi") as mock, httpx2.Client(transport=mock.transport()) as client:
        url = mock.url("apiyi")

        assert 200 == httpx2.get(link(client, "https://api.apiyi.com")).status_code
        assert link(client, url).startswith(mock.base_url)


def test_a_port_of_ones_choice():
    """It is taken at once; a port in use is the argument's fault."""
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        with pytest.raises(ValueError, match=f"port: cannot listen on 127.0.0.1:{port}"), pixpact.mock(port=port):
            pass
    with pixpact.mock("apiyi", port=port) as mock:
        assert f"http://127.0.0.1:{port}" == mock.base_url


def test_every_address_of_the_machine():
    """It says the one that leads there from here."""
    with pixpact.mock("apiyi", host="0.0.0.0") as mock:
        assert mock.base_url.startswith("http://127.0.0.1:")
        assert 200 == httpx2.get(mock.base_url + "/_pixpact/health").status_code


def test_behind_another_address():
    """Clients are told that one, in links too."""
    with pixpact.mock("apiyi", public_url="https://mock.example/pixpact/") as mock:
        assert "https://mock.example/pixpact/apiyi" == mock.url("apiyi") == mock.environ["PIXPACT_URL_APIYI"]
        assert link(httpx2, mock.base_url + "/apiyi").startswith("https://mock.example/pixpact/_files/")


@pytest.mark.parametrize(
    "wrong",
    [{"port": 70000}, {"port": "80"}, {"host": ""}, {"public_url": "mock"}, {"public_url": "http://"}, {"public_url": "http://a:b"}],
)  # fmt: skip
def test_what_is_no_address_is_reported(wrong):
    """By the argument's name."""
    with pytest.raises(ValueError, match=f"^{next(iter(wrong))}: "), pixpact.mock(**wrong):
        pass


def test_tls():
    """Who trusts the file is let in, nobody else; links are https too; the file goes with the mock."""
    with pixpact.mock("apiyi", tls=True) as mock:
        trusting = ssl.create_default_context(cafile=mock.ca_file)
        with httpx2.Client(verify=trusting) as client:
            url = link(client, mock.url("apiyi"))
            assert 200 == client.get(url).status_code
        with pytest.raises(httpx2.ConnectError, match=r"(?i)certificate"):
            httpx2.get(mock.base_url + "/_pixpact/health")

        assert url.startswith("https://127.0.0.1:")
        assert {str(mock.ca_file)} == {mock.environ[name] for name in ("SSL_CERT_FILE", "NODE_EXTRA_CA_CERTS")}
    assert not mock.ca_file.exists()


@pytest.mark.parametrize("name", ["api.apiyi.com", "api.apiyi.com.localhost", "mock.example", "localhost"])
def test_the_certificate_is_for_every_name_of_the_mock(name):
    """A program that cannot be told another host is led here by a line in `/etc/hosts`, and trusts what it meets."""
    with pixpact.mock("apiyi", tls=True, public_url="https://mock.example:8443") as mock:
        trusting = ssl.create_default_context(cafile=mock.ca_file)
        here = ("127.0.0.1", urlsplit(mock.base_url).port)
        with (
            socket.create_connection(here, timeout=10) as plain,
            trusting.wrap_socket(plain, server_hostname=name) as met,
        ):
            met.sendall(f"GET /_pixpact/health HTTP/1.1\r\nHost: {name}\r\nConnection: close\r\n\r\n".encode())
            status = met.recv(12)

    assert status == b"HTTP/1.1 200"


@pytest.mark.sweep
def test_the_client_of_the_jdk_under_tls(tmp_path):
    """As docs/serve.md says: the authority goes into a trust store."""
    if shutil.which("keytool") is None:
        pytest.fail("this test needs a JDK: keytool does not stand in PATH")
    with pixpact.mock("toapis", tls=True) as mock:
        store = ["-keystore", str(tmp_path / "trust.p12"), "-storepass", "changeit"]
        words = ["keytool", "-importcert", "-noprompt", "-alias", "pixpact", "-file", str(mock.ca_file), *store]
        subprocess.run(words, check=True, capture_output=True, timeout=120)
        subprocess.run(["javac", "-d", tmp_path, SUBMIT], check=True, timeout=120)
        trust = [f"-Djavax.net.ssl.trustStore={store[1]}", "-Djavax.net.ssl.trustStorePassword=changeit"]
        program = ["java", *trust, "-cp", tmp_path, "Submit", mock.url("toapis") + "/v1/images/generations"]
        done = subprocess.run(program, capture_output=True, text=True, timeout=120, check=False)

        assert ("default 200\nHTTP_1_1 200\nHTTP_2 200\n", "") == (done.stdout, done.stderr)
        assert 3 == len(mock.tasks)


def test_faults_of_connections_under_tls():
    """A client whose response is lost is told so, as a close of the connection where it is a reset."""
    with pixpact.mock("apiyi", tls=True) as mock:
        trusting = ssl.create_default_context(cafile=mock.ca_file)
        with httpx2.Client(verify=trusting) as client:
            for fault in ("reset-after", "accept-then-drop"):
                mock.fail_next(fault)
                with pytest.raises((httpx2.ReadError, httpx2.RemoteProtocolError)):
                    link(client, mock.url("apiyi"))

        assert 2 == len(mock.charges)


@pytest.mark.pixpact("apiyi")
def test_the_fixtures_address_is_kept_from_a_proxy(pixpact_mock):
    """A client that goes by the environment reaches the mock, whatever proxy is set."""
    script = "import sys, urllib.request; print(urllib.request.urlopen(sys.argv[1], timeout=20).status)"
    environ = os.environ | {"HTTP_PROXY": "http://127.0.0.1:9", "http_proxy": "http://127.0.0.1:9"}
    words = [sys.executable, "-c", script, pixpact_mock.base_url + "/_pixpact/health"]
    done = subprocess.run(words, env=environ, capture_output=True, text=True, timeout=60)

    assert "200\n" == done.stdout, done.stderr
