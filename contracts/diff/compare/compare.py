"""What changed from base to revision, wherever in the documents. Whether it matters is decided elsewhere.

`compare(a, a)` is empty, and `compare(b, a)` is the mirror of `compare(a, b)`. Paths match whatever
their parameters are called, since no client sees those names; nothing else is matched by similarity.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property

from pixpact.contracts.diff.compare import lifecycles
from pixpact.contracts.diff.compare.differences import ContractDifference, MessageSite, StatedAt
from pixpact.contracts.diff.compare.operation import OperationComparison
from pixpact.contracts.diff.compare.sides import ComparedSides
from pixpact.contracts.diff.read.contract_version import ContractVersion
from pixpact.contracts.diff.read.operations import SideOperation, calls, taken_by


class ComparedContracts(ComparedSides):
    """Two sides, and what differs between them."""

    @cached_property
    def differences(self) -> tuple[ContractDifference, ...]:
        """Everything that differs, in the order of the base; additions come last."""
        return tuple(dict.fromkeys(_all(self)))


def compare(base: ContractVersion, revision: ContractVersion) -> tuple[ContractDifference, ...]:
    """Everything that differs between two documents."""
    return ComparedContracts(base, revision).differences


def _all(both: ComparedContracts) -> Iterator[ContractDifference]:
    yield from _servers(both.base, both.revision)
    old, new = calls(both.base), calls(both.revision)
    for label in dict.fromkeys((*old, *new)):
        before, after = old.get(label), new.get(label)
        if before and after:
            yield from OperationComparison(both, before, after).differences()
        else:
            spots = (_spot(before, both.base), _spot(after, both.revision))
            site = MessageSite("request", "operation", label)
            subject = "webhook" if label.startswith("webhook ") else "operation"
            taken = taken_by(label, new if before else old)
            yield ContractDifference(subject, "removed" if before else "added", site, (), *spots, detail=taken)
    yield from lifecycles.differences(both.base, both.revision, old, new)


def _spot(call: SideOperation | None, side: ContractVersion) -> StatedAt | None:
    return StatedAt(call.pointer, call.path) if call else StatedAt("/paths") if "paths" in side.value else None


def _servers(base: ContractVersion, revision: ContractVersion) -> Iterator[ContractDifference]:
    """Base URLs that are new or gone."""
    old, new = (
        {server.get("url", ""): f"/servers/{index}" for index, server in enumerate(side.value.get("servers", []))}
        for side in (base, revision)
    )
    site = MessageSite("request", "server", "")
    for url in dict.fromkeys((*old, *new)):
        if (url in old) != (url in new):
            before = StatedAt(old[url], url) if url in old else StatedAt("/servers")
            after = StatedAt(new[url], url) if url in new else StatedAt("/servers")
            yield ContractDifference("server", "removed" if url in old else "added", site, (), before, after)
