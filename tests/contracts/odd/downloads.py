"""What may happen to the download of an image."""

from __future__ import annotations

from .case import Odd
from .relay import (
    after,
    always,
    bytes_of,
    every,
    first,
    images,
    instead,
    once,
    polls,
    put,
    relay,
    reset,
    silence,
    status,
    submits,
    typed,
    value_of,
)

_BUSY = instead(503, b"<html>busy</html>", "text/html")
_LIMITED = instead(429, b"slow down", "text/plain", retry_after="1")

OPEN = ("createImage:image/open",)
COMPLETE = ("createImage:image/complete",)
TYPE = ("createImage:image/content-type",)

_ALWAYS = {
    "reset": (reset, OPEN),
    "silent": (silence, OPEN),
    "403": (instead(403, b"forbidden", "text/plain"), OPEN),
    "404": (instead(404, b"gone", "text/plain"), OPEN),
    "410": (instead(410, b"gone", "text/plain"), OPEN),
    "429": (_LIMITED, OPEN),
    "500": (instead(500, b"oops", "text/plain"), OPEN),
    "503": (_BUSY, OPEN),
    "206": (status(206, content_range="bytes 0-9/100"), OPEN),
    "304": (instead(304, b"", ""), OPEN),
    "301-nowhere": (instead(301, b"", ""), OPEN),
    "redirected-away": (instead(302, b"", "", location="http://nowhere.invalid/a.png"), OPEN),
    "204": (instead(204, b"", ""), COMPLETE),
    "empty": (bytes_of(lambda _: b""), COMPLETE),
    "cut-in-half": (bytes_of(lambda body: body[: len(body) // 2]), COMPLETE),
    "html": (bytes_of(lambda _: b"<html>log in</html>"), COMPLETE),
    "octet-stream": (typed("application/octet-stream"), TYPE),
    "untyped": (typed(""), TYPE),
    "typed-as-gif": (typed("image/gif"), TYPE),
}
_ONCE = {
    "reset": reset,
    "silent": silence,
    "503": _BUSY,
    "429": _LIMITED,
    "404": instead(404, b"not yet", "text/plain"),
}

_SYNC, _ASYNC = ("apiyi", "fasttoken"), ("toapis", "apimart")


def _urls(vendor: str, url: str) -> Odd:
    if vendor == "toapis":
        change = relay(always(polls), value_of(put("result/data/*/url", url)))
    elif vendor == "apimart":
        change = relay(always(polls), value_of(put("data/result/images/*/url", [url])))
    else:
        change = relay(always(submits), value_of(put("data/*/url", url)))
    return Odd("", vendor, change, 1, OPEN)


ROWS = (
    *(
        Odd(f"{vendor}-images-{name}", vendor, relay(always(images), alter), 1, finds)
        for index, (name, (alter, finds)) in enumerate(_ALWAYS.items())
        for vendor in ((*_SYNC, *_ASYNC) if index < 2 else ((*_SYNC, *_ASYNC)[index % 4],))
    ),
    *(
        Odd(f"{vendor}-images-first-{name}", vendor, relay(first(images), alter))
        for index, (name, alter) in enumerate(_ONCE.items())
        for vendor in (_SYNC[index % 2], _ASYNC[index % 2])
    ),
    Odd("toapis-one-image-503", "toapis", relay(once(images, 3), _BUSY)),
    Odd("apiyi-every-third-download-reset", "apiyi", relay(every(images, 3), reset)),
    Odd(
        "fasttoken-images-work-once",
        "fasttoken",
        relay(after(images, 1), instead(404, b"gone", "text/plain")),
        1,
        ("createImage:image/Image/available",),
    ),
)
