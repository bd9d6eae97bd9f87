"""A Redis of its own for what searches all that is in it."""

from __future__ import annotations

from tests.mockserver.stores.conftest import own_redis

__all__ = ["own_redis"]
