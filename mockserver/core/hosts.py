"""The `Host` of a request (RFC 9110, section 7.2) → the host name that it means, as a contract's servers write it."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import urlsplit

from pixpact.mockserver.core.addresses import authority
from pixpact.specs.contract.model import Contract

_LOOPBACK = ".localhost"
"""Names that end so lead to this machine (RFC 6761, section 6.3), whatever stands before."""


def canonical_host(value: str) -> str:
    """The name that a `Host` header stands for, empty for what is no host: `.localhost` behind a name only leads here.

    The name is in lower case, without its port and the dot of the root.
    """
    named = authority(value)
    return named[0].removesuffix(".").removesuffix(_LOOPBACK) if named else ""


def hosts_of(contract: Contract) -> Iterator[str]:
    """The host names of a contract's servers."""
    for url in contract.servers:
        host = urlsplit(url).hostname
        if host and not host.endswith(".invalid"):
            yield host


def base_paths(contract: Contract) -> set[str]:
    """The paths at which a contract's servers begin, `/` left out."""
    return {path for url in contract.servers if (path := urlsplit(url).path.rstrip("/"))}
