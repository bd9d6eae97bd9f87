"""The note about contracts that come from plain OpenAPI files."""

from __future__ import annotations

from pixpact.specs.contract.model import Contract
from pixpact.terminal.output import say


def say_what_is_missing(*contracts: Contract) -> None:
    """Print on standard error what each contract lacks; nothing for specs written for Pixpact."""
    for contract in contracts:
        if contract.notes:
            from pixpact.specs.adopt.lenient import summary  # not needed for the vendors' specs that are shipped

            say("\n".join(summary(contract.notes, contract.document.root.origin.path)), err=True)
