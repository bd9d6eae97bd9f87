"""Report destinations: `FORMAT=PATH`, `-` for standard output; files are written whole or not at all."""

from __future__ import annotations

import difflib
import os
import sys
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from pixpact.wire.files import write_whole


class ReportError(ValueError):
    """A report cannot be written; says which one, why, and what to do."""


@dataclass(frozen=True, slots=True)
class ReportDestination:
    """A format and its file; None: standard output."""

    format: str
    path: Path | None

    def write(self, text: str) -> None:
        """Write the report. Raises ReportError."""
        if self.path is None:
            sys.stdout.write(text)
            sys.stdout.flush()
            return
        try:
            write_whole(self.path, text)
        except OSError as error:
            raise ReportError(f"the {self.format} report: {reason(error, self.path)}") from None


def destinations(texts: Iterable[str], formats: Iterable[str]) -> tuple[ReportDestination, ...]:
    """Parse `FORMAT=PATH` options, and check before anything is paid for that they can be written.

    Raises ReportError with all problems, one per line.
    """
    names = sorted(formats)
    chosen, problems = [], []
    for text in texts:
        try:
            chosen.append(_destination(text, names))
        except ReportError as error:
            problems.append(str(error))
    paths = [destination.path for destination in chosen]
    problems += [
        f"two reports cannot share {path or 'standard output'}; give each its own file"
        for path in dict.fromkeys(paths)
        if paths.count(path) > 1
    ]
    if problems:
        raise ReportError("\n".join(problems))
    return tuple(chosen)


def write_all(reports: Iterable[ReportDestination], written: Callable[[str], str]) -> None:
    """Write every report that can be written; `written` returns the text of a format.

    Raises ReportError at the end, with one line for each that could not be written.
    """
    problems = []
    for destination in reports:
        try:
            destination.write(written(destination.format))
        except ReportError as error:
            problems.append(str(error))
    if problems:
        raise ReportError("\n".join(problems))


def _destination(text: str, formats: list[str]) -> ReportDestination:
    form, equals, path_text = text.partition("=")
    if form not in formats:
        near = difflib.get_close_matches(form, formats, 1)
        hint = f"did you mean {near[0]!r}?" if near else "write FORMAT=PATH"
        raise ReportError(f"{form!r} is not a report format; {hint} (formats: {', '.join(formats)})")
    if not equals or not path_text:
        raise ReportError(f"{text!r} names no file; write {form}=FILE, or {form}=- for standard output")
    if path_text == "-":
        return ReportDestination(form, None)
    path = Path(path_text)
    check_writable(path)
    return ReportDestination(form, path)


def check_writable(path: Path) -> None:
    """Check that a file can be written at the path. Raises ReportError."""
    folder = path.parent
    if path.is_dir():
        raise ReportError(f"{path} is a folder; name a file in it")
    if not folder.is_dir():
        raise ReportError(f"the folder {folder} does not exist; make it first")
    target = path if path.exists() and not path.is_file() else folder
    if not os.access(target, os.W_OK):
        raise ReportError(f"{target} cannot be written; change its permissions, or choose another path")


def reason(error: OSError, path: Path) -> str:
    """Why a file cannot be written, for an error message."""
    return f"{path} cannot be written: {error.strerror or type(error).__name__}; choose another path"
