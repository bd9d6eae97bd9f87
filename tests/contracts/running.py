"""Runs against a mock in this process, many of them: what they have in common is made once."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import cache, lru_cache
from pathlib import Path
from typing import TypeVar

import pixpact.mockserver.images.painting as painting
from pixpact.cli.in_process import IN_PROCESS, against_mock
from pixpact.contracts.checks import CHECKS, Check
from pixpact.contracts.run.check import PreparedRun, RunOptions, prepare_run
from pixpact.contracts.run.result import CheckResult
from pixpact.contracts.transport.inprocess import App
from pixpact.mockserver.context import Responses
from pixpact.specs.catalogue import SpecCatalogue
from pixpact.specs.contract.model import Contract
from pixpact.specs.lint.lint import contract_of
from pixpact.specs.openapi.document import read

ROOT = Path(__file__).parents[2]
MUTANTS = ROOT / "fixtures" / "mutants"
VENDORS = ("apimart", "apiyi", "ark", "fasttoken", "toapis")
SWEEP = bool(os.environ.get("PIXPACT_SWEEP"))
"""Whether everything is gone through: a quarter of an hour. Without it, a sample of each vendor is."""


T = TypeVar("T")


def sampled(items: Sequence[T], kind: Callable[[T], object]) -> list[T]:
    """The first of each kind; under `PIXPACT_SWEEP` all of them."""
    return list(items) if SWEEP else list({kind(item): item for item in reversed(items)}.values())[::-1]


def area_of(name: str) -> tuple[str, str]:
    """The vendor of a mutant, and the area of the claim that it breaks, such as `request` or `image`."""
    return name.partition("/")[0], broken_by(MUTANTS / name).split(":")[2].partition("/")[0]


def paint_once() -> None:
    """Paint equal images once: mutants differ in little else, and painting is most of a run's time."""
    if not hasattr(painting.paint, "cache_info"):
        painting.paint = lru_cache(maxsize=400)(painting.paint)


@cache
def ready(vendor: str) -> PreparedRun:
    """The claims and the plan of a vendor, or of one with an overlay."""
    return prepare_run(SpecCatalogue().source(vendor).contract(), RunOptions(means=IN_PROCESS))


def served(overlay: Path) -> Contract:
    """The contract that a mutant's file makes, under the vendor's own name: equal names give equal images."""
    vendor = overlay.parent.name
    return contract_of(SpecCatalogue().source(f"{vendor}@{overlay}").document(), vendor)


def broken_by(overlay: Path) -> str:
    """Id of the claim that a mutant's file names."""
    return str(read(overlay).value["x-breaks"])


def checked(
    vendor: str,
    contract: Contract | None = None,
    *,
    around: Callable[[App], App] = lambda app: app,
    checks: tuple[Check, ...] = CHECKS,
    seed: int = 0,
    responses: Responses = "usual",
) -> CheckResult:
    """Check a vendor against a mock of it, or of another contract."""
    base = ready(vendor)
    run = replace(RunOptions(means=IN_PROCESS), checks=checks, seed=seed)
    return asyncio.run(against_mock(base, contract or base.claims.contract, run, around=around, responses=responses))
