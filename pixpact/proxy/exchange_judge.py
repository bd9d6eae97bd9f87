"""Judges exchanges in threads of its own, so that no response is delayed or broken by it."""

from __future__ import annotations

import asyncio
from collections import Counter, OrderedDict
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from threading import Lock
from typing import Any, Protocol

from pixpact.contracts.checks import CHECKS, Check
from pixpact.contracts.checks.observation import Observation
from pixpact.contracts.claims.contract_claims import ContractClaims
from pixpact.contracts.judging.attribution import Repro
from pixpact.contracts.reports.sanitize import TextSanitizer, secrets_of
from pixpact.contracts.traffic.case import LEFT_OUT, CaseReader, ReadExchange, TaskCase
from pixpact.contracts.traffic.recording import recorded_exchange
from pixpact.contracts.traffic.requests import RequestReader
from pixpact.contracts.traffic.trace_builder import TraceBuilder
from pixpact.contracts.traffic.uploads import SeenUploads
from pixpact.proxy.exchange_capture import PassingExchange
from pixpact.proxy.proxy_findings import ProxyFindings
from pixpact.proxy.violations import header_of
from pixpact.specs.contract.model import Contract
from pixpact.wire.exchange import Exchange, Trace

MOST_WAITING = 1000
"""Maximum number of exchanges that wait for judgement."""
_MOST_POLLS = 12
"""Number of last exchanges that are judged with the submit of a long-polled task."""
_MOST_READ = 128
"""Maximum number of cached read exchanges, for the next poll of their task."""
_MOST_NOTE = 2000
_MOST_REASONS = 200
_TOO_MANY = "too much traffic to judge all of it"


@dataclass(frozen=True, slots=True)
class JudgedExchange:
    """The judgement of one exchange, without secrets."""

    exchange: Exchange
    operation: str
    """Empty: a download, or no operation of the contract."""
    wrong: tuple[str, ...] = ()
    """The violations of the request."""
    broken: tuple[Observation, ...] = ()
    """The broken observations of the response."""


class JudgementListener(Protocol):
    """Gets the judgements."""

    def exchange(self, reported: JudgedExchange) -> None:
        """Take the judgement of one exchange."""

    def problem(self, text: str) -> None:
        """Take the message that something could not be judged or recorded."""


class ExchangeRecorder(Protocol):
    """Records exchanges."""

    def add(self, exchange: Exchange) -> None:
        """Record one exchange. Raises OSError."""


@dataclass(slots=True)
class JudgingTally:
    """Counts of exchanges, and of what could not be judged."""

    exchanges: int = 0
    waiting: int = 0
    unjudged: Counter[str] = field(default_factory=Counter)
    lock: Lock = field(default_factory=Lock)


class ExchangeJudge:
    """Judges exchanges of one contract, served at `base`, in the order in which they end."""

    def __init__(
        self,
        contract: Contract,
        base: str,
        repro: Repro,
        reporter: JudgementListener,
        recorder: ExchangeRecorder | None = None,
        checks: tuple[Check, ...] = CHECKS,
    ) -> None:
        claims = ContractClaims(contract)
        self.tally = JudgingTally()
        self._requests = RequestReader(contract, (base,))
        self._traffic = TraceBuilder(contract, (base,))
        self._uploads = SeenUploads()
        self._cases = CaseReader(claims, (base,), self._uploads.fetch)
        self._read: OrderedDict[int, ReadExchange] = OrderedDict()
        self._notebook = ProxyFindings(claims, repro, checks)
        self._reporter = reporter
        self._recorder = recorder
        self._of_requests = ThreadPoolExecutor(1, "pixpact-requests")
        self._of_responses = ThreadPoolExecutor(1, "pixpact-answers")

    # ---- called in the event loop

    def ask(self, passing: PassingExchange) -> None:
        """Start to judge a request, while the vendor processes it."""
        if not passing.image:
            loop = asyncio.get_running_loop()
            passing.readers += 1
            passing.violations = loop.run_in_executor(self._of_requests, self._violations, passing)

    def end(self, passing: PassingExchange) -> None:
        """Queue a finished exchange for judgement and recording."""
        with self.tally.lock:
            self.tally.exchanges += 1
            full = self.tally.waiting >= MOST_WAITING
            if full:
                self.tally.unjudged[_TOO_MANY] += 1
            else:
                self.tally.waiting += 1
        if full:
            self._done(passing)
        else:
            self._of_responses.submit(self._end, passing)

    async def findings(self) -> dict[str, Any]:
        """All findings so far, as JSON."""
        return await asyncio.get_running_loop().run_in_executor(self._of_responses, self._document)

    def close(self) -> Counter[str]:
        """Judge and record what is waiting; return the number of findings by severity."""
        self._of_requests.shutdown(cancel_futures=True)
        self._of_responses.shutdown()
        return self._notebook.counts()

    # ---- called in the threads

    def _violations(self, passing: PassingExchange) -> bytes:
        try:
            exchange = passing.request()
            return header_of(self._requests.asked(exchange, self._uploads.fetch), exchange)
        except Exception as error:
            self._failed("a request could not be judged", error, passing)
            return b""
        finally:
            self._done(passing)

    def _document(self) -> dict[str, Any]:
        findings, plain = self._notebook.document(), TextSanitizer()
        with self.tally.lock:
            counted = {"exchanges": self.tally.exchanges, "waiting": self.tally.waiting}
            unjudged = {**self.tally.unjudged, **self._traffic.ignored}
        return {**counted, **findings, "not judged": {plain(reason): count for reason, count in unjudged.items()}}

    def _end(self, passing: PassingExchange) -> None:
        """Judge, record and report an exchange; a failure of one step does not skip the next."""
        try:
            exchange = passing.exchange()
            reported = self._judged(exchange, passing)
            self._record(reported, passing)
            self._reporter.exchange(reported)
        except Exception as error:
            self._failed("an exchange could not be reported", error, passing)
        finally:
            self._done(passing)
            with self.tally.lock:
                self.tally.waiting -= 1

    def _done(self, passing: PassingExchange) -> None:
        """Count one reader less; the last one drops the bodies."""
        with self.tally.lock:
            passing.readers -= 1
            if not passing.readers:
                passing.release()

    def _judged(self, exchange: Exchange, passing: PassingExchange) -> JudgedExchange:
        try:
            joined = self._traffic.take(exchange)
            if joined is None:
                return JudgedExchange(recorded_exchange(exchange), "")
            trace, index = joined
            case, index = self._case(trace, index)
            self._uploads.note(case.steps[index])
            self._count_unread(case.steps[index])
            broken, wrong = self._notebook.judge(case, index)
            observation = case.steps[index].exchange
            plain = TextSanitizer()
            reported = JudgedExchange(
                observation, observation.note["operation"], tuple(map(plain, wrong)), tuple(broken)
            )
            return JudgedExchange(_noted(reported), reported.operation, reported.wrong, reported.broken)
        except Exception as error:
            self._failed("an exchange could not be judged", error, passing)
            return JudgedExchange(recorded_exchange(exchange), "")

    def _count_unread(self, step: ReadExchange) -> None:
        """Count what could not be judged: silence would mean that it is clean."""
        note = step.exchange.note
        if "fault" in note:
            reason = f"no whole response: {note['fault']}: {note.get('detail', '')}"
        elif step.asked and not step.asked.whole:
            reason = f"a request of {step.operation.id}: its body could not be kept or read completely"
        elif step.problem == LEFT_OUT:
            reason = f"a response of {step.operation.id}: its body could not be kept completely"
        else:
            return
        with self.tally.lock:
            is_counted = reason in self.tally.unjudged or len(self.tally.unjudged) < _MOST_REASONS
            self.tally.unjudged[reason if is_counted else "other reasons"] += 1

    def _case(self, trace: Trace, position: int) -> tuple[TaskCase, int]:
        """(the case to judge, the index of the newest exchange in it)."""
        left_out = max(0, min(len(trace) - 1 - _MOST_POLLS, position - 1))
        few = (*trace.exchanges[:1], *trace.exchanges[1 + left_out :])
        return TaskCase(
            tuple(replace(self._step(exchange), index=index) for index, exchange in enumerate(few))
        ), position - left_out

    def _step(self, exchange: Exchange) -> ReadExchange:
        """Read an exchange; cached, because traces share exchange objects."""
        read_before = self._read.get(id(exchange))
        if read_before is None or read_before.exchange is not exchange:
            read_before = self._read[id(exchange)] = self._cases.step(exchange)
        self._read.move_to_end(id(exchange))
        if len(self._read) > _MOST_READ:
            self._read.popitem(last=False)
        return read_before

    def _record(self, reported: JudgedExchange, passing: PassingExchange) -> None:
        if self._recorder is None:
            return
        try:
            self._recorder.add(reported.exchange)
        except Exception as error:
            self._failed("an exchange could not be recorded", error, passing)

    def _failed(self, what: str, error: Exception, passing: PassingExchange) -> None:
        with self.tally.lock:
            self.tally.unjudged[what] += 1
        secrets = secrets_of([Exchange(0.0, passing.method, passing.url, passing.request_headers)])
        self._reporter.problem(f"{what}: {type(error).__name__}: {TextSanitizer(secrets)(str(error))}")


def _noted(reported: JudgedExchange) -> Exchange:
    """The exchange with its judgement in the notes, for the recording."""
    notes = {}
    if reported.wrong:
        notes["violations"] = "; ".join(reported.wrong)[:_MOST_NOTE]
    if reported.broken:
        notes["findings"] = "; ".join(map(line_of, reported.broken))[:_MOST_NOTE]
    return reported.exchange.noted(**notes) if notes else reported.exchange


def line_of(observation: Observation) -> str:
    """A broken observation in one line; of several possible claims, the first and the number of others."""
    more = f" or {len(observation.claims) - 1} more" if len(observation.claims) > 1 else ""
    where = f" at {observation.pointer}" if observation.pointer else ""
    return TextSanitizer()(f"{observation.severity} {observation.claims[0].id}{more}: {observation.observed}{where}")
