"""Tests whether the contract is served below a base URL, by at most two free requests."""

from __future__ import annotations

from collections.abc import Iterator

from pixpact.contracts.plan.build_request import path_of
from pixpact.contracts.plan.required_parameters import UNKNOWN_ID
from pixpact.contracts.traffic.case import CaseReader
from pixpact.contracts.transport.planned_request import PlannedRequest
from pixpact.contracts.transport.response_reader import location
from pixpact.contracts.transport.transport import RequestSender
from pixpact.specs.contract.model import Contract, Operation
from pixpact.wire.exchange import Exchange

_ELSEWHERE = frozenset({301, 302, 303, 307, 308, 404, 405, 410})
"""Statuses of a server where the contract is not served."""
_MOST_ASKED = 2


async def why_misplaced(transport: RequestSender, reader: CaseReader) -> str:
    """Why the contract is not served below the base URL, with the likely right one; empty if it is.

    One request for images is sent without a key and with malformed JSON; then an unknown task is polled. Raises
    OverBudget.
    """
    asked: list[tuple[Operation, Exchange]] = []
    for operation, sending in list(_requests(reader.claims.contract))[:_MOST_ASKED]:
        exchange = await transport.send(sending)
        if exchange.note.get("fault") or not _is_elsewhere(exchange, reader):
            return ""
        asked.append((operation, exchange))
    return _misplaced_text(transport, *asked[0]) if asked else ""


def _requests(contract: Contract) -> Iterator[tuple[Operation, PlannedRequest]]:
    for operation in contract.operations:
        if operation.does("start", "run"):
            path = path_of(
                operation,
                {parameter.name: UNKNOWN_ID for parameter in operation.parameters if parameter.place == "path"},
            )
            headers = (("Content-Type", "application/json"),)
            yield operation, PlannedRequest(operation.method, path, headers, b"{", key="none", must_be_refused=True)
    for operation in contract.operations:
        is_poll = operation.role is not None and operation.role.verb == "show"
        if operation.method == "GET" and (is_poll or (operation.role is None and operation.body is None)):
            path = path_of(
                operation,
                {parameter.name: UNKNOWN_ID for parameter in operation.parameters if parameter.place == "path"},
            )
            yield operation, PlannedRequest(operation.method, path, key="none", operation="")


def _is_elsewhere(exchange: Exchange, reader: CaseReader) -> bool:
    """Whether the response is not one that the contract documents."""
    if exchange.status not in _ELSEWHERE:
        return False
    step = reader.step(exchange.noted(role="other", expects=""))
    return not (step.documented and step.body is not None and not step.body.violations and not step.problem)


def _misplaced_text(transport: RequestSender, operation: Operation, exchange: Exchange) -> str:
    base = f"{transport.target.origin}{transport.target.target.rstrip('/')}"
    reason = f"nothing of the contract is at {base}: {operation.method} {operation.path} returned {exchange.status}"
    right = _right(base, operation.path, location(exchange))
    if right:
        return f"{reason}; give --url {right}"
    return f"{reason}; --url must be the part before {operation.path}"


def _right(base: str, path: str, leads_to: str | None) -> str:
    """The likely base URL: from a redirect, or without repeated path segments; empty if neither applies."""
    if leads_to is not None:
        target = leads_to.partition("?")[0].rstrip("/")
        if target.startswith(("http://", "https://")) and target.endswith(path) and target.removesuffix(path) != base:
            return target.removesuffix(path)
    segments = path.strip("/").split("/")
    for count in range(len(segments), 0, -1):
        twice = "/" + "/".join(segments[:count])
        if base.endswith(twice):
            return base.removesuffix(twice)
    return ""
