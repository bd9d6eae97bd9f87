"""Probes about a task that another probe started: continuations of a finished task, and ends of a running one."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from pixpact.contracts.claims.contract_claims import ContractClaims
from pixpact.contracts.plan.probe import Probe
from pixpact.contracts.samples.bodies import put, value_in
from pixpact.contracts.traffic.case import TaskCase
from pixpact.specs.contract.model import Contract, Operation
from pixpact.specs.openapi.document import steps


def goes_on(operation: Operation) -> bool:
    """Whether requests of an operation refer to a finished task."""
    return any(role.of is not None for role in operation.roles)


def with_finished_task(probe: Probe, operation: Operation, task: str | None) -> Probe:
    """The probe with the id of a finished task filled in. Raises ValueError if there is none.

    A probe that must be refused for another reason is left unchanged.
    """
    texts = [role.of.text for role in operation.roles if role.of is not None]
    if not texts or probe.expects:
        return probe
    if task is None:
        raise ValueError("no finished task is available to continue from")
    location, _, name = texts[0].partition(".")[2].partition(".")
    if location == "path":
        return replace(probe, path=(*(pair for pair in probe.path if pair[0] != name), (name, task)))
    if location == "query":
        return replace(probe, query=(*(pair for pair in probe.query if pair[0] != name), (name, task)))
    path = tuple(steps(texts[0].partition("#")[2]))
    return replace(probe, body=put(probe.body, path, task)) if isinstance(value_in(probe.body, path), str) else probe


def finished(case: TaskCase) -> str | None:
    """The task id of a case that delivered images; None for any other case."""
    start = case.start
    delivered = any(step.accepted and (step.says("$image.url") or step.says("$image.base64")) for step in case.steps)
    task_id = start.says("$task.id") if start and start.accepted else None
    return task_id if delivered and isinstance(task_id, str) else None


def ending_probes(claims: ContractClaims) -> Iterator[tuple[Operation, Operation]]:
    """Yield (operation that starts a task, operation that ends it)."""
    contract = claims.contract
    for end in contract.operations:
        start = next((ending for ending in contract.operations if _is_of(contract, ending, end)), None)
        if end.does("end") and start is not None:
            yield start, end


def _is_of(contract: Contract, start: Operation, end: Operation) -> bool:
    becomes = end.role.becomes if end.role else None
    lives = [contract.lifecycles[role.lifecycle or ""] for role in start.roles if role.verb == "start"]
    return any(becomes is None or becomes in life.states for life in lives)
