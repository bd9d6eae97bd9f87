"""A Redis for the canaries, as the tests of stores start it."""

from __future__ import annotations

from tests.mockserver.stores.conftest import redis_server

__all__ = ["redis_server"]
