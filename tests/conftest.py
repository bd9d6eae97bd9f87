"""What the tests share: contracts, loaded once, and a client that speaks ASGI with a mock in this process."""

from __future__ import annotations

import asyncio
import atexit
import hashlib
import itertools
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import pytest
from hypothesis import settings

from pixpact.mockserver.app import MockApp
from pixpact.mockserver.context import MockContext, MockSettings
from pixpact.mockserver.core.pace import parse
from pixpact.mockserver.playback.recording import Recording
from pixpact.mockserver.state.store import Store
from pixpact.mockserver.stores.choice import MEMORY, StoreChoice, open_moment
from pixpact.mockserver.stores.clock_follower import StoreFollower
from pixpact.mockserver.stores.shared_clock import SharedMoment
from pixpact.specs.catalogue import SpecCatalogue
from pixpact.specs.contract.model import Contract
from pixpact.wire.clock import Clock, ManualClock

ROOT = Path(__file__).parent.parent
# Some images of Python set this: then each of the processes that the tests start would compile every module anew.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
sys.dont_write_bytecode = False
# What one test keeps of a spec must not decide another test, nor the next run.
os.environ["XDG_CACHE_HOME"] = tempfile.mkdtemp(prefix="pixpact-cache-")
atexit.register(shutil.rmtree, os.environ["XDG_CACHE_HOME"], ignore_errors=True)
# The same examples in every run, so that a test never fails by chance; `bench/properties.py` draws others.
settings.register_profile("same", derandomize=True, deadline=None)
settings.register_profile("drawn", deadline=None, print_blob=True)
settings.load_profile("drawn" if os.environ.get("PIXPACT_DRAWN") else "same")
START = 1_790_000_000.0
HOST = "http://mock.test:4747"


@cache
def load(name: str) -> Contract:
    """A contract by the name a user gives, or the path of a spec; loaded once per session."""
    path = name.endswith(".yaml") and "@" not in name
    return SpecCatalogue().source(str(ROOT / name) if path else name).contract()


@pytest.fixture(scope="session")
def contract() -> Callable[[str], Contract]:
    return load


@dataclass
class Response:
    """One response of the mock."""

    status: int
    headers: dict[str, str]
    body: bytes
    chunks: list[bytes] = field(default_factory=list)

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def text(self) -> str:
        return self.body.decode()


def new_context(
    settings: MockSettings, clock: Clock, recording: Recording | None, store: Store | None, choice: StoreChoice
) -> MockContext:
    """The context of a mock that remembers in this process, in `store`, or where `choice` says."""
    if choice.kind == "memory":
        return MockContext.new(settings, clock, recording, store)
    shared = choice.opened()

    async def found() -> SharedMoment:
        first = choice.opened()
        try:
            return await open_moment(first, clock, settings.pace.text)
        finally:
            await first.backend.close()

    return MockContext.following(settings, StoreFollower(shared, asyncio.run(found())), recording)


class Client:
    """A mock in this process, and how to talk to it."""

    def __init__(self, app: MockApp, key: str | None) -> None:
        self.app = app
        self.context = app.context
        self.key = key
        self._loop = asyncio.new_event_loop()

    def close(self) -> None:
        if self.context.shared is not None:
            self._loop.run_until_complete(self.context.shared.store.backend.close())
        self._loop.run_until_complete(self._loop.shutdown_default_executor())
        self._loop.close()

    def advance(self, seconds: float) -> None:
        self._loop.run_until_complete(self.context.clock.forward(seconds))

    def journal(self, **note: str) -> list[Any]:
        """The recorded exchanges whose notes say this."""
        kept = self._loop.run_until_complete(self.context.journal.kept())
        return [it for it in kept.exchanges if note.items() <= dict(it.note).items()]

    def get(self, url: str, **options: Any) -> Response:
        return self.request("GET", url, **options)

    def post(self, url: str, json: Any = None, **options: Any) -> Response:
        return self.request("POST", url, json=json, **options)

    def request(
        self,
        method: str,
        url: str,
        *,
        json: Any = None,
        content: bytes | None = None,
        headers: dict[str, str] | None = None,
        key: str | None = "",
        host: str | None = None,
    ) -> Response:
        """Send one request; `key=None` sends no key, `content` sends these bytes as they are."""
        parts = urlsplit(url)
        sent = {"host": host or urlsplit(HOST).netloc, **self._credentials(key)}
        if json is not None:
            content = globals()["json"].dumps(json).encode()
            sent["content-type"] = "application/json"
        sent |= {name.lower(): value for name, value in (headers or {}).items()}
        scope = {
            "type": "http",
            "asgi": {"version": "3.0"},
            "http_version": "1.1",
            "method": method,
            "scheme": "http",
            "path": unquote(parts.path),
            "raw_path": parts.path.encode(),
            "query_string": parts.query.encode(),
            "root_path": "",
            "headers": [(name.encode(), value.encode("latin-1")) for name, value in sent.items()],
            "server": ("127.0.0.1", 4747),
            "client": ("127.0.0.1", 50000),
        }
        return self._loop.run_until_complete(self._exchange(scope, content or b""))

    def _credentials(self, key: str | None) -> dict[str, str]:
        chosen = self.key if key == "" else key
        return {} if chosen is None else {"authorization": f"Bearer {chosen}"}

    async def _exchange(self, scope: dict[str, Any], content: bytes) -> Response:
        messages: list[dict[str, Any]] = []
        pending = [{"type": "http.request", "body": content, "more_body": False}, {"type": "http.disconnect"}]

        async def receive() -> dict[str, Any]:
            return pending.pop(0)

        async def send(message: dict[str, Any]) -> None:
            messages.append(message)

        await self.app(scope, receive, send)
        start = next(message for message in messages if message["type"] == "http.response.start")
        chunks = [message.get("body", b"") for message in messages if message["type"] == "http.response.body"]
        headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in start["headers"]}
        return Response(start["status"], headers, b"".join(chunks), chunks)


_STORES = itertools.count()


def chosen_store(folder: Path) -> StoreChoice:
    """The memory of this process, or a new SQLite file where PIXPACT_TEST_STORE is `sqlite`."""
    if os.environ.get("PIXPACT_TEST_STORE") != "sqlite":
        return MEMORY
    return StoreChoice("sqlite", str(folder / f"mocked-{next(_STORES)}.db"))


@pytest.fixture
def mocked(tmp_path: Path) -> Iterator[Callable[..., Client]]:
    """Make a client of a mock that serves these contracts on a standing clock."""
    made: list[Client] = []

    def make(
        *names: str,
        pace: str = "1x",
        key: str | None = "sk-test",
        recording: Recording | None = None,
        store: Store | None = None,
        choice: StoreChoice = MEMORY,
        **settings: Any,
    ) -> Client:
        if store is None and choice is MEMORY:
            choice = chosen_store(tmp_path)
        context = new_context(MockSettings(parse(pace), **settings), ManualClock(START), recording, store, choice)
        client = Client(MockApp([load(name) for name in names], context), key)
        made.append(client)
        return client

    yield make
    for client in made:
        client.close()


@pytest.fixture(scope="session")
def npm_project() -> Callable[[Path], Path]:
    """Install what the lock file of a folder names, once: the folder that then has `node_modules`."""
    return _npm_installed


def _npm_installed(project: Path) -> Path:
    lock = hashlib.sha256((project / "package-lock.json").read_bytes() + str(ROOT).encode()).hexdigest()
    folder = Path(sys.prefix) / "npm" / lock[:16]
    if not folder.exists():
        _npm_install(project, folder)
    return folder / project.relative_to(ROOT)


def _npm_install(project: Path, folder: Path) -> None:
    """Into a folder of its own first, for others may be at it at the same time."""
    npm = shutil.which("npm")
    if npm is None:
        pytest.fail("these tests need Node.js 20 or newer, with npm: neither is in PATH")
    folder.parent.mkdir(parents=True, exist_ok=True)
    started = Path(tempfile.mkdtemp(dir=folder.parent))
    inside = started / project.relative_to(ROOT)
    inside.mkdir(parents=True)
    shutil.copytree(ROOT / "clients", started / "clients")  # npm follows no link out of the folder
    for name in ("package.json", "package-lock.json", ".npmrc"):
        shutil.copy(project / name, inside)
    words = [npm, "ci", "--no-audit", "--no-fund", "--loglevel=error"]
    done = subprocess.run(words, cwd=inside, capture_output=True, text=True, timeout=300, check=False)
    if done.returncode:
        pytest.fail(f"npm could not install what {project / 'package-lock.json'} names:\n{done.stderr}")
    shutil.rmtree(started / "clients")
    (started / "clients").symlink_to(ROOT / "clients")
    try:
        started.rename(folder)
    except OSError:  # the other one was first
        shutil.rmtree(started)


@pytest.fixture(scope="session")
def user_environment() -> dict[str, str]:
    """That of a user: Pixpact's command and Python are in PATH, and nothing of the tests that run."""
    hidden = ("PYTEST_", "PIXPACT_", "NODE_")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(hidden)}
    commands = str(Path(sys.executable).parent)
    return kept | {"PATH": commands + os.pathsep + kept["PATH"], "PYTHONDONTWRITEBYTECODE": "1"}
