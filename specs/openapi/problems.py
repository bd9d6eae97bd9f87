"""What is wrong with a spec, said as `file:line rule message remedy`."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True, order=True)
class SourcePlace:
    """A place in a file; line 0 means the file as a whole."""

    path: Path
    line: int

    def __str__(self) -> str:
        return f"{relative_path(self.path)}:{self.line}" if self.line else relative_path(self.path)


@dataclass(frozen=True, slots=True)
class SpecProblem:
    """One fault of a spec. A `note` tells the author something and stops nothing."""

    origin: SourcePlace
    rule: str
    message: str
    remedy: str
    note: bool = False

    def __str__(self) -> str:
        kind = "note: " if self.note else ""
        return f"{self.origin} {kind}{self.rule}: {self.message}. Remedy: {self.remedy}."


class SpecError(ValueError):
    """A spec that cannot be served; carries every problem found, never just the first."""

    def __init__(self, problems: Iterable[SpecProblem]) -> None:
        self.problems = sorted(problems, key=lambda problem: (problem.origin, problem.rule))
        super().__init__("\n".join(str(problem) for problem in self.problems))


def relative_path(path: Path) -> str:
    """A path as a reader wants it: relative to the working directory when it lies below it."""
    try:
        return str(path.resolve().relative_to(Path.cwd()))
    except (ValueError, OSError):
        return str(path)
