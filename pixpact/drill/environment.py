"""The contracts of mocks that a test starts, and the environment variable that applies a drift to them.

`PIXPACT_DRIFT=VENDOR=OVERLAY` adds one overlay (a name or a path) to each mock of that vendor that the process starts.
So a suite runs against a changed vendor without a change in the suite.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Mapping
from dataclasses import replace
from difflib import get_close_matches
from functools import lru_cache
from pathlib import Path

from pixpact.specs.catalogue import SpecCatalogue, SpecSource, UnknownVendor
from pixpact.specs.contract.model import Contract

DRIFT = "PIXPACT_DRIFT"
SHIPPED = Path(__file__).parents[1] / "mutants"
"""A folder of drifts for each vendor; in a checkout, a link to `fixtures/mutants`."""


def contracts_of(
    vendors: Iterable[str], folders: Iterable[Path] = (), environ: Mapping[str, str] | None = None
) -> list[Contract]:
    """The contracts with these names; without names, all vendors. Raises UnknownVendor or SpecError.

    Contracts are immutable, so hundreds of tests share one until its files change.
    """
    catalogue = SpecCatalogue(folders)
    sources = sources_of(catalogue, list(vendors) or catalogue.names(), environ)
    return [_contract(source, tuple(map(_changed, source.files))) for source in sources]


def sources_of(
    catalogue: SpecCatalogue, names: Iterable[str], environ: Mapping[str, str] | None = None
) -> list[SpecSource]:
    """The sources with these names, with the drifts from the environment. Raises UnknownVendor."""
    drifts = _drifts(os.environ if environ is None else environ)
    return [_drifted(catalogue, source_of(catalogue, name), drifts) for name in names]


def source_of(catalogue: SpecCatalogue, reference: str) -> SpecSource:
    """The source of NAME[@OVERLAY…], where an overlay may also be a shipped drift: `@always-square`.

    An overlay of the vendor takes precedence over a drift with the same name. Raises UnknownVendor.
    """
    name, *overlays = [reference] if Path(reference).is_file() else reference.split("@")
    own = catalogue.source(name)
    all_overlays = {**_beside(own), **catalogue.overlays(own.path.stem)}
    shipped = shipped_drifts(own.path.stem)
    if not any(overlay in shipped and overlay not in all_overlays for overlay in overlays):
        try:
            return catalogue.source(reference)
        except UnknownVendor as error:
            wrong = next(
                (overlay for overlay in overlays if overlay not in all_overlays and not Path(overlay).is_file()), ""
            )
            near = get_close_matches(wrong, shipped, 1)
            raise UnknownVendor(f"{error}; of drifts: did you mean {near[0]!r}?" if near else str(error)) from None
    paths = [
        shipped[overlay] if overlay in shipped and overlay not in all_overlays else _one(catalogue, name, overlay)
        for overlay in overlays
    ]
    return SpecSource("@".join([own.path.stem, *(path.stem for path in paths)]), own.path, tuple(paths))


def _one(catalogue: SpecCatalogue, name: str, overlay: str) -> Path:
    return catalogue.source(f"{name}@{overlay}").overlays[0]


def shipped_drifts(vendor: str) -> dict[str, Path]:
    """The drifts that are shipped for a vendor, by name."""
    folder = SHIPPED / vendor
    return {path.stem: path.resolve() for path in sorted(folder.iterdir())} if folder.is_dir() else {}


def _beside(source: SpecSource) -> dict[str, Path]:
    folder = source.path.parent / "overlays" / source.path.stem
    return {path.stem: path for path in folder.iterdir()} if folder.is_dir() else {}


def _drifts(environ: Mapping[str, str]) -> list[tuple[str, str]]:
    """The (vendor, overlay) pairs in the environment variable, one on each line. Raises UnknownVendor."""
    drifts = []
    for text in environ.get(DRIFT, "").splitlines():
        vendor, equals, overlay = text.strip().partition("=")
        if not vendor and not equals:
            continue
        if not vendor or not overlay:
            raise UnknownVendor(f"{DRIFT}: {text!r} is not a drift; write VENDOR=OVERLAY, a name or the path of a file")
        drifts.append((vendor, overlay))
    return drifts


def _drifted(catalogue: SpecCatalogue, source: SpecSource, drifts: list[tuple[str, str]]) -> SpecSource:
    """The source with the drifts for its vendor added as the last overlays; the name stays the same."""
    paths = [_overlay(catalogue, source, overlay) for vendor, overlay in drifts if vendor == source.path.stem]
    new = [path for path in paths if path not in source.overlays]
    return replace(source, overlays=(*source.overlays, *new)) if new else source


def _overlay(catalogue: SpecCatalogue, source: SpecSource, overlay: str) -> Path:
    overlays = {**shipped_drifts(source.path.stem), **_beside(source), **catalogue.overlays(source.path.stem)}
    if overlay in overlays:
        return overlays[overlay]
    if not Path(overlay).is_file():
        near = get_close_matches(overlay, overlays, 1)
        hint = f"did you mean {near[0]!r}?" if near else f"there are {', '.join(overlays) or 'none'}"
        raise UnknownVendor(
            f"{DRIFT}: {overlay!r} is neither a file nor an overlay or drift of {source.path.stem}; {hint}"
        )
    return Path(overlay)


def _changed(path: Path) -> int:
    try:
        return path.stat().st_mtime_ns
    except OSError:
        return 0  # `_contract` then reports the error


@lru_cache(maxsize=32)
def _contract(source: SpecSource, changed: tuple[int, ...]) -> Contract:  # noqa: ARG001  # part of the key of the cache
    return source.contract()


def url_variable(vendor: str) -> str:
    """The environment variable with the base URL of a vendor: `PIXPACT_URL_` and the name in capitals."""
    return "PIXPACT_URL_" + re.sub(r"[^A-Z0-9]", "_", vendor.upper())
