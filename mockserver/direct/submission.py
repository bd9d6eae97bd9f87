"""A submission, straight through: from its bytes to a task that is kept and charged, and the response that tells it."""

from __future__ import annotations

from typing import Any

from pixpact.mockserver.context import FILES, MockContext
from pixpact.mockserver.core.identity import NumberedSeed, link_token
from pixpact.mockserver.direct.caller import Callers, RequestHead
from pixpact.mockserver.direct.exchange import DirectExchange
from pixpact.mockserver.direct.parts import SubmissionParts
from pixpact.mockserver.direct.task_kind import TaskKind
from pixpact.mockserver.requests.tasks import KEPT_TEXT
from pixpact.mockserver.state.journal import ExchangeJournal
from pixpact.mockserver.state.memory import MemoryStore
from pixpact.specs.contract.model import Contract, Operation
from pixpact.specs.dialect.expressions import ExpressionRequest
from pixpact.specs.dialect.images import ImagePromise
from pixpact.specs.dialect.request_body import BodyReader, no_fetch
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
        self._tempo = context.tempo
        self._store, self._journal, self._parts = store, journal, parts
        self._now, self._secret = context.clock.now, context.settings.token
        self._counted = f"{contract.name}:{operation.id}"
        self.head = Callers(contract, operation, context).head
        readers = [media.reader for media in operation.body.media] if operation.body else []
        self._flat = {reader: parts.flat_bodies(reader) for reader in readers}
        self._kinds: dict[int, TaskKind | None] = {}
        seed, started = context.settings.seed, context.clock.started
        self._task_seed = NumberedSeed(seed, started, contract.vendor)
        self._request_seed = NumberedSeed(seed, started, contract.name, operation.id)

    def __call__(self, head: RequestHead, root: str, path: str, raw: bytes) -> DirectExchange | None:
        """Carry a request out; None, and nothing has been done, where the plain way has to look at it."""
        reader = head.caller.reader
        if reader is None or len(raw) > KEPT_TEXT or _MENTIONS_FILE in raw:
            return None
        try:
            value = json_of(raw)
        except UndecodableBody:
            return None
        read = self._flat[reader].read(raw, value, self._tempo.pace) or self._read(reader, head, value)
        return None if read is None else self._submitted(head, path, raw, *read)

    def _read(self, reader: BodyReader, head: RequestHead, value: Json) -> tuple[dict[str, Json], TaskKind] | None:
        """A body as the vendor understands it, and the kind of task that it begins; None where it is unusual."""
        reading, parts = reader.read(value), self._parts
        body, branch = reading.body, reading.branch
        if reading.violations or branch is None or type(body) is not dict or not parts.suit(body):
            return None
        if parts.unread.of(b"", reading):
            return None
        wanted = ExpressionRequest(_NONE, _NONE, head.values if parts.reads_headers else _NONE, body)
        kind = self._kind(branch.promise(reading, wanted, no_fetch))
        if kind is not None:
            self._flat[reader].keep(branch, body, kind)
        return None if kind is None else (body, kind)

    def _kind(self, promise: ImagePromise) -> TaskKind | None:
        """The kind of task that makes these images; None where the mock cannot paint them."""
        pace = self._tempo.pace
        kind = self._kinds.get(id(promise))
        if kind is None or kind.pace is not pace:
            if len(self._kinds) >= _MOST_KINDS:
                self._kinds.clear()
            kind = self._kinds[id(promise)] = self._parts.kind(promise, pace)
        return kind

    def _submitted(
        self, head: RequestHead, path: str, raw: bytes, body: dict[str, Json], kind: TaskKind
    ) -> DirectExchange | None:
        parts, store, caller = self._parts, self._store, head.caller
        created_at = self._now()
        seed = self._task_seed.of(store.peek_task_number())
        task, token = parts.ids.write(seed), link_token(seed, self._secret)
        seconds, ends_after = kind.lasts(seed)
        keys = parts.keys(task, body) if parts.ways_in else (task,)
        facts = (task, caller.account, created_at, ends_after, len(raw), seconds, keys, _NONE, _NONE, _NONE, body)
        charge = kind.charge(token, task, caller.account, created_at, ends_after)
        request_id, response = "", parts.head
        if response.has_id:
            request_id = parts.request_ids.write(self._request_seed.of(store.peek_request_number(self._counted)))
        if not store.submit(self._counted, kind.shape, facts, token, charge, caller.opening):
            return None
        written = parts.body.written((task, created_at, body))
        exchange = DirectExchange(
            created_at,
            self._now() - created_at,
            caller.subject,
            (path, head.headers, raw),
            (response, request_id, written),
            task,
            True,
        )
        self._journal.put(exchange, caller.subject.key, len(raw) + len(written))
        return exchange
