"""The state file of a drill: one JSON line for each drift, so that an interrupted drill can go on.

A line is used if its fingerprint matches: the same drift, contract, command and options. Changes in the tests are not
noticed.
"""

from __future__ import annotations

import hashlib
import json
import threading
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pixpact
from pixpact.drill.drifts import VendorDrift
from pixpact.drill.result import DriftOutcome
from pixpact.drill.twins.twin_log import DriftSighting
from pixpact.specs.openapi.document import Json

_FORMAT = 1


class BadDrillState(ValueError):
    """The file is not the state of a drill, or cannot be written. The message says what to do."""


def fingerprint(drift: VendorDrift, contract: Json, command: Sequence[str], options: Sequence[Any]) -> str:
    """A hash of everything that an outcome depends on. It is a hash because the command may contain secrets."""
    parts = [pixpact.__version__, contract, list(command), list(options), drift.path.read_text(encoding="utf-8")]
    return hashlib.sha256(json.dumps(parts, sort_keys=True, default=str).encode()).hexdigest()


class DrillState:
    """The outcomes in a file, by fingerprint. Raises BadDrillState."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = threading.Lock()
        self._outcomes = {line["fingerprint"]: _outcome(line) for line in _lines(path)}
        try:
            with path.open("a", encoding="utf-8") as file:
                if _torn(path):
                    file.write("\n")
        except OSError as error:
            raise BadDrillState(f"{path} cannot be written: {error.strerror}; name another file") from None

    def outcome_of(self, mark: str) -> DriftOutcome | None:
        """The outcome with this fingerprint, if there is one."""
        return self._outcomes.get(mark)

    def add(self, mark: str, drift: VendorDrift, outcome: DriftOutcome) -> None:
        """Append an outcome to the file."""
        line = {"pixpact-drill": _FORMAT, "drift": drift.name, "fingerprint": mark, **asdict(outcome)}
        with self._lock, self._path.open("a", encoding="utf-8") as file:
            file.write(json.dumps(line, ensure_ascii=False) + "\n")


def _torn(path: Path) -> bool:
    content = path.read_bytes()
    return bool(content) and not content.endswith(b"\n")


def _lines(path: Path) -> list[dict[str, Any]]:
    if not path.exists():
        return []
    try:
        texts = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise BadDrillState(f"{path} cannot be read: {error}; name another file") from None
    lines = []
    for number, text in enumerate(texts, 1):
        line = _json(text)
        if isinstance(line, dict) and line.get("pixpact-drill") == _FORMAT:
            lines.append(line)
        elif number == 1 and not text.startswith('{"pixpact-drill"'):
            raise BadDrillState(f"{path} is not a state of a drill, it is left as it is; name another file")
    return lines  # a line that is not JSON was torn by an interruption


def _json(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return None


def _outcome(line: dict[str, Any]) -> DriftOutcome:
    return DriftOutcome(
        verdict=line["verdict"],
        how=line["how"],
        seconds=line["seconds"],
        tests=tuple(line["tests"]),
        seen=tuple(DriftSighting(**fields) for fields in line["seen"]),
        called=tuple(line["called"]),
        reason=line["reason"],
    )
