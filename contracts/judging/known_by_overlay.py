"""Labels findings that an overlay of the vendor already describes."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from functools import partial

from pixpact.contracts.checks import CHECKS
from pixpact.contracts.claims.contract_claims import UNAUTHENTICATED, UNKNOWN_TASK, ContractClaims
from pixpact.contracts.findings import Finding
from pixpact.contracts.traffic.case import CaseReader
from pixpact.specs.catalogue import SpecCatalogue
from pixpact.specs.contract.model import Contract
from pixpact.wire.exchange import Exchange, Trace

_SAID = (UNAUTHENTICATED, UNKNOWN_TASK)


def label_known(
    findings: Iterable[Finding], overlays: Iterable[tuple[str, Callable[[], Contract]]], bases: Iterable[str] = ()
) -> tuple[Finding, ...]:
    """The findings, each labelled with the first overlay under which its trace breaks nothing.

    `bases` are further base URLs of the target, by which exchanges are matched to operations.
    """
    left, bases = list(findings), tuple(bases)
    if not left:
        return ()
    for name, contract in overlays:
        claims = ContractClaims(contract())
        reader = CaseReader(claims, bases)
        left = [
            replace(finding, known=name) if not finding.known and _is_right(finding, reader, claims) else finding
            for finding in left
        ]
    return tuple(left)


def overlay_contracts(catalogue: SpecCatalogue, contract: Contract) -> Iterator[tuple[str, Callable[[], Contract]]]:
    """Yield (name, function that loads the contract) of the vendor's overlays that the contract does not have yet."""
    try:
        names = catalogue.overlays(contract.vendor)
    except KeyError:
        return
    for name in names:
        if name not in contract.name.split("@"):
            reference = f"{contract.vendor}@{name}"
            yield reference, partial(_contract, catalogue, reference)


def _contract(catalogue: SpecCatalogue, reference: str) -> Contract:
    return catalogue.source(reference).contract()


def _is_right(finding: Finding, reader: CaseReader, claims: ContractClaims) -> bool:
    """Whether the checks find nothing of the same kind at the same pointer."""
    if not finding.trace.exchanges:
        return False
    case = reader.case(Trace(tuple(map(_plain, finding.trace))))
    broken = [observation for check in CHECKS for observation in check(case, claims) if observation.kept is False]
    return all(
        observation.kind != finding.kind or observation.pointer != finding.pointer for observation in broken
    ) and any(step.asked is not None for step in case.steps)


def _plain(exchange: Exchange) -> Exchange:
    """The exchange without its sender's expectation: another contract may expect something else."""
    if exchange.note.get("expects", "") in _SAID or "expects" not in exchange.note:
        return exchange
    return replace(exchange, note={name: value for name, value in exchange.note.items() if name != "expects"})
