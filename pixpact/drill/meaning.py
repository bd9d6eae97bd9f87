"""What a drift does to a client, as the comparison of both contracts judges it."""

from __future__ import annotations

import re

from pixpact.contracts.diff.compare.compare import Compared
from pixpact.contracts.diff.read.contract_version import Side, side_of
from pixpact.contracts.diff.report import judged
from pixpact.drill.result import Meaning
from pixpact.specs.contract.model import Contract
from pixpact.specs.openapi.document import Document

_TEMPLATE = re.compile(r"\{[^{}]*\}")


def meaning(base: Side, drifted: Document, contract: Contract) -> Meaning:
    """The meaning of a drifted document. What the comparison has no word for is a warning: nobody knows."""
    changes = judged(Compared(base, side_of(drifted, base.name))).changes
    if not changes:
        return Meaning("warning", "check", (), (), ())
    worst = changes[0]
    places = tuple(dict.fromkeys(place for change in changes for place in change.places))
    says = tuple(dict.fromkeys(change.message for change in changes if change.severity == worst.severity))
    return Meaning(worst.severity, worst.action, says, places, _operations(places, contract))


def _operations(places: tuple[str, ...], contract: Contract) -> tuple[str, ...]:
    names = {f"{it.method} {_TEMPLATE.sub('{}', it.path)}": it.id for it in contract.operations}
    found = (names.get(" ".join(place.split(" ")[:2])) for place in places)
    return tuple(dict.fromkeys(it for it in found if it is not None))
