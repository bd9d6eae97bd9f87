"""Answers as unusual as a contract allows keep it: whoever checks a server that gives them finds nothing that harms."""

from __future__ import annotations

import pytest

from .running import VENDORS, checked, paint_once

pytestmark = pytest.mark.sweep


@pytest.fixture(autouse=True, scope="module")
def painting():
    paint_once()


@pytest.mark.parametrize("vendor", VENDORS)
def test_unusual_responses_keep_the_contract(vendor):
    """Every probe is carried out and followed. Reported are unknown fields, and words that no way leads to.

    Optional fields are left out of such responses, so that what is said of them is not judged.
    """
    result = checked(vendor, responses="extreme")

    assert {"info"} == {finding.severity for finding in result.findings}
    assert {finding.claim.id.rpartition("/")[2] for finding in result.findings} <= {"members", "next"}
    assert () == result.failures
    assert result.coverage > 0.85
