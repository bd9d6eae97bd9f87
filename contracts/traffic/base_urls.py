"""The base URLs of a contract: splits a request's URL into a base URL and the path of an operation."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from ipaddress import ip_address
from urllib.parse import SplitResult, urlsplit

from pixpact.specs.contract.model import Contract

_PORTS = {"http": 80, "https": 443}


class BaseUrls:
    """The base URLs of one contract: its servers, a mock's mounts, and those that the user names.

    A base URL that the user names must match in host and port; an omitted port is the default of the scheme. A server
    of the contract matches by host alone, because a mock may stand in for it under another scheme and port. The mount
    `/<vendor>/…` of a mock matches on any host. On a loopback address the whole path may be the operation's.
    """

    def __init__(self, contract: Contract, bases: Iterable[str] = ()) -> None:
        self._named = [_base(url) for url in bases]
        servers = [_base(url) for url in contract.servers]
        self._servers = [(host, path) for (host, _), path in servers]
        self._mounts = tuple(dict.fromkeys(f"/{name}" for name in (contract.name, contract.vendor)))
        self._decided: dict[str, bool] = {}

    def paths(self, url: str) -> Iterator[str]:
        """Yield the candidate operation paths of a URL, the likeliest first; nothing for a URL of another server."""
        parts = _split(url)
        if parts is None:
            return
        path = parts.path or "/"
        located = _authority(parts)
        for named, prefix in self._named:
            if named == located and (rest := _below(path, prefix)) is not None:
                yield rest
        for host, prefix in self._servers:
            if host == located[0] and (rest := _below(path, prefix)) is not None:
                yield rest
        for prefix in self._mounts:
            if (rest := _below(path, prefix)) is not None:
                yield from (below for _, base in self._servers if base and (below := _below(rest, base)) is not None)
                yield rest
        if _is_loopback(located[0]):
            yield path

    def knows(self, url: str) -> bool:
        """Whether the contract is served at the URL's host, whatever the path."""
        parts = _split(url)
        if parts is None:
            return False
        located = _authority(parts)
        named = any(located == base for base, _ in self._named)
        return named or _is_loopback(located[0]) or any(host == located[0] for host, _ in self._servers)

    def host(self, url: str) -> str:
        """The URL's host and port for messages; `none` without one."""
        parts = _split(url)
        return (parts.netloc.rpartition("@")[2] if parts else "") or "none"

    def path(self, url: str) -> str:
        """The likeliest operation path of a URL; the URL's whole path if there is none."""
        return next(iter(self.paths(url)), urlsplit(url).path)


def _split(url: str) -> SplitResult | None:
    try:
        parts = urlsplit(url)
        return parts if parts.port is None or parts.port >= 0 else None
    except ValueError:  # an invalid port or IP address
        return None


def _base(url: str) -> tuple[tuple[str, int | None], str]:
    """((host, port), path) of a base URL. Raises ValueError for an invalid URL."""
    parts = urlsplit(url)
    return _authority(parts), parts.path.rstrip("/")


def _authority(parts: SplitResult) -> tuple[str, int | None]:
    return (parts.hostname or "", parts.port or _PORTS.get(parts.scheme))


def _below(path: str, prefix: str) -> str | None:
    """The rest of the path after the prefix; None when the path is not below it."""
    if not prefix:
        return path
    return path[len(prefix) :] if path.startswith(f"{prefix}/") else None


def _is_loopback(host: str) -> bool:
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


def canonical(url: str) -> str:
    """The normalized URL, for comparison: without fragment and default port, with the host in lower case."""
    parts = _split(url)
    if parts is None:
        return url
    host, port = _authority(parts)
    usual = port is None or port == _PORTS.get(parts.scheme)
    shown = f"[{host}]" if ":" in host else host
    return parts._replace(netloc=shown if usual else f"{shown}:{port}", path=parts.path or "/", fragment="").geturl()
