"""Tasks as a report shows them, from real runs against a mock in this process."""

from __future__ import annotations

import asyncio
from decimal import Decimal
from pathlib import Path

import pytest

from pixpact.cli.in_process import IN_PROCESS, against_mock
from pixpact.contracts.plan.selection import Selection
from pixpact.contracts.run.check import RunOptions, prepare_run
from pixpact.specs.lint.lint import contract_of
from pixpact.specs.openapi.document import read
from pixpact.wire.images import read_image_facts

TOY = Path(__file__).parents[3] / "fixtures/specs/toy.yaml"


@pytest.fixture(scope="module")
def tasks():
    """The tasks of a run that checks two claims about images."""
    contract = contract_of(read(TOY), "toy")
    run = RunOptions(means=IN_PROCESS, selection=Selection(("*:image/*",)), timelines=True)
    return asyncio.run(against_mock(prepare_run(contract, run), contract, run)).timelines


def test_a_task_ends_with_its_outcome(tasks):
    """Each begins with the request at 0 s, is polled in order, and ends in a state that the lifecycle knows."""
    ends = {next((step.outcome for step in reversed(task.steps) if step.state), "") for task in tasks}

    assert tasks
    assert "success" in ends
    assert {0.0} == {task.steps[0].at for task in tasks}
    assert [] == [task for task in tasks if [step.at for step in task.steps] != sorted(step.at for step in task.steps)]


def test_each_image_is_measured_and_shown(tasks):
    """What the contract promises, what the bytes say, and a small copy of them."""
    pairs = [pair for task in tasks for pair in task.images]

    assert pairs
    assert {True} == {pair.as_promised for pair in pairs}
    assert [] == [
        pair for pair in pairs if max(read_image_facts(pair.preview).width, read_image_facts(pair.preview).height) > 160
    ]


def test_a_task_costs_what_the_contract_states(tasks):
    """Unknown where the contract states no price, never 0."""
    crayons = {len(task.images): task.cost for task in tasks if task.model == "crayon-1"}

    assert {Decimal("0.01") * count for count in crayons} <= set(crayons.values())
    assert {None} == {task.cost for task in tasks if any(pair.promise.price is None for pair in task.images)}
