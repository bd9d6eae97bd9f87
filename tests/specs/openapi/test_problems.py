from __future__ import annotations

from pathlib import Path

import pytest

from pixpact.specs.openapi.problems import SourcePlace, SpecError, SpecProblem, relative_path


def test_a_problem_is_one_line() -> None:
    """File and line first, then rule, message and remedy."""
    problem = SpecProblem(SourcePlace(Path("/elsewhere/spec.yaml"), 7), "link", "it leads nowhere", "correct it")

    assert "/elsewhere/spec.yaml:7 link: it leads nowhere. Remedy: correct it." == str(problem)


def test_a_note_is_called_one() -> None:
    """What stops nothing says so before its rule."""
    assert "spec.yaml:1 note: it: so it is. Remedy: none." == str(
        SpecProblem(SourcePlace(Path("spec.yaml"), 1), "it", "so it is", "none", note=True)
    )


def test_an_error_carries_every_problem_in_order() -> None:
    """Problems come by file and line, whatever order they were found in."""
    places = [("b.yaml", 1), ("a.yaml", 9), ("a.yaml", 10), ("a.yaml", 2)]
    error = SpecError(SpecProblem(SourcePlace(Path(name), line), "it", "wrong", "mend it") for name, line in places)

    assert sorted(places) == [(str(it.origin.path), it.origin.line) for it in error.problems]
    assert str(error).splitlines() == [str(problem) for problem in error.problems]


def test_paths_are_shown_from_here(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A file below the working directory is named from there, any other by its whole path."""
    monkeypatch.chdir(tmp_path)

    assert "specs/a.yaml" == relative_path(tmp_path / "specs/a.yaml")
    assert str(tmp_path.parent / "a.yaml") == relative_path(tmp_path.parent / "a.yaml")
