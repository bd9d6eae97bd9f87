"""Which contracts `pixpact serve` serves, and what is said of those that it cannot."""

from __future__ import annotations

import gc
from collections.abc import Iterable, Iterator
from contextlib import contextmanager

from pixpact.drill.environment import sources_of
from pixpact.specs.catalogue import SpecCatalogue, SpecSource, UnknownVendor
from pixpact.specs.contract.model import Contract
from pixpact.specs.openapi.problems import SpecError
from pixpact.terminal.output import say
from pixpact.terminal.plain_openapi_note import say_what_is_missing


def served_contracts(catalogue: SpecCatalogue, asked: Iterable[str]) -> tuple[list[SpecSource], list[Contract]]:
    """The contracts of these names, or all. Of all, one that cannot be served is told and left out.

    What a plain file lacks is told too. Raises SpecError or UnknownVendor for one that was asked for, and where none is
    left.
    """
    wanted = list(dict.fromkeys(asked))
    sources, contracts, refused = [], [], None
    for name in wanted or catalogue.names():
        try:
            with _uncollected():
                origins = sources_of(catalogue, [name])
                contracts += [source.contract() for source in origins]
            sources += origins
        except (SpecError, UnknownVendor) as error:
            if wanted:
                raise
            refused = error
            say(f"{error}\n{name} is not served; the others are", err=True)
    if refused is not None and not sources:
        raise refused
    say_what_is_missing(*contracts)
    return sources, contracts


@contextmanager
def _uncollected() -> Iterator[None]:
    """Nothing of a contract is garbage: without collections it is there a fifth sooner."""
    gc.disable()
    try:
        yield
    finally:
        gc.enable()
