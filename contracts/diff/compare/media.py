"""What a media type says besides its schema: the encoding of form parts, and the order of events."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import groupby
from typing import Any

from pixpact.contracts.diff.compare.differences import ContractDifference, MessageSite, StatedAt
from pixpact.contracts.diff.read.message_pairs import in_range
from pixpact.specs.openapi.document import Json, at, escaped
from pixpact.specs.openapi.parts import resolved

BETWEEN = " → "


def encodings(site: MessageSite, base: Json, revision: Json, old: str, new: str) -> Iterator[ContractDifference]:
    """The media types that a part of a form may have (OpenAPI 3.1.1, section 4.8.15), where both sides name them."""
    left, right = _part_types(base, old), _part_types(revision, new)
    for name in (name for name in left if left[name] and right.get(name)):
        spots = next(iter(left[name].values())), next(iter(right[name].values()))
        for media, spot in left[name].items():
            if not _among(media, right[name]):
                yield ContractDifference("part-type", "removed", site, (name,), spot, spots[1])
        for media, spot in right[name].items():
            if not _among(media, left[name]):
                yield ContractDifference("part-type", "added", site, (name,), spots[0], spot)


def _among(media: str, types: Iterable[str]) -> bool:
    return any(media == listed or in_range(media, listed) for listed in types)


def _part_types(document: Json, media: str) -> dict[str, dict[str, StatedAt]]:
    """Name of a part → its allowed media types, each with its place."""
    written = at(document, media).get("encoding")
    types_of_parts: dict[str, dict[str, StatedAt]] = {}
    for name, encoding in written.items() if isinstance(written, dict) else ():
        listed = encoding.get("contentType") if isinstance(encoding, dict) else None
        pointer = f"{media}/encoding/{escaped(name)}/contentType"
        types = [media_type.strip().lower() for media_type in listed.split(",")] if isinstance(listed, str) else []
        types_of_parts[name] = {media_type: StatedAt(pointer, media_type) for media_type in types if media_type}
    return types_of_parts


def streams(site: MessageSite, base: Json, revision: Json, old: str, new: str) -> Iterator[ContractDifference]:
    """Streams with the same name whose events come in another order; repetitions do not matter."""
    left, right = _streams(base, old), _streams(revision, new)
    for name in left:
        if name in right and left[name].value != right[name].value:
            yield ContractDifference("stream", "changed", site, (), left[name], right[name])


def _streams(document: Json, media: str) -> dict[str, StatedAt]:
    streams = {}
    for name in at(document, media).get("examples", {}):
        pointer = resolved(document, f"{media}/examples/{escaped(name)}")
        value = at(document, pointer).get("value")
        if isinstance(value, list) and (events := list(_kinds(value))):
            streams[name] = StatedAt(f"{pointer}/value", BETWEEN.join(events))
    return streams


def _kinds(events: list[Any]) -> Iterator[str]:
    names = [str(event.get("event") or "(unnamed)") for event in events if isinstance(event, dict)]
    return (name for name, _ in groupby(names))
