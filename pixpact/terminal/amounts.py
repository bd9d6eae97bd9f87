"""Money as users write it, on a command line and in Python."""

from __future__ import annotations

from decimal import Decimal, InvalidOperation

from pixpact.terminal.refusal import UsageRefused


def parse_amount(text: str | None, name: str) -> Decimal | None:
    """The amount that an option was given, None without one. Raises UsageRefused for what is no amount of money."""
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
"""The largest balance: more could not be told to the last digit."""


def balance_of(written: object) -> Decimal:
    """The opening balance of a key. Raises ValueError for what is none."""
    try:
        given = Decimal(str(written))
    except InvalidOperation:
        given = Decimal(-1)
    if isinstance(written, bool) or not given.is_finite() or not 0 <= given <= MOST:
        raise ValueError(f"{written!r} is not a balance; write a number from 0, such as 10.00")
    return given
