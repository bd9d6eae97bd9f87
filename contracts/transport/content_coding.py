"""Undoes the content codings of a response piece by piece, so that a few bytes never become gigabytes at once."""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Iterator

ACCEPTED = "gzip, deflate"
"""Of the Accept-Encoding header: what is undone here, wherever the run takes place."""
_PIECE = 1 << 18
_GZIP = 16 + zlib.MAX_WBITS
_NOT_UNDONE = ("br", "zstd", "compress", "x-compress", "dcb", "dcz")
_MOST = 3
"""Codings on top of each other."""


class BadCoding(Exception):
    """A response is not coded as its header says."""


class InflateDecoder:
    """`gzip`, of one field or several, or `deflate`, with or without the zlib frame that it should have."""

    def __init__(self, coding: str) -> None:
        self._coding = coding
        self._gzip = coding != "deflate"
        self._state = zlib.decompressobj(_GZIP if self._gzip else zlib.MAX_WBITS)
        self._begun = False

    def decode(self, data: bytes) -> Iterator[bytes]:
        """What these bytes add, in pieces of at most 256 KiB. Raises BadCoding."""
        while data:
            if self._state.eof:
                if not self._gzip:
                    return
                self._state = zlib.decompressobj(_GZIP)
            yield self._inflated(data)
            data = self._state.unconsumed_tail or self._state.unused_data

    def _inflated(self, data: bytes) -> bytes:
        first, self._begun = not self._begun, True
        try:
            return self._state.decompress(data, _PIECE)
        except zlib.error as error:
            if first and not self._gzip:  # many send it bare (RFC 9110, section 8.4.1.2)
                self._state = zlib.decompressobj(-zlib.MAX_WBITS)
                return self._inflated(data)
            raise BadCoding(f"the body is not {self._coding}, although its Content-Encoding says so: {error}") from None

    def end(self) -> None:
        """Raises BadCoding if more should have come."""
        if self._begun and not self._state.eof:
            raise BadCoding(f"the body ends in the middle of its {self._coding}")


class ContentDecoder:
    """Undoes what a Content-Encoding header lists; names that nobody registered change nothing."""

    def __init__(self, header: str | None) -> None:
        """Raises BadCoding for codings that were not asked for."""
        names = [name.strip().lower() for name in (header or "").split(",")]
        decodable = [name for name in names if name in ("gzip", "x-gzip", "deflate")]
        if refused := [name for name in names if name in _NOT_UNDONE]:
            raise BadCoding(
                f"the body is encoded as {refused[0]!r}, which was not requested (Accept-Encoding: {ACCEPTED})"
            )
        if len(decodable) > _MOST:
            raise BadCoding(f"the body is encoded {len(decodable)} times over")
        self._steps = [InflateDecoder(name) for name in reversed(decodable)]

    def decode(self, data: bytes) -> Iterable[bytes]:
        """What these bytes add, in pieces. Raises BadCoding."""
        pieces: Iterable[bytes] = (data,)
        for step in self._steps:
            pieces = _through(step, pieces)
        return pieces

    def end(self) -> None:
        """Raises BadCoding if more should have come."""
        for step in self._steps:
            step.end()


def _through(step: InflateDecoder, pieces: Iterable[bytes]) -> Iterator[bytes]:
    for piece in pieces:
        yield from step.decode(piece)
