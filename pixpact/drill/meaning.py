"""What a drift does to a client, as the comparison of both contracts judges it."""

from __future__ import annotations

import re

from pixpact.contracts.diff.compare.compare import ComparedContracts
from pixpact.contracts.diff.read.contract_version import ContractVersion, side_of
from pixpact.contracts.diff.report import judged
from pixpact.drill.result import DriftMeaning
from pixpact.specs.contract.model import Contract
from pixpact.specs.openapi.document import SpecDocument

_TEMPLATE = re.compile(r"\{[^{}]*\}")


def meaning(base: ContractVersion, drifted: SpecDocument, contract: Contract) -> DriftMeaning:
    """The meaning of a drifted document. What the comparison has no word for is a warning: nobody knows."""
    changes = judged(ComparedContracts(base, side_of(drifted, base.name))).changes
    if not changes:
        return DriftMeaning("warning", "check", (), (), ())
    worst = changes[0]
    places = tuple(dict.fromkeys(place for change in changes for place in change.places))
    says = tuple(dict.fromkeys(change.message for change in changes if change.severity == worst.severity))
    return DriftMeaning(worst.severity, worst.action, says, places, _operations(places, contract))


def _operations(places: tuple[str, ...], contract: Contract) -> tuple[str, ...]:
    names = {
        f"{operation.method} {_TEMPLATE.sub('{}', operation.path)}": operation.id for operation in contract.operations
    }
    found = (names.get(" ".join(place.split(" ")[:2])) for place in places)
    return tuple(dict.fromkeys(it for it in found if it is not None))
