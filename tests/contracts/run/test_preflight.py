from __future__ import annotations

import asyncio
from typing import Any

import pytest

from pixpact.contracts.claims.contract_claims import ContractClaims
from pixpact.contracts.limits.budget import Budget, SpendingCaps
from pixpact.contracts.run.preflight import why_misplaced
from pixpact.contracts.traffic.case import CaseReader
from pixpact.contracts.transport.keys import ApiKeys
from pixpact.contracts.transport.transport import RequestSender, credentials_of
from pixpact.specs.catalogue import SpecCatalogue
from pixpact.wire.clock import ManualClock


def served(status: int, headers: dict[str, str] | None = None, body: bytes = b"") -> Any:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        pairs = [(name.encode(), text.encode()) for name, text in (headers or {}).items()]
        await send({"type": "http.response.start", "status": status, "headers": pairs})
        await send({"type": "http.response.body", "body": body})

    return app


def said(app: Any, base: str) -> str:
    contract = SpecCatalogue().source("toapis").contract()
    transport = RequestSender(
        base,
        budget=Budget(SpendingCaps()),
        clock=ManualClock(1.0),
        app=app,
        credentials=credentials_of(contract),
        keys=ApiKeys("sk-own-key"),
    )
    return asyncio.run(why_misplaced(transport, CaseReader(ContractClaims(contract), (base,))))


@pytest.mark.parametrize(
    ("base", "right"),
    [
        ("https://toapis.com/v1", "give --url https://toapis.com"),
        ("https://gateway.example/a/v1/images/generations", "give --url https://gateway.example/a"),
        ("https://toapis.com", "--url must be the part before /v1/images/generations"),
    ],
)
def test_a_base_where_nothing_is_says_which_would_be_right(base: str, right: str) -> None:
    """What comes twice is left out, as with the base URLs that SDKs want."""
    assert said(served(404), base).endswith(right)


def test_a_redirect_says_where_the_contract_is() -> None:
    """Redirects of API calls are not followed; where one leads is the base to give."""
    moved = served(308, {"location": "https://api.toapis.com/v1/images/generations"})

    assert said(moved, "http://toapis.com").endswith("returned 308; give --url https://api.toapis.com")


@pytest.mark.parametrize("status", [200, 400, 401, 403, 429, 500, 503])
def test_whatever_else_is_answered_is_judged_by_the_check(status: int) -> None:
    """A server that refuses, or is busy, is there."""
    assert "" == said(served(status), "https://toapis.com/v1")
