"""Problems of a spec, formatted as `file:line rule message remedy`."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True, order=True)
class SourcePlace:
    """A file and line; line 0 is the file as a whole."""

    path: Path
    line: int

    def __str__(self) -> str:
        return f"{relative_path(self.path)}:{self.line}" if self.line else relative_path(self.path)


@dataclass(frozen=True, slots=True)
class SpecProblem:
    """A fault of a spec. A `note` informs the author, and stops nothing."""

    origin: SourcePlace
    rule: str
    message: str
    remedy: str
    note: bool = False

    def __str__(self) -> str:
        kind = "note: " if self.note else ""
        return f"{self.origin} {kind}{self.rule}: {self.message}. Remedy: {self.remedy}."


class SpecError(ValueError):
    """The spec cannot be served; carries every problem."""

    def __init__(self, problems: Iterable[SpecProblem]) -> None:
        self.problems = sorted(problems, key=lambda problem: (problem.origin, problem.rule))
        super().__init__("\n".join(str(problem) for problem in self.problems))


def relative_path(path: Path) -> str:
    """The path relative to the working directory if it is below it; else unchanged."""
    try:
        return str(path.resolve().relative_to(Path.cwd()))
    except (ValueError, OSError):
        return str(path)
