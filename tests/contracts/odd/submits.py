"""What may happen to requests for images, and to what must be refused."""

from __future__ import annotations

from ..beneath import takes_any_key
from .case import Odd
from .polls import BUSY
from .relay import (
    always,
    before,
    every,
    everything,
    instead,
    keyless,
    once,
    refusals,
    relay,
    status,
    submits,
)

_VENDORS = ("toapis", "apimart", "apiyi", "fasttoken")
_EACH = ("429-after-1", "429-at-a-date", "429-silent-about-when", "503-after-2")


ROWS = (
    *(
        Odd(f"{vendor}-third-submit-{name}", vendor, relay(every(submits, 3), BUSY[name]))
        for index, name in enumerate(_EACH)
        for vendor in (_VENDORS[index], _VENDORS[(index + 1) % 4])
    ),
    *(Odd(f"{vendor}-first-five-429", vendor, before(5, BUSY["429-after-1"])) for vendor in _VENDORS),
    *(
        Odd(f"{vendor}-refusals-429-now-and-then", vendor, relay(every(refusals, 4), BUSY["429-after-1"]))
        for vendor in _VENDORS
    ),
    *(
        Odd(f"{vendor}-everything-429", vendor, relay(always(everything), instead(429, b"", "")), 3)
        for vendor in ("toapis", "apiyi")
    ),
    *(
        Odd(f"{vendor}-everything-503", vendor, relay(always(everything), BUSY["503-html"]), 3)
        for vendor in ("apimart", "fasttoken")
    ),
    *(
        Odd(f"{vendor}-everything-reset", vendor, relay(always(everything), BUSY["reset"]), 3)
        for vendor in ("apiyi", "toapis")
    ),
    *(
        Odd(
            f"{vendor}-submits-429-for-a-day",
            vendor,
            relay(always(submits), instead(429, b"", "", retry_after="86400")),
            3,
        )
        for vendor in ("apimart", "fasttoken")
    ),
    *(
        Odd(
            f"{vendor}-one-refusal-reset",
            vendor,
            relay(once(keyless, 1), BUSY["reset"]),
            3,
        )
        for vendor in ("apimart", "apiyi")
    ),
    *(
        Odd(
            f"{vendor}-takes-any-key",
            vendor,
            takes_any_key,
            1,
            (*(f"{operation}:refusal/unauthenticated" for operation in operations),),
        )
        for vendor, operations in (("apiyi", ("createImage",)), ("fasttoken", ("createImage",)))
    ),
    *(
        Odd(
            f"{vendor}-submits-{code}",
            vendor,
            relay(always(submits), status(code)),
            1,
            ("createImage:answer/200",),
        )
        for vendor, code in (("toapis", 201), ("apimart", 202), ("apiyi", 201), ("fasttoken", 206))
    ),
    *(
        Odd(
            f"{vendor}-refused-with-{code}",
            vendor,
            relay(always(refusals), status(code)),
            1,
            ("createImage:refusal/invalid-request",),
        )
        for vendor, code in (("toapis", 422), ("apimart", 200), ("fasttoken", 200), ("apiyi", 422), ("toapis", 500))
    ),
    *(
        Odd(f"{vendor}-no-key-403", vendor, relay(always(keyless), status(403)), 1, finds)
        for vendor, finds in (
            ("toapis", ("createImage:refusal/unauthenticated",)),
            ("fasttoken", ("createImage:refusal/unauthenticated",)),
        )
    ),
)
