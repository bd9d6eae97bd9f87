"""Where a contract is served: base URLs, and what of a URL below one of them is the operation's path."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from ipaddress import ip_address
from urllib.parse import SplitResult, urlsplit

from pixpact.specs.contract.model import Contract

_PORTS = {"http": 80, "https": 443}


class BaseUrls:
    """The base URLs of one contract: its servers, a mock's, and those that the user names.

    A named base is taken as written, but for its scheme's usual port. A server of the contract is known by its host
    alone: a mock may stand in for it under its own scheme and port. A mock serves `/<vendor>/…` on any host, and a
    loopback address may serve the bare paths.
    """

    def __init__(self, contract: Contract, bases: Iterable[str] = ()) -> None:
        self._named = [_base(url) for url in bases]
        servers = [_base(url) for url in contract.servers]
        self._servers = [(host, path) for (host, _), path in servers]
        self._mounts = tuple(dict.fromkeys(f"/{name}" for name in (contract.name, contract.vendor)))
        self._decided: dict[str, bool] = {}

    def paths(self, url: str) -> Iterator[str]:
        """What the path of an operation may be in this URL, the likeliest first; nothing for a foreign place."""
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
        """Whether the URL's host is one where the contract is served, whatever its path."""
        parts = _split(url)
        if parts is None:
            return False
        located = _authority(parts)
        named = any(located == base for base, _ in self._named)
        return named or _is_loopback(located[0]) or any(host == located[0] for host, _ in self._servers)

    def host(self, url: str) -> str:
        """The host that a URL names, as it would be said to a user."""
        parts = _split(url)
        return (parts.netloc.rpartition("@")[2] if parts else "") or "none"

    def path(self, url: str) -> str:
        """The likeliest path of an operation in a URL."""
        return next(iter(self.paths(url)), urlsplit(url).path)


def _split(url: str) -> SplitResult | None:
    try:
        parts = urlsplit(url)
        return parts if parts.port is None or parts.port >= 0 else None
    except ValueError:  # a port or an address that is none
        return None


def _base(url: str) -> tuple[tuple[str, int | None], str]:
    """((host, port), path) of a base URL. Raises ValueError for what is no URL."""
    parts = urlsplit(url)
    return _authority(parts), parts.path.rstrip("/")


def _authority(parts: SplitResult) -> tuple[str, int | None]:
    return (parts.hostname or "", parts.port or _PORTS.get(parts.scheme))


def _below(path: str, prefix: str) -> str | None:
    """What follows the prefix in a path; None when the path is not below it."""
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
    """One spelling for URLs that lead to the same place: no fragment, no usual port, host in lower case."""
    parts = _split(url)
    if parts is None:
        return url
    host, port = _authority(parts)
    usual = port is None or port == _PORTS.get(parts.scheme)
    shown = f"[{host}]" if ":" in host else host
    return parts._replace(netloc=shown if usual else f"{shown}:{port}", path=parts.path or "/", fragment="").geturl()
