"""What is done to the connection under a request, on a socket and in process."""

from __future__ import annotations

import asyncio
import os
import socket
import struct
from typing import Any

import pytest

from pixpact.mockserver.faults.connection import (
    TRANSPORT,
    ConnectionEnded,
    ConnectionReset,
    NoResponse,
    ServerClosing,
    end,
    hang,
    reset,
)


class Transport:
    """A transport over a real socket; what was done to it, in order."""

    def __init__(self, given: Any) -> None:
        self.given = given
        self.done: list[str] = []

    def get_extra_info(self, name: str) -> Any:
        return {"socket": self.given}[name]

    def abort(self) -> None:
        self.done.append("abort")

    def close(self) -> None:
        self.done.append("close")

    def is_closing(self) -> bool:
        return bool(self.done)


class AsyncioSocket:
    """A socket as asyncio shows it: the real one stands behind it, and it takes options."""

    def __init__(self, real: socket.socket) -> None:
        self._sock = real

    def setsockopt(self, *option: Any) -> None:
        self._sock.setsockopt(*option)


class UvloopSocket:
    """A socket as uvloop shows it: a descriptor that takes no options."""

    def __init__(self, real: socket.socket) -> None:
        self._real = real

    def fileno(self) -> int:
        return self._real.fileno()


def scope_of(transport: Transport | None) -> dict[str, Any]:
    return {"extensions": {TRANSPORT: transport}} if transport else {"type": "http"}


def receiving(*types: str) -> Any:
    """What a client still sends, before it is gone."""
    messages = [{"type": name} for name in (*types, "http.disconnect")]

    async def receive() -> dict[str, str]:
        return messages.pop(0)

    return receive


def linger(real: socket.socket) -> tuple[int, int]:
    size = struct.calcsize("ii")
    return struct.unpack("ii", real.getsockopt(socket.SOL_SOCKET, socket.SO_LINGER, size))


@pytest.mark.parametrize("shown", [AsyncioSocket, UvloopSocket])
def test_a_reset_discards_what_was_not_sent(shown):
    """The socket lingers for no second, so that the client meets a reset; it stays open until the abort."""
    with socket.socket() as real:
        transport = Transport(shown(real))
        asyncio.run(reset(scope_of(transport), receiving("http.request")))

        assert (1, 0) == linger(real)
        assert ["abort"] == transport.done
        assert os.fstat(real.fileno())


def test_a_socket_that_is_gone_is_aborted_all_the_same():
    """Where no option can be set any more, there is nothing left to discard."""
    real = socket.socket()
    real.close()
    transport = Transport(AsyncioSocket(real))
    asyncio.run(reset(scope_of(transport), receiving()))

    assert ["abort"] == transport.done


def test_an_end_sends_what_was_written():
    """The connection is closed, not aborted, and lingers as it always does."""
    with socket.socket() as real:
        transport = Transport(AsyncioSocket(real))
        asyncio.run(end(scope_of(transport), receiving("http.request", "http.request")))

        assert (0, 0) == linger(real)
        assert ["close"] == transport.done


def test_a_hanging_response_ends_when_the_server_does():
    """A client that is still there is reset then."""

    async def hung(transport: Transport) -> None:
        closing, forever = ServerClosing(), asyncio.Event()

        async def receive() -> dict[str, str]:
            if not transport.done:
                await forever.wait()
            return {"type": "http.disconnect"}

        waiting = asyncio.ensure_future(hang(scope_of(transport), receive, closing))
        await asyncio.sleep(0)
        assert not transport.done
        assert not closing.closed
        closing.close()
        await waiting
        assert closing.closed

    with socket.socket() as real:
        transport = Transport(AsyncioSocket(real))
        asyncio.run(hung(transport))

        assert ["abort"] == transport.done


def test_a_client_that_leaves_ends_a_hanging_response():
    """Nothing is left to be reset where its connection is closing already."""
    with socket.socket() as real:
        transport = Transport(AsyncioSocket(real))
        transport.close()
        asyncio.run(hang(scope_of(transport), receiving(), ServerClosing()))

        assert ["close"] == transport.done


def test_a_server_that_has_closed_lets_nobody_hang():
    """A request that comes later does not wait for ever."""

    async def closed() -> None:
        closing = ServerClosing()
        closing.close()
        await closing.wait()

    asyncio.run(closed())


@pytest.mark.parametrize(
    ("treatment", "error", "message"),
    [
        (reset, ConnectionReset, "the mock reset the connection, as requested"),
        (end, ConnectionEnded, "the mock closed the connection before its response was complete, as requested"),
        (
            lambda scope, receive: hang(scope, receive, ServerClosing()),
            NoResponse,
            "the mock gives no response, as requested",
        ),
    ],
)
@pytest.mark.parametrize("scope", [{"type": "http"}, {"extensions": None}, {"extensions": {"tls": {}}}])
def test_in_process_the_error_is_raised_that_a_client_would_meet(treatment, error, message, scope):
    """There is no socket that it could be done to."""
    with pytest.raises(error, match=message):
        asyncio.run(treatment(scope, receiving()))
