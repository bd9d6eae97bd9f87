"""A submission, straight through: from its bytes to a task that is kept and charged, and the response that tells it."""

from __future__ import annotations

from typing import Any

from pixpact.mockserver.context import FILES, MockContext
from pixpact.mockserver.core.identity import SeededChance, link_token
from pixpact.mockserver.direct.caller import Caller, Callers
from pixpact.mockserver.direct.exchange import DirectExchange, DirectRequest
from pixpact.mockserver.direct.numbering import NumberedSeed
from pixpact.mockserver.direct.parts import SubmissionFacts, SubmissionParts, TaskKind
from pixpact.mockserver.direct.response import DirectResponse
from pixpact.mockserver.requests.tasks import KEPT_TEXT
from pixpact.mockserver.state.journal import ExchangeJournal
from pixpact.mockserver.state.memory import MemoryStore
from pixpact.specs.contract.model import Contract, Operation
from pixpact.specs.contract.parameters import HeaderValues
from pixpact.specs.dialect.expressions import ExpressionRequest
from pixpact.specs.dialect.images import ImagePromise
from pixpact.specs.dialect.lifecycle import FOREVER
from pixpact.specs.dialect.request_body import no_fetch
from pixpact.specs.openapi.document import Json
from pixpact.wire.bodies import UndecodableBody, json_of

_MENTIONS_FILE = f"{FILES}/".encode()
_NONE: dict[str, Any] = {}
_MOST_KINDS = 1000


class DirectSubmission:
    """The submissions of one operation."""

    def __init__(
        self,
        contract: Contract,
        operation: Operation,
        context: MockContext,
        store: MemoryStore,
        journal: ExchangeJournal,
        parts: SubmissionParts,
    ) -> None:
        self._context = context
        self._store, self._journal, self._parts = store, journal, parts
        self._now, self._secret = context.clock.now, context.settings.token
        self._counted = f"{contract.name}:{operation.id}"
        self._callers = Callers(contract, operation, context)
        self._kinds: dict[int, TaskKind | None] = {}
        seed, started = context.settings.seed, context.clock.started
        self._task_seed = NumberedSeed(seed, started, contract.vendor)
        self._request_seed = NumberedSeed(seed, started, contract.name, operation.id)

    def __call__(self, request: DirectRequest) -> DirectResponse | None:
        """Carry a request out; None, and nothing has been done, where the plain way has to look at it."""
        raw, parts = request.raw, self._parts
        if len(raw) > KEPT_TEXT or _MENTIONS_FILE in raw:
            return None
        headers = dict(request.headers)
        caller = self._callers.of(request.scheme, headers)
        if caller is None or caller.reader is None:
            return None
        try:
            reading = caller.reader.read(json_of(raw))
        except UndecodableBody:
            return None
        body, branch = reading.body, reading.branch
        if reading.violations or branch is None or type(body) is not dict or not parts.suit(body):
            return None
        if parts.unread.of(b"", reading):
            return None
        sent = HeaderValues(_NONE, headers) if parts.reads_headers else _NONE
        wanted = ExpressionRequest(_NONE, _NONE, sent, body)
        kind = self._kind(branch.promise(reading, wanted, no_fetch))
        return None if kind is None else self._submitted(request, caller, body, kind)

    def _kind(self, promise: ImagePromise) -> TaskKind | None:
        """The kind of task that makes these images; None where the mock cannot paint them."""
        pace = self._context.tempo.pace
        kind = self._kinds.get(id(promise))
        if kind is None or kind.pace is not pace:
            if len(self._kinds) >= _MOST_KINDS:
                self._kinds.clear()
            kind = self._kinds[id(promise)] = self._parts.kind(promise, pace)
        return kind

    def _submitted(
        self, request: DirectRequest, caller: Caller, body: dict[str, Json], kind: TaskKind
    ) -> DirectResponse | None:
        parts, store, now = self._parts, self._store, self._now
        created_at = now()
        seed = self._task_seed.of(store.peek_task_number())
        task, token = parts.ids.write(seed), link_token(seed, self._secret)
        chance = SeededChance(seed)
        seconds = [low if low == high else round(chance.uniform(low, high), 3) for low, high in parts.spans]
        lasts = kind.pace.lasts(sum(seconds) if parts.way[-1].outcome else FOREVER)
        ends_after = None if lasts == FOREVER else lasts
        own = (task, caller.account, created_at, ends_after, len(request.raw), [*seconds, None], parts.keys(task, body))
        facts = (*own, _NONE, _NONE, _NONE, body)
        charge = kind.charge(token, task, caller.account, created_at, ends_after)
        request_id = ""
        if parts.head.has_id:
            request_id = parts.request_ids.write(self._request_seed.of(store.peek_request_number(self._counted)))
        if not store.submit(self._counted, kind.shape, facts, token, charge, caller.opening):
            return None
        written = parts.body.written(SubmissionFacts(task, created_at, body))
        response = DirectResponse(parts.head, request_id, written, created_at)
        over = DirectExchange(created_at, now() - created_at, request, response, caller.subject, task)
        self._journal.put(over, lasting=True)
        return response
