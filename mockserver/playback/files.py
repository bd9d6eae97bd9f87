"""Recordings as files: HAR 1.2, written by a mock, a proxy or a browser, and what a mock can do with them."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path

from pixpact.mockserver.playback.recording import Recording
from pixpact.specs.contract.model import Contract
from pixpact.wire.exchange import Exchange
from pixpact.wire.har import HarError, from_har


class BadRecording(ValueError):
    """A file that is no recording, or holds nothing of use; says which and what would do."""


def recording_of(paths: Iterable[Path], contracts: Iterable[Contract], *, only: bool = False) -> Recording | None:
    """What these files hold for these contracts; None when there are no files. Raises BadRecording."""
    known, served = list(paths), list(contracts)
    if not known:
        if only:
            raise BadRecording("there is nothing to play: name a recording with --play (play=… in Python)")
        return None
    found = Recording((exchange for path in known for exchange in _exchanges(path)), only=only)
    if not any(found.of(contract, served).entries for contract in served):
        names = ", ".join(contract.name for contract in served)
        files = ", ".join(map(str, known))
        raise BadRecording(f"{files}: none of its {len(found)} exchanges was sent to {names}; serve what was recorded")
    return found


def _exchanges(path: Path) -> list[Exchange]:
    try:
        return from_har(json.loads(path.read_bytes()))
    except OSError as error:
        raise BadRecording(f"{path}: {error.strerror or error}; name a HAR file") from None
    except (UnicodeDecodeError, json.JSONDecodeError) as error:
        raise BadRecording(f"{path} is no JSON ({error}); name a HAR file") from None
    except HarError as error:
        raise BadRecording(f"{path}: {error}") from None


def played(recording: Recording, contracts: Iterable[Contract]) -> Iterator[str]:
    """What is played, a line for each contract, and a line for each exchange that cannot be."""
    used: set[int] = set()
    for contract in contracts:
        found = recording.of(contract)
        used |= {entry.number for entry in found.entries} | found.left_out.keys()
        counts = Counter(entry.operation.id for entry in found.entries)
        if counts:
            yield f"plays {contract.name}: {', '.join(f'{name} {number}' for name, number in counts.items())}"
        yield from (f"not played: exchange {number}, {reason}" for number, reason in found.left_out.items())
    if len(used) < len(recording):
        yield f"{len(recording) - len(used)} of {len(recording)} exchanges are downloads, or of what is not served"
