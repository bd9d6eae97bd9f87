"""Drifts for a drill: overlays with one change each, either shipped with Pixpact or made by the user."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase
from functools import cached_property
from pathlib import Path

from pixpact.drill.environment import SHIPPED
from pixpact.specs.catalogue import SUFFIXES, SpecCatalogue, SpecSource
from pixpact.specs.openapi.document import SpecDocument, read


class UnknownDrift(ValueError):
    """A name, pattern or path matches no drift. The message lists the drifts, or names a similar one."""


@dataclass(frozen=True)
class VendorDrift:
    """An overlay with one change that a vendor could make. `own`: the user named the file."""

    name: str
    path: Path
    own: bool = False

    @cached_property
    def _document(self) -> SpecDocument:
        return read(self.path)

    @property
    def title(self) -> str:
        """The change in one sentence. Raises SpecError if the file is not an overlay."""
        info = self._document.root.child("info")
        title = info.child("title") if info else None
        return str(title.value) if title else self.name

    @property
    def breaks(self) -> str | None:
        """The id of the claim that the drift breaks, if the file says so (`x-breaks`)."""
        claim = self._document.root.child("x-breaks")
        return str(claim.value) if claim else None

    @cached_property
    def change(self) -> str:
        """The text of the overlay's actions, as written in the file."""
        lines = self.path.read_text(encoding="utf-8").splitlines()
        begins = next((number for number, line in enumerate(lines) if line.startswith("actions:")), 0)
        return "\n".join(lines[begins + 1 :]).rstrip()

    def applied(self, source: SpecSource) -> SpecSource:
        """The source with this drift added as the last overlay; the name stays the same."""
        return replace(source, overlays=(*source.overlays, self.path))


def drifts_of(
    catalogue: SpecCatalogue,
    source: SpecSource,
    files: Iterable[str] = (),
    folders: Iterable[Path] = (),
    shipped: Path = SHIPPED,
) -> dict[str, VendorDrift]:
    """The drifts for a vendor, by name. A drift of the user replaces a shipped one of the same name.

    `files` are paths of overlays, or names of the vendor's overlays (`2026-09`). A folder may have a subfolder for each
    vendor. Raises UnknownDrift.
    """
    vendor = source.path.stem
    drifts = {path.stem: VendorDrift(path.stem, path) for path in _files_in(shipped / vendor)}
    for folder in folders:
        inside = folder / vendor
        own = _files_in(inside if inside.is_dir() else folder)
        if not own:
            raise UnknownDrift(f"{str(folder)!r} has no overlay; put YAML files there, one for each drift")
        drifts |= {path.stem: VendorDrift(path.stem, path, own=True) for path in own}
    overlays = {**catalogue.overlays(vendor), **_beside(source)}
    for file in files:
        path = _file(file, overlays, vendor)
        drifts[path.stem] = VendorDrift(path.stem, path, own=True)
    return drifts


def drifts_named(drifts: Mapping[str, VendorDrift], patterns: Iterable[str]) -> list[VendorDrift]:
    """The drifts that match one of the patterns (`base64-*`); without patterns, all drifts. Raises UnknownDrift."""
    wanted = list(patterns)
    for pattern in wanted:
        if not any(fnmatchcase(name, pattern) for name in drifts):
            near = difflib.get_close_matches(pattern, drifts, 1)
            hint = f"did you mean {near[0]!r}?" if near else f"there are: {', '.join(drifts) or 'none'}"
            raise UnknownDrift(f"{pattern!r} matches no drift; {hint}")
    return [
        drift for name, drift in drifts.items() if not wanted or any(fnmatchcase(name, pattern) for pattern in wanted)
    ]


def drifts_except(drifts: list[VendorDrift], patterns: Iterable[str]) -> list[VendorDrift]:
    """The drifts that match none of the patterns. Raises UnknownDrift for a pattern that matches nothing."""
    left_out = [
        chosen_drift
        for pattern in patterns
        for chosen_drift in drifts_named({drift.name: drift for drift in drifts}, [pattern])
    ]
    return [drift for drift in drifts if drift not in left_out]


def _file(text: str, overlays: Mapping[str, Path], vendor: str) -> Path:
    if text in overlays:
        return overlays[text].resolve()
    if Path(text).is_file():
        return Path(text).resolve()
    names = ", ".join(overlays) or "none"
    raise UnknownDrift(
        f"--drift {text!r} is neither a file nor an overlay of {vendor}; the overlays there are: {names}"
    )


def _beside(source: SpecSource) -> dict[str, Path]:
    return {path.stem: path for path in _files_in(source.path.parent / "overlays" / source.path.stem)}


def _files_in(folder: Path) -> list[Path]:
    if not folder.is_dir():
        return []
    return sorted(path.resolve() for path in folder.iterdir() if path.suffix in SUFFIXES)
