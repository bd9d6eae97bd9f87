"""A mock within a Python program: `with pixpact.mock("apimart") as mock: …` serves on a free port of 127.0.0.1."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from ssl import SSLContext
from typing import Any, Literal
from urllib.parse import urlsplit

from pixpact import __version__
from pixpact.drill.environment import url_variable
from pixpact.mockserver.app import MockApp
from pixpact.mockserver.background import background
from pixpact.mockserver.context import MockContext, MockSettings
from pixpact.mockserver.control.guard import token_for
from pixpact.mockserver.control.reset import reset
from pixpact.mockserver.control.task_summary import TaskFacts, tasks_of
from pixpact.mockserver.control.webhooks import Webhook, awaited, webhooks_of
from pixpact.mockserver.core.hosts import hosts_of
from pixpact.mockserver.local import clock_for
from pixpact.mockserver.playback.files import recording_of
from pixpact.mockserver.state.active_faults import Fault, run_sync
from pixpact.mockserver.state.ledger import Charge
from pixpact.mockserver.state.stubs import stub
from pixpact.specs.contract.model import Contract
from pixpact.testing.arguments import (
    address_of,
    balances_of,
    faults_of,
    folders_of,
    host_of,
    images_of,
    limit_of,
    names_of,
    pace_of,
    paths_of,
    port_of,
    receivers_of,
    responses_of,
    seconds_of,
    seed_of,
    start_of,
)
from pixpact.testing.certificates import TRUST, create_certificate, delete_authority
from pixpact.testing.embedded_app import app_of, served_contracts
from pixpact.testing.lazy_socket import CannotListen, Listening
from pixpact.testing.requests import RequestLog
from pixpact.testing.stub_builder import On, stubs_of
from pixpact.testing.transport import App as AsgiApp
from pixpact.testing.transport import MockTransport, bridged_app
from pixpact.wire.files import write_whole
from pixpact.wire.har import to_har


class MockClock:
    """The clock of a mock: tasks, result URLs, uploads and limits depend on it."""

    def __init__(self, context: MockContext) -> None:
        self._context = context

    def now(self) -> float:
        """Seconds since the epoch."""
        return self._context.clock.now()

    def advance(self, time: float | str | timedelta) -> None:
        """Move the clock forward: by seconds, `"25h"`, `"PT25H"` or a timedelta; sends the webhooks due by then.

        In an event loop, it does not wait for the webhooks, because the same loop may have to receive them. Raises
        ValueError.
        """
        seconds = seconds_of(time)
        if _in_a_loop():
            background().call(lambda: self._context.clock.advance(seconds))
        else:
            background().run(self._context.advance(seconds))


def _in_a_loop() -> bool:
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return False
    return True


class Mock:
    """A running mock. Create it with `pixpact.mock`."""

    def __init__(self, app: MockApp, server: Listening, ca_file: Path | None = None) -> None:
        self._app = app
        self._server = server
        self.ca_file = ca_file
        """A file with the certificate that clients must trust under `tls=True`; None without TLS."""
        self._context = app.context
        self.clock = MockClock(app.context)

    def __repr__(self) -> str:
        return f"<pixpact.Mock of {', '.join(self._app.mounts)} at {self._server}>"

    # ------------------------------------------------------------------ URLs

    @property
    def base_url(self) -> str:
        """The URL of the mock itself, such as `http://127.0.0.1:40123`. Reading it opens the socket."""
        return self._server.url

    def url(self, vendor: str) -> str:
        """The base URL that replaces a vendor's own. Raises KeyError naming the served vendors."""
        if vendor not in self._app.mounts:
            raise KeyError(f"{vendor!r} is not served; there are {', '.join(self._app.mounts)}")
        return f"{self._context.settings.public_url or self.base_url}/{vendor}"

    @property
    def token(self) -> str | None:
        """The token of the control API; None if only this machine can reach it, so that none is needed."""
        return self._context.settings.token

    @property
    def environ(self) -> dict[str, str]:
        """The base URLs as environment variables, `PIXPACT_URL_` and the vendor's name in capitals, for programs.

        With TLS, also the variables for trusted certificates (`SSL_CERT_FILE` and the like).
        """
        vendors = dict.fromkeys(vendor.contract.vendor for vendor in self._app.mounts.values())
        trust = dict.fromkeys(TRUST, str(self.ca_file)) if self.ca_file else {}
        return {**{url_variable(vendor): self.url(vendor) for vendor in vendors}, **trust}

    def transport(self) -> Any:
        """A transport for `httpx.Client` and `httpx.AsyncClient` (also `httpx2`) without a socket.

        Requests to the vendor's own URL or to `url` go to the mock; nothing else is ever requested. Links in responses
        point to the transport, unless `url` was read before, which opens a socket. Typed as Any, because Pixpact does
        not depend on these libraries.
        """
        return MockTransport(self._app, background(), self._server.address)

    @property
    def asgi(self) -> AsgiApp:
        """The mock as an ASGI application, for test clients that accept one."""
        return bridged_app(self._app, background())

    # ------------------------------------------------------------------ behaviour

    @property
    def pace(self) -> str:
        """The pace of tasks submitted from now on: `"instant"`, `"2x"`, `"polls:3"` or `"manual"`.

        With `manual`, the clock stands until it is advanced. Running tasks keep their pace. Raises ValueError.
        """
        return self._context.tempo.pace.text

    @pace.setter
    def pace(self, text: str) -> None:
        background().run(self._context.keep_pace(pace_of(text)))

    def fail_next(self, fault: str, *, times: int = 1, **fields: Any) -> Fault:
        """Let the next `times` matching requests fail: `fail_next("rate-limited", operation="createImage")`.

        Faults, and the fields `vendor`, `operation`, `model`, `key`, `every`, `probability`, … are named as everywhere
        in Pixpact. Raises ValueError naming the valid ones.
        """
        return self.add_fault(fault, times=times, **fields)

    def add_fault(self, fault: str, **fields: Any) -> Fault:
        """Add a fault that applies until it is reset. Raises ValueError."""
        written = {name.replace("_", "-"): value for name, value in fields.items() if value is not None}
        return background().call(lambda: self._context.faults.add({"fault": fault, **written}))

    def on(self, vendor: str | None = None, **criteria: Any) -> On:
        """Select the requests of a stub: `mock.on("toapis", prompt="A kite").gives(image="kite.png")`.

        `operation`, `model`, `key` and `body` (fields that it must contain) narrow the selection; any other name is a
        field of the body. A stub applies until `reset("faults")`. Raises ValueError.
        """
        return On({"vendor": vendor, **criteria}, self._stub)

    def _stub(self, on: Mapping[str, Any], gives: Mapping[str, Any]) -> list[Fault]:
        faults = stub(on, gives, self._context.faults.contracts)
        return [background().call(partial(_let_stand, self._context, fault)) for fault in faults]

    def reset(self, what: str = "all") -> None:
        """Delete `tasks` (with uploads), `journal`, `faults`, `ledger`, `recording` or `all`. Raises ValueError."""
        background().run(reset(self._context, what))

    # ------------------------------------------------------------------ history

    @property
    def requests(self) -> RequestLog:
        """The exchanges so far, with assertions."""
        kept = background().run(self._context.journal.kept())
        return RequestLog(kept.exchanges, self._context.operations, kept.forgotten)

    @property
    def tasks(self) -> list[TaskFacts]:
        """The tasks so far, in their current state; reading them is not a poll."""
        return background().run(tasks_of(self._context))

    @property
    def webhooks(self) -> list[Webhook]:
        """The callbacks so far, with `attempts`, `body`, and `outcome`.

        The outcome is `"delivered"`, `"pending"`, `"given up"` (no receiver accepted it in any attempt) or `"not
        sent"`.
        """
        return background().run(webhooks_of(self._context))

    def wait_for_webhook(self, *, task: str | None = None, vendor: str | None = None, timeout: float = 5.0) -> Webhook:
        """The first callback, of this task or vendor if given, that is delivered, given up or not sent.

        A standing clock is moved to whatever is due next. Raises TimeoutError after `timeout` seconds of real time.
        """
        return background().run(awaited(self._context, task, vendor, timeout))

    @property
    def charges(self) -> list[Charge]:
        """All charges so far, in order of time."""
        return background().call(self._context.ledger.charges)

    def save_har(self, path: Path | str) -> None:
        """Write the exchanges so far, without secrets, as HAR 1.2: for `--play`, for checks, for a bug report."""
        document = to_har(self.requests, creator_version=__version__)
        write_whole(Path(path), json.dumps(document, ensure_ascii=False, indent=1) + "\n")


def _let_stand(context: MockContext, fault: Fault) -> Fault:
    return run_sync(context.faults.put(fault))


@contextlib.contextmanager
def mock(
    *names: str | Path,
    vendors: Path | str | Iterable[Path | str] = (),
    pace: str = "instant",
    seed: int = 0,
    start_time: float | str | datetime | None = None,
    api_keys: Mapping[str, float | str] | Iterable[str] | None = None,
    specs: Path | str | Iterable[Path | str] = (),
    faults: Iterable[Mapping[str, Any]] = (),
    stubs: Path | str | Iterable[Path | str] = (),
    rate_limit: str | None = None,
    webhooks: Mapping[str, str] | None = None,
    responses: Literal["usual", "extreme"] = "usual",
    strict: bool = False,
    images: Literal["drawing", "photo"] = "drawing",
    play: Path | str | Iterable[Path | str] = (),
    recorded_only: bool = False,
    host: str = "127.0.0.1",
    port: int = 0,
    public_url: str | None = None,
    tls: bool = False,
    answers: Literal["usual", "extreme"] | None = None,
) -> Iterator[Mock]:
    """Serve these vendors (default: all) on a free port until the block ends.

    `mock("apimart", "toapis")` is `mock(vendors=["apimart", "toapis"])`. `pace`: as for `pixpact serve`. `start_time`:
    epoch seconds, ISO 8601 text or datetime; the clock then stands. `api_keys`: the only keys accepted, as a list or a
    mapping to opening balances; by default any key is. `specs`: a folder, or several, of your own specs. `faults`,
    `stubs`: faults, and files of stubs, that apply from the start. `rate_limit`: per key, such as `"5/s"`. `webhooks`:
    vendor → `ORIGIN` or `ORIGIN,SECRET` of the receiver of its callbacks. `responses="extreme"` (`answers` in 0.1): as
    unusual as the contract allows. `strict`: refuse requests with fields that the contract does not read.
    `images="photo"`: photographs instead of drawings. `play`: a HAR file, or several, whose responses are replayed;
    `recorded_only`: refuse all other requests. `host`, `port`: where to listen; `public_url`: the URL by which clients
    reach it instead. `tls`: serve https, with a certificate of the authority in `mock.ca_file`.

    Raises ValueError that names the argument, UnknownVendor (a ValueError too) or SpecError.
    """
    wanted, folders, standing = names_of(names, vendors), folders_of(specs), faults_of(faults)
    tempo, keys, limit = pace_of(pace), balances_of(api_keys), limit_of(rate_limit)
    contracts = served_contracts(wanted, folders)
    callbacks, address = receivers_of(webhooks, [contract.vendor for contract in contracts]), address_of(public_url)
    given = responses_of(answers or responses), bool(strict), images_of(images), token_for(host_of(host))
    settings = MockSettings(tempo, seed_of(seed), keys, address, limit, callbacks, *given)
    again = partial(recording_of, paths_of(play, "play"), contracts, only=recorded_only)
    clock = clock_for(tempo.text, start_of(start_time))
    listening_at, pages = (host_of(host), port_of(port), tls), paths_of(stubs, "stubs")
    with app_of(contracts, wanted, folders, settings, clock, again) as app, reached(app, *listening_at) as running:
        _begin(app.context, contracts, standing, pages)
        yield running


def _begin(context: MockContext, contracts: list[Contract], faults: list[Any], pages: list[Path]) -> None:
    for fault in faults:
        background().call(partial(context.faults.add, fault))
    for given in (written for path in pages for written in stubs_of(path, contracts)):
        background().call(partial(_let_stand, context, given))


@contextlib.contextmanager
def reached(app: MockApp, host: str, port: int, tls: bool) -> Iterator[Mock]:
    """The application, reachable by clients until the block ends."""
    hosts = known_hosts(app.context.faults.contracts, app.context.settings, host)
    with tls_authority(hosts, tls) as (context, ca_file), serving_app(app, host, port, context) as server:
        yield Mock(app, server, ca_file)


@contextlib.contextmanager
def tls_authority(hosts: list[str], tls: bool) -> Iterator[tuple[SSLContext | None, Path | None]]:
    """(TLS context, file of its authority) until the block ends; (None, None) without TLS."""
    if not tls:
        yield None, None
        return
    context, path = create_certificate(hosts)
    try:
        yield context, path
    finally:
        delete_authority(path)


def known_hosts(contracts: Iterable[Contract], settings: MockSettings, host: str) -> list[str]:
    """The host names of a mock: where it listens, its public URL, and the vendors' own, also with `.localhost`.

    So a line in `/etc/hosts` redirects a client whose host cannot be configured.
    """
    public = urlsplit(settings.public_url or "").hostname
    vendors = sorted({name for contract in contracts for name in hosts_of(contract)})
    own = [name for vendor in vendors for name in (vendor, f"{vendor}.localhost")]
    return [name for name in (host, public, *own) if name not in (None, "0.0.0.0", "::")]  # noqa: S104  # compared, not listened on


@contextlib.contextmanager
def serving_app(app: MockApp, host: str, port: int, tls: SSLContext | None = None) -> Iterator[Listening]:
    """Serve an application until the block ends; a given port is bound at once. Raises ValueError if it is taken."""
    server = Listening(app, host, port, tls)
    try:
        if port:
            try:
                _ = server.url
            except CannotListen as error:
                raise ValueError(f"port: {error}") from None
        yield server
    finally:
        server.close()
