"""What a program's source names: a field of a response that no file names is not read by it.

Files are searched as text, whatever their language. A name counts however it is written (`queue_position`,
`queuePosition`, `getQueuePosition`), so that a field is rather taken for one that is read. What the libraries of a
program read for themselves is not seen, unless their folder is named as well.
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
"""The names of files that hold source."""
MOST_BYTES = 64 * 1024 * 1024
"""Of source that is searched; of a program that has more nothing is said."""

_SKIPPED = frozenset(("node_modules", "site-packages", "__pycache__"))
_PREFIXES = ("", "get", "set", "is", "has", "with")
"""What may stand before a field's name where a program has a method for it."""
_WORD = re.compile(r"[A-Za-z0-9_$-]+")


@dataclass(frozen=True, slots=True)
class SourceWords:
    """The words of some source, in lower case and without what joins them. None: there is none, or too much."""

    words: frozenset[str] | None

    def reads(self, names: Iterable[str]) -> bool:
        """Whether one of these fields is named; True where nothing is known."""
        return self.words is None or any(self._named(_plain(name)) for name in names)

    def _named(self, name: str) -> bool:
        assert self.words is not None
        return not name or any(prefix + name in self.words for prefix in _PREFIXES)


NOTHING_KNOWN = SourceWords(None)


def words_of(folders: Iterable[Path]) -> SourceWords:
    """The words of every source file below these folders, without hidden ones and libraries; or of these files."""
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
