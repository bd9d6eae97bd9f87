"""The log of mocks during a drill: files in one folder with the operations called and the differences seen.

`PIXPACT_DRILL` in the environment of the suite names the folder. Each mock that a test starts writes its own file
there, one JSON line for each new observation.
"""

from __future__ import annotations

import contextlib
import json
import os
import tempfile
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

FOLDER = "PIXPACT_DRILL"
"""The environment variable with the path of the folder."""
DOWNLOAD = "(download)"
"""The name of the operation that downloads an image or an upload."""


@dataclass(frozen=True, slots=True)
class DriftSighting:
    """A place where a response differed from the response without the drift.

    `place` is `status`, a header, or a field such as `data[].url`; `was` and `now` are values as text, without secrets.
    """

    operation: str
    place: str
    was: str
    now: str


@dataclass(frozen=True, slots=True)
class SightingRecord:
    """What all mocks of one run logged. `called`: the number of requests to each operation of the vendor."""

    called: Mapping[str, int] = field(default_factory=dict)
    seen: tuple[DriftSighting, ...] = ()
    unfit: str = ""
    """Why the drift could not be applied to a mock that a test started; empty if it could."""

    @property
    def requests(self) -> int:
        """The number of requests."""
        return sum(self.called.values())


class SightingLog:
    """Writes the log of one mock; writes nothing if the folder does not exist."""

    def __init__(self, folder: Path) -> None:
        self._file: int | None = None
        self._called: Counter[tuple[str, str]] = Counter()
        with contextlib.suppress(OSError):
            self._file, _ = tempfile.mkstemp(".jsonl", "mock-", folder)

    def called(self, vendor: str, operation: str) -> None:
        """Log a request. The first to each operation is written at once, the number of the others by `close`."""
        self._called[vendor, operation] += 1
        if self._called[vendor, operation] == 1:
            self._write({"called": operation, "vendor": vendor, "times": 1})

    def differed(self, vendor: str, sighting: DriftSighting) -> None:
        """Log a difference."""
        self._write({"seen": asdict(sighting), "vendor": vendor})

    def unfit(self, reason: str) -> None:
        """Log that the drift could not be applied."""
        self._write({"unfit": reason})

    def close(self) -> None:
        """Write the counts, and close the file."""
        for (vendor, operation), times in self._called.items():
            if times > 1:
                self._write({"called": operation, "vendor": vendor, "times": times - 1})
        if self._file is not None:
            os.close(self._file)
            self._file = None

    def _write(self, line: Mapping[str, Any]) -> None:
        if self._file is not None:
            os.write(self._file, json.dumps(line, ensure_ascii=False).encode() + b"\n")


def record(folder: Path, vendor: str) -> SightingRecord:
    """What all mocks in a folder logged about one vendor."""
    called: Counter[str] = Counter()
    sightings: dict[DriftSighting, None] = {}
    unfit = ""
    for line in _lines(sorted(folder.glob("*.jsonl"))):
        if "unfit" in line:
            unfit = unfit or line["unfit"]
        elif line["vendor"] == vendor and "seen" in line:
            sightings[DriftSighting(**line["seen"])] = None
        elif line["vendor"] == vendor:
            called[line["called"]] += line["times"]
    return SightingRecord(dict(sorted(called.items())), tuple(sorted(sightings, key=_order)), unfit)


def _order(sighting: DriftSighting) -> tuple[str, bool, str, str, str]:
    return sighting.operation, sighting.place != "status", sighting.place, sighting.was, sighting.now


def _lines(files: Iterable[Path]) -> Iterable[dict[str, Any]]:
    for path in files:
        for line in path.read_text(encoding="utf-8").splitlines():
            with contextlib.suppress(ValueError):  # a line that was torn when its process ended
                yield json.loads(line)
