"""Records judgements of a long-running proxy: each different fault is stored once, and counted."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

from pixpact.contracts.checks import CHECKS, Check
from pixpact.contracts.checks.observation import Observation
from pixpact.contracts.checks.refusal import rule_of
from pixpact.contracts.claims.contract_claims import UNAUTHENTICATED, ContractClaims
from pixpact.contracts.findings import Finding
from pixpact.contracts.judging.attribution import Repro, findings_of
from pixpact.contracts.judging.observation_log import JudgementEntry, ObservationLog
from pixpact.contracts.reports.as_json import document
from pixpact.contracts.reports.sanitize import TextSanitizer
from pixpact.contracts.reports.view import view
from pixpact.contracts.repro.prerequisites import leading_steps
from pixpact.contracts.run.result import CheckResult
from pixpact.contracts.traffic.case import ReadExchange, TaskCase
from pixpact.proxy.violations import NO_KEY, wrong_with
from pixpact.specs.openapi.document import steps
from pixpact.wire.exchange import Exchange
from pixpact.wire.redaction import shortened_body

MOST_FAULTS = 300
"""Maximum number of different faults; further ones are only counted."""
_MOST_ASKED, _MOST_ANSWERED = 256 * 1024, 16 * 1024
_LEFT_OUT = ("trace", "new", "accepted", "counts", "known", "once", "billed")
"""Fields of a finding in a check's report that do not apply here."""

_Fault = tuple[tuple[str, ...], str, str, str]
"""The key of a fault: claims, kind, pointer without indices, detail."""


@dataclass(slots=True)
class _BrokenRule:
    """A rule that requests broke."""

    operation: str
    claim: str | None
    message: str
    """The message of the first violation."""
    seen: int = 0


class ProxyFindings:
    """Records the judgements of cases, one after the other."""

    def __init__(self, claims: ContractClaims, repro: Repro, checks: tuple[Check, ...] = CHECKS) -> None:
        self._claims = claims
        self._repro = repro
        self._checks = checks
        self._kept: set[str] = set()
        self._faults: dict[_Fault, JudgementEntry] = {}
        self._wrong: dict[tuple[str, str], _BrokenRule] = {}
        self._beyond = 0

    def judge(self, case: TaskCase, index: int) -> tuple[list[Observation], list[str]]:
        """(what the newest exchange of the case, at `index`, breaks; the violations of its request)."""
        broken = []
        for check in self._checks:
            for observation in check(case, self._claims):
                if index not in observation.steps and observation.kept is not True:
                    continue  # already reported
                if observation.kept:
                    self._kept |= {claim.id for claim in observation.claims}
                elif observation.kept is False:
                    broken.append(observation)
                    self._note(observation, case)
        return broken, list(self._wrongs(case.steps[index]))

    def _note(self, observation: Observation, case: TaskCase) -> None:
        pattern = "/".join("*" if word.isdigit() else word for word in steps(observation.pointer))
        fault = tuple(claim.id for claim in observation.claims), observation.kind, pattern, observation.detail
        fault_name = self._faults.get(fault)
        if fault_name is not None:
            self._faults[fault] = replace(fault_name, times=fault_name.times + 1)
        elif len(self._faults) < MOST_FAULTS:
            kept = leading_steps(case, observation.steps)
            few = tuple(_small(case.steps[index], position) for position, index in enumerate(kept))
            self._faults[fault] = JudgementEntry(
                replace(observation, steps=tuple(map(kept.index, observation.steps))), TaskCase(few), None
            )
        else:
            self._beyond += 1

    def _wrongs(self, step: ReadExchange) -> Iterator[str]:
        if step.asked is None:
            return
        for text in wrong_with(step.asked):
            yield text
            key = step.operation.id, text.partition(":")[0]
            if key in self._wrong or len(self._wrong) < MOST_FAULTS:
                self._wrong.setdefault(key, self._first(step, text)).seen += 1
            else:
                self._beyond += 1

    def _first(self, step: ReadExchange, text: str) -> _BrokenRule:
        rule = rule_of(step, self._claims) if text != NO_KEY else None
        if text == NO_KEY:
            rule = self._claims.responses.causes.get((step.operation.id, UNAUTHENTICATED))
        return _BrokenRule(step.operation.id, rule.id if rule else None, TextSanitizer()(text))

    # ---- reports

    def findings(self) -> tuple[Finding, ...]:
        """One finding per fault, with the number of times it was seen."""
        ledger = ObservationLog(self._claims, ())
        ledger.kept = set(self._kept)
        ledger.entries = list(self._faults.values())
        return findings_of(ledger, self._repro)

    def document(self) -> dict[str, Any]:
        """Everything as JSON; findings have the fields of a check's report."""
        contract = self._claims.contract
        result = CheckResult(contract.name, contract.vendor, "", 0.0, 0.0, 0, (), self.findings())
        findings = document(view(result))["findings"]
        requests = sorted(self._wrong.values(), key=lambda entry: (-entry.seen, entry.operation, entry.message))
        return {
            "findings": [{name: finding[name] for name in finding if name not in _LEFT_OUT} for finding in findings],
            "requests": [
                {
                    "operation": request.operation,
                    "claim": request.claim,
                    "message": request.message,
                    "seen": request.seen,
                }
                for request in requests
            ],
            "claims": {"total": len(self._claims.all), "seen to be kept": len(self._kept)},
            "beyond what is kept": self._beyond,
        }

    def counts(self) -> Counter[str]:
        """The number of findings by severity."""
        return Counter(finding.severity for finding in self.findings())


def _small(step: ReadExchange, index: int) -> ReadExchange:
    """The step reduced to what a finding needs."""
    exchange = step.exchange
    small: Exchange = replace(
        exchange,
        request_body=shortened_body(exchange.request_body, _MOST_ASKED)[0],
        response_body=shortened_body(exchange.response_body, _MOST_ANSWERED)[0],
    )
    return replace(step, index=index, exchange=small, sent=None, value=None, body=None, exercise=None)
