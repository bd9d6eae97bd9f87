"""Statuses of responses, and the keys that OpenAPI gives them."""

from __future__ import annotations


def status_keys(status: int) -> tuple[str, str, str]:
    """The keys of OpenAPI's Responses Object that stand for a status, the most specific first: 404, 4XX, default."""
    return str(status), f"{status // 100}XX", "default"
