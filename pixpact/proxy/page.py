"""Output of `pixpact proxy`: banner, log lines, summary."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urlsplit

from pixpact.contracts.findings import SEVERITIES
from pixpact.contracts.reports.sanitize import TextSanitizer
from pixpact.contracts.transport.hosts import HttpAddress
from pixpact.proxy.exchange_judge import JudgedExchange, JudgingTally, line_of
from pixpact.specs.contract.model import Contract
from pixpact.specs.openapi.messages import plural


def banner(url: str, contract: Contract, address: HttpAddress, record: Path | None) -> Iterator[str]:
    """The banner: base URL for the app, upstream, recording."""
    yield f"Pixpact forwards to {contract.name}: {contract.title} ({contract.version})"
    yield f"  base URL  {url}"
    yield f"  upstream  {address.url.rstrip('/')}"
    yield f"  records   {record}" if record else "  records   nothing; give --record app.har"
    yield f"Findings: {url}/_pixpact/findings; stop with Ctrl-C"


def line(reported: JudgedExchange) -> str:
    """The log line of an exchange: time, request, status, duration, operation."""
    exchange = reported.exchange
    time = datetime.fromtimestamp(exchange.started, UTC).strftime("%H:%M:%S")
    about = reported.operation or ("download" if exchange.note.get("role") == "download" else "(not in the contract)")
    if "fault" in exchange.note:
        about += f"  {exchange.note['fault']}: {exchange.note.get('detail', '')}"
    path = urlsplit(exchange.url).path or "/"
    return TextSanitizer()(
        f"{time} {exchange.method} {path} {exchange.status} {exchange.duration * 1000:.0f} ms  {about}"
    )


def lines(reported: JudgedExchange) -> Iterator[str]:
    """Yield the violations of a request, and what its response broke, one line each."""
    yield from (f"  request  {text}" for text in reported.wrong)
    yield from (f"  response   {line_of(observation)}" for observation in reported.broken)


def print_ending(name: str, tally: JudgingTally, counts: Counter[str], record: Path | None, base: str) -> Iterator[str]:
    """Yield the summary, and how to judge again; `base`: the URL to add where the recording does not imply it."""
    counted = ", ".join(f"{counts[word]} {word}" for word in reversed(SEVERITIES) if counts[word])
    yield f"{plural(tally.exchanges, 'exchange')} passed; {counted or 'nothing found'}"
    yield from (f"not judged: {count} times {reason}" for reason, count in tally.unjudged.items())
    if record is not None and tally.exchanges:
        yield f"judge them again: pixpact check {name} --traffic {record}{f' --url {base}' if base else ''}"
