"""A request repeated with the same idempotency key is carried out once: `x-idempotency` of an operation.

Only what is carried out takes a key; a refused request does not. A response is given again for the lifetime that the
contract states, on the mock's clock.
"""

from __future__ import annotations

import hashlib

import orjson

from pixpact.mockserver.context import MockContext
from pixpact.mockserver.core.unread_fields import HEADER
from pixpact.mockserver.requests.call import RequestState
from pixpact.mockserver.state.store import IdempotencyEntry, Store, StoredResponse
from pixpact.specs.contract.model import IdempotencyRule, Operation
from pixpact.specs.dialect.expressions import UNDEFINED
from pixpact.wire.clock import Clock

_OF_ONE_REQUEST = (b"preference-applied", HEADER)
"""Headers of ours that are said anew of each request."""


class IdempotencyKeys:
    """The idempotency keys of one operation."""

    def __init__(self, operation: Operation, statement: IdempotencyRule, store: Store, clock: Clock) -> None:
        self._operation = operation
        self._statement = statement
        self._store = store
        self._clock = clock

    async def begin(self, call: RequestState) -> StoredResponse | str | None:
        """The response to give again, the cause of a refusal, or None: then it is carried out, under `call.claim`."""
        key = self._statement.key.evaluate(call.roots)
        if key is UNDEFINED or key is None:
            return None
        now = self._clock.now()
        scope = f"{call.account}\x1f{self._operation.id}\x1f{key}"
        mine = IdempotencyEntry(_fingerprint(call), now + self._statement.lifetime)
        entry = await self._store.claim_key(scope, mine, now)
        if entry is None:
            call.claim = scope
            return None
        if entry.fingerprint != mine.fingerprint:
            return "idempotency-reused"
        return "idempotency-in-progress" if entry.response is None else entry.response

    async def settle(self, call: RequestState, status: int, headers: list[tuple[bytes, bytes]], body: bytes) -> None:
        """Keep a response that was given to who took a key; what was injected into it is reported once."""
        task = call.view.id if call.view else ""
        lasting = tuple(field for field in headers if field[0] not in _OF_ONE_REQUEST)
        await self._store.keep_response(call.claim, StoredResponse(status, lasting, body, task))
        call.claim = ""

    async def forget(self, call: RequestState) -> None:
        """Let go of the key of a request that was not carried out after all."""
        if call.claim:
            await self._store.release_key(call.claim)
            call.claim = ""


def repeats_of(operation: Operation, context: MockContext) -> IdempotencyKeys | None:
    """The idempotency keys of an operation; None where its contract takes none."""
    if operation.idempotency is None:
        return None
    return IdempotencyKeys(operation, operation.idempotency, context.store, context.clock)


def replay_header(operation: Operation) -> bytes | None:
    """The name of the header that tells a response given again; None when the contract has none."""
    for response in operation.responses:
        for header in response.headers:
            if header.value is not None and header.value.text == "$exchange.replayed":
                return header.name.lower().encode("latin-1")
    return None


def _fingerprint(call: RequestState) -> str:
    """What two requests with the same body share, however it was written."""
    digest = hashlib.sha256(orjson.dumps(call.request.body or None, option=orjson.OPT_SORT_KEYS))
    for name in sorted(call.files):
        digest.update(call.files[name].content)
    return digest.hexdigest()
