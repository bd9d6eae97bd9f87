"""One writer at a time: a file that a run goes on with is no other run's meanwhile.

The lock is the operating system's, so that it ends with the process that holds it, in whatever way that ends. It is on
a file beside the one that is meant, which may itself be replaced while it is held.
"""

from __future__ import annotations

import contextlib
import errno
import os
import sys
from pathlib import Path

_BUSY = (errno.EACCES, errno.EAGAIN, errno.EDEADLK)


class FileInUse(OSError):
    """Another run goes on with the same file."""

    def __init__(self, path: Path) -> None:
        super().__init__(errno.EBUSY, "another run is using it: wait until it ends, or name another file", str(path))


class FileLock:
    """Holds a file for this run until it is released. Raises FileInUse, or OSError where nothing can be locked."""

    def __init__(self, path: Path) -> None:
        path = path.resolve()
        self._beside = path.with_name(f".{path.name}.lock")
        self._held = self._acquired(path)

    def _acquired(self, path: Path) -> int:
        while True:
            handle = os.open(self._beside, os.O_RDWR | os.O_CREAT | getattr(os, "O_NOFOLLOW", 0), 0o600)
            try:
                _lock(handle)
                if self._is_there(handle):
                    return handle
            except OSError as error:
                os.close(handle)
                if error.errno in _BUSY:
                    raise FileInUse(path) from None
                raise
            os.close(handle)  # the run before took it away just now: that lock would keep nobody out

    def _is_there(self, handle: int) -> bool:
        try:
            return os.path.samestat(os.fstat(handle), self._beside.stat())
        except FileNotFoundError:
            return False

    def release(self) -> None:
        """Let others have the file; a second time does nothing."""
        if self._held < 0:
            return
        handle, self._held = self._held, -1
        with contextlib.suppress(OSError):  # Windows lets nobody remove an open file: an empty one stays there
            self._beside.unlink()
        os.close(handle)


if sys.platform == "win32":
    import msvcrt

    def _lock(handle: int) -> None:
        msvcrt.locking(handle, msvcrt.LK_NBLCK, 1)

else:
    import fcntl

    def _lock(handle: int) -> None:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
