"""Money as users write it on a command line."""

from __future__ import annotations

from decimal import Decimal, InvalidOperation

from pixpact.refusal import Refused


def amount(text: str | None, name: str) -> Decimal | None:
    """The amount that an option was given, None without one. Raises Refused for what is no amount of money."""
    if text is None:
        return None
    try:
        given = Decimal(text)
    except InvalidOperation:
        given = Decimal(-1)
    if not given.is_finite() or given < 0:
        raise Refused(f"pixpact: {name} {text!r} is no amount of money; write a number such as 1.50")
    return given
