"""The walk of one request, from bytes to bytes.

decode → key → preference → validate → act on the task → choose the documented answer → write it → record it.
A plain ASGI application for each operation: nothing is done per request that could be done when the spec is loaded.
"""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import orjson
from starlette.types import Receive, Scope, Send

from pixpact.mockserver import decoding
from pixpact.mockserver.context import Context
from pixpact.mockserver.identity import Shape, account_of, entropy
from pixpact.mockserver.negotiation import (
    NO_PREFERENCE,
    Answer,
    Negotiation,
    Preference,
    preference,
)
from pixpact.mockserver.problem import send_problem
from pixpact.mockserver.streaming import send_events
from pixpact.mockserver.tasks import NoSuchState, Tasks, TaskView, feeds
from pixpact.specs.document import Json
from pixpact.specs.expressions import UNDEFINED, Request, Roots
from pixpact.specs.model import CAUSES, Contract, Operation, RequestMedia
from pixpact.specs.reading import Reading, no_fetch
from pixpact.specs.schemas import Violation
from pixpact.wire.exchange import Exchange

_OWN_FILE = re.compile(rb"/_files/[A-Za-z0-9._-]+/([0-9a-f]{24})-")
_OWN_URL = re.compile(r"https?://[^/]+/_files/[A-Za-z0-9._-]+/([0-9a-f]{24})-[^/?#]+")
_CORS = (b"access-control-allow-origin", b"*")
_EXPOSED = (b"access-control-expose-headers", b"*")
_REFUSING_KEYS = {f"sk-{cause}": cause for cause in CAUSES}


@dataclass(slots=True)
class Call:
    """One request on its way through the walk."""

    scope: Scope
    send: Send
    started: float
    headers: Mapping[bytes, bytes]
    raw: bytes
    base: str
    key: str = ""
    account: str = ""
    wish: Preference = NO_PREFERENCE
    request: Request = field(default_factory=Request)
    reading: Reading | None = None
    media: RequestMedia | None = None
    files: dict[str, decoding.FilePart] = field(default_factory=dict)
    fetch: Callable[[str], bytes | None] = no_fetch
    roots: Roots = field(default_factory=Roots)
    view: TaskView | None = None
    wait: float = 0.0


class ExchangeView:
    """`$exchange`: its id is written when something asks for it."""

    __slots__ = ("_id", "_seed", "_shape")

    def __init__(self, shape: Shape, seed: tuple[Any, ...]) -> None:
        self._shape, self._seed = shape, seed
        self._id = ""

    @property
    def id(self) -> str:
        """The request id, the same wherever it stands in one answer."""
        self._id = self._id or self._shape.write(entropy(*self._seed))
        return self._id


class Endpoint:
    """One operation of one contract, served."""

    def __init__(self, contract: Contract, operation: Operation, tasks: Tasks, context: Context, ids: Shape) -> None:
        self.operation = operation
        self._contract = contract
        self._context = context
        self._tasks = tasks
        self._ids = ids
        self._negotiation = Negotiation(operation)
        self._parameters = decoding.ParameterReader(operation.parameters, contract.schemas.violations)
        self._media = {media.name: media for media in operation.body.media} if operation.body else {}
        self._note = {"vendor": contract.name, "operation": operation.id}
        self._act = self._action()
        self._requests = 0
        role = operation.role
        self._lifecycle = contract.lifecycles[role.lifecycle] if role and role.lifecycle else None
        shows = (other for other in contract.operations if other.role and other.role.verb == "show")
        self._ways_in = [expression for show in shows for expression in feeds(operation, show)]

    async def __call__(self, scope: Scope, receive: Receive, send: Send, path: dict[str, str]) -> None:
        """Answer one request."""
        started = self._context.clock.now()
        try:
            raw = await decoding.body_of(receive) if self.operation.body else b""
        except decoding.TooLarge:
            detail = f"more than {decoding.MOST_BODY} bytes of body"
            return await send_problem(send, 413, "Body too large", detail)
        except decoding.Disconnected:
            return None
        headers = decoding.headers_of(scope)
        call = Call(scope, send, started, headers, raw, self._base(scope, headers))
        call.roots.exchange = self._exchange()
        try:
            subject = await self._subject(call, path)
        except NoSuchState as error:
            return await send_problem(send, 400, "No such state", f"Prefer: {call.wish.applied}: {error}")
        return await self._answer(call, subject)

    def _exchange(self) -> ExchangeView:
        self._requests += 1
        started = self._context.clock.started
        seed = (
            self._context.settings.seed,
            started,
            self._contract.name,
            self.operation.id,
            self._requests,
        )
        return ExchangeView(self._ids, seed)

    def _base(self, scope: Scope, headers: Mapping[bytes, bytes]) -> str:
        """The address under which the client reached this server, for the URLs in its answers."""
        if self._context.settings.public_url:
            return self._context.settings.public_url
        host = headers.get(b"host", b"").decode("latin-1")
        server = scope.get("server")
        if server and (not host or host.partition(":")[0] in self._context.vendor_hosts):
            host = f"{server[0]}:{server[1]}"  # a vendor's own name would lead away from the mock
        return f"{scope['scheme']}://{host}"

    # ------------------------------------------------------------------ what is answered

    async def _subject(self, call: Call, path: dict[str, str]) -> str | None:
        """The cause or the state that the answer must tell; None for a plain success."""
        call.wish = preference(call.headers.get(b"prefer"))
        values, violations = self._parameters.read(path, call.scope["query_string"], call.headers)
        call.request = Request(values["path"], values["query"], _with_all(values["header"], call.headers))
        call.roots.request = call.request
        call.roots.method, call.roots.url = call.scope["method"], call.scope["path"]
        if (refused := self._refused_key(call)) is not None:
            return refused
        if self.operation.body:
            violations += await self._read_body(call)
        if violations:
            call.roots.violation = violations[0]
            return "invalid-request"
        if call.wish.chooses_answer and self._negotiation.refuses(call.wish):
            return None  # a refusal asked for buys nothing
        return await self._act(call)

    def _refused_key(self, call: Call) -> str | None:
        if not self.operation.credentials:
            return None
        key = decoding.key_of(self.operation.credentials, call.headers, call.scope["query_string"])
        if key is None:
            return "unauthenticated"
        if key in _REFUSING_KEYS:
            return _REFUSING_KEYS[key]
        keys = self._context.settings.keys
        if keys is not None and key not in keys:
            return "unauthenticated"
        call.key, call.account = key, account_of(self._contract.vendor, key)
        return None

    # ------------------------------------------------------------------ body

    async def _read_body(self, call: Call) -> list[Violation]:
        assert self.operation.body is not None
        name = decoding.media_type_of(call.headers)
        if not call.raw and not name:
            return [self._wrong("required", "a request body is required", "")] if self.operation.body.required else []
        media = self._media.get(name)
        if media is None:
            known = " or ".join(self._media)
            return [
                self._wrong(
                    "content-type",
                    f"Content-Type must be {known}; got {name or 'none'}",
                    "Content-Type",
                )
            ]
        try:
            value = await self._decoded(call, media)
        except decoding.Undecodable as error:
            return [self._wrong("json", str(error), "")]
        if b"/_files/" in call.raw:
            call.fetch = await self._own_files(call.raw)
        elif call.files:
            call.fetch = lambda url: call.files[url].content if url in call.files else None
        call.media = media
        call.reading = media.reader.read(value, call.fetch)
        call.request.body = call.reading.body
        return [*call.reading.violations, *self._no_file(call)]

    def _no_file(self, call: Call) -> list[Violation]:
        """An upload whose file is a mere text."""
        role = self.operation.role
        if role is None or role.verb != "store" or role.expression is None:
            return []
        name = role.expression.text.rpartition("/")[2]
        given = role.expression.evaluate(call.roots)
        if given is UNDEFINED or given in call.files:
            return []
        return [self._wrong("required", f"{name} is required as a file, not as a text", name)]

    async def _decoded(self, call: Call, media: RequestMedia) -> Json:
        if media.name != "multipart/form-data":
            return decoding.json_of(call.raw)
        values, call.files = await decoding.form_of(call.raw, call.headers)
        return values

    def _wrong(self, keyword: str, message: str, name: str) -> Violation:
        assert self.operation.body is not None
        return Violation("media-type", "", keyword, message, self.operation.body.pointer, name)

    async def _own_files(self, raw: bytes) -> Callable[[str], bytes | None]:
        """The bytes of those uploads of this server that a body mentions; no other URL is ever fetched."""
        now = self._context.clock.now()
        found = {}
        for token in {match.decode() for match in _OWN_FILE.findall(raw)}:
            upload = await self._context.store.upload(token)
            if upload and (upload.expires_at is None or now < upload.expires_at):
                found[token] = upload.content

        def fetch(url: str) -> bytes | None:
            match = _OWN_URL.fullmatch(url)
            return found.get(match[1]) if match else None

        return fetch

    # ------------------------------------------------------------------ action

    def _action(self) -> Callable[[Call], Awaitable[str | None]]:
        verb = self.operation.role.verb if self.operation.role else None
        actions = {"start": self._start, "run": self._run, "show": self._show, "store": self._store}
        return actions[verb] if verb else self._plain

    async def _plain(self, call: Call) -> None:
        if call.account:
            call.roots.account = await self._tasks.account(call.account, call.key)

    async def _begin(self, call: Call) -> TaskView | None:
        """Submit and charge; None when the account cannot pay."""
        assert self._lifecycle is not None
        promise = None
        if call.reading is not None and call.reading.branch is not None:
            promise = call.reading.branch.promise(call.reading, call.request, call.fetch)
        task = await self._tasks.begin(
            self.operation, self._lifecycle, call.account, call.request, promise, call.wish.state
        )
        if not await self._tasks.charge(task, self.operation.billing, call.key):
            return None
        return self._tasks.initial(task)

    async def _start(self, call: Call) -> str:
        call.view = await self._begin(call)
        if call.view is None:
            return "insufficient-balance"
        self._tasks.fill(call.roots, call.view, call.base)
        return call.view.status

    async def _run(self, call: Call) -> str:
        started = await self._begin(call)
        if started is None:
            return "insufficient-balance"
        await self._tasks.keep(started.task, ())
        call.view, call.wait = started, self._tasks.duration(started.task)
        return started.task.route[-1].state.name

    async def _show(self, call: Call) -> str:
        assert self.operation.role is not None
        assert self.operation.role.expression is not None
        key = self.operation.role.expression.evaluate(call.roots)
        task = await self._tasks.find(call.account, str(key))
        if task is None:
            return "unknown-task"
        call.view = await self._tasks.looked_at(task)
        self._tasks.fill(call.roots, call.view, call.base)
        return call.view.status

    async def _store(self, call: Call) -> None:
        assert self.operation.role is not None
        assert self.operation.role.expression is not None
        part = call.files[self.operation.role.expression.evaluate(call.roots)]
        call.roots.upload = await self._tasks.store(self.operation, part, call.base)

    # ------------------------------------------------------------------ answer

    async def _answer(self, call: Call, subject: str | None) -> None:
        answer = self._negotiation.answer(subject, call.roots)
        if call.wish.chooses_answer:
            answer = self._negotiation.preferred(call.wish)
            if answer is None:
                offers = self._negotiation.offers()
                detail = f"Prefer: {call.wish.applied} names no answer of {self.operation.id}; there are {offers}"
                return await send_problem(call.send, 400, "No such answer", detail)
        if answer is None:
            detail = f"the contract of {self._contract.name} has no answer of {self.operation.id} for {subject!r}"
            return await send_problem(call.send, 501, "Not in the contract", detail)
        return await self._write(call, answer)

    async def _write(self, call: Call, answer: Answer) -> None:
        running = self.operation.role is not None and self.operation.role.verb == "run"
        if answer.events is not None and running and call.view is not None:
            return await self._stream(call, answer)
        if call.view is not None and running:
            await self._finish(call)
        for image in call.roots.images if answer.paints else ():
            await self._tasks.paint(image)
        value = answer.render(call.roots)
        body = orjson.dumps(value) if answer.events is None else b""
        await self._remember(call, value)
        await self._send(call, answer, body)
        return None

    async def _finish(self, call: Call) -> None:
        """Let the client of a synchronous operation wait, then put the outcome where expressions find it."""
        assert call.view is not None
        if call.wait:
            await self._context.clock.sleep(call.wait)
        call.view = self._tasks.ended(call.view.task)
        self._tasks.fill(call.roots, call.view, call.base)

    async def _send(self, call: Call, answer: Answer, body: bytes) -> None:
        headers = self._headers(call, answer)
        headers.append((b"content-length", b"%d" % len(body)))
        await call.send({"type": "http.response.start", "status": answer.status, "headers": headers})
        await call.send({"type": "http.response.body", "body": body})
        self._record(call, answer.status, headers, body)

    def _headers(self, call: Call, answer: Answer) -> list[tuple[bytes, bytes]]:
        headers = answer.headers(call.roots)
        headers += [(b"content-type", answer.media_type.encode("latin-1")), _CORS, _EXPOSED]
        if call.wish.applied:
            headers.append((b"preference-applied", call.wish.applied.encode("latin-1")))
        return headers

    async def _stream(self, call: Call, answer: Answer) -> None:
        assert call.view is not None
        call.view = self._tasks.ended(call.view.task)
        self._tasks.fill(call.roots, call.view, call.base)
        assert answer.events is not None
        paint = self._tasks.paint if answer.paints else None
        headers = self._headers(call, answer)
        body = await send_events(
            call.send,
            answer.status,
            headers,
            answer.events,
            call.roots,
            paint=paint,
            sleep=self._context.clock.sleep,
            seconds=call.wait,
        )
        self._record(call, answer.status, headers, body)

    async def _remember(self, call: Call, value: Json) -> None:
        """Keep a started task under every value that the links of this answer hand on."""
        if call.view is None or self.operation.role is None or self.operation.role.verb != "start":
            return
        call.roots.response = Request(body=value)
        found = [expression.evaluate(call.roots) for expression in self._ways_in]
        await self._tasks.keep(call.view.task, [str(key) for key in found if key is not UNDEFINED and key is not None])

    def _record(self, call: Call, status: int, headers: list[tuple[bytes, bytes]], body: bytes) -> None:
        note = dict(self._note)
        if call.view is not None:
            note["task"] = call.view.id
        if call.wish.applied:
            note["preference"] = call.wish.applied
        scope = call.scope
        query = f"?{scope['query_string'].decode('latin-1')}" if scope["query_string"] else ""
        self._context.journal.add(
            Exchange(
                started=call.started,
                method=scope["method"],
                url=f"{call.base}{scope['path']}{query}",
                request_headers=_texts(scope["headers"]),
                request_body=call.raw,
                status=status,
                response_headers=_texts(headers),
                response_body=body,
                duration=self._context.clock.now() - call.started,
                note=note,
            )
        )


def _texts(headers: Iterable[tuple[bytes, bytes]]) -> tuple[tuple[str, str], ...]:
    return tuple([(name.decode("latin-1"), value.decode("latin-1")) for name, value in headers])


def _with_all(declared: dict[str, Any], headers: Mapping[bytes, bytes]) -> Mapping[str, Any]:
    """Every header by name, declared ones with their types: conditions may ask for any."""
    return _HeaderValues(declared, headers)


class _HeaderValues(dict[str, Any]):
    """Declared header values; any other header is looked up as it was sent."""

    __slots__ = ("_sent",)

    def __init__(self, declared: dict[str, Any], sent: Mapping[bytes, bytes]) -> None:
        super().__init__(declared)
        self._sent = sent

    def get(self, name: str, default: Any = None) -> Any:
        """The value of a header by lower-case name."""
        if name in self:
            return self[name]
        raw = self._sent.get(name.encode("latin-1", "replace"))
        return default if raw is None else raw.decode("latin-1")
