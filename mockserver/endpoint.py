"""The walk of one request, from bytes to bytes.

decode → validate (key, media type, parameters, body) → act on the task → choose the documented response → write it.
A plain ASGI application for each operation: nothing is done per request that could be done when the spec is loaded.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress
from functools import partial
from math import ceil

from starlette.types import Receive, Scope, Send

from pixpact.mockserver.context import MockContext
from pixpact.mockserver.core.addresses import base_of
from pixpact.mockserver.core.identity import IdShape
from pixpact.mockserver.core.rate_limit import RateLimit
from pixpact.mockserver.core.unread_fields import UnreadFields
from pixpact.mockserver.faults.fault import BadFault, Fault, FaultInjection
from pixpact.mockserver.requests import decoding
from pixpact.mockserver.requests.actions import OperationAction
from pixpact.mockserver.requests.call import RequestState
from pixpact.mockserver.requests.expression_values import ExchangeView
from pixpact.mockserver.requests.fault_matching import FaultMatcher
from pixpact.mockserver.requests.idempotency import repeats_of
from pixpact.mockserver.requests.player import RecordedPlayer
from pixpact.mockserver.requests.response_sender import ResponseSender, Sent
from pixpact.mockserver.requests.tasks import ContractTasks, ImpossibleTask
from pixpact.mockserver.requests.validation import RequestValidation
from pixpact.mockserver.responses.extreme import ExtremeResponses
from pixpact.mockserver.responses.response_choice import ChosenExample, ResponseChoice, preference
from pixpact.mockserver.state.store import StoredResponse
from pixpact.mockserver.stores.backend import StoreUnavailable
from pixpact.specs.contract.model import Contract, Operation

_NO_STORE = Fault("unavailable")
"""What is answered while a shared store is away: as the contract says it when the service has no capacity."""


class Endpoint:
    """One operation of one contract, served."""

    def __init__(
        self, contract: Contract, operation: Operation, tasks: ContractTasks, context: MockContext, ids: IdShape
    ) -> None:
        self.contract, self.operation, self.tasks = contract, operation, tasks
        self._name = contract.name
        self._context = context
        self.ids = ids
        self._validation = RequestValidation(contract, operation, context)
        self.unread_fields = UnreadFields(contract, operation)
        self._actions = OperationAction(contract, operation, tasks, context)
        extremes = ExtremeResponses(contract) if context.settings.responses == "extreme" else None
        self.negotiation = ResponseChoice(operation, extremes)
        self._injections = FaultMatcher(contract, operation, context, self._actions.promise)
        self._repeats = repeats_of(operation, context)
        self.limit = context.settings.rate_limit if self.negotiation.documents("rate-limited") else None
        self._writing = ResponseSender(
            contract, operation, tasks, self._actions, context, self._injections, self._repeats
        )
        self._playing: RecordedPlayer | None = None
        if context.recording is not None:
            self._playing = RecordedPlayer(
                contract, operation, tasks, self._actions, self._writing, context, context.recording
            )
        self._counted = f"{contract.name}:{operation.id}"
        self._buys = operation.does("start", "run")

    async def __call__(self, scope: Scope, receive: Receive, send: Send, path: dict[str, str]) -> None:
        """Answer one request; `path` holds the values of the path's templates."""
        started, headers = self._context.clock.now(), decoding.headers_of(scope)
        call = RequestState(scope, receive, send, started, headers, b"", self._base(scope, headers))
        try:
            call.raw = await decoding.body_of(receive, headers, self._context.room) if self.operation.body else b""
            await self._writing.arrive(call)
            decoding.check_coding(headers)
            call.wish = preference(headers.get(b"prefer"))
            call.asked = call.wish.fault
            call.roots.exchange = await self._exchange()
            call.roots.method, call.roots.url = scope["method"], _url(scope, call.base)
            call.roots.server = call.base + scope.get("root_path", "")
            return await self._walk(call, path)
        except decoding.ClientDisconnected:
            await self._writing.arrive(call)
            return await self._writing.abandon(call, "the client disconnected before its request was complete")
        except decoding.BodyTooLarge:
            await self._writing.arrive(call)
            detail = f"more than {decoding.MOST_BODY} bytes of body"
            return await self._writing.explain(call, 413, "Body too large", detail)
        except decoding.Encoded as error:
            detail = f"the contract does not mention Content-Encoding, so {error} is not decoded: send it uncompressed"
            identity = (b"accept-encoding", b"identity")
            return await self._writing.explain(call, 415, "Encoded body", detail, identity)
        except BadFault as error:
            return await self._writing.explain(call, 400, "No such fault", str(error))
        except ImpossibleTask as error:
            return await self._writing.explain(call, 400, "Cannot be done", str(error))
        except StoreUnavailable:
            return await self._writing.refuse(call, self._instead(call, _NO_STORE))
        finally:
            if self._repeats is not None:  # whatever came between: a key without a response is free again
                with suppress(StoreUnavailable):
                    await self._repeats.forget(call)

    async def _walk(self, call: RequestState, path: dict[str, str]) -> None:
        subject = await self._validation.cause(call, path)
        call.unread = self.unread_fields.of(call.scope["query_string"], call.reading)
        if subject is None and call.unread and self._context.settings.strict:
            detail = f"{self.operation.id} does not read {call.unread}"
            return await self._writing.explain(call, 400, "Not read", detail)
        if self.limit is not None and call.account and await self._exceeded(call, self.limit):
            subject = "rate-limited"
        if call.asked is not None or await self._context.store.faults():
            call.injection = await self._injections.of(call, subject)
            if not call.injection.carried_out:
                return await self._not_carried_out(call, call.injection)
            if call.injection.cause is not None:
                call.instead = self._instead(call, call.injection.cause)
        refused = call.wish.chooses_response and self.negotiation.refuses(call.wish)
        if refused and subject is None and self._buys and self.negotiation.is_late(call.wish):
            call.instead, refused = partial(self._writing.refusal, call, self.negotiation.preferred(call.wish)), False
        if subject is None and not refused:
            earlier = await self._repeats.begin(call) if self._repeats is not None else None
            if isinstance(earlier, StoredResponse):
                return await self._writing.repeat(call, earlier)
            if self._playing is not None and earlier is None and await self._playing.answered(call, None):
                return None
            subject = earlier or await self._act(call)
        elif self._playing is not None and await self._playing.answered(call, subject):
            return None
        return await self._response(call, subject)

    async def _exceeded(self, call: RequestState, limit: RateLimit) -> bool:
        """Count a request; whether its key has sent too many."""
        now = self._context.clock.now()
        wait = await self._context.store.check_rate_limit(call.account, limit.most, limit.seconds, now)
        call.retry_after = ceil(wait) if wait else None
        return wait > 0

    async def _not_carried_out(self, call: RequestState, injection: FaultInjection) -> None:
        """Refuse as a fault asks, or reset the connection before anything is done."""
        if injection.response is not None and injection.response.fault == "redirect":
            return await self._writing.redirect(call, injection.response)
        if injection.cause is None:
            return await self._writing.lose(call, Fault("reset-after"))
        return await self._writing.refuse(call, self._instead(call, injection.cause))

    def _instead(self, call: RequestState, fault: Fault) -> Callable[[], Sent]:
        """How a refusal is written: as the contract has it, else as the page of a gateway."""
        call.retry_after = fault.retry_after
        return partial(self._writing.refusal, call, self._refusal(call, fault), fault.page_status)

    def _refusal(self, call: RequestState, fault: Fault) -> ChosenExample | None:
        """The response of the contract to a refusal; None where a gateway has a page of its own."""
        if fault.fault == "html":
            return None
        if fault.fault == "response":
            return self.negotiation.refusal(*fault.wanted)
        chosen = self.negotiation.named(fault.fault, fault.example) if fault.example else None
        chosen = chosen or self.negotiation.response(fault.fault, call.roots)
        if fault.is_gateway and (chosen is None or fault.status not in (None, chosen.status)):
            return self.negotiation.refusal(fault.page_status, fault.example)
        return chosen

    async def _act(self, call: RequestState) -> str | None:
        """Carry the request out; one that is refused after all does not keep its idempotency key."""
        subject = await self._actions.act(call)
        if subject == "insufficient-balance" and self._repeats is not None:
            await self._repeats.forget(call)
        return subject

    async def _response(self, call: RequestState, subject: str | None) -> None:
        response = self._chosen(call, subject)
        if response is not None:
            return await self._writing.write(call, response)
        if call.injection is not None and call.injection.transport is not None:
            return await self._writing.lose(call, call.injection.transport)
        return await self._send_undocumented(call, subject)

    def _chosen(self, call: RequestState, subject: str | None) -> ChosenExample | None:
        example = _example_of(call)
        usual = self.negotiation.named(subject, example) if example else None
        usual = usual or self.negotiation.response(subject, call.roots)
        if not call.wish.chooses_response or call.instead is not None or (usual and usual.satisfies(call.wish)):
            return usual
        chosen = self.negotiation.preferred(call.wish)
        # An example of another state tells nothing of this task: it is given as the contract writes it.
        return chosen.literal() if chosen and chosen.example.subject not in (None, subject) else chosen

    async def _send_undocumented(self, call: RequestState, subject: str | None) -> None:
        """What the contract does not say the mock does not invent."""
        if call.wish.chooses_response:
            offers = self.negotiation.offers()
            detail = f"Prefer: {call.wish.applied} is not a response of {self.operation.id}; choose from {offers}"
            return await self._writing.explain(call, 400, "No such response", detail)
        detail = f"the contract of {self._name} has no response of {self.operation.id} for {subject!r}"
        return await self._writing.explain(call, 501, "Not in the contract", detail)

    async def _exchange(self) -> ExchangeView:
        number = await self._context.store.next_request_number(self._counted)
        settings, started = self._context.settings, self._context.clock.started
        return ExchangeView(self.ids, (settings.seed, started, self._name, self.operation.id, number))

    def _base(self, scope: Scope, headers: Mapping[bytes, bytes]) -> str:
        """The address under which the client reached this server, for the URLs in its responses."""
        if self._context.settings.public_url:
            return self._context.settings.public_url
        # A vendor's own name would lead away from the mock.
        return base_of(scope, headers.get(b"host", b"").decode("latin-1"), self._context.vendor_hosts)


def _url(scope: Scope, base: str) -> str:
    """The whole URL of a request, as its client wrote it."""
    path = scope.get("raw_path") or scope["path"].encode()
    query = scope["query_string"]
    return f"{base}{path.decode('latin-1')}{'?' if query else ''}{query.decode('latin-1')}"


def _example_of(call: RequestState) -> str | None:
    """The name of the example that a fault asks for to tell a task's outcome."""
    if call.view is not None and call.view.snapshot.over:
        return call.view.task.fate.example
    return None
