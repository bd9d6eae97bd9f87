"""The words in the source of a program: response fields that no file names are not read.

Files of any language are searched as text. A name counts in any style (`queue_position`, `queuePosition`,
`getQueuePosition`), so in doubt a field counts as read. Fields that only a library reads are missed unless the folder
of the library is given too.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

_SOURCE = re.compile(
    r".+\.(?:py|pyi|ipynb|[cm]?[jt]sx?|vue|svelte|java|kts?|scala|groovy|clj[cs]?|go|rs|rb|erb|php|cs|fs|vb|swift|dart|exs?"
    r"|erl|lua|p[lm]|r|[ch]|cc|cpp|hpp|mm?|sh|bash|zsh|ps1|jq|sql|html?|j2|jinja2?|tmpl)",
    re.IGNORECASE,
)
"""The names of source files."""
MOST_BYTES = 64 * 1024 * 1024
"""The most bytes of source that are searched; for a larger program nothing is known."""

_SKIPPED = frozenset(("node_modules", "site-packages", "__pycache__"))
_PREFIXES = ("", "get", "set", "is", "has", "with")
"""Prefixes of a method that reads a field."""
_WORD = re.compile(r"[A-Za-z0-9_$-]+")


@dataclass(frozen=True, slots=True)
class SourceWords:
    """The words of some source, lower-case, without `_`, `-` and `$`. None: there is no source, or too much."""

    words: frozenset[str] | None

    def reads(self, names: Iterable[str]) -> bool:
        """Whether one of these fields is named; True if nothing is known."""
        return self.words is None or any(self._named(_plain(name)) for name in names)

    def _named(self, name: str) -> bool:
        assert self.words is not None
        return not name or any(prefix + name in self.words for prefix in _PREFIXES)


NOTHING_KNOWN = SourceWords(None)


def words_of(folders: Iterable[Path]) -> SourceWords:
    """The words of these files, and of source files below these folders; hidden folders and libraries are skipped."""
    words: set[str] = set()
    total = 0
    for path in _files(folders):
        try:
            total += path.stat().st_size
            if total > MOST_BYTES:
                return NOTHING_KNOWN
            words.update(_plain(word) for word in _WORD.findall(path.read_text(encoding="utf-8", errors="replace")))
        except OSError:
            return NOTHING_KNOWN
    return SourceWords(frozenset(words) or None)


def _files(folders: Iterable[Path]) -> Iterator[Path]:
    for given in folders:
        if given.is_file():
            yield given
        for root, inside, files in os.walk(given):
            inside[:] = [name for name in inside if not _left_out(Path(root, name))]
            yield from (Path(root, name) for name in files if _SOURCE.fullmatch(name))


def _left_out(folder: Path) -> bool:
    return folder.name in _SKIPPED or folder.name.startswith(".") or (folder / "pyvenv.cfg").is_file()


def _plain(word: str) -> str:
    return word.replace("_", "").replace("-", "").replace("$", "").lower()
