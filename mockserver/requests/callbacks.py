"""An OpenAPI callback of one operation: what is sent where, once a task is over."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import orjson

from pixpact.mockserver.context import MockContext
from pixpact.mockserver.core.identity import IdShape, entropy
from pixpact.mockserver.faults.fault import Fault
from pixpact.mockserver.requests.tasks import ContractTasks
from pixpact.mockserver.responses.rendering import Render, compile_example, holds
from pixpact.mockserver.state.store import Task, WebhookDelivery
from pixpact.mockserver.state.task_snapshot import entered
from pixpact.mockserver.webhooks.outbox import WebhookRefused, WebhookRequest
from pixpact.specs.contract.model import Callback, Contract, Example, Operation, SentHeader
from pixpact.specs.dialect.expressions import UNDEFINED, ExpressionRoots

_SOME_ID = "evt_0000000000000000"


@dataclass(slots=True)
class EventView:
    """`$event`: one message that the mock sends by itself."""

    id: str
    sent_at: float
    body: Any = UNDEFINED


class CompiledCallback:
    """One callback, compiled."""

    def __init__(
        self, contract: Contract, operation: Operation, callback: Callback, tasks: ContractTasks, context: MockContext
    ) -> None:
        self._contract = contract
        self._operation = operation
        self._tasks = tasks
        self._context = context
        self._reported = [
            (media.name, example, compile_example(example)) for media in callback.media for example in media.examples
        ]
        self._ids = IdShape(_event_id(callback) or _SOME_ID)
        self.callback = callback
        self.note = {"vendor": contract.name, "operation": operation.id, "callback": callback.name}
        context.outbox.serve(contract.name, operation.id, self)

    async def expect(self, task: Task, roots: ExpressionRoots, base: str, fault: Fault | None) -> None:
        """Send it when this task, submitted under the address `base`, has come to its outcome.

        `fault`: the one that strikes it.
        """
        url = self.callback.url.evaluate(roots)
        if url is UNDEFINED:
            return
        names = self._contract.vendor, self._contract.name, self._operation.id, self.callback.name
        now = self._context.clock.now()  # of a response that took longer than its task
        for stage in task.route:
            state = stage.state
            if not self._reports(state.name, task.fate.example, roots):
                continue
            due = entered(task, state.name)
            if state.outcome:
                due = None if task.ends_after is None else task.created_at + task.ends_after
            due = None if due is None else max(due, now)
            state_told = "" if state.outcome else state.name
            await self._context.outbox.add(
                WebhookDelivery(task.token, *names, str(url), base, state_told, fault=fault), due
            )

    def _reports(self, state: str, wanted: str | None, roots: ExpressionRoots) -> bool:
        """Whether something is sent when a task comes to a state."""
        fitting = [example for _, example, _ in self._reported if example.subject == state]
        return any(example.name == wanted or _holds(example, roots) for example in fitting)

    async def written(
        self, task: Task, base: str, now: float, state: str = "", *, forged: bool = False
    ) -> WebhookRequest:
        """The request of an attempt that reports a state, or the outcome; `forged`: signed with another secret.

        Raises WebhookRefused.
        """
        roots = await self._roots(task, base, now, state)
        kind, render = self._chosen(roots, state or task.route[-1].state.name)
        body = orjson.dumps(render(roots))
        roots.event.body = body.decode()
        values = [(header.name, self._header(header, roots, forged)) for header in self.callback.headers]
        headers = [(name, value) for name, value in values if value is not UNDEFINED]
        return WebhookRequest((("Content-Type", kind), ("User-Agent", "pixpact"), *headers), body)

    async def _roots(self, task: Task, base: str, now: float, state: str) -> ExpressionRoots:
        settings, started = self._context.settings, self._context.clock.started
        seed = entropy(settings.seed, started, task.token, self.callback.name, *filter(None, [state]))
        roots = ExpressionRoots(request=task.request, event=EventView(self._ids.write(seed), now), server=base)
        if state:
            self._tasks.fill(roots, self._tasks.passing(task, state), base)
            return roots
        polls = await self._context.store.poll_count(task)
        ended_at = polls.ended_at if task.ends_after is None else task.created_at + task.ends_after
        self._tasks.fill(roots, self._tasks.at_outcome(task, now if ended_at is None else ended_at), base)
        return roots

    def _chosen(self, roots: ExpressionRoots, state: str) -> tuple[str, Render]:
        """The media type and the writer of the first example of this state whose condition holds."""
        wanted = roots.task.task.fate.example
        fitting = [pair for pair in self._reported if pair[1].subject == state]
        chosen = [pair for pair in fitting if pair[1].name == wanted] or [
            pair for pair in fitting if _holds(pair[1], roots)
        ]
        kind, _, render = (chosen or fitting)[0]
        return kind, render

    def _header(self, header: SentHeader, roots: ExpressionRoots, forged: bool) -> Any:
        if header.signature is None:
            value: Any = header.value.evaluate(roots) if header.value else UNDEFINED
            if header.value is None or value is UNDEFINED:
                return UNDEFINED
            return str(int(value) if header.value.time else value)
        secret = self._context.outbox.secret(self._contract.vendor)
        if header.signature.secret is not None:
            asked = header.signature.secret.evaluate(roots)
            if asked is UNDEFINED or asked is None:
                return UNDEFINED  # who names no secret gets no signature
            secret = str(asked)
        if secret is None:
            vendor = self._contract.vendor
            raise WebhookRefused(f"it is signed, but there is no secret: set one with --webhook {vendor}=ORIGIN,SECRET")
        text = ("not " if forged else "") + str(header.signature.of.evaluate(roots))
        try:
            return header.signature.write(text, secret)
        except ValueError:
            raise WebhookRefused(f"the secret of {self._contract.vendor} is not base64, as its contract says") from None


def _holds(example: Example, roots: ExpressionRoots) -> bool:
    return holds(example.when, roots)


def _event_id(callback: Callback) -> str | None:
    """What the examples of a callback show as the id of an event."""
    for media in callback.media:
        for example in media.examples:
            for binding in example.bindings:
                if binding.expression.text == "$event.id":
                    value = example.value
                    for step in binding.path:
                        value = value[step]
                    return str(value)
    return None
