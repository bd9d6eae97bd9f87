"""The `Host` of a request (RFC 9110, section 7.2) → the host name that it means, as a contract's servers write it."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import urlsplit

from pixpact.specs.contract.model import Contract

_LOOPBACK = ".localhost"
"""Names that end so lead to this machine (RFC 6761, section 6.3), whatever stands before."""


def plain_name(value: str) -> str:
    """The name in a `Host` header: in lower case, without its port and the dot of the root."""
    return value.partition(":")[0].lower().removesuffix(".")


def meant_name(value: str) -> str:
    """The name that a `Host` header stands for: `.localhost` behind a vendor's name only leads it here."""
    return plain_name(value).removesuffix(_LOOPBACK)


def hosts_of(contract: Contract) -> Iterator[str]:
    """The host names of a contract's servers."""
    for url in contract.servers:
        host = urlsplit(url).hostname
        if host and not host.endswith(".invalid"):
            yield host
