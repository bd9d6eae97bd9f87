"""Forgetting, by names that say what is forgotten."""

from __future__ import annotations

from typing import Any

from pixpact.mockserver.context import MockContext
from pixpact.specs.openapi.messages import listed, short_json

RESETS = {
    "tasks": "tasks and uploads",
    "journal": "requests and responses",
    "faults": "faults that stand",
    "ledger": "charges and refunds: every key gets its initial balance",
    "recording": "the position in a played recording: it starts over",
    "all": "all of these",
}


class UnknownReset(ValueError):
    """A name of nothing that can be reset; says which there are."""


async def reset(context: MockContext, what: Any) -> None:
    """Forget one of RESETS, or several. The clock stays, and the running number that ids are made of.

    Raises UnknownReset before anything is forgotten.
    """
    names = what if isinstance(what, list) and what else [what]
    for name in names:
        if not isinstance(name, str) or name not in RESETS:
            raise UnknownReset(f"{short_json(name)} cannot be reset; choose from {listed(list(RESETS), 'and')}")
    for name in names:
        if name in ("journal", "all"):
            await context.journal.forget()
        if name != "journal":
            await context.store.reset(name)
