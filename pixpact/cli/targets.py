"""The target of `pixpact check`: a URL, and what can be known about it before the run."""

from __future__ import annotations

import asyncio
import json
import os
from dataclasses import dataclass
from urllib.parse import urlsplit

from pixpact.contracts.limits.budget import Budget, SpendingCaps
from pixpact.contracts.repro.curl import CredentialText, CredentialWriter
from pixpact.contracts.transport import hosts
from pixpact.contracts.transport.keys import ApiKeys
from pixpact.contracts.transport.planned_request import PlannedRequest
from pixpact.contracts.transport.response_reader import ResponseLimits
from pixpact.contracts.transport.transport import RequestSender, target_of
from pixpact.terminal.refusal import UsageRefused
from pixpact.wire.clock import SystemClock
from pixpact.wire.exchange import Exchange

KEY_VARIABLE = "PIXPACT_API_KEY"
"""The environment variable with the API key, unless another is named."""
_OWN, _SECOND, _WRONG = "sk-pixpact-own", "sk-pixpact-second", "sk-unauthenticated"
_HEALTH = "/_pixpact/health"
_SAYS = {"status", "version", "pace", "vendors"}


@dataclass(frozen=True, slots=True)
class CheckTarget:
    """A URL to check. `mock`: it is a Pixpact mock, which returns any documented response on demand."""

    url: str
    live: bool
    mock: bool


def target(url: str) -> CheckTarget:
    """The target at a URL. Only hosts on this machine are sent a request. Raises UsageRefused."""
    try:
        address = target_of(url)
    except ValueError as error:
        raise UsageRefused(f"pixpact: {error}; write https://HOST or http://HOST:PORT") from None
    live = not hosts.is_loopback(address.host)
    return CheckTarget(url, live, not live and _is_mock(url))


def reference(url: str | None) -> str | None:
    """The URL of an image that the vendor may fetch. Raises UsageRefused."""
    try:
        return url if url is None else hosts.parse_url(url) and url
    except ValueError as error:
        raise UsageRefused(f"pixpact: --reference-url cannot be used: {error}; write https://HOST/PICTURE") from None


def _is_mock(url: str) -> bool:
    parts = urlsplit(url)
    exchange = asyncio.run(_asked(f"{parts.scheme}://{parts.netloc}"))
    try:
        return exchange.status == 200 and _SAYS <= json.loads(exchange.response_body).keys()
    except (ValueError, AttributeError, RecursionError):
        return False


async def _asked(origin: str) -> Exchange:
    """The health response of a server on this machine, within small limits of time and size."""
    limits = ResponseLimits(connect=2.0, silence=2.0, total=2.0, size=65_536)
    async with RequestSender(origin, budget=Budget(SpendingCaps()), clock=SystemClock(), limits=limits) as transport:
        return await transport.send(PlannedRequest("GET", _HEALTH, key="none"))


def is_ours(key: str) -> bool:
    """Whether a key is one of Pixpact's own placeholders, which are not secret."""
    return key in (_OWN, _SECOND, _WRONG)


def keys(server: CheckTarget, own: str | None, second: str | None) -> ApiKeys:
    """The keys of a run from environment variables. Raises UsageRefused if a named variable is not set.

    Without a named key, a target on this machine gets a placeholder, which a mock accepts.
    """
    first = _value(own) if own else os.environ.get(KEY_VARIABLE)
    second_key = _value(second) if second else None
    if server.live:
        return _made(first, second_key, None)
    return _made(first or _OWN, second_key or (_SECOND if server.mock else None), _WRONG if server.mock else None)


def keys_in_commands(api_keys: ApiKeys, own: str | None, second: str | None) -> CredentialWriter:
    """How keys appear in repro commands: as names of variables, or as they are if they are placeholders."""
    usual = CredentialWriter()
    return CredentialWriter(
        key=_in_commands(api_keys.own, CredentialText(own or usual.key.variable)),
        second=_in_commands(api_keys.second, CredentialText(second or usual.second.variable)),
        wrong=CredentialText(literal=api_keys.wrong),
    )


def _in_commands(key: str | None, variable: CredentialText) -> CredentialText:
    return CredentialText(literal=key) if key is not None and is_ours(key) else variable


def _made(own: str | None, second: str | None, wrong: str | None) -> ApiKeys:
    try:
        return ApiKeys(own, second, wrong) if wrong else ApiKeys(own, second)
    except ValueError as error:
        raise UsageRefused(f"pixpact: {error}") from None


def _value(name: str) -> str:
    value = os.environ.get(name)
    if not value:
        raise UsageRefused(f"pixpact: the environment variable {name} is not set; it must contain an API key")
    return value
