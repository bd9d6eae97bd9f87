"""`pixpact serve`: reads its flags, builds the mock, and runs it on a socket."""

from __future__ import annotations

import gc
import os
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from decimal import Decimal
from functools import partial
from pathlib import Path
from socket import socket
from ssl import SSLContext
from typing import TYPE_CHECKING, Any

from pixpact.cli.serving.banner import ServedMock
from pixpact.cli.serving.banner import banner_of as chosen_saying
from pixpact.cli.serving.contracts import served_contracts
from pixpact.cli.serving.log import clock_log, line_of
from pixpact.mockserver.app import MockApp
from pixpact.mockserver.context import Images, MockContext, MockSettings, Responses
from pixpact.mockserver.control.guard import token_for
from pixpact.mockserver.core.addresses import checked_base
from pixpact.mockserver.core.pace import TaskPace
from pixpact.mockserver.core.pace import parse as parse_pace
from pixpact.mockserver.core.rate_limit import RateLimit
from pixpact.mockserver.core.rate_limit import parse as parse_limit
from pixpact.mockserver.faults.parsing import from_text
from pixpact.mockserver.local import clock_for
from pixpact.mockserver.playback.files import BadRecording, recording_of
from pixpact.mockserver.playback.recording import Recording
from pixpact.mockserver.server import CannotListen, FileChanges, MockServer, listen, url_of
from pixpact.mockserver.state.active_faults import BadFault, Fault, run_sync
from pixpact.mockserver.state.ledger import OPENING
from pixpact.mockserver.stores.choice import MEMORY, StoreChoice, chosen
from pixpact.mockserver.webhooks.outbox import WebhookReceiver, receiver
from pixpact.specs.catalogue import SpecCatalogue, SpecSource, UnknownVendor
from pixpact.specs.contract.model import Contract
from pixpact.specs.openapi.problems import SpecError
from pixpact.terminal.amounts import balance_of
from pixpact.terminal.output import say
from pixpact.terminal.refusal import UsageRefused
from pixpact.testing.certificates import NoCertificate
from pixpact.testing.embedded_app import app_of, drill_folder
from pixpact.testing.embedded_mock import known_hosts, tls_authority
from pixpact.testing.stub_builder import stubs_of
from pixpact.wire.clock import parse_instant

if TYPE_CHECKING:
    from pixpact.cli.serving.shared import SharedMock


def serve(
    vendors: tuple[str, ...],
    host: str,
    port: int,
    pace: str,
    start_time: str | None,
    faults: tuple[str, ...],
    stubs: tuple[Path, ...],
    tls: bool,
    play: tuple[Path, ...],
    recorded_only: bool,
    specs: tuple[Path, ...],
    reload: bool,
    log: bool | None,
    as_json: bool,
    quiet: bool,
    store: str | None,
    workers: int,
    **behaviour: Any,
) -> None:
    """Serve until a signal comes; `behaviour`: keyword arguments of `_settings`. Raises UsageRefused."""
    sources, contracts = served_contracts(SpecCatalogue(specs), vendors)
    settings = _settings(pace, host, [source.name.partition("@")[0] for source in sources], **behaviour)
    wanted = [_fault(text) for text in faults] + _stubs(stubs, contracts)
    again = partial(_recording, play, contracts, recorded_only)
    clock = clock_for(pace, _instant(start_time))
    show, listening = _Showing(sources if reload else [], log, as_json, quiet), partial(_listening, host, port)
    with store_of(store, workers) as choice, _trusted(known_hosts(contracts, settings, host), tls) as trust:
        if choice != MEMORY:
            mock = _shared(choice, contracts, settings, clock, again, wanted)
            return _run_shared(mock, workers, listening(), trust, show)
        with app_of(contracts, vendors or [source.name for source in sources], specs, settings, clock, again) as app:
            _let_stand(wanted, app.context)
            return _run(app, listening(), trust, show)


def _settings(
    pace: str,
    host: str,
    served: list[str],
    *,
    seed: int,
    api_keys: tuple[str, ...],
    rate_limit: str | None,
    webhooks: tuple[str, ...],
    responses: Responses,
    images: Images,
    public_url: str | None,
    token: str | None,
    strict: bool,
) -> MockSettings:
    return MockSettings(
        _pace(pace),
        seed=seed,
        keys=keys_of(api_keys),
        public_url=_address(public_url),
        rate_limit=_limit(rate_limit),
        webhooks=_receivers(webhooks, served),
        responses=responses,
        strict=strict,
        images=images,
        token=_token(host, token),
    )


@dataclass(frozen=True, slots=True)
class _Showing:
    """What is watched and printed while the mock runs."""

    watched: list[SpecSource]
    log: bool | None
    as_json: bool
    quiet: bool

    def logs(self) -> bool:
        """Whether each request is logged."""
        return self.log or (self.log is None and sys.stdout.isatty() and not self.quiet and not self.as_json)


Trust = tuple[SSLContext | None, Path | None]


def _listening(host: str, port: int) -> socket:
    try:
        return listen(host, port)
    except CannotListen as error:
        raise UsageRefused(f"pixpact: {error}") from None


def _run(app: MockApp, bound: socket, trust: Trust, show: _Showing) -> None:
    secure, ca_file = trust
    server, context = MockServer(app, bound, secure), app.context
    _log(app, show)
    gc.collect()
    gc.freeze()  # contracts and code live as long as the process: the garbage collector can skip them
    still = context.clock.stands_still
    mock = ServedMock(server.url, context.faults.contracts, context.settings, still, context.recording, ca_file)
    say = chosen_saying(as_json=show.as_json, quiet=show.quiet)
    server.run(partial(say, mock), _watch(app, show.watched) if show.watched else None)


def _shared(*parts: Any) -> SharedMock:
    from pixpact.cli.serving.shared import shared_mock  # a mock with one process does not need it

    return shared_mock(*parts)


def _run_shared(mock: SharedMock, workers: int, bound: socket, trust: Trust, show: _Showing) -> None:
    from pixpact.cli.serving.shared import orphan_watch, run_workers

    secure, ca_file = trust
    parent, still = os.getpid(), mock.moment.stood is not None
    url = url_of(bound) if secure is None else url_of(bound).replace("http://", "https://", 1)
    served = ServedMock(url, mock.contracts, mock.settings, still, mock.play(), ca_file, mock.choice.shown, workers)

    def work(ready: Callable[[], None]) -> None:
        app = mock.app()
        server = MockServer(app, bound, secure)
        _log(app, show)
        watch = _watch(app, show.watched) if show.watched else None
        server.run(ready, orphan_watch(server, parent, watch) if workers > 1 else watch)

    run_workers(workers, work, partial(chosen_saying(as_json=show.as_json, quiet=show.quiet), served))


def _log(app: MockApp, show: _Showing) -> None:
    context = app.context
    context.store.forgotten.report = lambda line: say(f"pixpact: {line}", err=True)
    if show.logs():
        context.journal.report = lambda exchange: say(line_of(exchange))
        context.moved.append(clock_log(context.clock, say))


@contextmanager
def store_of(text: str | None, workers: int) -> Iterator[StoreChoice]:
    """The store for `--store` and `--workers`; several workers without a store share a temporary file.

    Raises UsageRefused.
    """
    try:
        choice = chosen(text) if text is not None else MEMORY
    except ValueError as error:
        raise UsageRefused(f"pixpact: --store: {error}") from None
    if workers > 1 and text is not None and choice == MEMORY:
        raise UsageRefused(
            "pixpact: --store: memory belongs to one process; with --workers use sqlite:FILE or redis://HOST"
        )
    if (workers > 1 or choice != MEMORY) and drill_folder() is not None:
        raise UsageRefused("pixpact: --store: a drill compares two mocks in the memory of one process; leave it out")
    if workers > 1 and choice == MEMORY:
        with tempfile.TemporaryDirectory(prefix="pixpact-") as folder:
            yield StoreChoice("sqlite", str(Path(folder) / "store.db"))
    else:
        yield choice


@contextmanager
def _trusted(hosts: list[str], tls: bool) -> Iterator[Trust]:
    try:
        with tls_authority(hosts, tls) as authority:
            yield authority
    except NoCertificate as error:
        raise UsageRefused(f"pixpact: --{error}") from None


def keys_of(texts: tuple[str, ...]) -> dict[str, Decimal] | None:
    """`KEY` or `KEY=BALANCE` → balance by key; None if there are no keys. Raises UsageRefused."""
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
    """Add faults to a mock. Raises UsageRefused for a fault that matches nothing in its contracts."""
    for fault in faults:
        try:
            run_sync(context.faults.put(fault))
        except BadFault as error:
            raise UsageRefused(f"pixpact: --fault: {error}") from None


def _limit(text: str | None) -> RateLimit | None:
    try:
        return parse_limit(text) if text is not None else None
    except ValueError as error:
        raise UsageRefused(f"pixpact: --rate-limit: {error}") from None


def _receivers(texts: tuple[str, ...], served: list[str]) -> dict[str, WebhookReceiver]:
    receivers = {}
    for text in texts:
        try:
            vendor, found_receiver = receiver(text)
        except ValueError as error:
            raise UsageRefused(f"pixpact: --webhook: {error}") from None
        if vendor not in served:
            names = ", ".join(dict.fromkeys(served))
            raise UsageRefused(f"pixpact: --webhook: {vendor!r} is not served; there are {names}")
        receivers[vendor] = found_receiver
    return receivers


def _pace(text: str) -> TaskPace:
    try:
        return parse_pace(text)
    except ValueError as error:
        raise UsageRefused(f"pixpact: --pace: {error}") from None


def _instant(text: str | None) -> float | None:
    try:
        return parse_instant(text)
    except ValueError as error:
        raise UsageRefused(f"pixpact: --start-time: {error}") from None


def _recording(paths: tuple[Path, ...], contracts: list[Contract], only: bool) -> Recording | None:
    try:
        return recording_of(paths, contracts, only=only)
    except BadRecording as error:
        raise UsageRefused(f"pixpact: --play: {error}") from None


def _token(host: str, given: str | None) -> str | None:
    try:
        return token_for(host, given)
    except ValueError as error:
        raise UsageRefused(f"pixpact: --token: {error}") from None


def _address(url: str | None) -> str | None:
    try:
        return None if url is None else checked_base(url)
    except ValueError as error:
        raise UsageRefused(f"pixpact: --public-url: {error}") from None


def _watch(app: MockApp, sources: list[SpecSource]) -> Callable[[], None]:
    """A function that reloads contracts whose files changed; after a broken edit, it keeps the old contract."""
    files = {path for source in sources for path in source.reached()}
    changes = FileChanges(lambda: sorted(files))

    def watch() -> None:
        if not changes.any():
            return
        files.update(path for source in sources for path in source.reached())
        changes.any()  # new files in the list are not changes
        try:
            app.serve([source.contract() for source in sources])
        except (SpecError, UnknownVendor) as error:
            say(f"not reloaded, still serving the previous version:\n{error}", err=True)
        else:
            say("reloaded", err=True)

    return watch
