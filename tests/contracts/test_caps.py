"""A small cap blames nothing that a larger one does not; `bench/caps.py` goes through every vendor and 20 caps."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from functools import cache

import pytest

from pixpact.cli.in_process import IN_PROCESS, against_mock
from pixpact.contracts.limits.budget import SpendingCaps
from pixpact.contracts.run.check import RunOptions, prepare_run
from pixpact.contracts.run.result import CheckResult
from pixpact.specs.catalogue import SpecCatalogue
from pixpact.specs.lint.lint import contract_of

from .running import MUTANTS, SWEEP, paint_once

pytestmark = pytest.mark.sweep

VENDOR = "fasttoken"
DRIFTED = {
    "overlay": f"{VENDOR}@upstream",
    "mutants": "@".join(
        [
            VENDOR,
            *(str(MUTANTS / VENDOR / f"{name}.yaml") for name in ("guidance-from-2", "size-required", "tiers-halved")),
        ]
    ),
}
CAPS = range(1, 19) if SWEEP else (1, 2, 5, 10)


@pytest.fixture(scope="module", autouse=True)
def _painting() -> None:
    paint_once()


@cache
def checked(name: str, images: int) -> CheckResult:
    catalogue = SpecCatalogue()
    there = contract_of(catalogue.source(DRIFTED[name]).document(), VENDOR)
    run = RunOptions(means=replace(IN_PROCESS, images=images))
    ready = prepare_run(catalogue.source(VENDOR).contract(), run)
    return asyncio.run(against_mock(ready, there, run, SpendingCaps(4000, images)))


@pytest.mark.parametrize("images", CAPS)
@pytest.mark.parametrize("name", DRIFTED)
def test_what_a_small_cap_finds_the_largest_finds_too(name: str, images: int) -> None:
    """Or the finding says "one of", where nothing that was bought tells claims apart; and the cap is kept."""
    largest = {claim.id for finding in checked(name, 300).findings for claim in (finding.claim, *finding.claims)}
    result = checked(name, images)

    assert largest
    assert [] == [it.claim.id for it in result.findings if it.claim.id not in largest and not it.one_of]
    assert result.spent.images <= images


def test_a_refusal_that_names_another_field_is_about_that_field() -> None:
    """One image is taken and tells nothing of `size`; that every refusal names it does."""
    (finding,) = checked("mutants", 1).findings

    assert ("fasttoken:createImage:request/Image/size/left-out", "refused") == (finding.claim.id, finding.kind)
    assert finding.observed.startswith('400 "size is required')
