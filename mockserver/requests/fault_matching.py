"""Which faults strike a request, and what they ask of its response and its task."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from pixpact.mockserver.context import MockContext
from pixpact.mockserver.core.identity import SeededChance, entropy
from pixpact.mockserver.core.pace import TaskPace
from pixpact.mockserver.faults.fault import Fault, FaultInjection, FaultOccasion
from pixpact.mockserver.faults.names import IMAGE, STREAMED, UNKNOWN_WORD, Stage
from pixpact.mockserver.faults.parsing import key_digest
from pixpact.mockserver.faults.redirecting import is_redirected
from pixpact.mockserver.faults.validate import check_example, documents
from pixpact.mockserver.requests.call import RequestState
from pixpact.mockserver.requests.current_snapshot import under_way
from pixpact.mockserver.requests.tasks import ImpossibleTask
from pixpact.mockserver.responses.rendering import holds
from pixpact.mockserver.state.store import TaskOverrides
from pixpact.mockserver.webhooks.faults import FORGED
from pixpact.specs.contract.model import CAUSES, Contract, Operation
from pixpact.specs.dialect.expressions import UNDEFINED, ExpressionRequest
from pixpact.specs.dialect.images import ImagePromise
from pixpact.specs.dialect.lifecycle import Lifecycle
from pixpact.specs.openapi.messages import listed
from pixpact.wire.bodies import STREAM

_STAGE_OF: dict[str, Stage] = {"start": "submit", "run": "submit", "show": "poll"}
_TAKES = 180.0
_SLOW = 9
"""How many times its usual duration a slow task takes beyond it."""


class FaultMatcher:
    """The faults of one operation. `promise` says which images a request must yield."""

    def __init__(
        self,
        contract: Contract,
        operation: Operation,
        context: MockContext,
        promise: Callable[[RequestState], ImagePromise | None],
    ) -> None:
        self._context = context
        self._promise = promise
        self._contract = contract.name
        self._of = contract
        self._operation = operation
        self._verb = operation.role.verb if operation.role else None
        self._stage = _STAGE_OF.get(self._verb or "")
        self._names = tuple(dict.fromkeys((contract.name, contract.vendor)))
        self._offered = [
            example.subject
            for operation in contract.operations
            for _, example in operation.examples()
            if example.subject in CAUSES
        ]
        self._streams = [
            media.when for response in operation.responses for media in response.media if media.name == STREAM
        ]
        lifecycle = operation.role.lifecycle if operation.role else None
        self._lifecycle = contract.lifecycles[lifecycle] if lifecycle else None

    async def of(self, call: RequestState, subject: str | None) -> FaultInjection:
        """What strikes a request that would be refused for `subject` (None: it would be taken).

        Raises ImpossibleTask or BadFault.
        """
        injection = FaultInjection()
        if call.wish.fault is not None:
            check_example(call.wish.fault, [self._of])
        faults = [*filter(None, (call.asked,)), *await self._context.store.faults()]
        for fault in faults:
            if await self._responses(fault, call, subject, injection):
                self._strike(fault, call, injection)
        if subject is None and injection.carried_out and self._lifecycle is not None:
            for fault in faults:
                await self._decide(fault, call, injection, self._lifecycle)
        if subject is None and injection.carried_out:
            await self._decide_webhook(faults, call, injection)
        if subject is None and not injection.names:
            self._refuse_in_vain(call)
        return injection

    async def _decide_webhook(self, faults: Sequence[Fault], call: RequestState, injection: FaultInjection) -> None:
        """Let the first fault that strikes change the callback that the request asks for."""
        expected = [
            callback for callback in self._operation.callbacks if callback.url.evaluate(call.roots) is not UNDEFINED
        ]
        signed = any(header.signature for callback in expected for header in callback.headers)
        for fault in faults if expected else ():
            possible = fault.is_of_webhooks and (signed or fault.fault != FORGED)
            if possible and injection.webhook is None and await self._strikes(fault, call, "webhook"):
                injection.names.append(fault.fault)
                injection.webhook = fault

    def _refuse_in_vain(self, call: RequestState) -> None:
        """Tell who asks for what cannot strike: by a header this request, by a key any of the contract.

        Images are looked at only while they are painted.
        """
        fault = call.asked
        if fault is None or fault.fault == "truncated-image" or is_redirected(call.scope):
            return
        if fault.fault in CAUSES and not fault.is_gateway and fault.fault not in self._offered:
            offered = listed(sorted(set(self._offered)), "and")
            raise ImpossibleTask(f"fault={fault.fault}: the contract has no such response; choose from {offered}")
        if call.wish.fault is not None:
            raise ImpossibleTask(f"fault={fault.fault} does not apply to {self._operation.id}")

    async def of_images(self, call: RequestState) -> Fault | None:
        """The fault that spoils the images in a response."""
        for fault in [*filter(None, (call.asked,)), *await self._context.store.faults()]:
            if fault.fault == "truncated-image" and await self._strikes(fault, call, self._stage):
                return fault
        return None

    # ------------------------------------------------------------------ the response

    async def _responses(
        self, fault: Fault, call: RequestState, subject: str | None, injection: FaultInjection
    ) -> bool:
        """Whether a fault strikes the response of this request."""
        if fault.fault == "latency":
            return fault.stage not in ("queue", "run") and await self._strikes(fault, call, self._stage)
        if fault.fault == "truncated-image" or injection.response is not None or self._ends_task(fault):
            return False
        if fault.is_cause and not documents(self._operation, fault):
            return False
        if fault.fault in STREAMED and not self._will_stream(call):
            return False
        if fault.fault == "redirect" and is_redirected(call.scope):
            return False
        if fault.charged and fault.is_cause and (subject is not None or self._verb not in ("start", "run")):
            return False  # nothing is bought
        return (fault.is_cause or fault.is_transport) and await self._strikes(fault, call, self._stage)

    def _will_stream(self, call: RequestState) -> bool:
        """Whether a request asks for a stream of events."""
        return any(holds(condition, call.roots) for condition in self._streams)

    def _ends_task(self, fault: Fault) -> bool:
        """Whether a cause is a state that tasks end in here, so that it is told by looking at the task."""
        return fault.is_cause and self._verb == "start" and fault.fault in self._outcomes()

    def _outcomes(self) -> tuple[str, ...]:
        return self._lifecycle.outcomes() if self._lifecycle else ()

    def _strike(self, fault: Fault, call: RequestState, injection: FaultInjection) -> None:
        injection.names.append(fault.fault)
        if fault.fault == "latency":
            injection.wait += self.drawn(fault, call, usual=1.0)
        else:
            injection.response = fault

    # ------------------------------------------------------------------ the task

    async def _decide(self, fault: Fault, call: RequestState, injection: FaultInjection, lifecycle: Lifecycle) -> None:
        """Let a fault change what becomes of the task that the request begins."""
        if fault.fault == "latency" and fault.stage in ("queue", "run"):
            if await self._strikes(fault, call, fault.stage):
                injection.names.append(f"latency-{fault.stage}")
                seconds = self.drawn(fault, call, usual=1.0)
                queue, run = (seconds, 0.0) if fault.stage == "queue" else (0.0, seconds)
                call.fate = replace(call.fate, queue=call.fate.queue + queue, run=call.fate.run + run)
            return
        if not (fault.is_outcome or self._ends_task(fault)):
            return
        fate = self._fate(fault, call, lifecycle)
        if fate is not None and await self._strikes(fault, call, "submit"):
            injection.names.append(fault.fault)
            call.fate = fate
            if fate.stuck and self._verb == "run":
                injection.response = Fault("hang")

    def _fate(self, fault: Fault, call: RequestState, lifecycle: Lifecycle) -> TaskOverrides | None:
        """The task's fate under an outcome fault; None when it says nothing of this request. Raises ImpossibleTask."""
        fate, problem = self._changed(fault, call, lifecycle)
        if fate is None and fault.number == 0:
            raise ImpossibleTask(f"fault={fault.fault}: {problem}")
        return fate

    def _changed(self, fault: Fault, call: RequestState, lifecycle: Lifecycle) -> tuple[TaskOverrides | None, str]:
        if fault.fault == "partial":
            return self._partial(fault, call)
        if fault.fault == "slow":
            usual = _SLOW * self._usual(lifecycle)
            return replace(call.fate, run=call.fate.run + self.drawn(fault, call, usual)), ""
        if fault.fault == "takes":
            return replace(call.fate, takes=self.drawn(fault, call, usual=_TAKES)), ""
        if fault.fault == IMAGE:
            return (replace(call.fate, given=fault.image) if fault.image else None), "name the image, as a data URI"
        if fault.fault == "stuck":
            return replace(call.fate, stuck=True), ""
        if fault.fault == "unknown-status":
            if self._verb != "start":
                return None, f"{self._operation.id} has no task status"
            return replace(call.fate, stuck=True, word=str(fault.status or UNKNOWN_WORD)), ""
        failures = [word for word in lifecycle.outcomes() if lifecycle.states[word].outcome == "failure"]
        wanted = fault.fault if fault.is_cause else next(iter(failures), None)
        if wanted is None:
            return None, f"the tasks of {self._operation.id} have no documented failure; use server-error"
        return replace(call.fate, state=wanted, example=fault.example), ""

    def _partial(self, fault: Fault, call: RequestState) -> tuple[TaskOverrides | None, str]:
        promise = self._promise(call)
        count = promise.count if promise else 0
        delivered = count - 1 if fault.images is None else fault.images
        if count < 2 or delivered >= count:
            return None, f"{count} image{'s' * (count != 1)} cannot be delivered partially; request more"
        return replace(call.fate, withheld=tuple(range(delivered, count))), ""

    def _usual(self, lifecycle: Lifecycle) -> float:
        """Seconds that a task usually takes at most, at this pace; where a pace skips time, at the contract's own."""
        pace: TaskPace = self._context.tempo.pace
        longest = sum((state.after or (0.0, 0.0))[1] for state in lifecycle.states_along()[:-1])
        return longest / (pace.speed or 1.0)

    # ------------------------------------------------------------------ chance

    async def _strikes(self, fault: Fault, call: RequestState, stage: Stage | None) -> bool:
        """Whether a fault fits and strikes: counted, by turns and by chance."""
        if fault.under_way is not None and not await self._full(fault, call, fault.under_way):
            return False
        key = key_digest(call.key) if fault.key and call.key else None
        request = await self._request(call) if fault.model or fault.body is not None else call.request
        model = model_of(request) if fault.model else None
        occasion = FaultOccasion(self._names, self._operation.id, stage, model, key, request.body)
        if fault.number == 0:
            return fault.fits(occasion) or fault.stage in ("queue", "run")
        return fault.fits(occasion) and await self._context.store.match_fault(fault, self._chance(fault))

    async def _full(self, fault: Fault, call: RequestState, most: int) -> bool:
        """Whether a request would begin a task while so many of its key are under way."""
        return self._verb in ("start", "run") and await under_way(self._context, call.account, fault) >= most

    async def _request(self, call: RequestState) -> ExpressionRequest:
        """The request at hand; of one that looks at a task, the task's."""
        request = call.request
        if self._verb == "show" and self._operation.role and self._operation.role.expression:
            key = str(self._operation.role.expression.evaluate(call.roots))
            task = await self._context.store.task_by_key(self._contract, call.account, key)
            request = task.request if task else request
        return request

    def _chance(self, fault: Fault) -> Callable[[int], float]:
        return chance_of(self._context, fault)

    def drawn(self, fault: Fault, call: RequestState, usual: float) -> float:
        """The seconds of a fault's delay, from the seed; `usual` where it names none."""
        if fault.delay is None:
            return usual
        return fault.delay.drawn(SeededChance(entropy(*call.roots.exchange.seed, "delay", fault.number)))


def chance_of(context: MockContext, fault: Fault) -> Callable[[int], float]:
    """The number from 0 to 1 that decides about the n-th request that a standing fault fits."""
    settings, clock = context.settings, context.clock

    def drawn(fitted: int) -> float:
        if fault.probability is None:
            return 0.0
        return SeededChance(entropy(settings.seed, clock.started, "fault", fault.number, fitted)).uniform(0.0, 1.0)

    return drawn


def model_of(request: ExpressionRequest) -> str | None:
    """The model that the body of a request names."""
    body = request.body
    model = body.get("model") if isinstance(body, dict) else None
    return model if isinstance(model, str) else None
