"""The walk of one request, from bytes to bytes.

decode → validate (key, media type, parameters, body) → act on the task → choose the documented answer → write it.
A plain ASGI application for each operation: nothing is done per request that could be done when the spec is loaded.
"""

from __future__ import annotations

from collections.abc import Mapping

from starlette.types import Receive, Scope, Send

from pixpact.mockserver import decoding
from pixpact.mockserver.actions import Actions
from pixpact.mockserver.call import Call
from pixpact.mockserver.context import Context
from pixpact.mockserver.identity import Shape
from pixpact.mockserver.negotiation import Answer, Negotiation, preference
from pixpact.mockserver.problem import send_problem
from pixpact.mockserver.tasks import Impossible, Tasks
from pixpact.mockserver.validation import Validation
from pixpact.mockserver.views import ExchangeView
from pixpact.mockserver.writing import Writing
from pixpact.specs.model import Contract, Operation


class Endpoint:
    """One operation of one contract, served."""

    def __init__(self, contract: Contract, operation: Operation, tasks: Tasks, context: Context, ids: Shape) -> None:
        self.operation = operation
        self._name = contract.name
        self._context = context
        self._ids = ids
        self._validation = Validation(contract, operation, context)
        self._actions = Actions(contract, operation, tasks)
        self._negotiation = Negotiation(operation)
        self._writing = Writing(contract, operation, tasks, self._actions, context)
        self._requests = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send, path: dict[str, str]) -> None:
        """Answer one request; `path` holds the values of the path's templates."""
        started = self._context.clock.now()
        try:
            raw = await decoding.body_of(receive) if self.operation.body else b""
        except decoding.TooLarge:
            detail = f"more than {decoding.MOST_BODY} bytes of body"
            return await send_problem(send, 413, "Body too large", detail)
        except decoding.Disconnected:
            return None
        headers = decoding.headers_of(scope)
        call = Call(scope, send, started, headers, raw, self._base(scope, headers), preference(headers.get(b"prefer")))
        call.roots.exchange = self._exchange()
        call.roots.method, call.roots.url = scope["method"], scope["path"]
        return await self._walk(call, path)

    async def _walk(self, call: Call, path: dict[str, str]) -> None:
        subject = await self._validation.cause(call, path)
        if subject is None and not (call.wish.chooses_answer and self._negotiation.refuses(call.wish)):
            try:
                subject = await self._actions.act(call)
            except Impossible as error:
                return await send_problem(call.send, 400, "Cannot be done", str(error))
        answer = self._chosen(call, subject)
        if answer is None:
            return await self._send_undocumented(call, subject)
        return await self._writing.write(call, answer)

    def _chosen(self, call: Call, subject: str | None) -> Answer | None:
        usual = self._negotiation.answer(subject, call.roots)
        if not call.wish.chooses_answer or (usual and usual.satisfies(call.wish)):
            return usual
        chosen = self._negotiation.preferred(call.wish)
        # An example of another state tells nothing of this task: it is given as the contract writes it.
        return chosen.literal() if chosen and chosen.example.answers not in (None, subject) else chosen

    async def _send_undocumented(self, call: Call, subject: str | None) -> None:
        """What the contract does not say the mock does not invent."""
        if call.wish.chooses_answer:
            offers = self._negotiation.offers()
            detail = f"Prefer: {call.wish.applied} names no answer of {self.operation.id}; there are {offers}"
            return await send_problem(call.send, 400, "No such answer", detail)
        detail = f"the contract of {self._name} has no answer of {self.operation.id} for {subject!r}"
        return await send_problem(call.send, 501, "Not in the contract", detail)

    def _exchange(self) -> ExchangeView:
        self._requests += 1
        settings, started = self._context.settings, self._context.clock.started
        return ExchangeView(self._ids, (settings.seed, started, self._name, self.operation.id, self._requests))

    def _base(self, scope: Scope, headers: Mapping[bytes, bytes]) -> str:
        """The address under which the client reached this server, for the URLs in its answers."""
        if self._context.settings.public_url:
            return self._context.settings.public_url
        host = headers.get(b"host", b"").decode("latin-1")
        server = scope.get("server")
        if server and (not host or host.partition(":")[0] in self._context.vendor_hosts):
            host = f"{server[0]}:{server[1]}"  # a vendor's own name would lead away from the mock
        return f"{scope['scheme']}://{host}"
