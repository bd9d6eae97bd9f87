"""Who may use the control side: no browser page of another origin and, where there is a token, nobody without it."""

from __future__ import annotations

import re
from hmac import compare_digest
from http.cookies import CookieError, SimpleCookie
from ipaddress import ip_address
from secrets import token_urlsafe
from urllib.parse import parse_qs, quote, urlsplit

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from pixpact.mockserver.context import MockContext
from pixpact.mockserver.core.addresses import authority
from pixpact.mockserver.core.problem import send_problem
from pixpact.mockserver.requests.decoding import MOST_BODY, BodyTooLarge, ClientDisconnected, body_of, headers_of

_COOKIE = "pixpact-token"
_TOKEN = re.compile(r"[A-Za-z0-9._~-]{8,200}")
_WRITTEN = "%/:@!$&'()*+,;=~?[]"
"""Characters that stay as they are in a query."""
_PAGE = ("/_pixpact", "/_pixpact/")
_OPEN = ("/", "/_pixpact/health")
"""What tells nothing but that the mock is up, for whoever waits for it."""


def token_for(host: str, given: str | None = None) -> str | None:
    """The token of a mock that listens there: the one that is given, else a new one unless it is on this machine alone.

    Raises ValueError for one that cannot be sent, or is too easily found.
    """
    if given is not None and not _TOKEN.fullmatch(given):
        raise ValueError("a token has 8 characters or more: letters, digits and - . _ ~")
    if given is not None or host == "localhost" or (_is_address(host) and ip_address(host).is_loopback):
        return given
    return token_urlsafe(18)


def guarded(app: ASGIApp, context: MockContext) -> ASGIApp:
    """The control side, behind its guard."""
    settings = context.settings

    async def guard(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return await app(scope, receive, send)
        if not scope["query_string"].isascii():  # whoever reads it takes it for UTF-8, which it need not be
            scope = {**scope, "query_string": quote(scope["query_string"], safe=_WRITTEN).encode()}
        headers, listens = Headers(scope=scope), bool(context.outbox.own_ports)  # in process no name leads here
        if _is_foreign(headers, settings.public_url, listens):
            detail = "browser pages of other origins may not use the control API"
            return await send_problem(send, 403, "Foreign origin", detail)
        token = settings.token
        if token is None or scope["path"] in _OPEN or _is_given(headers, token):
            return await _passed(scope, receive, send)
        if scope["method"] == "GET" and scope["path"] in _PAGE and _same(_asked(scope), token):
            return await _let_in(send, token)
        detail = "this mock is reachable from other machines, so its control API requires the token that it printed"
        wants = [(b"www-authenticate", b"Bearer")]
        return await send_problem(send, 401, "No token", f"{detail}: send Authorization: Bearer TOKEN", wants)

    async def _passed(scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on with its body, which is read within the bounds of all others."""
        if scope["method"] in ("GET", "HEAD", "OPTIONS"):
            return await app(scope, receive, send)
        try:
            body = await body_of(receive, headers_of(scope), context.room)
        except ClientDisconnected:
            return None
        except BodyTooLarge:
            return await send_problem(send, 413, "Body too large", f"more than {MOST_BODY} bytes of body")
        bodies = iter([body])

        async def whole() -> Message:
            for content in bodies:
                return {"type": "http.request", "body": content, "more_body": False}
            return await receive()

        return await app(scope, whole, send)

    return guard


def _is_given(headers: Headers, token: str) -> bool:
    """Whether a request carries the token, as a program or as the console sends it."""
    scheme, _, given = headers.get("authorization", "").partition(" ")
    if scheme.lower() == "bearer" and _same(given.strip(), token):
        return True
    try:
        cookie = SimpleCookie(headers.get("cookie", "")).get(_COOKIE)
    except CookieError:
        return False
    return cookie is not None and _same(cookie.value, token)


def _asked(scope: Scope) -> str:
    query: bytes = scope["query_string"]
    return parse_qs(query.decode("latin-1")).get("token", [""])[0]


def _same(given: str, token: str) -> bool:
    return compare_digest(given.encode("utf-8", "surrogatepass"), token.encode())


async def _let_in(send: Send, token: str) -> None:
    """Give a browser the token as a cookie that no page can read, and an address without it."""
    cookie = f"{_COOKIE}={token}; Path=/_pixpact; HttpOnly; SameSite=Strict"
    headers = [(b"location", b"/_pixpact/"), (b"set-cookie", cookie.encode()), (b"cache-control", b"no-store")]
    await send({"type": "http.response.start", "status": 303, "headers": headers})
    await send({"type": "http.response.body", "body": b""})


def _is_foreign(headers: Headers, public_url: str | None, listens: bool) -> bool:
    """Whether a browser page of another origin sends this (Fetch Metadata; Origin, RFC 6454).

    A page of a name that was made to lead here (DNS rebinding) is of the same origin to its browser: pages come by a
    name of this machine, by an address, or by that of the public URL. Programs may use any name.
    """
    origin, site, host = headers.get("origin"), headers.get("sec-fetch-site"), headers.get("host", "")
    other_origin = origin is not None and origin.partition("://")[2] != host
    if other_origin or site == "cross-site":
        return True
    is_page = origin is not None or site not in (None, "none")
    return listens and is_page and not _is_ours(host, public_url)


def _is_ours(host: str, public_url: str | None) -> bool:
    named = authority(host)
    if named is None:
        return False
    if public_url is not None and urlsplit(public_url).hostname == named[0].strip("[]"):
        return True
    return named[0] == "localhost" or named[0].endswith(".localhost") or _is_address(named[0].strip("[]"))


def _is_address(host: str) -> bool:
    try:
        ip_address(host)
    except ValueError:
        return False
    return True
