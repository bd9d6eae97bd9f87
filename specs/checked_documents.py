"""Documents that lint has passed before, in the user's cache folder: parsing and linting are most of a start.

An entry is the plain JSON of a whole document. Its name is a digest of everything that it depends on: the text of the
spec and of its overlays, the name that it is served as, and the code that reads and lints it. Whatever is in doubt (a
file of another user, one that others may write to, a broken one) is not read, and nothing in it is ever executed.
"""

from __future__ import annotations

import contextlib
import os
import stat
import sys
from collections.abc import Iterable
from functools import cache
from hashlib import blake2b
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import orjson

_CODE = Path(__file__).parent
_READERS = ("jsonschema_rs", "yaml")
"""The libraries that decide what is a schema, a pattern and a value."""
_DIGEST = 32
"""Bytes of a digest."""
_MOST = 64
"""Entries that are kept; the oldest make room."""
_OTHERS = stat.S_IWGRP | stat.S_IWOTH


def folder() -> Path:
    """The user's cache folder for Pixpact."""
    if sys.platform == "win32":
        return Path(os.environ.get("LOCALAPPDATA") or Path.home() / "AppData" / "Local") / "pixpact" / "cache"
    root = Path(os.environ.get("XDG_CACHE_HOME", ""))
    return (root if root.is_absolute() else Path.home() / ".cache") / "pixpact"


def entry_of(name: str, files: Iterable[Path]) -> Path | None:
    """Where the document of these files is kept; None if one of them, or the home folder, cannot be found."""
    digest = blake2b(_code(), digest_size=_DIGEST)
    try:
        for part in (name.encode(), *(part for file in files for part in (os.fsencode(file), file.read_bytes()))):
            digest.update(b"%d:%b" % (len(part), part))
        return folder() / digest.hexdigest()
    except (OSError, RuntimeError):
        return None


@cache
def _code() -> bytes:
    """What tells one state of the code that reads and lints specs from another."""
    origins = [spec.origin for name in _READERS if (spec := find_spec(name)) is not None and spec.origin]
    wire = (_CODE.parent / "wire").glob("*.py")
    files = [*sorted(_CODE.rglob("*.py")), *sorted(_CODE.glob("*.yaml")), *sorted(wire), *map(Path, origins)]
    marks = [(str(file), file.stat().st_size, file.stat().st_mtime_ns) for file in files]
    return repr((sys.version, marks)).encode()


def kept_value(entry: Path) -> dict[str, Any] | None:
    """The document of an entry as plain JSON; None where there is none that can be trusted."""
    try:
        if not (_is_own(entry.parent) and _is_own(entry)):
            return None
        content = entry.read_bytes()
        if _digest(content[_DIGEST:]) != content[:_DIGEST]:
            return None
        value = orjson.loads(content[_DIGEST:])
    except (OSError, ValueError):
        return None
    return value if isinstance(value, dict) else None


def keep(entry: Path, value: dict[str, Any]) -> None:
    """Keep a document that lint has passed; one that JSON does not give back as it is, is not kept."""
    with contextlib.suppress(OSError, TypeError):
        content = orjson.dumps(value)
        if orjson.loads(content) != value:
            return
        entry.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        if not _is_own(entry.parent):
            return
        beside = entry.with_name(f".{entry.name}.{os.getpid()}")
        beside.touch(mode=0o600, exist_ok=False)
        beside.write_bytes(_digest(content) + content)
        beside.replace(entry)
        for old in sorted(entry.parent.iterdir(), key=lambda path: path.stat().st_mtime)[:-_MOST]:
            old.unlink()


def _is_own(path: Path) -> bool:
    """Whether a file or a folder belongs to this user, and nobody else may change it."""
    status = path.lstat()
    if stat.S_ISLNK(status.st_mode):
        return False
    return not hasattr(os, "getuid") or (status.st_uid == os.getuid() and not status.st_mode & _OTHERS)


def _digest(content: bytes) -> bytes:
    return blake2b(content, digest_size=_DIGEST).digest()
