"""Which requests go straight through: by their paths, and by what the mock is asked to do with all of them."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from typing import NamedTuple

from pixpact.mockserver.context import MockContext
from pixpact.mockserver.direct.exchange import DirectRequest
from pixpact.mockserver.direct.parts import submission_parts
from pixpact.mockserver.direct.poll import DirectPoll, is_plain_poll
from pixpact.mockserver.direct.response import DirectResponse
from pixpact.mockserver.direct.submission import DirectSubmission
from pixpact.mockserver.endpoint import Endpoint
from pixpact.mockserver.state.journal import ExchangeJournal
from pixpact.mockserver.state.memory import MemoryStore

DirectOperation = Callable[[DirectRequest], DirectResponse | None]
_PLAIN_KEY = re.compile(r"[A-Za-z0-9_-]+")
"""A path parameter that says what it is: no escape, nothing that a path is cut at."""


class DirectRoute(NamedTuple):
    """Where an operation is served: below `root`."""

    root: str
    operation: DirectOperation
    reads_body: bool


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
        return route if route is not None and _PLAIN_KEY.fullmatch(key) else None

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
            routes, name = (templated, head) if last.startswith("{") else (literal, path)
            routes.setdefault(
                f"{endpoint.operation.method} {root}{name}",
                DirectRoute(root, operation, endpoint.operation.body is not None),
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
