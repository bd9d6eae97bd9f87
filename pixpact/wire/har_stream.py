"""The exchanges of a HAR file one by one: the file is never wholly in memory, however long it is.

A HAR is `{"log": {…, "entries": […]}}`. The fields before the entries are skipped one value at a
time, and each entry is decoded by itself as soon as its text is complete.
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
"""Characters that one value of the file may have."""
_SPACE = " \t\r\n"
_GIVE = "give a HAR 1.2 document"


def exchanges_of(path: Path, odd: Callable[[HarError], None] | None = None) -> Iterator[Exchange]:
    """The exchanges of the HAR file at `path`, in its order.

    `odd` is told of what is no entry, or of where the file breaks off after one: it is left out. Raises HarError for a
    file that is no HAR, and without `odd` at the first thing that is wrong, after the exchanges before it; OSError when
    it cannot be read.
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
                return  # what stands behind the entries tells nothing of them
            value = text.value(f"/log/{inner}")
            if inner == "creator":
                reader.creator = value
        raise HarError("/log/entries", "this is missing", _GIVE)
    raise HarError("/log", "this is missing", _GIVE)


class _TooDeep:
    """Stands for a value that is nested deeper than can be read."""

    def __repr__(self) -> str:
        return "nested too deeply"


_TOO_DEEP = _TooDeep()
_TOKEN = re.compile(r'"(?:[^"\\]|\\.)*+"|[\[\]{}"]', re.DOTALL)
"""A whole text, a bracket, or the beginning of a text that is not all there yet."""


class _TextStream:
    """A text file that is read forwards, a piece at a time."""

    def __init__(self, file: TextIO) -> None:
        self._file = file
        self._held = ""
        self._offset = 0
        self._decoder = json.JSONDecoder()

    def fields(self, pointer: str) -> Iterator[str]:
        """The keys of the object that begins here; the reader of a key must read its value too."""
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
        """The values of the array that begins here."""
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
        """The value that begins here."""
        self._next()
        more = _CHUNK
        while True:
            try:
                value, end = self._decoder.raw_decode(self._held, self._offset)
            except ValueError as error:
                # An incomplete value and a wrong one look alike: only more text tells them apart. Doubling keeps the
                # work of trying again within twice the length.
                if len(self._held) - self._offset > _MOST or not self._read(more):
                    raise HarError(pointer, f"this is not JSON: {error}", _GIVE) from None
                more *= 2
                continue
            except RecursionError:
                self._pass_over(pointer)
                return _TOO_DEEP
            if end == len(self._held) and self._read(more):
                continue  # a number may go on
            self._offset = end
            return value

    def _pass_over(self, pointer: str) -> None:
        """Go behind the list or object that begins here, without reading it."""
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
        """The next character that is no space; empty at the end."""
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
        """Read on, letting go of what is done; whether there was more."""
        more = self._file.read(length)
        self._held = self._held[self._offset :] + more
        self._offset = 0
        return bool(more)
