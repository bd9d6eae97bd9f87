"""Whether a fault can ever strike something of what is served: a wrong name would be waited for in vain."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches
from itertools import chain

from pixpact.mockserver.core.unread_fields import shape_of
from pixpact.mockserver.faults.fault import BadFault, Fault
from pixpact.mockserver.faults.names import NAMES, STAGES, STREAMED
from pixpact.specs.contract.model import Contract, Operation
from pixpact.specs.dialect.request_body import enums_of
from pixpact.wire.bodies import STREAM

Served = list[tuple[Contract, Operation]]

STAGES_OF: dict[str | None, tuple[str, ...]] = {
    "start": ("submit", "queue", "run", "download"),
    "run": ("submit", "queue", "run", "download"),
    "show": ("poll",),
    "store": ("download",),
}
"""The stages of an operation, by what it does with a task or an upload."""


def validate_fault(fault: Fault, contracts: Iterable[Contract]) -> None:
    """Raise BadFault for a fault that fits nothing of these contracts: the word that is wrong, and what there is."""
    known_contracts = list(contracts)
    served = [contract for contract in known_contracts if fault.vendor in (None, contract.name, contract.vendor)]
    if not served:
        names = ", ".join(contract.name for contract in known_contracts)
        raise BadFault(f"vendor {fault.vendor!r} is not served; there are {names}")
    every = [(contract, operation) for contract in served for operation in contract.operations]
    operations = [(contract, operation) for contract, operation in every if fault.operation in (None, operation.id)]
    if not operations:
        raise BadFault(
            f"there is no operation {fault.operation!r}; there are {_words(operation.id for _, operation in every)}"
        )
    _check_meaning(fault, operations)
    _check_webhook(fault, operations)
    _check_stage(fault, operations)
    _check_model(fault, every)
    _check_body(fault, operations)
    check_example(fault, served)


def documents(operation: Operation, fault: Fault) -> bool:
    """Whether an operation has a response for a refusal; a gateway in front of it needs none."""
    if fault.is_gateway:
        return True
    if fault.fault == "response":
        wanted, name = fault.wanted
        return any(
            status.isdecimal() and int(status) >= 400 and wanted in (None, int(status)) and name in (None, example.name)
            for status, example in operation.examples()
        )
    return any(example.subject == fault.fault for _, example in operation.examples())


def _check_response(fault: Fault, served: Served) -> None:
    if fault.fault == "response" and not any(documents(operation, fault) for _, operation in served):
        available = _words(
            f"{status} {example.name}" for _, op in served for status, example in op.examples() if status >= "4"
        )
        asked = " ".join(str(number) for number in fault.wanted if number is not None)
        raise BadFault(f"no response {asked} is documented; there are {available or 'none'}")
    if fault.charged and not any(_verb(operation) in ("start", "run") for _, operation in served):
        raise BadFault(f"{fault.fault!r} cannot be charged: no matching operation starts a task")


def _at_stage(fault: Fault, served: Served) -> Served:
    """The operations that a refusal can strike at its stage: one that is charged, at those that begin a task."""
    stage = "submit" if fault.charged or fault.under_way else fault.stage
    if not fault.is_cause or stage is None:
        return served
    return [(contract, operation) for contract, operation in served if stage in STAGES_OF.get(_verb(operation), ())]


def _check_meaning(fault: Fault, every: Served) -> None:
    served = _at_stage(fault, every)
    if not served:
        _check_response(fault, every)
        return
    documented = {example.subject for _, operation in served for _, example in operation.examples()}
    documented |= {word for contract, operation in served for word in _outcomes(contract, operation)}
    _check_response(fault, served)
    if fault.is_cause and not fault.is_gateway and fault.fault not in {*documented, "response"}:
        available = ", ".join(name for name in NAMES if name in documented)
        where = "" if served == every else " for the operations at that stage"
        raise BadFault(f"no response to {fault.fault!r} is documented{where}; there are {available}")
    wanted = ("start",) if fault.fault == "unknown-status" else ("start", "run")
    if fault.is_outcome and not any(_verb(operation) in wanted for _, operation in served):
        shown = " that can be polled" if wanted == ("start",) else ""
        raise BadFault(f"{fault.fault!r} is for operations that start a task{shown}; no matching operation does")


def _outcomes(contract: Contract, operation: Operation) -> tuple[str, ...]:
    """The words that a task of this operation may end with."""
    name = operation.role.lifecycle if operation.role else None
    return contract.lifecycles[name].outcomes() if name else ()


def _check_webhook(fault: Fault, served: Served) -> None:
    callbacks = [callback for _, operation in served for callback in operation.callbacks]
    if fault.is_of_webhooks and not callbacks:
        raise BadFault(f"{fault.fault!r} is for operations with a callback; no matching operation has one")
    signed = any(header.signature for callback in callbacks for header in callback.headers)
    if fault.fault == "webhook-forged" and not signed:
        raise BadFault(f"{fault.fault!r} is for signed callbacks; no matching callback is signed")


def _check_stage(fault: Fault, served: Served) -> None:
    stages = {stage for _, operation in served for stage in STAGES_OF.get(_verb(operation), ())}
    stages |= {"webhook"} if any(operation.callbacks for _, operation in served) else set()
    if fault.is_of_files and "download" not in stages:
        raise BadFault(f"{fault.fault!r} is for downloads; no matching operation has files")
    if fault.fault in STREAMED and not any(_streams(operation) for _, operation in served):
        raise BadFault(f"{fault.fault!r} is for event streams; no matching operation has one")
    if fault.stage is not None and fault.stage not in stages:
        available = ", ".join(stage for stage in STAGES if stage in stages) or "none"
        raise BadFault(f"no matching operation has the stage {fault.stage!r}; there are {available}")


def _streams(operation: Operation) -> bool:
    return any(media.name == STREAM for response in operation.responses for media in response.media)


def _check_model(fault: Fault, served: Served) -> None:
    if fault.model is None:
        return
    models = [_models(contract, operation) for contract, operation in served if _verb(operation) in ("start", "run")]
    if None not in models and fault.model not in chain.from_iterable(them or () for them in models):
        available = _words(chain.from_iterable(them or () for them in models)) or "none"
        raise BadFault(f"no operation accepts the model {fault.model!r}; there are {available}")


def _check_body(fault: Fault, served: Served) -> None:
    """A field that no operation reads would be waited for in vain."""
    if fault.body is None:
        return
    shapes = [
        (shape_of(contract.document.value, branch.pointer))
        for contract, operation in served
        for media in (operation.body.media if operation.body else ())
        for branch in media.reader.all_branches()
    ]
    if shapes and any(not any(True for _ in shape.unread(dict(fault.body))) for shape in shapes):
        return
    field_names = list(dict.fromkeys(name for shape in shapes for name in shape.fields))
    wrong = next((name for name in fault.body if name not in field_names), next(iter(fault.body), ""))
    near = get_close_matches(wrong, field_names, 1)
    hint = f"did you mean {near[0]!r}?" if near else f"there are {', '.join(field_names) or 'none'}"
    raise BadFault(f"no operation reads the field {wrong!r} of body; {hint}")


def _models(contract: Contract, operation: Operation) -> list[str] | None:
    """The values of `model` that an operation takes; None where its contract does not list them."""
    branches = (
        [branch for media in operation.body.media for branch in media.reader.all_branches()] if operation.body else []
    )
    listed = [enums_of(contract.document.value, branch.pointer).get("model") for branch in branches]
    return (
        None
        if None in listed or not listed
        else [str(model) for model in chain.from_iterable(them or () for them in listed)]
    )


def check_example(fault: Fault, contracts: Iterable[Contract]) -> None:
    """Raise BadFault for an example that none of these contracts has for this fault."""
    if fault.example is None or fault.fault == "response":
        return
    names = _words(_examples(fault, contracts))
    if fault.example not in names.split(", "):
        raise BadFault(f"{fault.fault!r} has no example {fault.example!r}; there are {names or 'none'}")


def _examples(fault: Fault, contracts: Iterable[Contract]) -> Iterable[str]:
    """The names of the examples that tell a refusal, or the failure of a task."""
    for contract in contracts:
        reported = {fault.fault} if fault.is_cause else _failures(contract)
        for operation in contract.operations:
            yield from (example.name for _, example in operation.examples() if example.subject in reported)


def _failures(contract: Contract) -> set[str]:
    states = [lifecycle.states[word] for lifecycle in contract.lifecycles.values() for word in lifecycle.outcomes()]
    return {state.name for state in states if state.outcome == "failure"}


def _verb(operation: Operation) -> str | None:
    return operation.role.verb if operation.role else None


def _words(words: Iterable[str]) -> str:
    return ", ".join(dict.fromkeys(words))
