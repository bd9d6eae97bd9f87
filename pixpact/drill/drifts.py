"""The drifts that a suite can be drilled with: overlays of one change each, shipped with Pixpact or the user's own."""

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
    """A name, a pattern or a path that leads to no drift; says which there are."""


@dataclass(frozen=True)
class VendorDrift:
    """One change that a vendor could make: an overlay file. `own`: the user named it."""

    name: str
    path: Path
    own: bool = False

    @cached_property
    def _document(self) -> SpecDocument:
        return read(self.path)

    @property
    def title(self) -> str:
        """What changes, in one sentence. Raises SpecError for a file that is no overlay."""
        info = self._document.root.child("info")
        title = info.child("title") if info else None
        return str(title.value) if title else self.name

    @property
    def breaks(self) -> str | None:
        """The id of the claim that it breaks, where its author says so (`x-breaks`)."""
        claim = self._document.root.child("x-breaks")
        return str(claim.value) if claim else None

    @cached_property
    def change(self) -> str:
        """The actions of the overlay, as they are written."""
        lines = self.path.read_text(encoding="utf-8").splitlines()
        begins = next((number for number, line in enumerate(lines) if line.startswith("actions:")), 0)
        return "\n".join(lines[begins + 1 :]).rstrip()

    def applied(self, source: SpecSource) -> SpecSource:
        """The source with this drift on top of all that it has, under the same name."""
        return replace(source, overlays=(*source.overlays, self.path))


def drifts_of(
    catalogue: SpecCatalogue,
    source: SpecSource,
    files: Iterable[str] = (),
    folders: Iterable[Path] = (),
    shipped: Path = SHIPPED,
) -> dict[str, VendorDrift]:
    """Every drift for a vendor by its name, ours first: of two with one name the user's counts.

    `files` are paths of overlays or names of the vendor's own (`2026-09`); a folder may hold one for each vendor.
    Raises UnknownDrift.
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
    """The drifts whose name fits one of the patterns (`base64-*`); all when there are none. Raises UnknownDrift."""
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
    """The drifts whose name fits none of the patterns. Raises UnknownDrift for a pattern that leaves nothing out."""
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
