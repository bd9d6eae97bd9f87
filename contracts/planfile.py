"""The plan file: one JSON line per probe, and one before and after each of them is sent.

Run again with the same file, a run continues where it was cut: what was answered is judged from the file, and what was
sent and bought without an answer is never sent again.
"""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TextIO

from pixpact.contracts.plan import Plan
from pixpact.contracts.probe import Probe
from pixpact.contracts.recording import recorded
from pixpact.specs.problems import Origin, Problem, SpecError
from pixpact.wire.exchange import Exchange, Trace
from pixpact.wire.har import HarError, entry_of, from_har


@dataclass(frozen=True, slots=True)
class Answered:
    """What came of a probe."""

    trace: Trace


class PlanFile:
    """A plan on disk, and how far it was carried out. Every line is on the disk before the run goes on."""

    def __init__(self, path: Path) -> None:
        """Raises SpecError naming the line that cannot be read, OSError when the file cannot be opened."""
        self._path = path
        self._probes: list[Probe] = []
        self._beyond: dict[str, str] = {}
        self._sent: set[str] = set()
        self._answered: dict[str, Answered] = {}
        self.contract = ""
        for number, line in enumerate(path.read_text().splitlines() if path.exists() else [], 1):
            if line.strip():
                self._take(line, number)
        self._stream: TextIO = path.open("a")

    @property
    def is_new(self) -> bool:
        """Whether nothing is planned in it yet."""
        return not self._probes

    def plan(self) -> Plan:
        """The plan that it holds."""
        planned = tuple(probe for probe in self._probes if not probe.id.startswith(("diagnosis", "narrow", "fuzz")))
        generated = tuple(probe for probe in self._probes if probe.kind == "fuzz" and probe.id.startswith("fuzz"))
        return Plan(planned, dict(self._beyond), generated)

    def begin(self, plan: Plan, contract: str) -> None:
        """Write a new plan."""
        self._write({"contract": contract, "beyond": plan.beyond})
        for probe in (*plan.probes, *plan.generated):
            self._write({"probe": probe.to_json()})
        self._probes = [*plan.probes, *plan.generated]

    def answered(self, probe: Probe) -> Answered | None:
        """What came of a probe in this or an earlier run."""
        return self._answered.get(probe.id)

    def unanswered(self, probe: Probe) -> bool:
        """Whether an earlier run sent a probe and did not hear of it."""
        return probe.id in self._sent and probe.id not in self._answered

    def sent(self, probe: Probe) -> None:
        """A probe is about to be sent."""
        if all(known.id != probe.id for known in self._probes):
            self._probes.append(probe)
            self._write({"probe": probe.to_json()})
        self._sent.add(probe.id)
        self._write({"sent": probe.id})

    def answered_with(self, probe: Probe, answer: Answered) -> None:
        """What came of a probe."""
        self._answered[probe.id] = answer
        entries = [_entry(exchange) for exchange in answer.trace]
        self._write({"answered": probe.id, "entries": entries})

    def close(self) -> None:
        """Close the file."""
        self._stream.close()

    def _write(self, line: dict[str, Any]) -> None:
        self._stream.write(json.dumps(line, ensure_ascii=False, separators=(",", ":")) + "\n")
        self._stream.flush()
        os.fsync(self._stream.fileno())

    def _take(self, line: str, number: int) -> None:
        try:
            found = json.loads(line)
            if "probe" in found:
                self._probes.append(Probe.from_json(found["probe"]))
            elif "sent" in found:
                self._sent.add(found["sent"])
            elif "answered" in found:
                har = {
                    "log": {
                        "version": "1.2",
                        "creator": {"name": "pixpact", "version": ""},
                        "entries": found["entries"],
                    }
                }
                self._answered[found["answered"]] = Answered(Trace(tuple(from_har(har))))
            else:
                self.contract, self._beyond = found["contract"], found["beyond"]
        except (ValueError, TypeError, KeyError, HarError) as error:
            problem = Problem(
                Origin(self._path, number),
                "plan-file",
                f"this line cannot be read: {error}",
                "remove the file to plan anew",
            )
            raise SpecError([problem]) from None


def _entry(exchange: Exchange) -> dict[str, Any]:
    return dict(entry_of(recorded(exchange)))
