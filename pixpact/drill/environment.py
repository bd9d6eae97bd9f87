"""Which contracts a mock inside a program serves; and the drift that a whole run of tests is put under.

`PIXPACT_DRIFT=VENDOR=OVERLAY` in the environment applies one overlay more, a name or a path, to every mock of that
vendor that the process starts itself. So a suite can be run against a changed vendor without being changed.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Mapping
from dataclasses import replace
from functools import lru_cache
from pathlib import Path

from pixpact.specs.catalogue import SpecCatalogue, SpecSource, UnknownVendor
from pixpact.specs.contract.model import Contract

DRIFT = "PIXPACT_DRIFT"


def contracts_of(
    vendors: Iterable[str], folders: Iterable[Path] = (), environ: Mapping[str, str] | None = None
) -> list[Contract]:
    """The contracts of these names, of all vendors when there are none. Raises UnknownVendor or SpecError.

    A contract is a value: hundreds of tests share one, for as long as its files stay as they are.
    """
    catalogue = SpecCatalogue(folders)
    drifts = _drifts(os.environ if environ is None else environ)
    sources = [_drifted(catalogue, catalogue.source(name), drifts) for name in (list(vendors) or catalogue.names())]
    return [_contract(source, tuple(map(_changed, source.files))) for source in sources]


def _drifts(environ: Mapping[str, str]) -> list[tuple[str, str]]:
    """(vendor, overlay) of each drift in the environment; several are on lines of their own."""
    found = []
    for text in environ.get(DRIFT, "").splitlines():
        vendor, equals, overlay = text.strip().partition("=")
        if not vendor and not equals:
            continue
        if not vendor or not overlay:
            raise UnknownVendor(f"{DRIFT}: {text!r} is no drift; write VENDOR=OVERLAY, a name or the path of a file")
        found.append((vendor, overlay))
    return found


def _drifted(catalogue: SpecCatalogue, source: SpecSource, drifts: list[tuple[str, str]]) -> SpecSource:
    """The same source, and under the same name, with the drifts of its vendor applied last."""
    paths = [_overlay(catalogue, source, overlay) for vendor, overlay in drifts if vendor == source.path.stem]
    new = [path for path in paths if path not in source.overlays]
    return replace(source, overlays=(*source.overlays, *new)) if new else source


def _overlay(catalogue: SpecCatalogue, source: SpecSource, overlay: str) -> Path:
    known = catalogue.overlays(source.path.stem)
    if overlay in known:
        return known[overlay]
    if not Path(overlay).is_file():
        names = ", ".join(known) or "none"
        raise UnknownVendor(f"{DRIFT}: {overlay!r} is no file and no overlay of {source.path.stem}; there are {names}")
    return Path(overlay)


def _changed(path: Path) -> int:
    try:
        return path.stat().st_mtime_ns
    except OSError:
        return 0  # reading it will tell what is wrong


@lru_cache(maxsize=32)
def _contract(source: SpecSource, changed: tuple[int, ...]) -> Contract:  # noqa: ARG001  # part of the key of the cache
    return source.contract()


def variable(vendor: str) -> str:
    """The environment variable that tells programs where a vendor is: `PIXPACT_URL_` and its name in capitals."""
    return "PIXPACT_URL_" + re.sub(r"[^A-Z0-9]", "_", vendor.upper())
