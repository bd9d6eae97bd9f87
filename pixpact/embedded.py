"""A mock inside a Python program: `with pixpact.mock("apimart") as mock: …` serves on a free port of 127.0.0.1."""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import UTC, datetime
from decimal import Decimal
from functools import lru_cache
from pathlib import Path
from typing import Any

from pixpact.mockserver.app import App
from pixpact.mockserver.context import Context, Settings
from pixpact.mockserver.ledger import OPENING
from pixpact.mockserver.pace import parse as parse_pace
from pixpact.mockserver.server import Server, listen
from pixpact.specs.catalogue import Catalogue, Source
from pixpact.specs.model import Contract
from pixpact.wire.clock import Clock, Manual, System, duration
from pixpact.wire.exchange import Exchange

MANUAL_START = 1_767_225_600.0
"""Where a clock that only moves by hand begins unless told otherwise: 2026-01-01T00:00:00Z."""


def clock_for(pace: str, start: float | None) -> Clock:
    """True time; or, with a start or the pace `manual`, a clock that only moves by hand."""
    if start is not None:
        return Manual(start)
    return Manual(MANUAL_START) if pace == "manual" else System()


class Mock:
    """A running mock. Create it with `pixpact.mock`."""

    def __init__(self, app: App, server: Server, loop_of: Callable[[], asyncio.AbstractEventLoop]) -> None:
        self._app = app
        self._server = server
        self._loop_of = loop_of

    @property
    def base_url(self) -> str:
        """The address of the mock itself, such as `http://127.0.0.1:40123`."""
        return self._server.url

    def url(self, vendor: str) -> str:
        """The base URL that stands for a vendor's. Raises KeyError naming what is served."""
        if vendor not in self._app.mounts:
            raise KeyError(f"{vendor!r} is not served; there are {', '.join(self._app.mounts)}")
        return f"{self.base_url}/{vendor}"

    @property
    def requests(self) -> list[Exchange]:
        """The exchanges so far, without secrets, oldest first."""
        return list(self._app.context.journal)

    def now(self) -> float:
        """The time of the mock's clock: seconds since the epoch."""
        return self._app.context.clock.now()

    def advance(self, time: float | str) -> None:
        """Move the mock's clock forward: seconds, `"25h"` or `"PT25H"`. Raises ValueError."""
        seconds = duration(time) if isinstance(time, str) else float(time)
        self._in_loop(lambda: self._app.context.clock.advance(seconds))

    def reset(self) -> None:
        """Forget all tasks, uploads, charges and recorded exchanges."""
        self._app.context.journal.reset()
        future = asyncio.run_coroutine_threadsafe(self._app.context.store.reset("all"), self._loop_of())
        future.result(10)

    def _in_loop(self, action: Callable[[], Any]) -> None:
        async def act() -> None:
            action()

        asyncio.run_coroutine_threadsafe(act(), self._loop_of()).result(10)


def contracts_of(vendors: Iterable[str], folders: Iterable[Path] = ()) -> list[Contract]:
    """The contracts of these names, of all vendors when there are none. Raises UnknownVendor or SpecError.

    A contract is a value: hundreds of tests share one, for as long as its files stay as they are.
    """
    catalogue = Catalogue(folders)
    sources = [catalogue.source(name) for name in (list(vendors) or catalogue.names())]
    return [_contract(source, tuple(map(_changed, source.files))) for source in sources]


def _changed(path: Path) -> int:
    try:
        return path.stat().st_mtime_ns
    except OSError:
        return 0  # reading it will tell what is wrong


@lru_cache(maxsize=32)
def _contract(source: Source, changed: tuple[int, ...]) -> Contract:  # noqa: ARG001  # part of the key of the cache
    return source.contract()


def instant(time: float | str | datetime | None) -> float | None:
    """Seconds since the epoch; a text is ISO 8601, UTC unless it says otherwise. Raises ValueError."""
    if time is None or isinstance(time, (int, float)):
        return time
    try:
        found = datetime.fromisoformat(time) if isinstance(time, str) else time
    except ValueError:
        raise ValueError(f"{time!r} is no ISO 8601 time, such as 2026-01-01T00:00:00Z") from None
    return (found if found.tzinfo else found.replace(tzinfo=UTC)).timestamp()


def _balances(keys: Mapping[str, float | str] | Iterable[str] | None) -> dict[str, Decimal] | None:
    if keys is None:
        return None
    if isinstance(keys, str):
        raise ValueError(f"api_keys is a list of keys or a mapping of key to balance; got the text {keys!r}")
    if isinstance(keys, Mapping):
        return {key: Decimal(str(value)) for key, value in keys.items()}
    return dict.fromkeys(keys, OPENING)


def _folder(path: Path) -> Path:
    if not path.is_dir():
        raise ValueError(f"specs: {str(path)!r} is no folder")
    return path


@contextlib.contextmanager
def mock(
    *vendors: str,
    pace: str = "instant",
    seed: int = 0,
    start_time: float | str | datetime | None = None,
    api_keys: Mapping[str, float | str] | Iterable[str] | None = None,
    specs: Path | str | Iterable[Path | str] = (),
) -> Iterator[Mock]:
    """Serve these vendors (all when none is named) on a free port until the block ends.

    `pace` as for `pixpact serve`; `start_time` (seconds since the epoch, ISO 8601 text or datetime) makes the clock
    stand; `api_keys` are the only keys accepted, with their opening balances where it is a mapping (any key is
    accepted without it); `specs` is a folder of your own specs, or several.
    Raises UnknownVendor, SpecError or ValueError.
    """
    settings = Settings(parse_pace(pace), seed=seed, keys=_balances(api_keys))
    context = Context.new(settings, clock_for(pace, instant(start_time)))
    folders = [specs] if isinstance(specs, (str, Path)) else list(specs)
    app = App(contracts_of(vendors, [_folder(Path(folder)) for folder in folders]), context)
    server = Server(app, listen("127.0.0.1", 0))
    ready, loops = threading.Event(), []

    def started() -> None:
        loops.append(asyncio.get_running_loop())
        ready.set()

    thread = threading.Thread(target=server.run, args=(started,), name="pixpact", daemon=True)
    thread.start()
    if not ready.wait(30):
        raise RuntimeError("the mock did not start within 30 seconds")
    try:
        yield Mock(app, server, lambda: loops[0])
    finally:
        server.stop()
        thread.join(10)
