"""Connects clients to a mock without a socket: a transport for httpx-like clients, and an ASGI application.

The mock runs in an event loop of its own; requests are passed to it and responses back piece by piece, so that one
transport serves blocking and asynchronous clients in any thread. No client library is imported: its classes
(`Response`, `ReadTimeout`, …) are taken from the library of the request.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from concurrent.futures import Future
from functools import lru_cache
from types import ModuleType
from typing import Any
from urllib.parse import unquote

from pixpact.mockserver.background import BackgroundLoop

App = Callable[[Any, Any, Any], Awaitable[None]]
Message = dict[str, Any]
_MEANINGS = (
    (ConnectionResetError, "ReadError"),
    (ConnectionError, "RemoteProtocolError"),
    (TimeoutError, "ReadTimeout"),
)
CUT = "the mock closed the connection before the response was complete"


class AsgiConversation:
    """A request to an application in the mock's loop, and the messages of its response."""

    def __init__(self, app: App, background: BackgroundLoop, scope: Message, body: bytes) -> None:
        self._app = app
        self._background = background
        self._scope = scope
        self._body: list[bytes] = [body]
        self._messages: asyncio.Queue[Message | None] = asyncio.Queue()
        self._gone = asyncio.Event()
        self._task = background.begin(self._run())

    async def _run(self) -> None:
        try:
            await self._app(self._scope, self._receive, self._messages.put)
        finally:
            await self._messages.put(None)

    async def _receive(self) -> Message:
        if self._body:
            return {"type": "http.request", "body": self._body.pop(), "more_body": False}
        await self._gone.wait()
        return {"type": "http.disconnect"}

    def next(self) -> Future[Message | None]:
        """The next message; None at the end."""
        return self._background.begin(self._messages.get())

    def leave(self) -> None:
        """Tell the application that the client disconnected."""
        self._background.loop.call_soon_threadsafe(self._gone.set)

    def failure(self) -> BaseException | None:
        """The exception of the application; read it after the last message."""
        return self._task.exception(5)


class MockTransport:
    """A transport for `httpx.Client` and `httpx.AsyncClient` (also `httpx2`) without a socket."""

    def __init__(self, app: App, background: BackgroundLoop, server: Callable[[], tuple[str, str, int]]) -> None:
        self._app = app
        self._background = background
        self._server = server

    def handle_request(self, request: Any) -> Any:
        """Send a request of a blocking client."""
        talk = _SyncStream(self._conversation(request, request.read()), request)
        return _response(request, talk.start(), _streams(library_of(request))[0](talk))

    async def handle_async_request(self, request: Any) -> Any:
        """Send a request of an asynchronous client. Raises RuntimeError outside of asyncio's event loop."""
        _in_asyncio()
        talk = _AsyncStream(self._conversation(request, await request.aread()), request)
        return _response(request, await talk.start(), _streams(library_of(request))[1](talk))

    def _conversation(self, request: Any, body: bytes) -> AsgiConversation:
        return AsgiConversation(self._app, self._background, _scope(request, self._server()), body)

    def __enter__(self) -> MockTransport:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    async def __aenter__(self) -> MockTransport:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.aclose()

    def close(self) -> None:
        """Do nothing: no connection is open."""

    async def aclose(self) -> None:
        """Do nothing: no connection is open."""


def _in_asyncio() -> None:
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        raise RuntimeError(
            "without a socket the mock only works in asyncio's event loop; in a trio program use mock.url(vendor)"
        ) from None


def library_of(request: Any) -> ModuleType:
    """The library of a request: `httpx`, `httpx2`, or a similar one."""
    return sys.modules[type(request).__module__.partition(".")[0]]


def _scope(request: Any, server: tuple[str, str, int]) -> Message:
    # The scheme is the mock's own: links in responses lead to it, whatever URL was requested.
    path, _, query = request.url.raw_path.partition(b"?")
    return {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": request.method,
        "scheme": server[0],
        "path": unquote(path.decode("ascii")),
        "raw_path": path,
        "query_string": query,
        "root_path": "",
        "headers": [(name.lower(), value) for name, value in request.headers.raw],
        "server": server[1:],
        "client": ("127.0.0.1", 0),
        "state": {},
    }


def _response(request: Any, start: Message, stream: Any) -> Any:
    return library_of(request).Response(start["status"], headers=start.get("headers", []), stream=stream)


class _BodyStream:
    """The common part of blocking and asynchronous reading."""

    def __init__(self, conversation: AsgiConversation, request: Any) -> None:
        self._conversation = conversation
        self._request = request
        self._library = library_of(request)
        self._timeout = request.extensions.get("timeout", {}).get("read")
        self._over = False

    def _late(self) -> Exception:
        self._conversation.leave()
        late: Exception = self._library.ReadTimeout("the mock sent nothing for that long", request=self._request)
        return late

    def _checked(self, message: Message | None) -> Message:
        if message is not None:
            self._over = message["type"] == "http.response.body" and not message.get("more_body", False)
            return message
        self._over = True
        raise self._broken(self._conversation.failure())

    def _broken(self, failure: BaseException | None) -> BaseException:
        """The exception of the library for such an end of the connection; any other failure unchanged."""
        for kind, name in _MEANINGS:
            if isinstance(failure, kind):
                broken: Exception = getattr(self._library, name)(str(failure), request=self._request)
                return broken
        ended: Exception = self._library.RemoteProtocolError(CUT, request=self._request)
        return failure or ended


class _SyncStream(_BodyStream):
    """Reads a response in a thread, blocking."""

    def start(self) -> Message:
        return self._next()

    def _next(self) -> Message:
        coming = self._conversation.next()
        try:
            return self._checked(coming.result(self._timeout))
        except TimeoutError:
            coming.cancel()
            raise self._late() from None

    def __iter__(self) -> Iterator[bytes]:
        while not self._over:
            if chunk := self._next().get("body", b""):
                yield chunk

    def close(self) -> None:
        self._conversation.leave()


class _AsyncStream(_BodyStream):
    """Reads a response in asyncio's event loop."""

    async def start(self) -> Message:
        return await self._next()

    async def _next(self) -> Message:
        try:
            return self._checked(await asyncio.wait_for(asyncio.wrap_future(self._conversation.next()), self._timeout))
        except TimeoutError:
            raise self._late() from None

    async def __aiter__(self) -> AsyncIterator[bytes]:
        while not self._over:
            if chunk := (await self._next()).get("body", b""):
                yield chunk

    async def aclose(self) -> None:
        self._conversation.leave()


@lru_cache(maxsize=8)
def _streams(library: ModuleType) -> tuple[Any, Any]:
    """(blocking, asynchronous) body classes of a library that read from these streams."""
    own: dict[str, Any] = {"__init__": _hold}
    blocking = {**own, "__iter__": lambda self: iter(self.talk), "close": lambda self: self.talk.close()}
    waiting = {**own, "__aiter__": lambda self: self.talk.__aiter__(), "aclose": lambda self: self.talk.aclose()}
    return type("Body", (library.SyncByteStream,), blocking), type("Body", (library.AsyncByteStream,), waiting)


def _hold(self: Any, talk: _BodyStream) -> None:
    self.talk = talk


def bridged_app(app: App, background: BackgroundLoop) -> App:
    """The application, for servers and test clients that run in another event loop."""

    async def response(scope: Message, receive: Any, send: Any) -> None:
        if scope["type"] != "http":
            return await app(scope, receive, send)
        _in_asyncio()
        talk = AsgiConversation(app, background, scope, await _body(receive))
        while (message := await asyncio.wrap_future(talk.next())) is not None:
            await send(message)
        if (failure := talk.failure()) is not None:
            raise failure
        return None

    return response


async def _body(receive: Any) -> bytes:
    chunks, more = [], True
    while more:
        message = await receive()
        chunks.append(message.get("body", b""))
        more = message.get("more_body", False)
    return b"".join(chunks)
