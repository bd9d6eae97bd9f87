"""Chooses a file of the user's repository for findings whose contract came with Pixpact.

Code scanning and annotations need a line of a file in the repository: the judged recording, the workflow that ran the
check, or the configuration.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

_WORKFLOW = "GITHUB_WORKFLOW_REF"
"""`OWNER/REPOSITORY/.github/workflows/check.yml@refs/heads/main`, as GitHub Actions sets it."""
_CONFIGURATIONS = ("pixpact.toml", "pyproject.toml")


def annotation_file(recordings: Iterable[Path], environ: Mapping[str, str], here: Path) -> str:
    """The path, relative to `here`, of the first of these files that exists; empty if none does."""
    workflow = environ.get(_WORKFLOW, "").partition("@")[0].split("/", 2)[2:]
    for path in (*recordings, *map(Path, workflow), *map(Path, _CONFIGURATIONS)):
        whole = (here / path).resolve()
        if whole.is_file() and whole.is_relative_to(here.resolve()):
            return whole.relative_to(here.resolve()).as_posix()
    return ""
