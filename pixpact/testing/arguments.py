"""Parses the arguments of `pixpact.mock` and of the pytest marker.

Every function raises ValueError starting with the argument's name, with a remedy. Messages never contain keys or
secrets.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any, Literal, TypeVar
from urllib.parse import urlsplit

from pixpact.mockserver.core.pace import TaskPace
from pixpact.mockserver.core.pace import parse as parse_pace
from pixpact.mockserver.core.rate_limit import RateLimit
from pixpact.mockserver.core.rate_limit import parse as parse_limit
from pixpact.mockserver.state.ledger import OPENING
from pixpact.mockserver.webhooks.outbox import WebhookReceiver, receiver
from pixpact.terminal.amounts import balance_of
from pixpact.wire.clock import duration, parse_instant
from pixpact.wire.json_values import is_integer, is_number
from pixpact.wire.redaction import redacted_url

T = TypeVar("T")


def names_of(positional: Iterable[object], named: object) -> list[str]:
    """The vendors without duplicates: names, or paths of specs."""
    wanted = "names of vendors, such as those of `pixpact list`, or paths of specs"
    several = [named] if isinstance(named, (str, Path)) else _several(named, "vendors", wanted)
    names = [*positional, *several]
    for name in names:
        if not isinstance(name, (str, Path)):
            raise ValueError(f"vendors: {name!r} is not a name; write {wanted}")
    return list(dict.fromkeys(map(str, names)))


def pace_of(pace: object) -> TaskPace:
    """A task pace, such as `"10x"`."""
    return _reported("pace", parse_pace, pace if isinstance(pace, str) else repr(pace))


def seed_of(seed: object) -> int:
    """An integer seed."""
    if not is_integer(seed):
        raise ValueError(f"seed: {seed!r} is not a whole number")
    return seed


def start_of(start_time: object) -> float | None:
    """Epoch seconds from a number, an ISO 8601 text or a datetime; None: real time."""
    if start_time is not None and not isinstance(start_time, (int, float, str, datetime)):
        raise ValueError(
            f"start_time: {start_time!r} is not a time; write ISO 8601 text, a datetime or seconds since 1970"
        )
    start = _reported("start_time", parse_instant, start_time)
    if start is not None and not math.isfinite(start):
        raise ValueError(f"start_time: {start} is not a time")
    return start


def seconds_of(time: object) -> float:
    """A duration in seconds, from a number, a text such as `"25h"`, or a timedelta."""
    if isinstance(time, str):
        return duration(time)
    if isinstance(time, timedelta):
        return time.total_seconds()
    if not is_number(time):
        raise ValueError(f'{time!r} is not a duration: write seconds (90), "25h", "PT25H" or a timedelta')
    return float(time)


def balances_of(api_keys: object) -> dict[str, Decimal] | None:
    """The opening balance of each accepted key; None: any key is accepted."""
    if api_keys is None:
        return None
    if isinstance(api_keys, (str, bytes)) or not isinstance(api_keys, Iterable):
        raise ValueError("api_keys: write a list of keys, or a mapping of key to balance")
    balances = dict(api_keys) if isinstance(api_keys, Mapping) else dict.fromkeys(api_keys, OPENING)
    if not all(isinstance(key, str) and key.strip() for key in balances):
        raise ValueError("api_keys: a key is a text that is not empty")
    return {key: _balance(value) for key, value in balances.items()}


def _balance(value: object) -> Decimal:
    try:
        return balance_of(value)
    except ValueError as error:
        raise ValueError(f"api_keys: {error}") from None


def limit_of(rate_limit: object) -> RateLimit | None:
    """The rate limit of each key, such as `"5/s"`; None: unlimited."""
    if rate_limit is None:
        return None
    return _reported("rate_limit", parse_limit, rate_limit if isinstance(rate_limit, str) else repr(rate_limit))


def receivers_of(webhooks: object, served: Iterable[str]) -> dict[str, WebhookReceiver]:
    """Vendor → receiver of its callbacks outside of this machine; `served`: the vendors that are served."""
    if webhooks is None:
        return {}
    if not isinstance(webhooks, Mapping):
        raise ValueError('webhooks: write a mapping such as {"VENDOR": "https://dev.example,SECRET"}')
    contracts = list(dict.fromkeys(served))
    for vendor in webhooks:
        if vendor not in contracts:
            raise ValueError(f"webhooks: {vendor!r} is not served; there are {', '.join(contracts)}")
    return dict(_reported("webhooks", receiver, f"{vendor}={text}") for vendor, text in webhooks.items())


def responses_of(responses: object) -> Literal["usual", "extreme"]:
    """How unusual the responses are."""
    if responses == "usual":
        return "usual"
    if responses == "extreme":
        return "extreme"
    raise ValueError(f'responses: {responses!r} is neither "usual" nor "extreme"')


def images_of(images: object) -> Literal["drawing", "photo"]:
    """What the images look like."""
    if images == "drawing":
        return "drawing"
    if images == "photo":
        return "photo"
    raise ValueError(f'images: {images!r} is neither "drawing" nor "photo"')


def host_of(host: object) -> str:
    """The host name or address to listen on."""
    if not isinstance(host, str) or not host:
        raise ValueError(
            f'host: {host!r} is not a host; write "127.0.0.1", or "0.0.0.0" for every address of this machine'
        )
    return host


def port_of(port: object) -> int:
    """A port, or 0 for a free one."""
    if not is_integer(port) or not 0 <= port <= 65535:
        raise ValueError(f"port: {port!r} is not a port; write a whole number from 1 to 65535, or 0 for a free one")
    return port


def address_of(public_url: object) -> str | None:
    """The URL by which clients reach the mock, without a trailing slash; None: the one it listens on."""
    if public_url is None:
        return None
    shown = redacted_url(public_url) if isinstance(public_url, str) else public_url
    wrong = ValueError(f'public_url: {shown!r} is not an address; write one such as "http://mock.example:8080"')
    if not isinstance(public_url, str):
        raise wrong
    try:
        parts = urlsplit(public_url)
        usable = parts.scheme in ("http", "https") and parts.hostname and (parts.port is None or parts.port > 0)
    except ValueError:
        raise wrong from None
    if not usable or parts.query or parts.fragment or any(one.isspace() for one in public_url):
        raise wrong
    return public_url.rstrip("/")


def faults_of(faults: object) -> list[Any]:
    """The faults that apply from the start; each one is parsed when it is added."""
    if isinstance(faults, (str, Mapping)):
        raise ValueError('faults: write a list of objects, such as [{"fault": "server-error", "every": 3}]')
    return _several(faults, "faults", 'a list of objects, such as [{"fault": "server-error", "every": 3}]')


def folders_of(specs: object) -> list[Path]:
    """The folders of the user's specs."""
    folders = paths_of(specs, "specs")
    for path in folders:
        if not path.is_dir():
            raise ValueError(f"specs: {str(path)!r} is not a folder")
    return folders


def paths_of(one_or_more: object, name: str) -> list[Path]:
    """One path or several, as a list."""
    wanted = "a path or a list of them"
    several = [one_or_more] if isinstance(one_or_more, (str, Path)) else _several(one_or_more, name, wanted)
    for path in several:
        if not isinstance(path, (str, Path)):
            raise ValueError(f"{name}: {path!r} is not a path; write {wanted}")
    return [Path(path) for path in several]


def _several(values: object, name: str, wanted: str) -> list[Any]:
    if not isinstance(values, Iterable):
        raise ValueError(f"{name}: write {wanted}; got {values!r}")
    return list(values)


def _reported(name: str, read: Callable[[Any], T], given: object) -> T:
    try:
        return read(given)
    except ValueError as error:
        raise ValueError(f"{name}: {error}") from None
