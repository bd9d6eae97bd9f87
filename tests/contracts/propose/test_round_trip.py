"""Mutate → check → propose → apply → check is clean; and the diff tells the same story as the check did."""

from __future__ import annotations

import asyncio
from functools import cache
from pathlib import Path

import pytest

from pixpact.cli.in_process import IN_PROCESS, against_mock, in_process
from pixpact.cli.propose import LimitWitness
from pixpact.contracts.claims.claim import Claim
from pixpact.contracts.diff.read.contract_version import ContractVersion, read_version
from pixpact.contracts.diff.report import ContractChange, ContractComparison, comparison
from pixpact.contracts.findings import Finding
from pixpact.contracts.propose.overlay_text import overlay_text
from pixpact.contracts.propose.propose import ProposedOverlay, day_of
from pixpact.contracts.reports.sanitize import TextSanitizer
from pixpact.contracts.run.check import RunOptions
from pixpact.specs.catalogue import SpecCatalogue
from pixpact.specs.contract.model import Contract
from pixpact.specs.lint.lint import contract_of
from pixpact.specs.openapi import overlay
from pixpact.specs.openapi.document import parse, read, steps

from ..running import MUTANTS, SWEEP, broken_by, paint_once, ready, served

pytestmark = pytest.mark.sweep

REVIEWED = read(MUTANTS / "not-expressible.yaml").value
"""name → why no overlay makes the check of this mutant pass."""
UNREPORTED = REVIEWED.pop("untold-by-the-diff")
"""name → why the diff has no change near the claim."""

# One of each kind of statement; `bench/round_trip.py` goes through all of them.
CHOSEN = [
    "apimart/clamp-refuses",
    "apimart/completed-is-succeeded",
    "apimart/links-for-a-day",
    "apimart/new-state-reviewing",
    "apimart/pending-at-5",
    "apimart/price-up",
    "apimart/references-less-long",
    "apimart/upload-up-to-10-mb",
    "apimart/webhook-https",
    "apiyi/4-5-without-2k",
    "apiyi/base64-data-uri",
    "apiyi/default-3k",
    "apiyi/error-type-missing",
    "apiyi/event-renamed",
    "apiyi/exact-size-ignored",
    "apiyi/expires-in-an-hour",
    "apiyi/format-not-checked",
    "apiyi/format-webp",
    "apiyi/larger-pictures-refused",
    "apiyi/lite-gone",
    "apiyi/models-bare-list",
    "apiyi/n-up-to-3",
    "apiyi/n-up-to-5",
    "apiyi/no-trace-id",
    "apiyi/one-picture",
    "apiyi/problem-json",
    "apiyi/quality-ignored",
    "apiyi/smaller-pictures-taken",
    "apiyi/stream-default",
    "apiyi/stream-without-completed",
    "apiyi/ten-references-limit",
    "apiyi/tier-4k-smaller",
    "apiyi/tokens-per-1024",
    "apiyi/total-not-enforced",
    "apiyi/url-and-base64",
    "apiyi/usage-in-texts",
    "apiyi/usage-renamed",
    "apiyi/user-required",
    "fasttoken/base64-default",
    "fasttoken/created-as-text",
    "fasttoken/data-renamed",
    "fasttoken/guidance-from-2",
    "fasttoken/model-renamed-in-answer",
    "fasttoken/no-key-needed",
    "fasttoken/refused-with-422",
    "fasttoken/request-id-in-answer",
    "fasttoken/seed-lower",
    "fasttoken/size-required",
    "fasttoken/status-202",
    "fasttoken/tiers-halved",
    "fasttoken/unknown-model-400",
]


@pytest.fixture(scope="module", autouse=True)
def _painting() -> None:
    paint_once()


def round_trip(name: str) -> tuple[ProposedOverlay, tuple[Finding, ...]]:
    """(what is proposed for a mutant, what the same check finds once that is applied, text and all)."""
    vendor, mutated = name.partition("/")[0], served(MUTANTS / f"{name}.yaml")
    witness = LimitWitness(ready(vendor).claims.contract)
    run = RunOptions(means=IN_PROCESS, recorded=witness.saw, afterwards=witness.afterwards)
    result = asyncio.run(against_mock(ready(vendor), mutated, run))
    said = witness.proposed(result)
    if not said.actions:
        return said, result.findings
    text = overlay_text(said, "base.yaml", day_of(result), "a mock", TextSanitizer())
    return said, in_process(applied(said, text), mutated).findings


def applied(said: ProposedOverlay, text: str) -> Contract:
    """The base with the overlay as it is written, read by the loader that users have. Raises SpecError."""
    document = overlay.apply_overlay(said.base.document, parse(text, Path("proposed.yaml")))
    return contract_of(document, said.base.vendor)


@pytest.mark.parametrize("name", CHOSEN if SWEEP else CHOSEN[::6])
def test_what_is_proposed_makes_the_check_pass(name: str) -> None:
    """Every finding is gone and none comes instead; what cannot be expressed was reviewed, and is said."""
    said, found = round_trip(name)

    assert bool(found) == (name in REVIEWED)
    assert bool(said.left) == (name in REVIEWED)


def test_enough_is_gone_through() -> None:
    """Thirty mutants at least, and no entry of the reviewed list is about a mutant that is not there."""
    there = {f"{path.parent.name}/{path.stem}" for path in MUTANTS.glob("*/*.yaml")}

    assert len(CHOSEN) >= 30
    assert set(CHOSEN) <= there
    assert set(REVIEWED) | set(UNREPORTED) <= there
    assert all(why for why in (*REVIEWED.values(), *UNREPORTED.values()))


# ---- the same story


@cache
def side(vendor: str) -> ContractVersion:
    """A vendor's contract as one side of a comparison."""
    return read_version(SpecCatalogue().source(vendor).document(), vendor)


def compared(name: str) -> ContractComparison:
    """What changed between the contract and the mutant."""
    vendor = name.partition("/")[0]
    document = SpecCatalogue().source(f"{vendor}@{MUTANTS / name}.yaml").document()
    return comparison(side(vendor), read_version(document, name))


def is_same_story(change: ContractChange, claim: Claim, contract: Contract) -> bool:
    """Whether a change is about the statement that a check saw broken.

    It shows at an operation of the claim's, where the claim names one, and either in the same direction and near the
    same place of the document, or, where the claim is how a refusal is answered, as a status or a credential that
    changed. Near are two pointers that agree but for the last two steps of the shorter one: `…/Task` and
    `…/Task/required`, or `…/status/enum` and `…/status/const`, are the same place.
    """
    call = contract.operation(claim.operation) if claim.operation else None
    if call and not any(place.startswith(f"{call.method} {_plain(call.path)}") for place in change.places):
        return False
    if claim.area == "refusal" and "/responses/" in claim.pointer and change.area in ("status", "security"):
        return True
    asked = claim.area in ("request", "normalisation", "image", "billing")
    directions = {"request"} if asked else {"request", "response"} if claim.area == "refusal" else {"response"}
    return change.direction in directions and is_near(change.pointer, claim.pointer)


def is_near(one: str, other: str) -> bool:
    """Whether two pointers agree but for the last two steps of the shorter one, and in three steps at least."""
    left, right = steps(one), steps(other)
    common = next((at for at, pair in enumerate(zip(left, right, strict=False)) if pair[0] != pair[1]), None)
    length = min(len(left), len(right)) if common is None else common
    return length >= max(3, min(len(left), len(right)) - 2)


def _plain(path: str) -> str:
    """A path as the diff writes it: what its parameters are called does not matter."""
    return "/".join("{}" if step.startswith("{") else step for step in path.split("/"))


@pytest.mark.parametrize("name", CHOSEN if SWEEP else CHOSEN[::6])
def test_the_diff_reports_the_same_story(name: str) -> None:
    """The base against the base with the mutant has a change at the statement that the check found broken."""
    claims = ready(name.partition("/")[0]).claims
    wanted = broken_by(MUTANTS / f"{name}.yaml")
    named = [claim for claim in claims.all if wanted in (claim.id, claim.group)]
    fitting = [
        change.rule
        for change in compared(name).changes
        if any(is_same_story(change, claim, claims.contract) for claim in named)
    ]

    assert named
    assert bool(fitting) == (name not in UNREPORTED)
