"""The shop, and a mock of its vendor, for each test anew."""

import json
import threading
from urllib.request import Request, urlopen

import pytest
import shop
import uvicorn
from fastapi.testclient import TestClient

SECRET = "whsec-1"


def settings(mock, public, **others):
    """The shop's clock is the mock's, and its waits pass on it: a test never sleeps."""
    return shop.Settings(
        vendor=mock.url("toapis"),
        key="sk-shop",
        secret=SECRET,
        public=public,
        now=mock.clock.now,
        wait=mock.clock.advance,
        **others,
    )


@pytest.fixture
def app(pixpact_mock):
    """In process: what hangs is given up at once, however slow the machine is."""
    return shop.create(settings(pixpact_mock, "http://127.0.0.1:9", transport=pixpact_mock.transport()))


@pytest.fixture
def customer(app):
    with TestClient(app) as client:
        yield client


@pytest.fixture
def paid(pixpact_mock):
    """How many images were paid for in the end."""
    return lambda: sum(charge.images for charge in pixpact_mock.charges if charge.intent == "capture")


@pytest.fixture
def served(pixpact_mock):
    """The shop on a port of this machine, so that the mock's webhooks reach it."""
    server = uvicorn.Server(uvicorn.Config("", host="127.0.0.1", port=0, log_level="error"))
    socket = server.config.bind_socket()
    socket.listen()  # whoever calls before the server runs is kept waiting, not refused
    url = f"http://127.0.0.1:{socket.getsockname()[1]}"
    server.config.app = shop.create(settings(pixpact_mock, url))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [socket]})
    thread.start()
    yield url
    server.should_exit = True
    thread.join()
    socket.close()


@pytest.fixture
def later(pixpact_mock):
    """Let time pass, and return when the webhooks that are due by then have been answered."""

    def advance(time):
        body = json.dumps({"advance": time}).encode()
        urlopen(Request(f"{pixpact_mock.base_url}/_pixpact/clock", body)).close()

    return advance
