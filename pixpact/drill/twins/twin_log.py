"""What mocks tell of a drilled run, in files of one folder: what was called, and which answers were other ones.

The folder is named by `PIXPACT_DRILL` in the environment of the suite: every mock that a test starts writes a file of
its own there, a line of JSON for each thing it has not reported before.
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
"""The environment variable that names the folder."""
DOWNLOAD = "(download)"
"""What the fetching of an image or an upload is called."""


@dataclass(frozen=True, slots=True)
class DriftSighting:
    """One place where a response was another one than without the drift.

    `place` is `status`, a header, or a field such as `data[].url`; `was` and `now` are values in words, without
    secrets.
    """

    operation: str
    place: str
    was: str
    now: str


@dataclass(frozen=True, slots=True)
class SightingRecord:
    """What all mocks of one run told. `called` counts the requests to each operation of the vendor."""

    called: Mapping[str, int] = field(default_factory=dict)
    seen: tuple[DriftSighting, ...] = ()
    unfit: str = ""
    """Why the drift could not be applied to what a test asked for; empty when it could."""

    @property
    def requests(self) -> int:
        """How many there were."""
        return sum(self.called.values())


class SightingLog:
    """Writes what one mock tells; nothing when there is no such folder (any more)."""

    def __init__(self, folder: Path) -> None:
        self._file: int | None = None
        self._called: Counter[tuple[str, str]] = Counter()
        with contextlib.suppress(OSError):
            self._file, _ = tempfile.mkstemp(".jsonl", "mock-", folder)

    def called(self, vendor: str, operation: str) -> None:
        """A request was answered. The first one of an operation is reported at once, all are counted when it ends."""
        self._called[vendor, operation] += 1
        if self._called[vendor, operation] == 1:
            self._write({"called": operation, "vendor": vendor, "times": 1})

    def differed(self, vendor: str, sighting: DriftSighting) -> None:
        """A response was another one."""
        self._write({"seen": asdict(sighting), "vendor": vendor})

    def unfit(self, reason: str) -> None:
        """The drift could not be applied."""
        self._write({"unfit": reason})

    def close(self) -> None:
        """Tell the counts."""
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
    """What was told of one vendor in a folder."""
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
            with contextlib.suppress(ValueError):  # a line that was cut off with its process
                yield json.loads(line)
