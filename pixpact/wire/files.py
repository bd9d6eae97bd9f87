"""Writes files atomically."""

from __future__ import annotations

import contextlib
import os
from pathlib import Path


def write_whole(path: Path, text: str) -> None:
    """Write a file so that readers see the old or the new content, never a part. Raises OSError.

    Special files (a pipe, `/dev/stdout`) are written directly; symbolic links are followed.
    """
    path = path.resolve()
    if path.exists() and not path.is_file():
        path.write_text(text, encoding="utf-8")
        return
    beside = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        with beside.open("w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())  # the content must be on disk before the name refers to it
        if path.exists():
            beside.chmod(path.stat().st_mode)
        beside.replace(path)
    except BaseException:  # also after an interrupt
        with contextlib.suppress(OSError):
            beside.unlink()
        raise
