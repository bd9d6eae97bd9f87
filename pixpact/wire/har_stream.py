"""Reads a HAR file exchange by exchange, so that a file of any length never fills the memory.

A HAR file is `{"log": {…, "entries": […]}}`. Fields before the entries are skipped value by value, and each entry is
decoded as soon as its text is complete.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any, TextIO

from pixpact.wire.har_entry import EntryReader
from pixpact.wire.har_place import HarError, HarPlace

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from pixpact.wire.exchange import Exchange

_CHUNK = 1 << 16
_MOST = 1 << 29
"""Maximum characters of one value in the file."""
_SPACE = " \t\r\n"
_GIVE = "give a HAR 1.2 document"


def exchanges_of(path: Path, odd: Callable[[HarError], None] | None = None) -> Iterator[Exchange]:
    """Yield the exchanges of the HAR file at `path`, in order.

    Invalid entries, and the point where a file ends prematurely, are passed to `odd`. Raises HarError for a file that
    is not HAR; if `odd` is None, at the first problem, after the exchanges before it; OSError where the file cannot be
    read.
    """
    begun = False
    try:
        with path.open(encoding="utf-8-sig") as file:
            for exchange in _exchanges(_TextStream(file), odd):
                begun = True
                yield exchange
    except UnicodeDecodeError:
        raise HarError("", "this is not UTF-8", "save it as UTF-8") from None
    except HarError as error:
        if odd is None or not begun:
            raise
        odd(error)


def _exchanges(text: _TextStream, odd: Callable[[HarError], None] | None) -> Iterator[Exchange]:
    reader = EntryReader()
    for key in text.fields(""):
        if key != "log":
            text.value(f"/{key}")
            continue
        for inner in text.fields("/log"):
            if inner == "entries":
                for index, entry in enumerate(text.items("/log/entries")):
                    if exchange := reader.take(HarPlace(f"/log/entries/{index}", entry), odd):
                        yield exchange
                return  # fields after the entries do not matter
            value = text.value(f"/log/{inner}")
            if inner == "creator":
                reader.creator = value
        raise HarError("/log/entries", "this is missing", _GIVE)
    raise HarError("/log", "this is missing", _GIVE)


class _TooDeep:
    """Stands for a value that is nested too deeply to read."""

    def __repr__(self) -> str:
        return "nested too deeply"


_TOO_DEEP = _TooDeep()
_TOKEN = re.compile(r'"(?:[^"\\]|\\.)*+"|[\[\]{}"]', re.DOTALL)
"""A whole string, a bracket, or the start of an incomplete string."""


class _TextStream:
    """A text file that is read forward, piece by piece."""

    def __init__(self, file: TextIO) -> None:
        self._file = file
        self._held = ""
        self._offset = 0
        self._decoder = json.JSONDecoder()

    def fields(self, pointer: str) -> Iterator[str]:
        """Yield the keys of the object that starts here; the caller must read each value."""
        self._expect("{", pointer)
        if self._skip("}"):
            return
        while True:
            key = self.value(pointer)
            if not isinstance(key, str):
                raise HarError(pointer, "a key is not a string", _GIVE)
            self._expect(":", f"{pointer}/{key}")
            yield key
            if not self._skip(","):
                self._expect("}", pointer)
                return

    def items(self, pointer: str) -> Iterator[Any]:
        """Yield the values of the array that starts here."""
        self._expect("[", pointer)
        if self._skip("]"):
            return
        index = 0
        while True:
            yield self.value(f"{pointer}/{index}")
            index += 1
            if not self._skip(","):
                self._expect("]", pointer)
                return

    def value(self, pointer: str) -> Any:
        """Read the value that starts here."""
        self._next()
        more = _CHUNK
        while True:
            try:
                value, end = self._decoder.raw_decode(self._held, self._offset)
            except ValueError as error:
                # An incomplete value and an invalid one cannot be distinguished without more text. Doubling the amount
                # keeps the total work within twice the length.
                if len(self._held) - self._offset > _MOST or not self._read(more):
                    raise HarError(pointer, f"this is not JSON: {error}", _GIVE) from None
                more *= 2
                continue
            except RecursionError:
                self._pass_over(pointer)
                return _TOO_DEEP
            if end == len(self._held) and self._read(more):
                continue  # a number may continue
            self._offset = end
            return value

    def _pass_over(self, pointer: str) -> None:
        """Skip the list or object that starts here."""
        depth = 0
        while True:
            match = _TOKEN.search(self._held, self._offset)
            if match is None or match[0] == '"':
                self._offset = match.start() if match else len(self._held)
                if not self._read(_CHUNK):
                    raise HarError(pointer, "the file ends here", _GIVE)
                continue
            self._offset = match.end()
            depth += (match[0] in "[{") - (match[0] in "]}")
            if depth == 0:
                return

    def _next(self) -> str:
        """The next character that is not white space; empty at the end."""
        while True:
            while self._offset < len(self._held) and self._held[self._offset] in _SPACE:
                self._offset += 1
            if self._offset < len(self._held):
                return self._held[self._offset]
            if not self._read(_CHUNK):
                return ""

    def _skip(self, char: str) -> bool:
        if self._next() != char:
            return False
        self._offset += 1
        return True

    def _expect(self, char: str, pointer: str) -> None:
        if not self._skip(char):
            character = self._next()
            raise HarError(
                pointer, f"{char!r} is missing here; got {character!r}" if character else "the file ends here", _GIVE
            )

    def _read(self, length: int) -> bool:
        """Read more text, dropping what is done; return whether there was any."""
        more = self._file.read(length)
        self._held = self._held[self._offset :] + more
        self._offset = 0
        return bool(more)
