"""What may happen to bodies: their type, their encoding, their outermost form."""

from __future__ import annotations

import json
from typing import Any

from .case import Odd
from .relay import (
    always,
    bytes_of,
    documents,
    header,
    instead,
    relay,
    submits,
    success,
    typed,
    value_of,
)

_VENDORS = ("toapis", "apimart", "apiyi", "fasttoken")
TYPE = "createImage:answer/200/content-type"


def _spaced(body: bytes) -> bytes:
    return b"\r\n " + json.dumps(json.loads(body), indent=4).encode() + b"\n\n"


def _escaped(body: bytes) -> bytes:
    return json.dumps(json.loads(body), ensure_ascii=True).replace("/", "\\/").encode()


def _enveloped(value: Any) -> Any:
    return {"code": 0, "msg": "ok", "payload": value}


_ALL = {
    "typed-as-text": typed("text/plain"),
    "typed-as-html": typed("text/html; charset=utf-8"),
    "untyped": typed(""),
    "octet-stream": typed("application/octet-stream"),
    "byte-order-mark": bytes_of(lambda body: b"\xef\xbb\xbf" + body),
    "utf-16": bytes_of(lambda body: body.decode().encode("utf-16")),
    "cut-in-half": bytes_of(lambda body: body[: len(body) // 2]),
    "html": instead(200, b"<html>Welcome</html>", "text/html"),
}
_FINE = {
    "spaced": bytes_of(_spaced),
    "escaped": bytes_of(_escaped),
    "charset": typed("application/json; charset=utf-8"),
    "charset-in-capitals": typed("Application/JSON;charset=UTF-8"),
    "more-headers": header("x-request-id", "abc"),
    "cookie": header("set-cookie", "session=1; HttpOnly"),
}

ROWS = (
    *(
        Odd(f"{vendor}-json-{name}", vendor, relay(always(success), alter), 1, (TYPE,))
        for name, alter in _ALL.items()
        for vendor in _VENDORS
        if name in ("byte-order-mark", "typed-as-text") or _VENDORS.index(vendor) % 2 == len(name) % 2
    ),
    *(
        Odd(f"{vendor}-json-{name}", vendor, relay(always(documents), alter))
        for index, (name, alter) in enumerate(_FINE.items())
        for vendor in (_VENDORS[index % 4], _VENDORS[(index + 1) % 4])
    ),
    *(
        Odd(f"{vendor}-enveloped", vendor, relay(always(submits), value_of(_enveloped)), 1, (claim,))
        for vendor, claim in (
            ("toapis", ":answer/Task/required/id"),
            ("fasttoken", "createImage:answer/Pictures/required/data"),
        )
    ),
    *(
        Odd(
            f"{vendor}-error-in-a-200",
            vendor,
            relay(always(submits), instead(200, {"error": {"message": "Internal error", "type": "server_error"}})),
            1,
            (claim,),
        )
        for vendor, claim in (("toapis", ":answer/Task/required/id"), ("apiyi", "createImage:request/together"))
    ),
    *(
        Odd(f"{vendor}-204", vendor, relay(always(submits), instead(204, b"", "")), 1, ("createImage:answer/200",))
        for vendor in _VENDORS
    ),
)
