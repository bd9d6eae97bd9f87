"""The contracts that `pixpact serve` serves; reports those that cannot be served."""

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
    """The contracts with these names, or all. Without names, broken ones are reported and left out.

    Also reports what plain OpenAPI files lack. Raises SpecError or UnknownVendor for a broken contract that was named,
    or if none is left.
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
    """Disable garbage collection: a contract loads a fifth faster, and contains no garbage."""
    gc.disable()
    try:
        yield
    finally:
        gc.enable()
