"""Stubs: what a request of one's own choice gives, in the words of faults and without a recording.

`on` says which requests are meant: `vendor`, `operation`, `model`, `key`, `body`; any other word is a field of the
body. `gives` says what they give: an `image`, a `status`, a `task`, or any `fault` with its fields. A stub stands as
faults do, and is listed and reset with them.
"""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from pixpact.mockserver.core.latency import NoDelay
from pixpact.mockserver.core.latency import parse as parse_delay
from pixpact.mockserver.faults.fault import BadFault, Fault
from pixpact.mockserver.faults.parsing import read
from pixpact.mockserver.faults.validate import validate_fault
from pixpact.specs.contract.model import Contract, Operation

NARROWING = ("vendor", "operation", "model", "key", "body")
EFFECTS = ("image", "status", "task", "fault")
_ENDS = ("failed", "partial", "stuck", "slow", "unknown-status")


def stub(on: Mapping[str, Any], gives: Mapping[str, Any], contracts: Sequence[Contract]) -> list[Fault]:
    """The faults that a stub consists of. Raises BadFault where it makes no sense, or fits nothing that is served."""
    if not isinstance(on, Mapping) or not isinstance(gives, Mapping):
        raise BadFault('a stub is {"on": {"prompt": "A kite"}, "gives": {"status": 429}}: two objects')
    narrowed = _narrowed(on)
    effects = {name: value for name, value in gives.items() if value is not None}
    fields = {name: effects.pop(name) for name in list(effects) if name not in EFFECTS}
    if not effects:
        raise BadFault(f"a stub gives one of {', '.join(EFFECTS)}; it gives {', '.join(gives) or 'nothing'}")
    meant = [
        operation
        for contract in contracts
        for operation in contract.operations
        if _meant(contract, operation, narrowed)
    ]
    written = [_WRITTEN[name](value, meant) for name, value in effects.items()]
    faults = [read({**narrowed, **fields, **one}) for one in written if one]
    for fault in faults:
        validate_fault(fault, contracts)
    return faults


def _narrowed(on: Mapping[str, Any]) -> dict[str, Any]:
    """The fields of a fault that narrow it to the requests that are meant."""
    conditions = {name: on[name] for name in NARROWING if on.get(name) is not None}
    fields = {name: value for name, value in on.items() if name not in NARROWING}
    if not fields:
        return conditions
    body = conditions.get("body", {})
    if not isinstance(body, Mapping):
        raise BadFault(f"body is {body!r}; write an object with the fields that a request must have")
    return {**conditions, "body": {**body, **fields}}


def _meant(contract: Contract, operation: Operation, narrowed: Mapping[str, Any]) -> bool:
    vendor, name = narrowed.get("vendor"), narrowed.get("operation")
    return vendor in (None, contract.name, contract.vendor) and name in (None, operation.id)


def _status(value: Any, meant: Iterable[Operation]) -> dict[str, Any]:
    """A status of HTTP as the contract documents it, else as a gateway's page; or the name of a cause."""
    if isinstance(value, str) and not value.isdecimal():
        return {"fault": value}
    statuses = {status for operation in meant for status, _ in operation.examples()}
    if str(value) not in statuses and str(value)[:1] == "5":
        return {"fault": "html", "status": value, "charged": False}
    return {"fault": "response", "status": value}


def _task(value: Any, _: Iterable[Operation]) -> dict[str, Any]:
    """How a task ends (`failed`, `stuck`, …), or how long it takes (`3m`, 180)."""
    if isinstance(value, Mapping):
        return dict(value)
    if isinstance(value, str) and value in _ENDS:
        return {"fault": value}
    try:
        parse_delay(value)
    except NoDelay:
        near = difflib.get_close_matches(str(value), _ENDS, 1)
        hint = f"did you mean {near[0]!r}?" if near else f"there are {', '.join(_ENDS)}; or write how long it takes: 3m"
        raise BadFault(f"task is {value!r}; {hint}") from None
    return {"fault": "takes", "delay": value}


_WRITTEN: dict[str, Callable[[Any, Iterable[Operation]], dict[str, Any]]] = {
    "image": lambda value, _: {"fault": "image", "image": value},
    "status": _status,
    "task": _task,
    "fault": lambda value, _: {"fault": value},
}
