"""What an operation does with a task or an upload: start, run, show, store."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from urllib.parse import quote

import orjson

from pixpact.mockserver.context import FILES, MockContext
from pixpact.mockserver.core.identity import IdShape, SeededChance, entropy, link_token
from pixpact.mockserver.requests.expression_values import AccountView, ImageView, TaskView, UploadView, UsageView
from pixpact.mockserver.state.ledger import LedgerEntry
from pixpact.mockserver.state.store import Task, TaskOverrides, Upload
from pixpact.mockserver.state.task_snapshot import duration, snapshot_at, timed
from pixpact.specs.contract.model import BillingRule, Contract, Operation
from pixpact.specs.dialect.expressions import ExpressionRequest, ExpressionRoots
from pixpact.specs.dialect.images import ImagePromise
from pixpact.specs.dialect.lifecycle import FOREVER, Lifecycle, LifecycleState, Route, TaskSnapshot, draw_route
from pixpact.specs.openapi.document import Json
from pixpact.wire.bodies import FilePart
from pixpact.wire.images import media_type, read_image_facts
from pixpact.wire.json_values import value_on
from pixpact.wire.redaction import is_secret_in

KEPT_TEXT = 4096
"""Characters of one text of a request that are remembered; a longer data URI is replaced by its digest."""


_MOST_DRAWS = 50
"""How often an id is drawn anew where a task has it: a contract may have but a few ids, or one."""
_NONE: dict[str, str] = {}
MOST_PIXELS = 64_000_000
"""The largest image that the mock paints."""


class ImpossibleTask(ValueError):
    """Something that the contract allows and the mock cannot do; says what and why."""


class ContractTasks:
    """The life of the tasks of one contract."""

    def __init__(self, contract: Contract, context: MockContext) -> None:
        self._contract = contract
        self._context = context
        self._shapes: dict[str, IdShape] = {}
        self._routes: dict[tuple[str, str | None, bool], tuple[LifecycleState, ...]] = {}

    # ------------------------------------------------------------------ begin

    async def begin(
        self,
        operation: Operation,
        lifecycle: Lifecycle,
        account: str,
        request: ExpressionRequest,
        promise: ImagePromise | None,
        fate: TaskOverrides,
        size: int,
        at_once: bool,
    ) -> Task:
        """A new task record, not yet kept; `at_once`: its images are there with the response. Raises ImpossibleTask."""
        if promise is not None and promise.width * promise.height > MOST_PIXELS:
            pixels = f"{promise.width}x{promise.height}"
            raise ImpossibleTask(
                f"the contract allows images of {pixels}, but the mock paints at most {MOST_PIXELS} pixels"
            )
        number = await self._context.store.next_task_number()
        settings, clock = self._context.settings, self._context.clock
        seed = entropy(settings.seed, clock.started, self._contract.vendor, number)
        route, fate = timed(
            draw_route(self._route(lifecycle, fate), SeededChance(seed)), fate, self._context.tempo.pace
        )
        return Task(
            id=await self._unused_id(operation, account, seed),
            token=link_token(seed, settings.token),
            contract=self._contract.name,
            operation=operation.id,
            account=account,
            created_at=clock.now(),
            route=route,
            request=request,
            promise=promise,
            price=self._price(operation.billing, promise, fate),
            ends_after=0.0 if at_once else self._ends_after(route, fate),
            size=size,
            pace=self._context.tempo.pace,
            fate=fate,
        )

    async def _unused_id(self, operation: Operation, account: str, seed: bytes) -> str:
        """An id that no task of the account has: among a hundred thousand, short ones repeat."""
        shape = self.shape(operation)
        written = shape.write(seed)
        for turn in range(_MOST_DRAWS):
            if await self.find(account, written) is None:
                break
            written = shape.write(entropy(seed.hex(), turn))
        return written

    def _route(self, lifecycle: Lifecycle, fate: TaskOverrides) -> tuple[LifecycleState, ...]:
        key = (lifecycle.name, fate.state, fate.stuck)
        if key not in self._routes:
            try:
                way = lifecycle.states_along(fate.state)
            except KeyError:
                words = ", ".join(lifecycle.reachable())
                raise ImpossibleTask(
                    f"Prefer: state={fate.state}: the task cannot reach it; choose from {words}"
                ) from None
            self._routes[key] = way[:-1] if fate.stuck and way[-1].outcome and len(way) > 1 else way
        return self._routes[key]

    def _price(self, billing: BillingRule | None, promise: ImagePromise | None, fate: TaskOverrides) -> Decimal | None:
        """What is paid for a success in the end."""
        if promise is None or promise.price is None:
            return None
        return promise.price * (promise.count - _given_back(billing, promise, fate))

    def _ends_after(self, route: Route, fate: TaskOverrides) -> float | None:
        seconds = duration(route, fate, self._context.tempo.pace)
        return None if seconds == FOREVER else seconds

    def shape(self, operation: Operation) -> IdShape:
        """The shape of the ids of the tasks that an operation begins."""
        if operation.id not in self._shapes:
            self._shapes[operation.id] = IdShape(
                _example_of(operation, "$task.id") or "task_00000000000000000000000000"
            )
        return self._shapes[operation.id]

    async def charge(self, task: Task, billing: BillingRule | None, key: str) -> bool:
        """Charge a task as its contract says; False when the balance does not cover it."""
        if billing is None or task.promise is None:
            return True
        promise = task.promise
        entry = LedgerEntry(
            token=task.token,
            task=task.id,
            account=task.account,
            vendor=self._contract.vendor,
            operation=task.operation,
            currency=billing.currency,
            at=task.created_at,
            price=promise.price,
            images=promise.count,
            kept=paid_images(task, billing),
            reserved=billing.charge == "on-submit",
            ends_at=None if task.ends_after is None else task.created_at + task.ends_after,
        )
        return await self._context.store.charge(entry, self._context.settings.opening(key))

    async def keep(self, task: Task, keys: Iterable[str]) -> None:
        """Remember a task under the values that lead to it."""
        await self._context.store.add_task(task, keys)

    # ------------------------------------------------------------------ look

    async def find(self, account: str, key: str) -> Task | None:
        """The task of this account that a value leads to."""
        return await self._context.store.task_by_key(self._contract.name, account, key)

    def initial(self, task: Task) -> TaskView:
        """A task as its submission is answered: in its first state."""
        state = task.route[0].state
        return self._view(task, TaskSnapshot(state, state.progress[0] if state.progress else None), None)

    def ended(self, task: Task) -> TaskView:
        """A task at its outcome, as a synchronous operation answers it."""
        return self.at_outcome(task, self._context.clock.now())

    async def looked_at(self, task: Task) -> TaskView:
        """A task as it stands now; the poll is counted where the pace counts polls."""
        self._context.outbox.wake()
        now, poll = self._context.clock.now(), 0
        if task.pace.polls is not None:
            poll = await self._context.store.record_poll(task)
        snapshot = snapshot_at(task.route, task.fate, task.pace, now - task.created_at, poll)
        ended_at = await self._ended_at(task, snapshot, now)
        return self._view(task, snapshot, ended_at, task.fate.word)

    async def _ended_at(self, task: Task, snapshot: TaskSnapshot, now: float) -> float | None:
        if not snapshot.over:
            return None
        if task.ends_after is not None:
            return task.created_at + task.ends_after
        ended_at = await self._context.store.complete_task(task, now)
        if ended_at == now:
            await self._context.store.end_charge(task.token, now)
            await self._context.outbox.completed()
        return ended_at

    def at_outcome(self, task: Task, ended_at: float) -> TaskView:
        """A task that came to its outcome then, as a callback tells it."""
        state = task.route[-1].state
        return self._view(task, TaskSnapshot(state, state.progress[1] if state.progress else None), ended_at)

    def passing(self, task: Task, name: str) -> TaskView:
        """A task as it comes to a state on its way."""
        state = next(stage.state for stage in task.route if stage.state.name == name)
        return self._view(task, TaskSnapshot(state, state.progress[0] if state.progress else None), None)

    def viewed(self, task: Task, snapshot: TaskSnapshot, ended_at: float | None) -> TaskView:
        """A task as it stands; nobody polled it."""
        return self._view(task, snapshot, ended_at)

    def _view(self, task: Task, snapshot: TaskSnapshot, ended_at: float | None, word: str | None = None) -> TaskView:
        return TaskView(task, snapshot, ended_at, self._context.clock.now(), task.pace.speed or 1.0, word)

    # ------------------------------------------------------------------ values of responses

    def fill(self, roots: ExpressionRoots, view: TaskView, base: str) -> None:
        """Put a task, and its images once it succeeded, where expressions find them."""
        roots.task = view
        promise = view.task.promise
        if promise is None or view.snapshot.state.outcome != "success":
            return
        withheld = view.task.fate.withheld
        roots.images = [
            ImageView(view.task, index, base, view.expires_at, withheld=index in withheld)
            for index in range(promise.count)
        ]
        made = promise.count - len(withheld)
        roots.usage = UsageView(made, promise.tokens(made))

    async def paint(self, image: ImageView) -> None:
        """Paint one image that stands in the response itself."""
        if image.withheld:
            return
        image.content = await self._context.gallery.content(image.task, image.index)

    async def account(self, account: str, key: str) -> AccountView:
        """What an account has left and has used."""
        opening, now = self._context.settings.opening(key), self._context.clock.now()
        funds = await self._context.store.funds(account, opening, now)
        return AccountView(funds.balance, funds.used)

    async def store(self, operation: Operation, part: FilePart, base: str) -> UploadView:
        """Keep an uploaded file; its media type is what its bytes say."""
        number = await self._context.store.next_task_number()
        clock = self._context.clock
        seed = entropy(self._context.settings.seed, clock.started, self._contract.vendor, "upload", number)
        image_facts = read_image_facts(part.content, decode=False)
        now, lifetime = clock.now(), operation.role.lifetime if operation.role else None
        upload = Upload(
            id=IdShape(_example_of(operation, "$upload.id") or "upload_00000000").write(seed),
            token=link_token(seed, self._context.settings.token),
            filename=_safe(part.filename),
            media_type=media_type(image_facts.format) if image_facts else part.media_type,
            content=part.content,
            created_at=now,
            expires_at=None if lifetime is None else now + lifetime,
        )
        await self._context.store.add_upload(upload)
        return UploadView(upload, f"{base}{FILES}/{self._contract.vendor}/{upload.token}-{quote(upload.filename)}")


def paid_images(task: Task, billing: BillingRule) -> int:
    """How many of a task's images are paid for in the end."""
    failed = task.route[-1].state.outcome == "failure"
    return 0 if task.promise is None else paid(failed, task.promise, task.fate, billing)


def paid(failed: bool, promise: ImagePromise, fate: TaskOverrides, billing: BillingRule) -> int:
    """How many images of a task are paid for, by whether it fails in the end."""
    if failed and (billing.refund is not None or billing.charge == "on-success"):
        return 0
    return promise.count - _given_back(billing, promise, fate)


def _given_back(billing: BillingRule | None, promise: ImagePromise, fate: TaskOverrides) -> int:
    """How many of the images of a success are not paid for in the end."""
    if not fate.withheld:
        return 0
    free = billing is None or billing.refund == "undelivered" or billing.charge == "on-success"
    return sum(index < promise.count for index in fate.withheld) if free else 0


def _example_of(operation: Operation, expression: str) -> str | None:
    """What an operation's examples show where an expression is bound."""
    for response in operation.responses:
        for media in response.media:
            for example in media.examples:
                for binding in example.bindings:
                    if binding.expression.text == expression:
                        return str(value_on(example.value, binding.path))
    return None


def _safe(filename: str) -> str:
    """The last segment of a file's name, without control characters and without hiding it; never empty."""
    name = filename.replace("\\", "/").rpartition("/")[2]
    return "".join(one if one.isprintable() else "-" for one in name).strip(" .")[-80:] or "file"


def kept(request: ExpressionRequest, size: int) -> tuple[ExpressionRequest, int]:
    """A request of `size` bytes as it is remembered, and its size then: no key, undeclared header or image in it."""
    body = request.body
    if size > KEPT_TEXT and isinstance(body, dict):
        body = {name: _shortened(value) for name, value in body.items()}
        size = len(orjson.dumps(body))
    query = {name: value for name, value in request.query.items() if not is_secret_in("query", name)}
    header = {name: value for name, value in request.header.items() if not is_secret_in("header", name)}
    return ExpressionRequest(request.path or _NONE, query or _NONE, header or _NONE, body), size


def _shortened(value: Json) -> Json:
    if isinstance(value, str) and len(value) > KEPT_TEXT and value.startswith("data:"):
        return f"{value[:64]}…{entropy(value).hex()}"
    if isinstance(value, list):
        return [_shortened(item) for item in value]
    return value
