"""The order of the events of a `text/event-stream`, as its documented example has it: what a client waits for."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby
from typing import Any

from pixpact.contracts.diff.compare.differences import ContractDifference, MessageSite, StatedAt
from pixpact.specs.openapi.document import Json, at, escaped
from pixpact.specs.openapi.parts import resolved

BETWEEN = " → "


def differences(site: MessageSite, base: Json, revision: Json, old: str, new: str) -> Iterator[ContractDifference]:
    """Streams of one name on both sides whose events come in another order; how often one comes does not matter."""
    left, right = _streams(base, old), _streams(revision, new)
    for name in left:
        if name in right and left[name].value != right[name].value:
            yield ContractDifference("stream", "changed", site, (), left[name], right[name])


def _streams(document: Json, media: str) -> dict[str, StatedAt]:
    found = {}
    for name in at(document, media).get("examples", {}):
        place = resolved(document, f"{media}/examples/{escaped(name)}")
        value = at(document, place).get("value")
        if isinstance(value, list) and (events := list(_kinds(value))):
            found[name] = StatedAt(f"{place}/value", BETWEEN.join(events))
    return found


def _kinds(events: list[Any]) -> Iterator[str]:
    names = [str(event.get("event") or "(unnamed)") for event in events if isinstance(event, dict)]
    return (name for name, _ in groupby(names))
