"""`pixpact proxy`: starts the proxy between an app and a vendor or mock, with its judge and recorder."""

from __future__ import annotations

import contextlib
import json
import ssl
import sys
from collections.abc import Callable
from pathlib import Path

from pixpact.contracts.checks import CHECKS, Check
from pixpact.contracts.run.check import RunOptions, repro_commands
from pixpact.contracts.traffic.base_urls import BaseUrls
from pixpact.contracts.traffic.recording import HarRecorder, RecordingError
from pixpact.contracts.transport import hosts
from pixpact.contracts.transport.hosts import HttpAddress
from pixpact.mockserver.server import AppServer, CannotListen, listen, url_of
from pixpact.proxy.app import PATIENCE, ProxyApp
from pixpact.proxy.control import ProxyControl
from pixpact.proxy.downloads import ProxiedImages
from pixpact.proxy.exchange_capture import MOST_BODY
from pixpact.proxy.exchange_judge import ExchangeJudge, ExchangeRecorder, JudgedExchange, JudgementListener
from pixpact.proxy.page import banner, line, lines, print_ending
from pixpact.proxy.rewriting import ResponseRewriter
from pixpact.proxy.upstream import UpstreamClient
from pixpact.specs.catalogue import SpecCatalogue
from pixpact.specs.contract.model import Contract
from pixpact.terminal.output import say
from pixpact.terminal.plain_openapi_note import say_what_is_missing
from pixpact.terminal.refusal import UsageRefused
from pixpact.wire.clock import Clock, SystemClock

_SWITCH = 0.0005
"""Seconds after which a judging thread yields to the forwarding one."""


def proxy(
    vendor: str,
    upstream: str,
    record: Path | None,
    rewrite_urls: bool,
    host: str,
    port: int,
    specs: tuple[Path, ...],
    log: bool,
    as_json: bool,
    quiet: bool,
) -> None:
    """Forward until a signal comes. Raises UsageRefused for invalid arguments."""
    contract = SpecCatalogue(specs).source(vendor).contract()
    say_what_is_missing(contract)
    address = upstream_of(upstream)
    try:
        bound = listen(host, port)
    except CannotListen as error:
        raise UsageRefused(f"pixpact: {error}") from None
    if hosts.is_loopback(address.host) and address.port == bound.getsockname()[1]:
        bound.close()
        raise UsageRefused(f"pixpact: --upstream: {address.origin} is the proxy itself; give the vendor's address")
    with _recorder(record) as recorder:
        reporter = _ProxyLog(exchanges=log and not as_json and not quiet)
        app, judge = build_proxy(contract, address, reporter, recorder, rewrite_urls=rewrite_urls)
        server = AppServer(app, bound)
        # Judging must not delay forwarding: they share one interpreter.
        sys.setswitchinterval(_SWITCH)
        ready = _ready(url_of(bound), contract, address, record, as_json=as_json, quiet=quiet)
        server.run(ready)
        counts = judge.close()
    if not quiet and not as_json:
        is_base = "/known" in BaseUrls(contract).paths(f"{address.url.rstrip('/')}/known")
        say("\n".join(print_ending(contract.name, judge.tally, counts, record, "" if is_base else address.url)))


def build_proxy(
    contract: Contract,
    address: HttpAddress,
    reporter: JudgementListener,
    recorder: ExchangeRecorder | None = None,
    *,
    rewrite_urls: bool = False,
    clock: Clock | None = None,
    tls: ssl.SSLContext | None = None,
    patience: float = PATIENCE,
    most_body: int = MOST_BODY,
    checks: tuple[Check, ...] = CHECKS,
) -> tuple[ProxyApp, ExchangeJudge]:
    """(the ASGI application of a proxy to `address`, its judge, which must be closed afterwards)."""
    judge = ExchangeJudge(contract, address.url, repro_commands(contract, RunOptions()), reporter, recorder, checks)
    images = ProxiedImages(ResponseRewriter(contract, address.url, reporter.problem), address) if rewrite_urls else None
    facts = {"contract": contract.name, "upstream": address.url, "rewrites urls": rewrite_urls}
    control = ProxyControl(judge, facts)
    return ProxyApp(
        address,
        UpstreamClient(tls),
        judge,
        control,
        clock or SystemClock(),
        images,
        patience=patience,
        most_body=most_body,
    ), judge


def upstream_of(url: str) -> HttpAddress:
    """Parse the vendor's base URL. Raises UsageRefused."""
    try:
        address = hosts.parse_url(url)
    except ValueError as error:
        raise UsageRefused(
            f"pixpact: --upstream cannot be used: {error}; write https://HOST or http://HOST:PORT"
        ) from None
    if "@" in url.partition("://")[2].partition("/")[0]:
        raise UsageRefused("pixpact: --upstream has a user name; the app sends its own key, and the proxy forwards it")
    if "?" in address.target:
        raise UsageRefused("pixpact: --upstream has a query; give only the base URL; paths are appended to it")
    return address


def _recorder(path: Path | None) -> contextlib.AbstractContextManager[ExchangeRecorder | None]:
    if path is None:
        return contextlib.nullcontext()
    try:
        return HarRecorder(path, append=True)
    except RecordingError as error:
        raise UsageRefused(f"pixpact: --record: {error}") from None


def _ready(
    url: str, contract: Contract, address: HttpAddress, record: Path | None, *, as_json: bool, quiet: bool
) -> Callable[[], None]:
    def ready() -> None:
        if as_json:
            reported = {"ready": True, "url": url, "upstream": address.url, "control": f"{url}/_pixpact"}
            say(json.dumps(reported))
        elif not quiet:
            say("\n".join(banner(url, contract, address, record)))
        sys.stdout.flush()

    return ready


class _ProxyLog:
    """Logs exchanges, and always what they broke. A closed log is no reason to stop."""

    def __init__(self, *, exchanges: bool) -> None:
        self._exchanges = exchanges

    def exchange(self, reported: JudgedExchange) -> None:
        """Log one exchange."""
        written = [line(reported)] if self._exchanges else []
        self._say(*written, *lines(reported))

    def problem(self, text: str) -> None:
        """Log that something could not be judged or recorded."""
        self._say(f"pixpact: {text}")

    def _say(self, *texts: str) -> None:
        with contextlib.suppress(OSError, ValueError):
            for text in texts:
                say(text, err=True)
