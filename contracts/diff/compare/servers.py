"""What differs in the servers of a document."""

from __future__ import annotations

from collections.abc import Iterator

from pixpact.contracts.diff.compare.differences import ContractDifference, MessageSite, StatedAt
from pixpact.contracts.diff.read.contract_version import ContractVersion


def differences(base: ContractVersion, revision: ContractVersion) -> Iterator[ContractDifference]:
    """Base URLs that are new or gone."""
    old, new = (
        {server.get("url", ""): f"/servers/{index}" for index, server in enumerate(side.value.get("servers", []))}
        for side in (base, revision)
    )
    site = MessageSite("request", "server", "")
    for url in dict.fromkeys((*old, *new)):
        if (url in old) != (url in new):
            before = StatedAt(old[url], url) if url in old else StatedAt("/servers")
            after = StatedAt(new[url], url) if url in new else StatedAt("/servers")
            yield ContractDifference("server", "removed" if url in old else "added", site, (), before, after)
