"""`pixpact lint`: prints problems, one on each line, and their number."""

from __future__ import annotations

from pathlib import Path

from pixpact.specs.catalogue import SpecCatalogue, SpecSource
from pixpact.specs.openapi.messages import plural
from pixpact.terminal.output import say


def lint(files: tuple[str, ...], folders: tuple[Path, ...]) -> int:
    """Print the problems of these specs (default: all). Returns 2 if one makes a spec unusable, else 0."""
    catalogue = SpecCatalogue(folders)
    sources = [catalogue.source(name) for name in files] if files else every_contract(catalogue)
    errors = notes = 0
    for source in sources:
        checked = source.check()
        for problem in checked.problems:
            say(str(problem))
        errors += len(checked.errors)
        notes += len(checked.problems) - len(checked.errors)
    counted = [plural(len(sources), "contract"), plural(errors, "problem"), plural(notes, "note")]
    say("{} checked: {}, {}".format(*counted))
    return 2 if errors else 0


def every_contract(catalogue: SpecCatalogue) -> list[SpecSource]:
    """Every vendor, alone and with each of its overlays."""
    sources = []
    for vendor in catalogue.names():
        sources.append(catalogue.source(vendor))
        sources += [catalogue.source(f"{vendor}@{overlay}") for overlay in catalogue.overlays(vendor)]
    return sources
