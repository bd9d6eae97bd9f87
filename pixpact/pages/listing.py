"""`pixpact list`: the vendors, their overlays, and what their specs rest on."""

from __future__ import annotations

from pathlib import Path

from pixpact.pages.console import console, table
from pixpact.specs import evidence
from pixpact.specs.catalogue import Catalogue
from pixpact.specs.loader import servers_of


def listing(folders: tuple[Path, ...]) -> None:
    """Print one row per vendor. Raises SpecError for a spec that cannot be read."""
    catalogue = Catalogue(folders)
    rows = table("vendor", "what it is", "overlays", "base URL", *evidence.SOURCES)
    for vendor in catalogue.names():
        contract = catalogue.source(vendor).contract()
        document = contract.document
        overlays = "\n".join(f"@{name}" for name in catalogue.overlays(vendor)) or "-"
        counts = [str(count) for count in evidence.counts(document).values()]
        what = f"{contract.title} ({contract.version})"
        rows.add_row(vendor, what, overlays, servers_of(document.value)[0], *counts)
    console().print(rows)
    console().print("The numbers count statements by what they rest on; none was verified against a live service.")
