"""Which requests go straight through: by their paths, and by what the mock is asked to do with all of them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from pixpact.mockserver.context import MockContext
from pixpact.mockserver.direct.exchange import DirectExchange
from pixpact.mockserver.direct.known_heads import PLAIN_KEY, KnownHead, KnownHeads
from pixpact.mockserver.direct.operation import DirectOperation, DirectRoute
from pixpact.mockserver.direct.parts import submission_parts
from pixpact.mockserver.direct.poll import DirectPoll, is_plain_poll
from pixpact.mockserver.direct.submission import DirectSubmission
from pixpact.mockserver.endpoint import Endpoint
from pixpact.mockserver.state.journal import ExchangeJournal
from pixpact.mockserver.state.memory import MemoryStore


class DirectRoutes:
    """The operations of one mock that may be answered straight through, by method and path.

    Nothing is compiled until somebody asks.
    """

    def __init__(self, context: MockContext, served: Iterable[tuple[str, str, Endpoint]]) -> None:
        """`served`: root, path below it with its template, and endpoint of each operation."""
        self._context = context
        self._served = tuple(served)
        store, journal, settings = context.store, context.journal, context.settings
        self._store = store if isinstance(store, MemoryStore) else None
        self._journal = journal if isinstance(journal, ExchangeJournal) else None
        alone = self._store is not None and self._journal is not None and context.shared is None
        usual = settings.responses == "usual" and context.recording is None
        self._literal: Mapping[str, DirectRoute] | None = None if usual and alone else {}
        self._templated: Mapping[str, DirectRoute] = {}
        self._heads = KnownHeads()

    def find(self, method: str, path: str) -> DirectRoute | None:
        """The operation that answers a path without escapes and without a query; None: the plain way does."""
        if self._literal is None:
            self._compile()
        if self._store is None or not self._store.is_undisturbed:
            return None
        assert self._literal is not None
        if (route := self._literal.get(f"{method} {path}")) is not None:
            return route
        head, _, key = path.rpartition("/")
        route = self._templated.get(f"{method} {head}")
        return route if route is not None and PLAIN_KEY.fullmatch(key) else None

    def answer(self, scheme: str, data: bytes) -> DirectExchange | None:
        """Answer a whole request, as it came, whose head is known; None, and nothing has been done, otherwise."""
        request = self._heads.find(scheme, data)
        if request is None or self._store is None or not self._store.is_undisturbed:
            return None
        known, path, raw = request
        return known.route.operation(known.head, known.route.root, path, raw)

    def remember(self, data: bytes, known: KnownHead) -> None:
        """Know the head of this request from now on."""
        self._heads.add(data, known)

    def _compile(self) -> None:
        compiled: dict[Endpoint, DirectOperation | None] = {}
        literal, templated = dict[str, DirectRoute](), dict[str, DirectRoute]()
        for root, path, endpoint in self._served:
            if endpoint not in compiled:
                compiled[endpoint] = self._operation(endpoint)
            operation = compiled[endpoint]
            if operation is None:
                continue
            head, _, last = path.rpartition("/")
            keyed = last.startswith("{")
            routes, name = (templated, head) if keyed else (literal, path)
            routes.setdefault(
                f"{endpoint.operation.method} {root}{name}",
                DirectRoute(root, operation, endpoint.operation.body is not None, keyed),
            )
        self._literal, self._templated = literal, templated

    def _operation(self, endpoint: Endpoint) -> DirectOperation | None:
        store, journal, operation = self._store, self._journal, endpoint.operation
        if store is None or journal is None or endpoint.limit is not None:
            return None
        contract, context, tasks = endpoint.contract, self._context, endpoint.tasks
        if is_plain_poll(operation):
            return DirectPoll(contract, operation, tasks, context, store, journal, endpoint.negotiation, endpoint.ids)
        parts = submission_parts(contract, operation, tasks, endpoint.negotiation, endpoint.unread_fields, endpoint.ids)
        if parts is None or "{" in operation.path:
            return None
        return DirectSubmission(contract, operation, context, store, journal, parts)
