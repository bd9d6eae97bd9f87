"""Results made by hand, of claims of the toy vendor: as a run gives them to the reports."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from pixpact.contracts.claims.claim import Area, Claim, Judgement, Verdict
from pixpact.contracts.findings import Finding
from pixpact.contracts.reports.view import ReportView, view
from pixpact.contracts.run.result import CheckResult, RunSpending
from pixpact.contracts.run.verdict import CleanDemands
from pixpact.specs.openapi.document import SpecDocument, read
from pixpact.wire.exchange import Exchange, Trace

ROOT = Path(__file__).parents[3]
TOY = ROOT / "fixtures/specs/toy.yaml"
KEY = "sk-toy-0123456789"
DRAWINGS = "https://api.toy.example/v2/drawings"
SENT = (("Host", "api.toy.example"), ("X-Api-Key", KEY), ("Content-Type", "application/json"))
JSON = (("Content-Type", "application/json"),)


@dataclass(frozen=True)
class Toy:
    """Makes claims, findings and results of the toy vendor."""

    document: SpecDocument

    def claim(self, name: str, pointer: str, text: str, operation: str = "startDrawing") -> Claim:
        """A claim by the last part of its id; the area is the first word of that."""
        area: Area = name.partition("/")[0]  # type: ignore[assignment]  # the tests write areas only
        return Claim(f"toy:{operation}:{name}", area, operation, pointer, self.document.origin(pointer), text)

    @property
    def copies(self) -> Claim:
        pointer = "/components/schemas/Ink/properties/copies/maximum"
        return self.claim("request/ink-1/copies/maximum", pointer, "copies 4 is accepted")

    @property
    def state(self) -> Claim:
        pointer = "/components/schemas/Drawing/properties/state/enum"
        return self.claim("answer/200/state/enum", pointer, "state is one of waiting, drawing, done", "showDrawing")

    @property
    def key(self) -> Claim:
        pointer = "/components/responses/NoKey"
        return self.claim("refusal/unauthenticated", pointer, "a request without a key is answered 401")

    @property
    def name(self) -> Claim:
        pointer = "/components/schemas/Ink/properties/size/default"
        return self.claim("normalisation/ink-1/size/default", pointer, "size is 512x512 unless given")

    def trace(self, response: bytes, status: int = 422, body: bytes = b'{"model":"ink-1","copies":4}') -> Trace:
        """One submission and what it was answered."""
        return Trace((Exchange(1_790_000_000.5, "POST", DRAWINGS, SENT, body, status, JSON, response, 0.25),))

    def finding(self, claim: Claim, **changes: Any) -> Finding:
        """A breaking finding on a claim."""
        made = Finding(
            claim=claim,
            kind="refused",
            severity="breaking",
            operation=claim.operation,
            pointer="/copies",
            promised="copies 4 is accepted",
            observed="422: copies must be at most 3",
            trace=self.trace(b'{"error":"copies must be at most 3"}'),
            repro=f'curl -i {DRAWINGS} \\\n  -H "X-Api-Key: $PIXPACT_API_KEY" \\\n  -d \'{{"copies":4}}\'',
        )
        return replace(made, **changes)

    def result(self, *findings: Finding, **changes: Any) -> CheckResult:
        """A run in which these findings were made, some claims were kept, and some could not be judged."""
        broken = {claim: finding.fingerprint for finding in findings for claim in (finding.claim, *finding.claims)}
        kept = [claim for claim in (self.copies, self.state, self.key, self.name) if claim not in broken]
        made = CheckResult(
            contract="toy@2027",
            vendor="toy",
            target="https://api.toy.example",
            started=1_790_000_000.0,
            duration=12.3456,
            seed=7,
            judgements=(
                *(Judgement(claim, "broken", "", fingerprint) for claim, fingerprint in broken.items()),
                *(Judgement(claim, "kept") for claim in kept),
                self.unjudged("image/expiry", "not-checkable", "needs a wait of 1 h"),
                self.unjudged("isolation/drawing", "not-checkable", "needs a second key (--second-api-key-env)"),
            ),
            findings=findings,
            spent=RunSpending(42, 9, Decimal("0.210")),
            ceiling=RunSpending(120, 30, Decimal("0.68")),
            currency="EUR",
            exchanges=42,
        )
        return replace(made, **changes)

    def unjudged(self, name: str, verdict: Verdict, reason: str) -> Judgement:
        """A claim that was not judged."""
        pointer = "/components/schemas/Order/x-images/lifetime"
        return Judgement(self.claim(name, pointer, "an image can be had for 1 h"), verdict, reason)

    def view(self, *findings: Finding, demands: CleanDemands | None = None, **changes: Any) -> ReportView:
        """The result of `result` as reports show it; the key of the runs is among their secrets."""
        return view(self.result(*findings, **changes), demands or CleanDemands(min_coverage=0.5), secrets=[KEY])


@pytest.fixture(scope="session")
def toy() -> Toy:
    return Toy(read(TOY))


@pytest.fixture
def full(toy: Toy) -> ReportView:
    """Findings of every severity: two that are new, one that is accepted."""
    worst = toy.finding(toy.copies, claims=(toy.name,), known="toy@2027", once=True)
    wrong = toy.finding(
        toy.state, kind="unknown-word", severity="warning", pointer="/state", observed='"resting"', repro=""
    )
    info = toy.finding(toy.key, kind="message", severity="info", pointer="", observed="the message has no full stop")
    return toy.view(wrong, info, worst, accepted={info.fingerprint: "It reads well enough."})


@pytest.fixture
def hostile(toy: Toy) -> Callable[[str], ReportView]:
    """A finding in which everything that an endpoint can choose is this text."""

    def make(text: str) -> ReportView:
        body = text.encode("utf-8", "surrogatepass")
        finding = toy.finding(
            toy.copies,
            observed=text,
            promised=text,
            pointer=f"/{text}",
            detail=text,
            repro=f"curl {text}",
            trace=toy.trace(body, body=body),
        )
        return toy.view(finding, failures=(text,), baseline_notes=(text,), target=text)

    return make
