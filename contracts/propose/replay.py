"""What a run has seen, judged again by an edited contract: nothing is sent, so an edit can be tried for nothing."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property

from pixpact.contracts.checks import CHECKS
from pixpact.contracts.claims.acceptance import fetch_slot
from pixpact.contracts.claims.contract_claims import INVALID, UNAUTHENTICATED, ContractClaims
from pixpact.contracts.findings import Finding
from pixpact.contracts.judging.attribution import findings_of
from pixpact.contracts.judging.observation_log import ObservationLog
from pixpact.contracts.traffic.case import CaseReader, ReadExchange, TaskCase
from pixpact.contracts.traffic.images import image_in
from pixpact.contracts.traffic.recording import recorded_exchange
from pixpact.contracts.traffic.requests import RequestReader
from pixpact.contracts.traffic.trace_builder import TraceBuilder
from pixpact.specs.contract.model import Contract
from pixpact.specs.dialect.keyword_checks import Fetch
from pixpact.specs.openapi.document import Json
from pixpact.wire.bodies import UndecodableBody, form_of
from pixpact.wire.exchange import Exchange, Trace, media_type
from pixpact.wire.images import ImageFacts


@dataclass(frozen=True)
class ReplayedTraffic:
    """Everything that was seen, as one contract reads it."""

    contract: Contract
    claims: ContractClaims
    cases: tuple[TaskCase, ...]
    ledger: ObservationLog
    fetch: Fetch

    @cached_property
    def findings(self) -> tuple[Finding, ...]:
        """One per fault."""
        return findings_of(self.ledger, lambda _: "")

    @cached_property
    def steps(self) -> tuple[ReadExchange, ...]:
        """Every call of an operation."""
        return tuple(step for case in self.cases for step in case.steps if step.asked is not None)


class TrafficReplay:
    """Judges one set of exchanges by this contract and that."""

    def __init__(
        self, base: Contract, exchanges: Iterable[Exchange], bases: Iterable[str] = (), *, stands_still: bool = False
    ) -> None:
        """`bases`: URLs at which they were recorded. `stands_still`: whether the clock moved by hand only."""
        self._bases = tuple(bases)
        self._stands_still = stands_still
        sent = tuple(exchanges)
        self._exchanges = tuple(map(recorded_exchange, sent))  # images as facts: decoding each anew would take seconds
        reader = CaseReader(ContractClaims(base), self._bases)
        uploads = dict(
            _upload(reader, recorded) for recorded in self._exchanges if recorded.note.get("role") == "store"
        )
        self._fetch: Fetch = lambda url: uploads.get(url) or fetch_slot(url)
        asked = RequestReader(base, self._bases)
        self._lifetimes = promised_lifetimes(base.document.value)
        self._replayed: dict[int, ReplayedTraffic] = {}
        # A data URI is judged as it was sent; the files of a form are judged by their facts.
        self._sent = tuple(_readable(one, original) for one, original in zip(sent, self._exchanges, strict=True))
        self._read = [asked.asked(exchange, self._fetch) for exchange in self._sent]

    def judged(self, contract: Contract) -> ReplayedTraffic:
        """What the checks say by this contract."""
        replayed = self._replayed.get(id(contract))
        if replayed is None or replayed.contract is not contract:
            replayed = self._replayed[id(contract)] = self._judged(contract)
        return replayed

    def _judged(self, contract: Contract) -> ReplayedTraffic:
        claims = ContractClaims(contract)
        ledger, reader = ObservationLog(claims, CHECKS), CaseReader(claims, self._bases, self._fetch)
        cases = []
        for trace in TraceBuilder(contract, self._bases).traces(self._expected(contract)):
            cases.append(reader.case(trace, self._stands_still))
            ledger.judge(None, cases[-1])
        return ReplayedTraffic(contract, claims, tuple(cases), ledger, self._fetch)

    def _expected(self, contract: Contract) -> Iterable[Exchange]:
        """The exchanges; with what this contract expects of them, where it reads them otherwise than the base."""
        reader = RequestReader(contract, self._bases)
        timely = promised_lifetimes(contract.document.value) == self._lifetimes
        for exchange, sent, before in zip(self._exchanges, self._sent, self._read, strict=True):
            if "late" in exchange.note and not timely:
                continue  # fetched just before a time was over that this contract does not state
            expects = exchange.note.get("expects")
            if before is None or exchange.note.get("provoked") or expects not in ("", INVALID, UNAUTHENTICATED):
                yield exchange
                continue
            asked = reader.asked(sent, self._fetch)
            if asked is None or (expects == UNAUTHENTICATED and asked.operation.credentials):
                yield exchange
            elif expects == UNAUTHENTICATED or bool(asked.violations) != bool(before.violations):
                yield exchange.noted(expects=INVALID if asked.violations else "")
            else:
                yield exchange


def promised_lifetimes(document: Json) -> list[Json]:
    """How long images are promised to be there, wherever a document says it."""
    if isinstance(document, list):
        return [lifetime for inner in document for lifetime in promised_lifetimes(inner)]
    if not isinstance(document, dict):
        return []
    stated = document.get("x-images")
    here = [stated.get("lifetime")] if isinstance(stated, dict) else []
    return here + [lifetime for inner in document.values() for lifetime in promised_lifetimes(inner)]


def _readable(sent: Exchange, kept: Exchange) -> Exchange:
    return kept if media_type(sent.request_headers) == "multipart/form-data" else sent


def _upload(reader: CaseReader, exchange: Exchange) -> tuple[str, bytes | ImageFacts | None]:
    """(the URL that an upload was given, what was uploaded)."""
    url = reader.case(Trace((exchange,))).steps[0].says("$upload.url")
    try:
        files = form_of(exchange.request_body, exchange.request_header("content-type") or "")[1]
    except UndecodableBody:
        return str(url), None
    content = next((part.content for part in files.values()), b"")
    image = image_in(exchange, content[:80].decode("latin-1")) if len(content) < 80 else None
    return str(url), image.facts if image and image.facts else content


def key_of(finding: Finding) -> tuple[str, str, str, str]:
    """What makes two findings the same difference, whatever place showed it first."""
    return finding.kind, finding.claim.area, finding.claim.pointer, finding.detail


def keys_of(findings: Iterable[Finding]) -> Mapping[tuple[str, str, str, str], Finding]:
    """Findings by `key_of`."""
    return {key_of(finding): finding for finding in findings}
