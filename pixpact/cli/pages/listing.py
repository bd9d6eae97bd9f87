"""`pixpact list`: the vendors, their overlays, and the evidence of their specs."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from pixpact.specs import evidence
from pixpact.specs.catalogue import SpecCatalogue
from pixpact.specs.contract.loader import servers_of
from pixpact.specs.openapi.document import read
from pixpact.terminal.output import say


def print_vendors(folders: tuple[Path, ...]) -> None:
    """Print a paragraph for each vendor. Raises SpecError if a spec cannot be read."""
    catalogue = SpecCatalogue(folders)
    for vendor in catalogue.names():
        say("\n".join(paragraph(catalogue, vendor)) + "\n")
    say("The numbers count statements by their source; none was verified against a live service.")
    say("pixpact show VENDOR prints one of these contracts, with or without an @overlay.")


def paragraph(catalogue: SpecCatalogue, vendor: str) -> Iterator[str]:
    """A vendor's title, server, overlays, and the number of statements by source."""
    contract = catalogue.source(vendor).contract()
    yield f"{vendor}: {contract.title} ({contract.version})"
    yield f"  server      {servers_of(contract.document.value)[0]}"
    overlays = catalogue.overlays(vendor)
    for name, path in overlays.items():
        yield f"  {'overlays' if name == next(iter(overlays)) else '':10}  @{name}: {read(path).value['info']['title']}"
    counts = evidence.counts(contract.document).items()
    yield f"  evidence    {', '.join(f'{count} {source}' for source, count in counts)}"
