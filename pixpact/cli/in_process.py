"""Checks against a mock in this process: fast, and free of charge."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from decimal import Decimal

from pixpact.contracts.limits.budget import Budget, SpendingCaps
from pixpact.contracts.plan.capabilities import Capabilities
from pixpact.contracts.run.check import PreparedRun, RunOptions, check, prepare_run
from pixpact.contracts.run.result import CheckResult
from pixpact.contracts.transport.inprocess import App as Asgi
from pixpact.contracts.transport.keys import ApiKeys
from pixpact.contracts.transport.transport import RequestSender, credentials_of
from pixpact.mockserver.app import MockApp
from pixpact.mockserver.context import MockContext, MockSettings, Responses
from pixpact.mockserver.core.pace import parse as parse_pace
from pixpact.specs.contract.model import Contract
from pixpact.wire.clock import Clock, ManualClock

START = 1_767_225_600.0
"""When the clock of such a mock starts: 2026-01-01T00:00:00Z."""
OWN, SECOND = "sk-pixpact-own", "sk-pixpact-second"
"""The keys that such a mock accepts."""
IN_PROCESS = Capabilities(second_key=True, can_wait=True, provokes=True)
"""The capabilities of a run against such a mock."""
_BALANCE = Decimal(100_000)
_BASE = "http://127.0.0.1:4747"
MOST_REQUESTS = 4000
"""The most requests to such a mock: they are free, but a bug must not make a run endless."""


async def against_mock(
    ready: PreparedRun,
    served: Contract,
    run: RunOptions,
    caps: SpendingCaps | None = None,
    around: Callable[[Asgi], Asgi] = lambda app: app,
    responses: Responses = "usual",
) -> CheckResult:
    """Carry out a prepared run against a mock of `served` in this process."""
    clock: Clock = ManualClock(START)
    settings = MockSettings(
        parse_pace("1x"),
        seed=run.seed,
        keys={OWN: _BALANCE, SECOND: _BALANCE},
        responses=responses,
        images="drawing" if run.timelines else "outline",
    )
    app = MockApp([served], MockContext.new(settings, clock))
    contract = ready.claims.contract
    transport = RequestSender(
        f"{_BASE}/{served.vendor}",
        budget=Budget(caps or SpendingCaps(requests=MOST_REQUESTS)),
        clock=clock,
        app=around(app),
        credentials=credentials_of(contract),
        keys=ApiKeys(OWN, SECOND),
    )
    async with transport:
        return await check(ready, transport, clock, run)


def in_process(
    contract: Contract,
    served: Contract | None = None,
    *,
    seed: int = 0,
    run: RunOptions | None = None,
    around: Callable[[Asgi], Asgi] = lambda app: app,
) -> CheckResult:
    """Check a contract against a mock in this process; `served`: the mock has another contract.

    `around` wraps the application, as a proxy in front of it would.
    """
    run = run or RunOptions(means=IN_PROCESS, seed=seed, target="the mock in this process")
    ready = prepare_run(contract, run)
    return asyncio.run(against_mock(ready, served or contract, run, around=around))
