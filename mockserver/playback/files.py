"""Recordings as files: HAR 1.2, written by a mock, a proxy or a browser, and what a mock can do with them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from pixpact.mockserver.playback.order import in_time
from pixpact.mockserver.playback.recording import Recording
from pixpact.specs.contract.model import Contract
from pixpact.wire.exchange import Exchange
from pixpact.wire.har import HarError
from pixpact.wire.har_stream import exchanges_of

_MOST_SORTED = 512 * 2**20
"""Bytes of a recording that is read as a whole, to sort it by time; a longer one is read as it was written."""
_MOST_ODD = 20
"""Entries that are none and are named."""


class BadRecording(ValueError):
    """A file that is no recording, or holds nothing of use; says which and what would do."""


def recording_of(paths: Iterable[Path], contracts: Iterable[Contract], *, only: bool = False) -> Recording | None:
    """What these files hold for these contracts; None when there are no files. Raises BadRecording."""
    paths_given, served = list(paths), list(contracts)
    if not paths_given:
        if only:
            raise BadRecording("there is no recording to play: name one with --play (play=… in Python)")
        return None
    odd = SkippedEntries()
    exchanges = [exchange for path in paths_given for exchange in _exchanges(path, odd)]
    played_recording = Recording(exchanges, only=only, odd=odd.lines())
    if not any(played_recording.of(contract, served).entries for contract in served):
        names = ", ".join(contract.name for contract in served)
        files = ", ".join(map(str, paths_given))
        unusable = [why for contract in served for why in played_recording.of(contract, served).left_out.values()]
        if unusable:
            raise BadRecording(f"{files}: nothing in it can be played: {unusable[0]}; record whole responses")
        raise BadRecording(
            f"{files}: none of its {len(played_recording)} exchanges was sent to {names}; serve what was recorded"
        )
    return played_recording


class SkippedEntries:
    """The entries of recordings that are none: left out, and named."""

    def __init__(self) -> None:
        self._left_out: list[str] = []

    def of(self, path: Path) -> Callable[[HarError], None]:
        """What is told of those of one file."""
        return lambda error: self._left_out.append(f"left out of {path.name}: {error}")

    def lines(self) -> tuple[str, ...]:
        """A sentence for each; how many more there are."""
        more = len(self._left_out) - _MOST_ODD
        return (*self._left_out[:_MOST_ODD], *([f"left out: {more} more"] if more > 0 else []))


def ordered(path: Path, odd: SkippedEntries) -> Iterator[Exchange]:
    """The exchanges of a HAR file, the first to begin first. Raises HarError for what is no HAR, OSError."""
    if path.stat().st_size > _MOST_SORTED:
        yield from exchanges_of(path, odd.of(path))
    else:
        yield from (exchange for _, exchange in in_time(exchanges_of(path, odd.of(path))))


def _exchanges(path: Path, odd: SkippedEntries) -> list[Exchange]:
    try:
        return list(exchanges_of(path, odd.of(path)))
    except OSError as error:
        raise BadRecording(f"{path}: {error.strerror or error}; name a HAR file") from None
    except HarError as error:
        raise BadRecording(f"{path}: {error}") from None


def played(recording: Recording, contracts: Iterable[Contract]) -> Iterator[str]:
    """What is played, a line for each contract, and a line for each exchange that cannot be."""
    used: set[int] = set()
    yield from recording.odd
    for contract in contracts:
        episodes = recording.of(contract)
        used |= {entry.number for entry in episodes.entries} | episodes.left_out.keys()
        counts = Counter(entry.operation.id for entry in episodes.entries)
        if counts:
            yield f"plays {contract.name}: {', '.join(f'{name} {number}' for name, number in counts.items())}"
        yield from (f"not played: exchange {number}, {reason}" for number, reason in episodes.left_out.items())
    if len(used) < len(recording):
        yield f"{len(recording) - len(used)} of {len(recording)} exchanges are downloads, or not of a served vendor"
