"""What is said, once, of a contract that was read from a plain OpenAPI file."""

from __future__ import annotations

from pixpact.specs.contract.model import Contract
from pixpact.terminal.output import say


def say_what_is_missing(*contracts: Contract) -> None:
    """Say on standard error what each of these contracts lacks; nothing of a spec that was written for us."""
    for contract in contracts:
        if contract.notes:
            from pixpact.specs.adopt.lenient import summary  # a vendor's own spec never needs it

            say("\n".join(summary(contract.notes, contract.document.root.origin.path)), err=True)
