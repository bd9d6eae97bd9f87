"""What finds the mutants of `fixtures/mutants`, and what it would have bought.

Usage: python bench/teeth.py [SEEDS] [EVERY]

1. The most images that the plan for each whole contract buys.
2. SEEDS runs (20) of each clean vendor: findings, share of claims kept, images.
3. Every mutated contract, checked in process with the vendor's own contract.
4. Every EVERY-th of them (8; 0: none) by `schemathesis run` with the exported contract over loopback. It counts as
   found when a failure is reported, by kind and operation, that the clean vendor does not show.
"""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
import tempfile
import time
from dataclasses import replace
from pathlib import Path
from statistics import mean
from typing import NamedTuple

import pixpact
from pixpact.cli.in_process import IN_PROCESS, against_mock
from pixpact.contracts.run.check import PreparedRun, RunOptions, prepare_run
from pixpact.specs.catalogue import SpecCatalogue
from pixpact.specs.contract.model import Contract
from pixpact.specs.export import exported
from pixpact.specs.openapi.document import read
from pixpact.wire.exchange import Exchange

ROOT = Path(__file__).parent.parent
MUTANTS = ROOT / "fixtures" / "mutants"
VENDORS = ("apimart", "toapis", "apiyi", "fasttoken")
EXAMPLES = 10
KEY = "sk-teeth"
RUN = RunOptions(means=IN_PROCESS)


class Found(NamedTuple):
    """What one tool said of one server, and the images it bought there."""

    names: frozenset[str]
    images: int
    accepted: int
    """Paid requests that were taken."""
    seconds: float


def mutants(vendor: str) -> list[Path]:
    return sorted((MUTANTS / vendor).glob("*.yaml"))


def ours(ready: PreparedRun, served: Contract, seed: int = 0) -> Found:
    started = time.perf_counter()
    taken: list[Exchange] = []
    result = asyncio.run(against_mock(ready, served, replace(RUN, seed=seed, recorded=taken.append)))
    names = frozenset(finding.claim.id for finding in result.findings)
    accepted = sum(it.note.get("role") in ("start", "run") and 200 <= it.status < 300 for it in taken)
    return Found(names, result.spent.images, accepted, time.perf_counter() - started)


def theirs(document: Path, reference: str) -> Found:
    """One run of Schemathesis against a mock on loopback."""
    started = time.perf_counter()
    with (
        tempfile.NamedTemporaryFile(suffix=".json") as report,
        pixpact.mock(reference, pace="instant", api_keys={KEY: 1_000_000}) as mock,
    ):
        address = next(iter(mock.environ.values()))
        subprocess.run(
            [
                *(str(Path(sys.executable).with_name("schemathesis")), "run", str(document), "--url", address),
                *("-H", f"Authorization: Bearer {KEY}", "--max-examples", str(EXAMPLES), "--seed", "1"),
                *("--continue-on-failure", "--generation-database", "none", "--report-json-path", report.name),
            ],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            cwd=tempfile.gettempdir(),
            check=False,
        )
        reported = json.loads(Path(report.name).read_text() or "{}").get("failures", [])
        tasks = mock.tasks
    names = frozenset(f"{it['code']} {operation}" for it in reported for operation in it["operations"])
    return Found(names, sum(task.images for task in tasks), len(tasks), time.perf_counter() - started)


def plans(all_ready: dict[str, PreparedRun]) -> None:
    print("whole contract      images   requests planned")
    for vendor, ready in all_ready.items():
        print(f"{vendor:20}{ready.plan.images:8}{len(ready.plan.probes):12}")


def clean(all_ready: dict[str, PreparedRun], seeds: int) -> None:
    print(f"\nclean, {seeds} seeds     findings   least kept   most images")
    for vendor, ready in all_ready.items():
        found, kept, images = 0, 1.0, 0
        for seed in range(seeds):
            result = asyncio.run(against_mock(ready, ready.claims.contract, replace(RUN, seed=seed)))
            found += len(result.findings)
            kept = min(kept, result.count("kept") / len(result.judgements))
            images = max(images, result.spent.images)
        print(f"{vendor:20}{found:8}{kept:13.1%}{images:12}")


def main() -> None:
    seeds = int(sys.argv[1]) if len(sys.argv) > 1 else 20
    every = int(sys.argv[2]) if len(sys.argv) > 2 else 8
    catalogue = SpecCatalogue()
    all_ready = {vendor: prepare_run(catalogue.source(vendor).contract(), RUN) for vendor in VENDORS}
    plans(all_ready)
    clean(all_ready, seeds)
    print("\nmutants             ours: found  as one   images   seconds")
    for vendor, ready in all_ready.items():
        runs = [
            (str(read(path).value["x-breaks"]), ours(ready, catalogue.source(f"{vendor}@{path}").contract()))
            for path in mutants(vendor)
        ]
        hit = sum(wanted in found.names for wanted, found in runs)
        alone = sum(found.names == {wanted} for wanted, found in runs)
        mean = sum(found.images for _, found in runs) / len(runs)
        slow = sum(found.seconds for _, found in runs) / len(runs)
        print(f"{vendor:20}{hit:5}/{len(runs):<5}{alone:8}{mean:11.0f}{slow:10.1f}", flush=True)
    if every:
        beside(catalogue, all_ready, every)


def beside(catalogue: SpecCatalogue, all_ready: dict[str, PreparedRun], every: int) -> None:
    print(f"\nevery {every}th           theirs: found   ours   paid requests taken   ours   images   ours   seconds")
    for vendor, ready in all_ready.items():
        with tempfile.TemporaryDirectory() as folder:
            document = Path(folder) / "openapi.yaml"
            document.write_text(exported(catalogue.source(vendor).contract()))
            usual = theirs(document, vendor)
            chosen = mutants(vendor)[::every]
            found = [theirs(document, f"{vendor}@{path}") for path in chosen]
            known = [ours(ready, catalogue.source(f"{vendor}@{path}").contract()) for path in chosen]
        reported = sum(bool(it.names - usual.names) for it in found)
        print(
            f"{vendor:20}{reported:6}/{len(chosen):<8}{sum(bool(it.names) for it in known):4}"
            f"{mean(it.accepted for it in found):20.0f}{mean(it.accepted for it in known):8.0f}"
            f"{mean(it.images for it in found):11.0f}{mean(it.images for it in known):7.0f}"
            f"{mean(it.seconds for it in found):10.0f}   ({len(usual.names)} told of the clean one)",
            flush=True,
        )


if __name__ == "__main__":
    main()
