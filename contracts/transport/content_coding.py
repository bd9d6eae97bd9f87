"""Decodes the content codings of a response piecewise, so that a few bytes never expand to gigabytes at once."""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Iterator

ACCEPTED = "gzip, deflate"
"""The Accept-Encoding header: the codings that are decoded here, for network and in-process targets alike."""
_PIECE = 1 << 18
_GZIP = 16 + zlib.MAX_WBITS
_NOT_UNDONE = ("br", "zstd", "compress", "x-compress", "dcb", "dcz")
_MOST = 3
"""Maximum number of nested codings."""


class BadCoding(Exception):
    """The body does not match its Content-Encoding header."""


class InflateDecoder:
    """Decodes `gzip` (one or several parts) or `deflate` (with the zlib frame it should have, or without)."""

    def __init__(self, coding: str) -> None:
        self._coding = coding
        self._gzip = coding != "deflate"
        self._state = zlib.decompressobj(_GZIP if self._gzip else zlib.MAX_WBITS)
        self._begun = False

    def decode(self, data: bytes) -> Iterator[bytes]:
        """Yield the decoded bytes in pieces of at most 256 KiB. Raises BadCoding."""
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
            if first and not self._gzip:  # many servers omit the frame (RFC 9110, section 8.4.1.2)
                self._state = zlib.decompressobj(-zlib.MAX_WBITS)
                return self._inflated(data)
            raise BadCoding(f"the body is not {self._coding}, although its Content-Encoding says so: {error}") from None

    def end(self) -> None:
        """Raises BadCoding if the body is incomplete."""
        if self._begun and not self._state.eof:
            raise BadCoding(f"the body ends in the middle of its {self._coding}")


class ContentDecoder:
    """Decodes what a Content-Encoding header lists; unregistered names are ignored."""

    def __init__(self, header: str | None) -> None:
        """Raises BadCoding for codings that were not requested."""
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
        """Yield the decoded bytes in pieces. Raises BadCoding."""
        pieces: Iterable[bytes] = (data,)
        for step in self._steps:
            pieces = _through(step, pieces)
        return pieces

    def end(self) -> None:
        """Raises BadCoding if the body is incomplete."""
        for step in self._steps:
            step.end()


def _through(step: InflateDecoder, pieces: Iterable[bytes]) -> Iterator[bytes]:
    for piece in pieces:
        yield from step.decode(piece)
