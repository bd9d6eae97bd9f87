"""`pixpact serve`: contracts, a context and a socket, and what is printed about them."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from decimal import Decimal
from functools import partial
from pathlib import Path
from ssl import SSLContext

import click

from pixpact.cli.samples import sample_curl
from pixpact.cli.serve_log import clock_log, line_of
from pixpact.drill.environment import sources_of
from pixpact.mockserver.app import MockApp
from pixpact.mockserver.context import MockContext, MockSettings
from pixpact.mockserver.core.addresses import checked_base
from pixpact.mockserver.core.pace import TaskPace
from pixpact.mockserver.core.pace import parse as parse_pace
from pixpact.mockserver.core.rate_limit import RateLimit
from pixpact.mockserver.core.rate_limit import parse as parse_limit
from pixpact.mockserver.faults.parsing import from_text
from pixpact.mockserver.local import clock_for
from pixpact.mockserver.playback.files import BadRecording, played, recording_of
from pixpact.mockserver.playback.recording import Recording
from pixpact.mockserver.server import CannotListen, FileChanges, MockServer, listen
from pixpact.mockserver.state.ledger import OPENING
from pixpact.mockserver.state.standing import BadFault, Fault, at_once
from pixpact.mockserver.webhooks.outbox import WebhookReceiver, receiver
from pixpact.specs.catalogue import SpecCatalogue, SpecSource, UnknownVendor
from pixpact.specs.contract.model import Contract
from pixpact.specs.openapi.messages import plural
from pixpact.specs.openapi.problems import SpecError
from pixpact.terminal.amounts import balance_of
from pixpact.terminal.refusal import UsageRefused
from pixpact.testing.certificates import NoCertificate
from pixpact.testing.embedded import trusted
from pixpact.testing.embedding import app_of
from pixpact.testing.stubbing import stubs_of
from pixpact.wire.clock import instant


def serve(
    vendors: tuple[str, ...],
    host: str,
    port: int,
    pace: str,
    start_time: str | None,
    seed: int,
    api_keys: tuple[str, ...],
    faults: tuple[str, ...],
    stubs: tuple[Path, ...],
    rate_limit: str | None,
    webhooks: tuple[str, ...],
    responses: str,
    public_url: str | None,
    tls: bool,
    strict: bool,
    play: tuple[Path, ...],
    recorded_only: bool,
    specs: tuple[Path, ...],
    reload: bool,
    log: bool | None,
    as_json: bool,
    quiet: bool,
) -> None:
    """Serve until a signal comes. Raises Refused for what cannot be used."""
    catalogue = SpecCatalogue(specs)
    sources = sources_of(catalogue, dict.fromkeys(vendors or catalogue.names()))
    settings = MockSettings(
        _pace(pace),
        seed=seed,
        keys=keys_of(api_keys),
        public_url=_address(public_url),
        rate_limit=_limit(rate_limit),
        webhooks=_receivers(webhooks, [source.name.partition("@")[0] for source in sources]),
        responses="extreme" if responses == "extreme" else "usual",
        strict=strict,
    )
    contracts = [source.contract() for source in sources]
    wanted = [_fault(text) for text in faults] + _stubs(stubs, contracts)
    again, names = partial(_recording, play, contracts, recorded_only), [source.name for source in sources]
    clock = clock_for(pace, _instant(start_time))
    with app_of(contracts, vendors or names, specs, settings, clock, again) as app:
        _let_stand(wanted, app.context)
        with _trusted(host, tls) as (secure, ca_file):
            try:
                server = MockServer(app, listen(host, port), secure)
            except CannotListen as error:
                raise UsageRefused(f"pixpact: {error}") from None
            _run(server, app, sources if reload else [], log, as_json, quiet, ca_file)


def _run(
    server: MockServer,
    app: MockApp,
    watched: list[SpecSource],
    log: bool | None,
    as_json: bool,
    quiet: bool,
    ca_file: Path | None,
) -> None:
    contracts, context = app.context.faults.contracts, app.context
    if log or (log is None and sys.stdout.isatty() and not quiet and not as_json):
        context.journal.report = lambda exchange: click.echo(line_of(exchange))
        context.moved.append(clock_log(context.clock, click.echo))
    say = _json_line if as_json else _nothing if quiet else _banner
    server.run(lambda: say(server.url, contracts, context, ca_file), _watch(app, watched) if watched else None)


@contextmanager
def _trusted(host: str, tls: bool) -> Iterator[tuple[SSLContext | None, Path | None]]:
    try:
        with trusted(host, tls) as found:
            yield found
    except NoCertificate as error:
        raise UsageRefused(f"pixpact: --{error}") from None


def keys_of(texts: tuple[str, ...]) -> dict[str, Decimal] | None:
    """`KEY` or `KEY=BALANCE` → balance by key; None when there are none. Raises Refused."""
    keys = {}
    for text in texts:
        key, _, balance = text.rpartition("=") if "=" in text else (text, "", str(OPENING))
        try:
            keys[key] = balance_of(balance)
        except ValueError as error:
            raise UsageRefused(f"pixpact: --api-key: {error}; KEY or KEY=10.00") from None
        if not key.strip():
            raise UsageRefused("pixpact: --api-key: write KEY or KEY=10.00") from None
    return keys or None


def _fault(text: str) -> Fault:
    try:
        return from_text(text)
    except BadFault as error:
        raise UsageRefused(f"pixpact: --fault: {error}") from None


def _stubs(paths: tuple[Path, ...], contracts: list[Contract]) -> list[Fault]:
    try:
        return [fault for path in paths for fault in stubs_of(path, contracts)]
    except BadFault as error:
        raise UsageRefused(f"pixpact: --stub: {error}") from None


def _let_stand(faults: list[Fault], context: MockContext) -> None:
    """Let faults stand. Raises Refused for one that fits nothing of what is served."""
    for fault in faults:
        try:
            at_once(context.faults.put(fault))
        except BadFault as error:
            raise UsageRefused(f"pixpact: --fault: {error}") from None


def _limit(text: str | None) -> RateLimit | None:
    try:
        return parse_limit(text) if text is not None else None
    except ValueError as error:
        raise UsageRefused(f"pixpact: --rate-limit: {error}") from None


def _receivers(texts: tuple[str, ...], served: list[str]) -> dict[str, WebhookReceiver]:
    found = {}
    for text in texts:
        try:
            vendor, found_receiver = receiver(text)
        except ValueError as error:
            raise UsageRefused(f"pixpact: --webhook: {error}") from None
        if vendor not in served:
            names = ", ".join(dict.fromkeys(served))
            raise UsageRefused(f"pixpact: --webhook: {vendor!r} is not served; there are {names}")
        found[vendor] = found_receiver
    return found


def _pace(text: str) -> TaskPace:
    try:
        return parse_pace(text)
    except ValueError as error:
        raise UsageRefused(f"pixpact: --pace: {error}") from None


def _instant(text: str | None) -> float | None:
    try:
        return instant(text)
    except ValueError as error:
        raise UsageRefused(f"pixpact: --start-time: {error}") from None


def _recording(paths: tuple[Path, ...], contracts: list[Contract], only: bool) -> Recording | None:
    try:
        return recording_of(paths, contracts, only=only)
    except BadRecording as error:
        raise UsageRefused(f"pixpact: --play: {error}") from None


def _address(url: str | None) -> str | None:
    try:
        return None if url is None else checked_base(url)
    except ValueError as error:
        raise UsageRefused(f"pixpact: --public-url: {error}") from None


# ---------------------------------------------------------------------- what is said


def _nothing(url: str, contracts: list[Contract], context: MockContext, ca_file: Path | None) -> None:
    """Say nothing."""


def _json_line(url: str, contracts: list[Contract], _: MockContext, ca_file: Path | None) -> None:
    urls = {contract.name: f"{url}/{contract.name}" for contract in contracts}
    trust = {"ca_file": str(ca_file)} if ca_file else {}
    click.echo(json.dumps({"ready": True, "url": url, "vendors": urls, "control": f"{url}/_pixpact", **trust}))
    sys.stdout.flush()


def _banner(url: str, contracts: list[Contract], context: MockContext, ca_file: Path | None) -> None:
    settings = context.settings
    clock = "standing clock" if context.clock.standing else "true time"
    lines = [f"Pixpact serves {plural(len(contracts), 'contract')} at {url}"]
    lines.append(f"pace {settings.pace.text}, {clock}, seed {settings.seed}; console {url}/_pixpact/; Ctrl-C stops it")
    key = next(iter(settings.keys)) if settings.keys else "sk-anything"
    for contract in contracts:
        lines += [
            "",
            f"{contract.name}: {contract.title} ({contract.version})",
            f"  base URL  {url}/{contract.name}",
            f"  docs      {url}/{contract.name}/docs",
        ]
        lines += ["  " + line for line in sample_curl(contract, f"{url}/{contract.name}", key).splitlines()]
    if ca_file is not None:
        lines += ["", f"clients trust it by SSL_CERT_FILE, NODE_EXTRA_CA_CERTS or curl --cacert {ca_file}"]
    if context.recording is not None:
        lines += ["", *played(context.recording, contracts)]
    click.echo("\n".join(lines))
    sys.stdout.flush()


def _watch(app: MockApp, sources: list[SpecSource]) -> Callable[[], None]:
    """Rebuild the contracts when one of their files changes; a broken edit is reported, and the old contract stays."""
    changes = FileChanges(lambda: [path for source in sources for path in source.files])

    def watch() -> None:
        if not changes.any():
            return
        try:
            app.serve([source.contract() for source in sources])
        except (SpecError, UnknownVendor) as error:
            click.echo(f"not reloaded, still serving what was before:\n{error}", err=True)
        else:
            click.echo("reloaded", err=True)

    return watch
