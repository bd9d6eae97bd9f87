"""Parses amounts of money, from a command line or from Python."""

from __future__ import annotations

from decimal import Decimal, InvalidOperation

from pixpact.terminal.refusal import UsageRefused


def parse_amount(text: str | None, name: str) -> Decimal | None:
    """The amount in an option; None without one. Raises UsageRefused if it is not an amount of money."""
    if text is None:
        return None
    try:
        given = Decimal(text)
    except InvalidOperation:
        given = Decimal(-1)
    if not given.is_finite() or not 0 <= given <= MOST:
        raise UsageRefused(f"pixpact: {name} {text!r} is not an amount of money; write a number such as 1.50")
    return given


MOST = Decimal(10) ** 15
"""The largest balance: larger ones could not be represented to the last digit."""


def balance_of(written: object) -> Decimal:
    """The opening balance of a key. Raises ValueError if it is not a balance."""
    try:
        given = Decimal(str(written))
    except InvalidOperation:
        given = Decimal(-1)
    if isinstance(written, bool) or not given.is_finite() or not 0 <= given <= MOST:
        raise ValueError(f"{written!r} is not a balance; write a number from 0, such as 10.00")
    return given
