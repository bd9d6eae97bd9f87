"""What gateways and careless writers do to everything that passes: codings, prefixes, pages of their own, addresses."""

from __future__ import annotations

import gzip
from dataclasses import replace

from ..proxying import Answered, Asked
from .bodies import TYPE
from .case import Odd
from .downloads import COMPLETE, OPEN
from .relay import (
    Alter,
    added,
    always,
    at,
    bytes_of,
    documents,
    finished,
    first,
    header,
    images,
    instead,
    is_submit,
    keyless,
    polls,
    put,
    refusals,
    relay,
    status,
    streams,
    submits,
    success,
    typed,
    value_of,
    without,
)

_URL = "data/*/url"
_CREATED = "createImage:answer/Pictures/created"


def _packed(response: Answered) -> Answered:
    others = {name: text for name, text in response.headers.items() if name != "content-length"}
    return replace(response, headers={**others, "content-encoding": "gzip"}, body=gzip.compress(response.body))


def _wrong_key(asked: Asked, response: Answered) -> bool:
    return keyless(asked, response) and "authorization" in asked.headers


def _path(url: str) -> str:
    return "/" + url.split("/", 3)[3]


_SUCCESS: dict[str, tuple[Alter, tuple[str, ...]]] = {
    "not-a-number": (bytes_of(lambda body: body.replace(b'{"', b'{"x": NaN, "', 1)), (TYPE,)),
    "guarded-by-a-prefix": (bytes_of(lambda body: b")]}',\n" + body), (TYPE,)),
    "two-documents": (bytes_of(lambda body: body + b"\n" + body), (TYPE,)),
    "text-json": (typed("text/json"), (TYPE,)),
    "of-a-vendor's-type": (typed("application/vnd.api+json"), (TYPE,)),
    "created-in-milliseconds": (value_of(at("created", lambda it: it * 1000)), (f"{_CREATED}/x-value",)),
    "created-with-a-fraction": (value_of(at("created", lambda it: it + 0.5)), (f"{_CREATED}/type",)),
    "created-at-zero": (value_of(put("created", 0)), (f"{_CREATED}/x-value",)),
    "created-as-text": (value_of(at("created", str)), (f"{_CREATED}/type",)),
    "model-in-capitals": (value_of(at("model", str.upper)), ("createImage:answer/Pictures/model/x-value",)),
    "empty": (instead(200, b"", ""), (TYPE,)),
}
_URLS: dict[str, tuple[Alter, tuple[str, ...]]] = {
    "relative": (value_of(at(_URL, _path)), OPEN),
    "without-a-scheme": (value_of(at(_URL, lambda url: url.partition(":")[2])), OPEN),
    "empty": (value_of(put(_URL, "")), OPEN),
    "null": (value_of(put(_URL, None)), ("createImage:answer/Picture/oneOf/0/url/type",)),
}
_REFUSED: dict[str, tuple[Alter, tuple[str, ...]]] = {
    "problem-json": (typed("application/problem+json"), (":answer/Refused/content-type",)),
    "html": (instead(400, b"<html>bad</html>", "text/html"), (":answer/Refused/content-type",)),
    "empty": (instead(400, b"", ""), (":answer/Refused/content-type",)),
    "500-html": (instead(500, b"<html>oops</html>", "text/html"), ("createImage:refusal/invalid-request",)),
}

ROWS = (
    Odd("fasttoken-packed", "fasttoken", relay(always(documents), _packed)),
    Odd("fasttoken-says-packed", "fasttoken", relay(always(documents), header("content-encoding", "gzip")), 3),
    Odd(
        "fasttoken-one-more-field",
        "fasttoken",
        relay(always(success), value_of(added("trace_id", "abc"))),
        0,
        ("createImage:answer/Pictures/members",),
    ),
    *(
        Odd(f"fasttoken-success-{name}", "fasttoken", relay(always(submits), alter), 1, finds)
        for name, (alter, finds) in _SUCCESS.items()
    ),
    *(
        Odd(f"fasttoken-url-{name}", "fasttoken", relay(always(submits), alter), 1, finds)
        for name, (alter, finds) in _URLS.items()
    ),
    *(
        Odd(f"fasttoken-refusals-{name}", "fasttoken", relay(always(refusals), alter), 1, finds)
        for name, (alter, finds) in _REFUSED.items()
    ),
    Odd("fasttoken-refusals-busy-for-ever", "fasttoken", relay(always(refusals), instead(503, b"", "")), 3),
    Odd(
        "fasttoken-no-key-without-a-body",
        "fasttoken",
        relay(always(keyless), instead(401, b"", "", www_authenticate="Bearer")),
        1,
        (":answer/Unauthenticated/content-type",),
    ),
    Odd(
        "fasttoken-wrong-key-403",
        "fasttoken",
        relay(always(_wrong_key), status(403)),
        1,
        ("createImage:refusal/unauthenticated",),
    ),
    Odd(
        "fasttoken-submits-lead-away",
        "fasttoken",
        relay(
            always(lambda asked, _: is_submit(asked)), instead(307, b"", "", location="http://127.0.0.1:4747/elsewhere")
        ),
        3,
    ),
    Odd(
        "fasttoken-image-is-an-error",
        "fasttoken",
        relay(always(images), instead(200, {"error": "no such key"})),
        1,
        COMPLETE,
    ),
    Odd(
        "fasttoken-image-leads-to-itself",
        "fasttoken",
        relay(always(images), instead(302, b"", "", location="http://127.0.0.1:4747/_files/loop.png")),
        1,
        OPEN,
    ),
    Odd(
        "fasttoken-bytes-after-the-image",
        "fasttoken",
        relay(always(images), bytes_of(lambda body: body + b"MORE" * 50)),
    ),
    *(
        Odd(f"toapis-polls-{name}", "toapis", relay(when, alter), 1, (claim,))
        for name, when, alter, claim in (
            ("as-a-list", always(polls), value_of(lambda task: [task]), ":answer/Task/type"),
            ("without-a-status", always(polls), value_of(without("status")), ":answer/Task/required/status"),
            ("empty", always(polls), instead(200, b"", ""), "getImage:answer/200/content-type"),
            (
                "with-the-result-a-poll-later",
                first(finished),
                value_of(without("result")),
                ":answer/Task/allOf/0/then/required/result",
            ),
        )
    ),
    *(
        Odd(f"apiyi-stream-{name}", "apiyi", relay(always(streams), bytes_of(change)), 1, (claim,))
        for name, change, claim in (
            ("cut", lambda body: body[: 2 * len(body) // 3], "createImage:answer/Stream/contains"),
            ("ended-twice", lambda body: body + b"data: [DONE]\n\n", "createImage:answer/Stream/maxContains"),
        )
    ),
    *(
        Odd(f"apiyi-stream-{name}", "apiyi", relay(always(streams), bytes_of(change)))
        for name, change in {
            "with-crlf": lambda body: body.replace(b"\n", b"\r\n"),
            "with-comments": lambda body: b": hello\n\n" + body.replace(b"\n\n", b"\n\n: here\n\n"),
            "without-a-space": lambda body: body.replace(b"data: ", b"data:"),
            "with-ids": lambda body: body.replace(b"event:", b"id: 7\nretry: 1000\nevent:"),
            "with-a-byte-order-mark": lambda body: b"\xef\xbb\xbf" + body,
        }.items()
    ),
)
