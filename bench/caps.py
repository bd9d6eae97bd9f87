"""Whether small caps blame wrongly: every finding under a smaller cap must be one under the largest, or say "one of".

Usage: python bench/caps.py [VENDOR ...]

Each vendor is checked against two drifted mocks under 20 caps on images from 1 to 300. A row for each mock: findings
under the largest cap, the least cap that shows all, and what smaller caps told otherwise. Exit code 1 if any did.
"""

from __future__ import annotations

import asyncio
import sys
from dataclasses import replace
from pathlib import Path

from pixpact.cli.in_process import IN_PROCESS, against_mock
from pixpact.contracts.limits.budget import SpendingCaps
from pixpact.contracts.run.check import RunOptions, prepare_run
from pixpact.contracts.run.result import CheckResult
from pixpact.specs.catalogue import SpecCatalogue
from pixpact.specs.contract.model import Contract

MUTANTS = Path(__file__).parent.parent / "fixtures" / "mutants"
CAPS = (1, 2, 3, 4, 5, 6, 8, 10, 12, 15, 20, 25, 30, 40, 50, 60, 80, 120, 200, 300)
DRIFTED = {
    "apimart": ("2026-09", ("resolution-required", "n-up-to-8", "clamp-refuses", "pending-at-5")),
    "toapis": ("observed", ("3k-gone", "eight-references", "n-up-to-10", "expires-missing")),
    "ark": ("2026-11", ()),
    "apiyi": ("2026-09", ("4-5-without-2k", "n-up-to-3", "format-webp", "usage-renamed")),
    "fasttoken": ("upstream", ("guidance-from-2", "size-required", "tiers-halved")),
}
"""Vendor → an overlay of its own, and mutants that drift together."""
REQUESTS = 8000


def served(catalogue: SpecCatalogue, vendor: str) -> dict[str, Contract]:
    """The drifted contracts of a vendor, by what they are called."""
    overlay, mutants = DRIFTED[vendor]
    together = "@".join([vendor, *(str(MUTANTS / vendor / f"{name}.yaml") for name in mutants)])
    found = {f"@{overlay}": catalogue.source(f"{vendor}@{overlay}").contract()}
    if mutants:
        found[" + ".join(mutants)] = catalogue.source(together).contract()
    return {name: replace(contract, vendor=vendor) for name, contract in found.items()}


def checked(base: Contract, there: Contract, images: int) -> CheckResult:
    """One run under a cap."""
    run = RunOptions(means=replace(IN_PROCESS, images=images))
    ready = prepare_run(base, run)
    return asyncio.run(against_mock(ready, there, run, SpendingCaps(REQUESTS, images)))


def claims(result: CheckResult) -> set[str]:
    """Every claim that a result finds to be broken."""
    return {claim.id for finding in result.findings for claim in (finding.claim, *finding.claims)}


def wrong(result: CheckResult, largest: set[str]) -> list[str]:
    """The findings that the largest cap does not have, and that do not say "one of"."""
    return [it.claim.id for it in result.findings if it.claim.id not in largest and not it.one_of]


def main() -> int:
    catalogue, odd = SpecCatalogue(), 0
    for vendor in sys.argv[1:] or DRIFTED:
        base = catalogue.source(vendor).contract()
        for name, there in served(catalogue, vendor).items():
            results = {cap: checked(base, there, cap) for cap in CAPS}
            largest = claims(results[CAPS[-1]])
            enough = next(cap for cap in CAPS if largest <= claims(results[cap]))
            over = [cap for cap, result in results.items() if result.spent.images > cap]
            print(
                f"{vendor:10} {name:60} {len(results[CAPS[-1]].findings):3} findings, all from {enough:3} images",
                flush=True,
            )
            for cap, result in results.items():
                for claim in wrong(result, largest):
                    odd += 1
                    print(f"    {cap:3} images: {claim}", flush=True)
            if over:
                odd += len(over)
                print(f"    more than the cap was bought under {over}", flush=True)
    return int(odd > 0)


if __name__ == "__main__":
    raise SystemExit(main())
