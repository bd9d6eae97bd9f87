"""Every mutant: mutate → check → propose → apply → check is clean; what each step takes, and what does not come out.

    python bench/round_trip.py [VENDOR/NAME pattern …]

The exit code is 1 if a mutant that is not on the reviewed list (fixtures/mutants/not-expressible.yaml) is not clean.
"""

from __future__ import annotations

import asyncio
import sys
import time
from pathlib import Path

from pixpact.cli.in_process import IN_PROCESS, START, against_mock, in_process
from pixpact.cli.propose import LimitWitness
from pixpact.contracts.propose.overlay_text import overlay_text
from pixpact.contracts.propose.propose import ProposedOverlay, day_of
from pixpact.contracts.reports.sanitize import TextSanitizer
from pixpact.contracts.run.check import PreparedRun, RunOptions, prepare_run
from pixpact.specs.catalogue import SpecCatalogue
from pixpact.specs.contract.model import Contract
from pixpact.specs.lint.lint import contract_of
from pixpact.specs.openapi import overlay
from pixpact.specs.openapi.document import parse, read

MUTANTS = Path(__file__).parents[1] / "fixtures" / "mutants"
CATALOGUE = SpecCatalogue()


def main(patterns: list[str]) -> int:
    """Go through the mutants, print a line each, and the sums."""
    reviewed = read(MUTANTS / "not-expressible.yaml").value
    ready: dict[str, PreparedRun] = {}
    wrong, clean, took = [], 0, 0.0
    for path in sorted({path for pattern in patterns for path in MUTANTS.glob(f"{pattern}.yaml")}):
        vendor, name = path.parent.name, f"{path.parent.name}/{path.stem}"
        if vendor not in ready:
            ready[vendor] = prepare_run(CATALOGUE.source(vendor).contract(), RunOptions(means=IN_PROCESS))
        mutated = contract_of(CATALOGUE.source(f"{vendor}@{path}").document(), vendor)
        said, left, seconds = gone_through(ready[vendor], mutated)
        clean, took = clean + (not left), took + seconds
        if bool(left) != (name in reviewed):
            wrong.append(name)
        reported = "; ".join(proposal.said for proposal in said.proposals) or "nothing"
        print(f"{'clean' if not left else f'{left} left':8}{name:40}{seconds:6.1f} s  {reported}"[:160], flush=True)
    print(f"{clean} clean, {len(wrong)} not as reviewed: {', '.join(wrong) or 'none'}; {took:.0f} s for the proposals")
    return 1 if wrong else 0


def gone_through(ready: PreparedRun, mutated: Contract) -> tuple[ProposedOverlay, int, float]:
    """(what is proposed, how many findings are left after it, CPU seconds that proposing took)."""
    witness = LimitWitness(ready.claims.contract)
    run = RunOptions(means=IN_PROCESS, recorded=witness.saw, afterwards=witness.afterwards, now=lambda: START)
    result = asyncio.run(against_mock(ready, mutated, run))
    began = time.process_time()
    said = witness.proposed(result)
    seconds = time.process_time() - began
    if not said.actions:
        return said, len(result.findings), seconds
    text = overlay_text(said, "base.yaml", day_of(result), "a mock", TextSanitizer())
    document = overlay.apply_overlay(said.base.document, parse(text, Path("proposed.yaml")))
    again = in_process(contract_of(document, said.base.vendor), mutated)
    return said, len(again.findings), seconds


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:] or ["*/*"]))
