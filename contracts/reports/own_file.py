"""Which file of the user's own a report points at, where the contract came with Pixpact and stands in no repository.

Code scanning and annotations show a result beside a line of a file that they have: the recording that was judged, the
workflow that ran the check, or the configuration.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

_WORKFLOW = "GITHUB_WORKFLOW_REF"
"""`OWNER/REPOSITORY/.github/workflows/check.yml@refs/heads/main`, as GitHub Actions sets it."""
_CONFIGURATIONS = ("pixpact.toml", "pyproject.toml")


def own_file(recordings: Iterable[Path], environ: Mapping[str, str], here: Path) -> str:
    """The path from `here` of the first such file that is there; empty where none is."""
    workflow = environ.get(_WORKFLOW, "").partition("@")[0].split("/", 2)[2:]
    for path in (*recordings, *map(Path, workflow), *map(Path, _CONFIGURATIONS)):
        whole = (here / path).resolve()
        if whole.is_file() and whole.is_relative_to(here.resolve()):
            return whole.relative_to(here.resolve()).as_posix()
    return ""
