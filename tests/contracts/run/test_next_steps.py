"""What a run that could not check says to do next."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from pathlib import Path

import pytest

from pixpact.cli.in_process import IN_PROCESS, against_mock
from pixpact.contracts.limits.budget import SpendingCaps
from pixpact.contracts.plan.planfile import PlanFile
from pixpact.contracts.run.check import RunOptions, prepare_run
from pixpact.contracts.run.result import CheckResult
from pixpact.specs.catalogue import SpecCatalogue


def checked(requests: int, images: int | None = None, plan_file: Path | None = None) -> CheckResult:
    """A check of the smallest vendor with so many requests."""
    contract = SpecCatalogue().source("fasttoken").contract()
    file = PlanFile(plan_file) if plan_file else None
    run = RunOptions(means=replace(IN_PROCESS, images=images), plan_file=file)
    ready = prepare_run(contract, run)
    try:
        return asyncio.run(against_mock(ready, contract, run, SpendingCaps(requests, images)))
    finally:
        if file:
            file.close()


def test_a_run_that_was_carried_out_says_nothing() -> None:
    """There is nothing left to do."""
    assert () == checked(2000).next


def test_the_same_command_goes_on(tmp_path) -> None:
    """With a plan file; without one it would begin anew, and buy again."""
    (first, *_), (other, *_) = checked(40).next, checked(40, plan_file=tmp_path / "plan").next

    assert "with --plan-file FILE the same command continues where it stopped; without it, it starts over" == first
    assert "run the same command to continue: nothing is sent or bought twice" == other


@pytest.mark.sweep
@pytest.mark.parametrize("requests", [20, 60, 120])
def test_the_cap_that_is_named_is_large_enough(requests: int) -> None:
    """And not much larger: what is left is counted, what a task takes is estimated."""
    (cap,) = (int(it.split()[1]) for it in checked(requests).next if it.startswith("--max-requests"))
    whole = checked(2000).spent.requests

    assert () == checked(cap).next
    assert cap < 2 * whole


def test_room_for_the_whole_plan_is_named() -> None:
    """A cap on images leaves a part of the plan out."""
    contract = SpecCatalogue().source("fasttoken").contract()
    whole = prepare_run(contract, RunOptions(means=IN_PROCESS)).plan.images

    assert f"--max-images {whole} is enough for the whole plan" in checked(40, images=6).next
