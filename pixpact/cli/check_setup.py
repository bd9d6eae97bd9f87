"""Prepares the inputs of a check (patterns, headers, certificates, output files), or refuses them."""

from __future__ import annotations

import asyncio
import signal
import ssl
from collections.abc import Callable, Coroutine, Iterable
from pathlib import Path
from typing import Any

from pixpact.contracts.claims.contract_claims import ContractClaims
from pixpact.contracts.plan.planfile import PlanFile
from pixpact.contracts.plan.selection import Selection
from pixpact.contracts.reports.destination import reason
from pixpact.contracts.run.result import CheckResult
from pixpact.contracts.traffic.recording import HarRecorder, RecordingError
from pixpact.contracts.transport.gateway_options import GatewayOptions, parse_gateway_options, tls_context
from pixpact.specs.contract.model import Contract
from pixpact.terminal.refusal import UsageRefused
from pixpact.wire.exchange import Exchange
from pixpact.wire.locks import FileInUse


def check_selection(contract: Contract, selection: Selection) -> None:
    """Raises UsageRefused for a pattern that matches no claim, because it would have no effect."""
    if selection == Selection():
        return
    if unused := selection.unused(ContractClaims(contract)):
        raise UsageRefused(
            f"pixpact: no claim or operation of {contract.name} is named {unused[0]!r}; see `pixpact show`"
        )


def connection_options(
    headers: Iterable[str],
    user_agent: str | None,
    cookies: Iterable[str],
    query: Iterable[str],
    cacert: Path | None,
    insecure: bool,
) -> tuple[GatewayOptions, ssl.SSLContext | None]:
    """What is added to each request beside the key, and the TLS context. Raises UsageRefused."""
    try:
        return parse_gateway_options(headers, user_agent, cookies, query), tls_context(cacert, insecure)
    except ValueError as error:
        raise UsageRefused(f"pixpact: {error}") from None


def each_listener(*reporters: Callable[[Exchange], None] | None) -> Callable[[Exchange], None]:
    """One listener that calls all listeners that are not None."""

    def reported(exchange: Exchange) -> None:
        for reporter in filter(None, reporters):
            reporter(exchange)

    return reported


def recorder(path: Path, images: bool) -> HarRecorder:
    """A recorder that writes a HAR file during the run. Raises UsageRefused."""
    try:
        return HarRecorder(path, images=images)
    except RecordingError as error:
        raise UsageRefused(f"pixpact: {error}") from None


def plan_file(path: Path) -> PlanFile:
    """Open the plan file at a path. Raises UsageRefused."""
    try:
        return PlanFile(path)
    except FileInUse as error:
        raise UsageRefused(f"pixpact: {path}: {error.strerror}") from None
    except OSError as error:
        raise UsageRefused(f"pixpact: {reason(error, path)}") from None


async def interruptible(start: Callable[[], Coroutine[Any, Any, CheckResult]]) -> CheckResult:
    """Let Ctrl-C cancel the run; the result has everything seen until then."""
    task = asyncio.create_task(start())
    loop = asyncio.get_running_loop()
    try:
        loop.add_signal_handler(signal.SIGINT, task.cancel)
        loop.add_signal_handler(signal.SIGTERM, task.cancel)
    except (NotImplementedError, RuntimeError):  # on Windows or in another thread, Ctrl-C ends the program
        pass
    return await task
