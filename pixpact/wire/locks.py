"""File locks: only one run at a time may use a file.

The operating system holds the lock, so that it ends with its process. The lock is on a file next to the actual one,
which may be replaced meanwhile.
"""

from __future__ import annotations

import contextlib
import errno
import os
import sys
from pathlib import Path

_BUSY = (errno.EACCES, errno.EAGAIN, errno.EDEADLK)


class FileInUse(OSError):
    """Another run is using the file."""

    def __init__(self, path: Path) -> None:
        super().__init__(errno.EBUSY, "another run is using it: wait until it ends, or name another file", str(path))


class FileLock:
    """A lock on a file, until `release`. Raises FileInUse, or OSError where no lock is possible."""

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
            os.close(handle)  # the previous run removed the lock file meanwhile: a lock on it would be useless

    def _is_there(self, handle: int) -> bool:
        try:
            return os.path.samestat(os.fstat(handle), self._beside.stat())
        except FileNotFoundError:
            return False

    def release(self) -> None:
        """Release the lock; releasing it again does nothing."""
        if self._held < 0:
            return
        handle, self._held = self._held, -1
        with contextlib.suppress(OSError):  # Windows cannot remove an open file: an empty lock file remains
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
