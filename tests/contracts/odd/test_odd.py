"""Every odd server gets the verdict that a careful person would give: the exit code, and one finding for each fault."""

from __future__ import annotations

import pytest

from pixpact.contracts.run.verdict import outcome

from ..running import SWEEP, checked, paint_once
from .case import Odd
from .rows import ROWS

pytestmark = pytest.mark.sweep


@pytest.fixture(scope="module", autouse=True)
def _painting() -> None:
    paint_once()


def test_there_are_many_and_each_has_a_name_of_its_own() -> None:
    """At least 150 servers that differ in one thing."""
    assert len(ROWS) >= 150
    assert len(ROWS) == len({row.name for row in ROWS})


@pytest.mark.parametrize("odd", ROWS if SWEEP else ROWS[::2], ids=lambda odd: odd.name)
def test_the_verdict_is_right(odd: Odd) -> None:
    """The exit code, and the claims that are found to be broken: none elsewhere, and none twice."""
    result = checked(odd.vendor, around=odd.make())

    assert sorted(f"{odd.vendor}:{find}" for find in odd.finds) == sorted(
        finding.claim.id for finding in result.findings
    )
    assert odd.code == outcome(result).code
