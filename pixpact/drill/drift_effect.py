"""What a drift does to a client, according to `pixpact diff`."""

from __future__ import annotations

import re
from collections.abc import Sequence

from pixpact.contracts.diff.compare.compare import ComparedContracts
from pixpact.contracts.diff.compare.differences import Path
from pixpact.contracts.diff.read.contract_version import ContractVersion, read_version
from pixpact.contracts.diff.report import ContractChange, judged
from pixpact.drill.result import DriftMeaning
from pixpact.specs.contract.model import Contract
from pixpact.specs.openapi.document import SpecDocument

_FOR_NOBODY = ("nothing", "use")
"""Actions of `pixpact diff` that need no change in a client, because no client reads what is new."""
_TEMPLATE = re.compile(r"\{[^{}]*\}")


def effect_of_drift(base: ContractVersion, drifted: SpecDocument, contract: Contract) -> DriftMeaning:
    """The meaning of a drifted document. If the comparison finds no change, it is a warning: the effect is unknown."""
    changes = judged(ComparedContracts(base, read_version(drifted, base.name))).changes
    if not changes:
        return DriftMeaning("warning", "check", (), (), ())
    worst = changes[0]
    locations = tuple(dict.fromkeys(location for change in changes for location in change.places))
    says = tuple(dict.fromkeys(change.message for change in changes if change.severity == worst.severity))
    return DriftMeaning(
        worst.severity, worst.action, says, locations, _operations(locations, contract), _fields(changes)
    )


def _fields(changes: Sequence[ContractChange]) -> tuple[str, ...]:
    """The response fields that the harmful changes are about; () if one of these is about something else."""
    harmful = [change for change in changes if change.severity != "info" and change.action not in _FOR_NOBODY]
    names = [_field(change.path) if change.area == "response" else None for change in harmful]
    return tuple(dict.fromkeys(name for name in names if name)) if all(names) else ()


def _field(path: Path) -> str | None:
    """The name at the end of a path into a message: `data` of `result/data/[]`."""
    return next((step for step in reversed(path) if step != "[]"), None)


def _operations(locations: tuple[str, ...], contract: Contract) -> tuple[str, ...]:
    names = {
        f"{operation.method} {_TEMPLATE.sub('{}', operation.path)}": operation.id for operation in contract.operations
    }
    location = (names.get(" ".join(location.split(" ")[:2])) for location in locations)
    return tuple(dict.fromkeys(operation for operation in location if operation is not None))
