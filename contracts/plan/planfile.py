"""The plan file: the plan of a check as JSON lines, and a log of its probes, so that a run can be resumed.

A run with an existing file continues where it was cut off: recorded responses are judged from the file, a started task
is polled further, and a request that was sent and paid for without a response is never sent again.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any, TextIO

from pixpact.contracts.plan.plan import ProbePlan
from pixpact.contracts.plan.probe import Probe
from pixpact.contracts.traffic.recording import recorded_exchange
from pixpact.specs.contract.model import Contract
from pixpact.specs.openapi.problems import SourcePlace, SpecError, SpecProblem
from pixpact.wire.bodies import check_depth
from pixpact.wire.exchange import Exchange, Trace
from pixpact.wire.files import write_whole
from pixpact.wire.har import entry_of, from_har
from pixpact.wire.locks import FileLock
from pixpact.wire.redaction import redacted_url


@dataclass(frozen=True, slots=True)
class ProbeRecord:
    """The exchanges of a probe."""

    trace: Trace


class PlanFile:
    """A plan on disk, and its progress. Every line is synced to disk before the run goes on."""

    def __init__(self, path: Path) -> None:
        """Raises SpecError naming a line that cannot be read, OSError when the file cannot be read or written.

        FileInUse, a subclass of OSError, means that another run is using it: both together would buy twice. An
        incomplete last line was being written when a run was cut off; it is removed.
        """
        self._path = path
        self._for: dict[str, str] = {}
        self._planned: list[Probe] = []
        self._by_id: dict[str, Probe] = {}
        self._beyond: dict[str, str] = {}
        self._sent: set[str] = set()
        self._responses: dict[str, Exchange] = {}
        self._completed: dict[str, ProbeRecord] = {}
        self.images: dict[str, str] = {}
        """URL of an earlier run's upload → the name of its image."""
        self._lock = FileLock(path)
        try:
            self._stream = self._read()
        except BaseException:
            self._lock.release()
            raise

    def _read(self) -> TextIO:
        """Read the existing lines; return the file, open for appending."""
        path = self._path
        if path.exists() and not path.is_file():
            raise SpecError([self._problem(1, "a plan needs a file of its own, not a folder, pipe or device")])
        written = path.read_bytes() if path.exists() else b""
        whole = written[: written.rfind(b"\n") + 1] or written
        for number, line in enumerate(whole.splitlines(), 1):
            self._take(line, number)
        if len(whole) < len(written):
            os.truncate(path, len(whole))
        return path.open("a", encoding="utf-8")

    @property
    def is_new(self) -> bool:
        """Whether the file has no plan yet."""
        return not self._for

    def plan(self, contract: Contract, target: str) -> ProbePlan:
        """The plan in the file. Raises SpecError if it is for another contract or target."""
        for name, value in _purpose(contract, target).items():
            if self._for.get(name) != value:
                what = "another state of this contract" if name == "digest" else f"the {name} {self._for.get(name)}"
                raise SpecError([self._problem(1, f"this is a plan for {what}")])
        generated = tuple(probe for probe in self._planned if probe.kind == "fuzz")
        return ProbePlan(tuple(probe for probe in self._planned if probe.kind != "fuzz"), dict(self._beyond), generated)

    def begin(self, plan: ProbePlan, contract: Contract, target: str) -> None:
        """Write a new plan, whole or not at all."""
        self._for, self._beyond = _purpose(contract, target), plan.beyond
        self._planned = [*plan.probes, *plan.generated]
        self._by_id = {probe.id: probe for probe in self._planned}
        lines: list[dict[str, Any]] = [{"plan": self._for, "beyond": plan.beyond}]
        lines += [{"probe": probe.to_json()} for probe in self._planned]
        self._stream.close()
        write_whole(self._path, _text(lines))
        self._stream = self._path.open("a", encoding="utf-8")

    def completed(self, probe: Probe) -> ProbeRecord | None:
        """The exchanges of a probe in this or an earlier run; None if it was not completed."""
        return self._completed.get(probe.id) if self._by_id.get(probe.id) == probe else None

    def is_incomplete(self, probe: Probe) -> bool:
        """Whether an earlier run sent the probe without completing it."""
        return probe.id in self._sent and probe.id not in self._completed and self._by_id[probe.id] == probe

    def record_sending(self, probe: Probe) -> None:
        """Log that a probe is about to be sent; one that the plan lacks is added."""
        if self._by_id.get(probe.id) != probe:
            self._by_id[probe.id] = probe
            self._completed.pop(probe.id, None)
            self._responses.pop(probe.id, None)
            self._write({"also": probe.to_json()})
        self._sent.add(probe.id)
        self._write({"sent": probe.id})

    def response_to(self, probe: Probe) -> Exchange | None:
        """The response that an earlier run got to a probe whose task it did not poll to the end."""
        return self._responses.get(probe.id) if self.is_incomplete(probe) else None

    def record_response(self, probe: Probe, exchange: Exchange) -> None:
        """Log the response of a probe whose task is still to be polled.

        A response from which redaction removed something is not written: its links might no longer work.
        """
        if recorded_exchange(exchange).response_body == exchange.response_body:
            self._write({"heard": probe.id, "entries": [_entry(exchange)]})

    def record_completion(self, probe: Probe, record: ProbeRecord) -> None:
        """Log the exchanges of a completed probe."""
        self._completed[probe.id] = record
        entries = [_entry(exchange) for exchange in record.trace]
        self._write({"answered": probe.id, "entries": entries})

    def record_failed_sending(self, probe: Probe) -> None:
        """Log that a probe did not reach the target: another run may send it."""
        self._sent.discard(probe.id)
        self._write({"unsent": probe.id})

    def record_upload(self, image: str, url: str) -> None:
        """Log an upload; requests of this run refer to the image by this URL."""
        self.images[redacted_url(url)] = image
        self._write({"picture": image, "url": redacted_url(url)})

    def close(self) -> None:
        """Close and unlock the file."""
        self._stream.close()
        self._lock.release()

    def _write(self, line: dict[str, Any]) -> None:
        self._stream.write(_text([line]))
        self._stream.flush()
        os.fsync(self._stream.fileno())

    def _take(self, line: bytes, number: int) -> None:
        try:
            record = json.loads(line)
            check_depth(record, "it")
            self._enter(record)
        except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
            raise SpecError([self._problem(number, f"this line cannot be read: {error}")]) from None

    def _enter(self, record: dict[str, Any]) -> None:
        if "plan" in record:
            self._for, self._beyond = dict(record["plan"]), dict(record["beyond"])
        elif "probe" in record:
            self._planned.append(Probe.from_json(record["probe"]))
            self._by_id[self._planned[-1].id] = self._planned[-1]
        elif "also" in record:
            probe = Probe.from_json(record["also"])
            self._by_id[probe.id] = probe
            self._completed.pop(probe.id, None)
            self._responses.pop(probe.id, None)
        elif "sent" in record:
            self._sent.add(self._by_id[record["sent"]].id)
        elif "unsent" in record:
            self._sent.discard(record["unsent"])
        elif "heard" in record:
            (self._responses[record["heard"]],) = _exchanges(record["entries"])
        elif "answered" in record:
            self._completed[record["answered"]] = ProbeRecord(Trace(_exchanges(record["entries"])))
        else:
            self.images[record["url"]] = record["picture"]

    def _problem(self, line: int, message: str) -> SpecProblem:
        return SpecProblem(SourcePlace(self._path, line), "plan-file", message, "name another file to make a new plan")


def _purpose(contract: Contract, target: str) -> dict[str, str]:
    """What identifies the purpose of a plan: contract, target, and a digest of the contract's document."""
    document = json.dumps(contract.document.value, sort_keys=True, default=str)
    return {"contract": contract.name, "target": target, "digest": sha256(document.encode()).hexdigest()[:16]}


def _text(lines: Iterable[dict[str, Any]]) -> str:
    return "".join(json.dumps(line, ensure_ascii=True, separators=(",", ":")) + "\n" for line in lines)


def _exchanges(entries: list[Any]) -> tuple[Exchange, ...]:
    creator = {"name": "pixpact", "version": ""}
    return tuple(from_har({"log": {"version": "1.2", "creator": creator, "entries": entries}}))


def _entry(exchange: Exchange) -> dict[str, Any]:
    return dict(entry_of(recorded_exchange(exchange)))
