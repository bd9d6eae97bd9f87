"""The operations of one side, under labels that both sides share."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from pixpact.contracts.diff.read.contract_version import ContractVersion
from pixpact.specs.openapi.document import at, escaped
from pixpact.specs.openapi.parts import METHODS, resolved

_PARAMETER = re.compile(r"\{[^{}]*\}")


@dataclass(frozen=True, slots=True)
class SideOperation:
    """One operation of one side, with the pointers of its path item and itself."""

    label: str
    """`POST /v1/images/{}`: the same for both sides."""
    method: str
    path: str
    item: str
    pointer: str

    def parameter_names(self) -> list[str]:
        """The names in the path, in their order."""
        return [name[1:-1] for name in _PARAMETER.findall(self.path)]


def calls(side: ContractVersion) -> dict[str, SideOperation]:
    """Every operation of a side by its label; webhooks under their names."""
    operations = {}
    for key, prefix in (("paths", ""), ("webhooks", "webhook ")):
        for path in side.value.get(key, {}):
            if not path.startswith("x-"):
                item = resolved(side.value, f"/{key}/{escaped(path)}")
                for call in of_item(side, item, path, prefix):
                    operations[call.label] = call
    return operations


def of_item(side: ContractVersion, item: str, path: str, prefix: str) -> Iterator[SideOperation]:
    """The operations of one path item."""
    for method in METHODS:
        if method in at(side.value, item):
            label = f"{prefix}{method.upper()} {_PARAMETER.sub('{}', path)}"
            yield SideOperation(label, method.upper(), path, item, f"{item}/{method}")


def parameters_of(side: ContractVersion, call: SideOperation) -> Iterator[tuple[str, str]]:
    """The path parameters of an operation: (name, pointer)."""
    for owner in (call.item, call.pointer):
        for index in range(len(at(side.value, owner).get("parameters", ()))):
            pointer = resolved(side.value, f"{owner}/parameters/{index}")
            if at(side.value, pointer).get("in") == "path":
                yield at(side.value, pointer).get("name", ""), pointer


def taken_by(label: str, labels: dict[str, SideOperation]) -> str:
    """The operation of the other side that takes these requests: `GET /a/{}` for `GET /a/me`; empty if none."""
    steps = label.split("/")
    for candidate in labels:
        segments = candidate.split("/")
        if len(segments) == len(steps) and all(
            segment in ("{}", step) for segment, step in zip(segments, steps, strict=True)
        ):
            return candidate
    return ""


class OperationNames:
    """The names of operations in reports, with their path parameters as the base names them, else the revision."""

    def __init__(self, base: ContractVersion, revision: ContractVersion) -> None:
        operations = [call for side in (revision, base) for call in calls(side).values()]
        self._texts = {call.label: f"{call.label.rpartition(' ')[0]} {call.path}" for call in operations}

    def shown(self, operation: str) -> str:
        """`GET /projects/{id}` for `GET /projects/{}`; any text after the path is kept."""
        for label in (operation, operation.partition(" callback ")[0]):
            if label in self._texts:
                return self._texts[label] + operation.removeprefix(label)
        return operation
