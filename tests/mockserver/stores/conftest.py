"""Stores of every kind, and a real Redis that lives as long as the tests do."""

from __future__ import annotations

import asyncio
import itertools
import shutil
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import redis

from pixpact.mockserver.stores.choice import StoreChoice

REMEDY = "these tests need redis-server, which is not in PATH: apt-get install redis-server"
_DATABASES = itertools.count()


@dataclass
class RedisServer:
    """A server of our own on a free port. It keeps nothing on disk, and can be killed and started again."""

    port: int
    process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        words = ["redis-server", "--port", str(self.port), "--save", "", "--appendonly", "no", "--bind", "127.0.0.1"]
        words += ["--databases", "500"]
        self.process = subprocess.Popen(words, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        with redis.Redis(port=self.port) as client:
            for _ in range(3000):  # a process of its own, which a busy machine may start late
                try:
                    client.ping()
                    return
                except redis.ConnectionError:
                    time.sleep(0.02)
        raise AssertionError("redis-server did not start")

    def stop(self) -> None:
        if self.process is not None:
            self.process.kill()
            self.process.wait()
        self.process = None

    def database(self) -> str:
        """The address of an empty database of it."""
        return f"redis://127.0.0.1:{self.port}/{next(_DATABASES)}"


def new_redis() -> RedisServer:
    """A server that is not started yet."""
    if shutil.which("redis-server") is None:
        pytest.fail(REMEDY)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return RedisServer(free.getsockname()[1])


@pytest.fixture(scope="session")
def redis_server() -> Iterator[RedisServer]:
    """A Redis that many tests use, each its own database."""
    server = new_redis()
    server.start()
    yield server
    server.stop()


@pytest.fixture
def own_redis() -> Iterator[RedisServer]:
    """A Redis of one test, which may stop it."""
    server = new_redis()
    server.start()
    yield server
    server.stop()


@pytest.fixture
def new_choice(redis_server: RedisServer, tmp_path: Path) -> Callable[[str], StoreChoice]:
    """A new and empty store of a kind."""
    numbers = itertools.count()

    def make(kind: str) -> StoreChoice:
        if kind == "sqlite":
            return StoreChoice(kind, str(tmp_path / f"store-{next(numbers)}.db"))
        return StoreChoice(kind, redis_server.database())

    return make


@pytest.fixture
def run() -> Iterator[Callable]:
    """Run a coroutine in the event loop of this test."""
    loop = asyncio.new_event_loop()
    yield loop.run_until_complete
    loop.close()
