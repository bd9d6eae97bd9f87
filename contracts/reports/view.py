"""The view of a check's result that all reports are written from: sanitized, sorted, counted.

Report writers get nothing else, so that no report can forget to redact a secret.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

from pixpact.contracts.claims.claim import Area, Claim, Judgement, Verdict
from pixpact.contracts.findings import SEVERITIES, Finding, Severity, at_least
from pixpact.contracts.reports.effects import effect_of
from pixpact.contracts.reports.sanitize import TextSanitizer, secrets_of
from pixpact.contracts.run.result import CheckResult, RunSpending
from pixpact.contracts.run.timelines import TaskTimeline
from pixpact.contracts.run.verdict import ORDINARY, CleanDemands, RunVerdict, coverage, outcome
from pixpact.specs.catalogue import HERE
from pixpact.specs.openapi.problems import SourcePlace, relative_path
from pixpact.wire.exchange import Exchange, media_type
from pixpact.wire.redaction import redacted

AREAS: tuple[Area, ...] = (
    "request",
    "refusal",
    "normalisation",
    "answer",
    "lifecycle",
    "image",
    "stream",
    "isolation",
    "billing",
)
_MOST_BODY = 2000
_MOST_ALSO = 3
_MOST_WORD = 40
_TEXTUAL = ("text/", "application/json", "application/x-www-form-urlencoded", "application/xml")


@dataclass(frozen=True, slots=True)
class ShownClaim:
    """A claim and its source: the file relative to the working directory where possible."""

    id: str
    area: Area
    operation: str
    text: str
    pointer: str
    file: str
    line: int
    shipped: bool = False
    """Whether the file came with Pixpact."""

    @property
    def place(self) -> str:
        """`file:line`, or the file alone without a line."""
        return f"{self.file}:{self.line}" if self.line else self.file

    @property
    def short(self) -> str:
        """The id without the contract's name."""
        return self.id.partition(":")[2] or self.id


@dataclass(frozen=True, slots=True)
class JudgedClaim:
    """A claim with its verdict."""

    statement: ShownClaim
    verdict: Verdict
    reason: str
    finding: str


@dataclass(frozen=True, slots=True)
class ShownExchange:
    """One exchange of a trace: bodies redacted and shortened, binary ones as length and media type."""

    started: str
    duration: float
    method: str
    url: str
    status: int
    request: str
    response: str


@dataclass(frozen=True, slots=True)
class ShownFinding:
    """A finding. `accepted`: the baseline's reason; `counts`: whether it fails the run."""

    fingerprint: str
    statement: ShownClaim
    kind: str
    severity: Severity
    operation: str
    pointer: str
    promised: str
    observed: str
    effect: str
    repro: str
    detail: str
    also: tuple[ShownClaim, ...]
    case: str
    one_of: tuple[ShownClaim, ...]
    seen: int
    once: bool
    known: str
    billed: int
    accepted: str | None
    counts: bool
    trace: tuple[ShownExchange, ...]

    def facts(self) -> list[tuple[str, str]]:
        """The facts of the finding, in the order to show them: (label, sentence)."""
        also = [statement.short for statement in self.also]
        rivals = [statement.short for statement in self.one_of]
        further = f", or {len(rivals) - _MOST_ALSO} more" if len(rivals) > _MOST_ALSO else ""
        more = f", and {len(also) - _MOST_ALSO} more" if len(also) > _MOST_ALSO else ""
        reported = {
            "promised": f"{self.promised} ({self.statement.place})",
            "seen": f"{self.observed}{f' (at {self.pointer})' if self.pointer else ''}",
            "means": self.effect,
            "also": f"breaks {', '.join(also[:_MOST_ALSO])}{more}" if also else "",
            "one of": f"this, or {', '.join(rivals[:_MOST_ALSO])}{further}: nothing shows which" if rivals else "",
            "known": f"{self.known} describes it: check that contract to expect it" if self.known else "",
            "note": "seen once and not confirmed: it may be chance" if self.once else "",
            "accepted": self.accepted or "",
        }
        return [(word, sentence) for word, sentence in reported.items() if sentence]


@dataclass(frozen=True, slots=True)
class ReportView:
    """Everything that a report of a check shows. `started` is ISO 8601 in UTC, `duration` in seconds."""

    contract: str
    vendor: str
    target: str
    started: str
    duration: float
    seed: int
    outcome: RunVerdict
    demands: CleanDemands
    coverage: float
    judged: tuple[JudgedClaim, ...]
    findings: tuple[ShownFinding, ...]
    spent: RunSpending
    ceiling: RunSpending
    currency: str
    exchanges: int
    failures: tuple[str, ...]
    notes: tuple[str, ...]
    interrupted: bool
    left_out: tuple[str, ...] = ()
    """Generated requests that were not sent, and why."""
    again: tuple[str, ...] = ()
    """Which requests were sent again, and why."""
    cases: tuple[str, ...] = ()
    """The ids (`Probe.case`) of the requests that were judged."""
    timelines: tuple[TaskTimeline, ...] = ()
    """Tasks, if the run keeps them."""
    next: tuple[str, ...] = ()
    """How to continue an incomplete run."""
    own_file: str = ""
    """The user's file for findings whose contract came with Pixpact; empty without one."""

    @property
    def new(self) -> tuple[ShownFinding, ...]:
        """The findings that the baseline does not accept, the worst first."""
        return tuple(finding for finding in self.findings if finding.accepted is None)

    @property
    def accepted(self) -> tuple[ShownFinding, ...]:
        """The findings that the baseline accepts, the worst first."""
        return tuple(finding for finding in self.findings if finding.accepted is not None)

    def areas(self) -> list[Area]:
        """The areas with claims, in the order of a request's life."""
        present = {judged.statement.area for judged in self.judged}
        return [area for area in AREAS if area in present]

    def of(self, verdict: Verdict, area: Area | None = None) -> list[JudgedClaim]:
        """The claims with this verdict, of one area or of all."""
        return [judged for judged in self.judged if judged.verdict == verdict and area in (None, judged.statement.area)]

    def reasons(self, verdict: Verdict) -> list[tuple[str, int]]:
        """(reason, number of claims with this verdict and reason), the most frequent first."""
        counts: dict[str, int] = {}
        for judged in self.of(verdict):
            counts[judged.reason] = counts.get(judged.reason, 0) + 1
        return sorted(counts.items(), key=lambda pair: (-pair[1], pair[0]))

    @property
    def headline(self) -> str:
        """The run in one line."""
        return f"{self.contract}: {_WORDS[self.outcome.code]}{self._counted()}"

    def _counted(self) -> str:
        counts = [
            (sum(finding.severity == severity for finding in self.new), severity) for severity in reversed(SEVERITIES)
        ]
        texts = [f"{count} {severity}" for count, severity in counts if count]
        texts += [f"{len(self.accepted)} accepted"] if self.accepted else []
        return f" ({', '.join(texts)})" if texts else ""


_WORDS = {0: "contract kept", 1: "contract broken", 3: "could not be checked as planned", 130: "interrupted"}


def view(
    result: CheckResult, demands: CleanDemands = ORDINARY, secrets: Iterable[str] = (), own_file: str = ""
) -> ReportView:
    """The view of a result. `secrets`: the keys used, besides those in the findings' traces."""
    exchanges = [exchange for finding in result.findings for exchange in finding.trace]
    plain = TextSanitizer(tuple(dict.fromkeys([*secrets, *secrets_of(exchanges)])))
    statements = _ShownClaims(plain)
    findings = [_finding(finding, result, demands, statements) for finding in result.findings]
    return ReportView(
        contract=plain(result.contract),
        vendor=plain(result.vendor),
        target=plain(result.target),
        started=utc_text(result.started),
        duration=round(result.duration, 3),
        seed=result.seed,
        outcome=outcome(result, demands),
        demands=demands,
        coverage=coverage(result, demands),
        judged=tuple(_judged(judgement, statements) for judgement in result.judgements),
        findings=tuple(sorted(findings, key=_worst_first)),
        spent=result.spent,
        ceiling=result.ceiling,
        currency=plain(result.currency),
        exchanges=result.exchanges,
        failures=tuple(map(plain, result.failures)),
        notes=tuple(map(plain, result.baseline_notes)),
        interrupted=result.interrupted,
        left_out=tuple(map(plain, result.notes)),
        again=tuple(map(plain, result.again)),
        cases=result.cases,
        timelines=tuple(_timeline(task, plain) for task in result.timelines),
        next=result.next,
        own_file=own_file,
    )


def _timeline(task: TaskTimeline, plain: TextSanitizer) -> TaskTimeline:
    """The timeline with sanitized texts; its thumbnails were re-encoded and have no metadata."""
    return replace(
        task,
        operation=plain(task.operation),
        model=plain(task.model),
        prompt=plain(task.prompt),
        steps=tuple(replace(step, state=plain(step.state, _MOST_WORD)) for step in task.steps),
        images=tuple(replace(pair, problem=plain(pair.problem)) for pair in task.images),
    )


def _worst_first(finding: ShownFinding) -> tuple[int, str, str]:
    return -SEVERITIES.index(finding.severity), finding.statement.id, finding.fingerprint


class _ShownClaims(dict[Claim, ShownClaim]):
    """Claims as shown, computed once each: findings and judgements share them."""

    def __init__(self, plain: TextSanitizer) -> None:
        self.plain = plain
        self._files: dict[Path, tuple[str, bool]] = {}
        """Path → the file as shown, and whether it came with Pixpact."""

    def __missing__(self, claim: Claim) -> ShownClaim:
        plain, origin = self.plain, claim.origin
        if origin.path not in self._files:
            self._files[origin.path] = plain(file_of(origin)), is_shipped(origin)
        file, shipped = self._files[origin.path]
        texts = plain(claim.id), claim.area, plain(claim.operation), plain(claim.text), plain(claim.pointer)
        made = self[claim] = ShownClaim(*texts, file, origin.line, shipped)
        return made


def _judged(judgement: Judgement, statements: _ShownClaims) -> JudgedClaim:
    reason = statements.plain(judgement.reason)
    return JudgedClaim(statements[judgement.claim], judgement.verdict, reason, judgement.finding)


def _finding(finding: Finding, result: CheckResult, demands: CleanDemands, statements: _ShownClaims) -> ShownFinding:
    plain = statements.plain
    accepted = result.accepted.get(finding.fingerprint)
    return ShownFinding(
        fingerprint=finding.fingerprint,
        statement=statements[finding.claim],
        kind=plain(finding.kind),
        severity=finding.severity,
        operation=plain(finding.operation),
        pointer=plain(finding.pointer),
        promised=plain(finding.promised),
        observed=plain(finding.observed),
        effect=effect_of(finding),
        repro=plain.command(finding.repro),
        detail=plain(finding.detail),
        also=tuple(statements[claim] for claim in finding.claims),
        case=finding.case,
        one_of=tuple(statements[claim] for claim in finding.one_of),
        seen=finding.seen,
        once=finding.once,
        known=plain(finding.known),
        billed=finding.billed,
        accepted=None if accepted is None else plain(accepted),
        counts=accepted is None and at_least(finding.severity, demands.fail_on),
        trace=tuple(_step(exchange, plain) for exchange in finding.trace),
    )


def _step(exchange: Exchange, plain: TextSanitizer) -> ShownExchange:
    exchange = redacted(exchange)
    return ShownExchange(
        started=utc_text(exchange.started),
        duration=round(exchange.duration, 3),
        method=plain(exchange.method),
        url=plain(exchange.url, _MOST_BODY),
        status=exchange.status,
        request=_body(exchange.request_body, media_type(exchange.request_headers), plain),
        response=_body(exchange.response_body, media_type(exchange.response_headers), plain),
    )


def _body(body: bytes, kind: str, plain: TextSanitizer) -> str:
    """A body as text; of a binary one, its length and media type."""
    try:
        return plain.block(body.decode(), _MOST_BODY)
    except UnicodeDecodeError:
        if kind.startswith(_TEXTUAL):
            return plain.block(body.decode("utf-8", "backslashreplace"), _MOST_BODY)
        return plain(f"[{len(body)} bytes{f' of {kind}' if kind else ''}]")


def ended_at(view: ReportView) -> str:
    """The end of the run, as ISO 8601."""
    return utc_text(datetime.fromisoformat(view.started).timestamp() + view.duration)


def money_text(cost: Decimal | None, currency: str) -> str:
    """`0.0684 USD`; a dash where no price is known."""
    return "-" if cost is None else f"{cost.normalize():f} {currency}"


def utc_text(seconds: float) -> str:
    """Seconds since the epoch as ISO 8601 in UTC, to the millisecond."""
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def file_of(origin: SourcePlace) -> str:
    """The file of a statement, relative to the working directory; to the package if it came with Pixpact."""
    path = Path(relative_path(origin.path))
    if is_shipped(origin):
        return (Path("pixpact/specs") / origin.path.resolve().relative_to(HERE.resolve())).as_posix()
    return path.as_posix()


def is_shipped(origin: SourcePlace) -> bool:
    """Whether a statement's file came with Pixpact and is not in the user's repository."""
    path = Path(relative_path(origin.path))
    in_our_own_tree = not path.is_absolute() and path.parts[:1] == ("specs",)
    return origin.path.resolve().is_relative_to(HERE.resolve()) and not in_our_own_tree
