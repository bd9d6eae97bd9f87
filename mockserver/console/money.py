"""`/_pixpact/accounts`: what each key has left and has used."""

from __future__ import annotations

from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from pixpact.mockserver.console.replies import as_json
from pixpact.mockserver.context import MockContext
from pixpact.mockserver.core.identity import account_of
from pixpact.mockserver.state.ledger import OPENING


class Accounts:
    """The accounts that were charged, and those of the keys that the mock was given."""

    def __init__(self, context: MockContext) -> None:
        self._context = context

    async def listed(self, request: Request) -> Response:
        """Each account by its name, which does not tell the key; amounts are in the vendor's currency."""
        now, store = self._context.clock.now(), self._context.store
        currencies = {(charge.vendor, charge.account): charge.currency for charge in await store.charges(now)}
        openings = self._openings()
        for vendor, account in openings:
            currencies.setdefault((vendor, account), None)
        rows: list[dict[str, Any]] = []
        for (vendor, account), currency in currencies.items():
            funds = await store.funds(account, openings.get((vendor, account), OPENING), now)
            rows.append(
                {
                    "account": account,
                    "vendor": vendor,
                    "currency": currency,
                    "balance": funds.balance,
                    "used": funds.used,
                }
            )
        return as_json({"accounts": rows})

    def _openings(self) -> dict[tuple[str, str], Any]:
        keys = self._context.settings.keys or {}
        vendors = dict.fromkeys(contract.vendor for contract in self._context.faults.contracts)
        return {(vendor, account_of(vendor, key)): keys[key] for vendor in vendors for key in keys}
