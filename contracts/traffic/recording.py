"""Records exchanges as HAR 1.2: without secrets, with facts in place of images; the file is valid at any moment."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable
from dataclasses import replace
from io import FileIO
from pathlib import Path
from threading import Lock
from types import TracebackType
from typing import Self

from pixpact import __version__
from pixpact.contracts.traffic.images import encoded_images, form_marked, image_mark, notes_of
from pixpact.wire.exchange import Exchange
from pixpact.wire.har import entry_of
from pixpact.wire.locks import FileInUse, FileLock
from pixpact.wire.redaction import decoded, mark_of, redacted, shortened_body

MOST_BODY = 1024 * 1024
"""Maximum length in bytes of a recorded body, after its images were replaced."""
_TAIL = b"\n]}}\n"


class RecordingError(OSError):
    """A recording cannot be written; `str()` names the file, the reason and what to do."""


def recorded_exchange(exchange: Exchange, *, images: bool = False, most: int = MOST_BODY) -> Exchange:
    """The exchange as a recording keeps it: redacted, with image facts in notes; image bytes only with `images`.

    A body longer than `most` bytes, after its images were replaced, is truncated. Recording a recorded exchange again
    changes nothing.
    """
    notes = notes_of(exchange)
    safe = redacted(exchange)
    if notes and images:
        return _with_images(safe, exchange).noted(**notes)
    if notes:
        safe = replace(
            safe.noted(**notes),
            request_body=form_marked(safe),
            response_body=image_mark(safe.response_body),
        )
    return _bounded(safe, most)


def compact(exchange: Exchange, most: int = MOST_BODY) -> Exchange:
    """The exchange as a check keeps it once judged: a response longer than `most` bytes is shortened as in a recording.

    Otherwise a check of hundreds of requests would hold gigabytes.
    """
    if len(exchange.response_body) <= most:
        return exchange
    short = recorded_exchange(exchange, most=most)
    return replace(exchange, response_body=short.response_body, note=short.note)


def _with_images(safe: Exchange, exchange: Exchange) -> Exchange:
    """The redacted exchange with the base64 of its images in place of their marks."""
    request, response = safe.request_body, safe.response_body
    for encoded in encoded_images(exchange):
        mark = mark_of(decoded(encoded.encode())).encode()
        request, response = (body.replace(mark, encoded.encode()) for body in (request, response))
    return replace(safe, request_body=request, response_body=response)


def _bounded(exchange: Exchange, most: int) -> Exchange:
    request, cut_request = shortened_body(exchange.request_body, most)
    response, cut_response = shortened_body(exchange.response_body, most)
    if not cut_request and not cut_response:
        return exchange
    cut = " ".join(name for name, is_cut in (("request", cut_request), ("response", cut_response)) if is_cut)
    return replace(exchange, request_body=request, response_body=response).noted(truncated=cut)


class HarRecorder:
    """Appends exchanges to a HAR file.

    Each exchange is added by one write over the end of the file, so that the file is a whole HAR document whenever the
    program is stopped. With `append` an existing recording of Pixpact is continued. Raises RecordingError.
    """

    def __init__(self, path: Path, *, images: bool = False, append: bool = False) -> None:
        self.path = path
        self._images = images
        self._held = _held(path)
        try:
            self._file = _opened(path, append)
        except BaseException:
            self._held.release()
            raise
        self._lock = Lock()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def add(self, exchange: Exchange) -> None:
        """Record one exchange. Raises RecordingError, and leaves the file as it was."""
        entry = json.dumps(entry_of(recorded_exchange(exchange, images=self._images)), ensure_ascii=False)
        # A lone surrogate has no UTF-8 encoding: it becomes its JSON escape.
        text = entry.encode("utf-8", "backslashreplace")
        with self._lock:
            # The end is looked up each time: no state can be half updated when an interrupt comes between two lines.
            end = self._file.seek(-len(_TAIL), os.SEEK_END)
            self._file.seek(end - 1)
            comma = b"" if self._file.read(1) == b"[" else b","
            self._write(comma + b"\n" + text + _TAIL, end)

    def _write(self, written: bytes, end: int) -> None:
        try:
            problem = "" if self._file.write(written) == len(written) else "only a part could be written"
        except OSError as error:
            problem = error.strerror or str(error)
        if problem:
            self._file.truncate(end)
            self._file.seek(end)
            self._file.write(_TAIL)
            raise RecordingError(f"{self.path}: {problem}; free some space, or record to another path")

    def extend(self, exchanges: Iterable[Exchange]) -> None:
        """Record several exchanges. Raises RecordingError."""
        for exchange in exchanges:
            self.add(exchange)

    def close(self) -> None:
        """Close and unlock the file; closing it again does nothing."""
        self._file.close()
        self._held.release()


def _head() -> bytes:
    creator = json.dumps({"name": "pixpact", "version": __version__})
    return f'{{"log": {{"version": "1.2", "creator": {creator}, "entries": ['.encode()


_OURS = b'{"log": {"version": "1.2", "creator": {"name": "pixpact"'


def _held(path: Path) -> FileLock:
    """Lock the file: two runs that write into it would leave invalid HAR."""
    try:
        return FileLock(path)
    except FileInUse as error:
        raise RecordingError(f"{path}: {error.strerror}") from None
    except OSError as error:
        raise RecordingError(f"{path}: {error.strerror}; name a file that can be written") from None


def _opened(path: Path, append: bool) -> FileIO:
    """Open the file for entries; unbuffered, so that each write is one step."""
    try:
        if append and path.exists() and path.stat().st_size:
            return _continued(FileIO(path, "r+b"), path)
        file = FileIO(path, "w+b")
    except OSError as error:
        if isinstance(error, RecordingError):
            raise
        raise RecordingError(f"{path}: {error.strerror}; name a file that can be written") from None
    file.write(_head() + _TAIL)
    return file


def _continued(file: FileIO, path: Path) -> FileIO:
    begins = file.read(len(_OURS))
    size = file.seek(0, os.SEEK_END)
    file.seek(max(0, size - len(_TAIL)))
    if begins != _OURS or file.read() != _TAIL:
        file.close()
        raise RecordingError(f"{path}: not a recording of Pixpact, so it cannot be continued; name a new file")
    return file
