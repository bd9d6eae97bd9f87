"""What a run has seen, judged again by an edited contract: nothing is sent, so an edit can be tried for nothing."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property

from pixpact.contracts.acceptance import fetch_slot
from pixpact.contracts.attribution import findings_of
from pixpact.contracts.case import Case, CaseReader, Step
from pixpact.contracts.checks import CHECKS
from pixpact.contracts.claims import INVALID, UNAUTHENTICATED, Claims
from pixpact.contracts.findings import Finding
from pixpact.contracts.ledger import Ledger
from pixpact.contracts.pictures import picture_in
from pixpact.contracts.requests import RequestReader
from pixpact.contracts.traffic import Traffic
from pixpact.specs.keywords import Fetch
from pixpact.specs.model import Contract
from pixpact.wire.bodies import Undecodable, form_of
from pixpact.wire.exchange import Exchange, Trace
from pixpact.wire.images import ImageFacts


@dataclass(frozen=True)
class Judged:
    """Everything that was seen, as one contract reads it."""

    contract: Contract
    claims: Claims
    cases: tuple[Case, ...]
    ledger: Ledger
    fetch: Fetch

    @cached_property
    def findings(self) -> tuple[Finding, ...]:
        """One per fault."""
        return findings_of(self.ledger, lambda _: "")

    @cached_property
    def steps(self) -> tuple[Step, ...]:
        """Every call of an operation."""
        return tuple(step for case in self.cases for step in case.steps if step.asked is not None)


class Trial:
    """Judges one set of exchanges by this contract and that."""

    def __init__(
        self, base: Contract, exchanges: Iterable[Exchange], bases: Iterable[str] = (), *, standing: bool = False
    ) -> None:
        """`bases`: URLs at which they were recorded. `standing`: whether the clock moved by hand only."""
        self._bases = tuple(bases)
        self._standing = standing
        self._exchanges = tuple(exchanges)
        reader = CaseReader(Claims(base), self._bases)
        uploads = dict(_upload(reader, it) for it in self._exchanges if it.note.get("role") == "store")
        self._fetch: Fetch = lambda url: uploads.get(url) or fetch_slot(url)
        asked = RequestReader(base, self._bases)
        self._read = [asked.asked(exchange, self._fetch) for exchange in self._exchanges]

    def judged(self, contract: Contract) -> Judged:
        """What the checks say by this contract."""
        claims = Claims(contract)
        ledger, reader = Ledger(claims, CHECKS), CaseReader(claims, self._bases, self._fetch)
        cases = []
        for trace in Traffic(contract, self._bases).traces(self._expected(contract)):
            cases.append(reader.case(trace, self._standing))
            ledger.judge(None, cases[-1])
        return Judged(contract, claims, tuple(cases), ledger, self._fetch)

    def _expected(self, contract: Contract) -> Iterable[Exchange]:
        """The exchanges; with what this contract expects of them, where it reads them otherwise than the base."""
        reader = RequestReader(contract, self._bases)
        for exchange, before in zip(self._exchanges, self._read, strict=True):
            expects = exchange.note.get("expects")
            if before is None or exchange.note.get("provoked") or expects not in ("", INVALID, UNAUTHENTICATED):
                yield exchange
                continue
            asked = reader.asked(exchange, self._fetch)
            if asked is None or (expects == UNAUTHENTICATED and asked.operation.credentials):
                yield exchange
            elif expects == UNAUTHENTICATED or bool(asked.violations) != bool(before.violations):
                yield exchange.noted(expects=INVALID if asked.violations else "")
            else:
                yield exchange


def _upload(reader: CaseReader, exchange: Exchange) -> tuple[str, bytes | ImageFacts | None]:
    """(the URL that an upload was given, what was uploaded)."""
    url = reader.case(Trace((exchange,))).steps[0].says("$upload.url")
    try:
        files = form_of(exchange.request_body, exchange.request_header("content-type") or "")[1]
    except Undecodable:
        return str(url), None
    content = next((part.content for part in files.values()), b"")
    known = picture_in(exchange, content[:80].decode("latin-1")) if len(content) < 80 else None
    return str(url), known.facts if known and known.facts else content


def key_of(finding: Finding) -> tuple[str, str, str, str]:
    """What makes two findings the same difference, whatever place showed it first."""
    return finding.kind, finding.claim.area, finding.claim.pointer, finding.detail


def keys_of(findings: Iterable[Finding]) -> Mapping[tuple[str, str, str, str], Finding]:
    """Findings by `key_of`."""
    return {key_of(finding): finding for finding in findings}
