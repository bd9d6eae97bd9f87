"""Matches the media types and statuses of two sides: equal ones first, then those within a range."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

Match = tuple[str | None, str | None]
"""A name of the base and its match in the revision; None for one without a match."""
Within = Callable[[str, str], bool]


def media_types(old: Iterable[str], new: Iterable[str]) -> Iterator[Match]:
    """Equal media types; then those of one side within a range of the other; then those without a match."""
    return _matched(list(old), list(new), (_same, _alike), in_range)


def statuses(old: Iterable[str], new: Iterable[str]) -> Iterator[Match]:
    """Equal statuses; then those of one side within `4XX` or `default` of the other; then those without a match."""
    return _matched(list(old), list(new), (_same,), of_class)


def _matched(old: list[str], new: list[str], alike: tuple[Within, ...], within: Within) -> Iterator[Match]:
    left, right = list(old), list(new)
    for same in alike:
        for name in list(left):
            match = next((candidate for candidate in right if same(name, candidate)), None)
            if match is not None:
                left.remove(name)
                right.remove(match)
                yield name, match
    for name in left:
        yield name, min((wide for wide in new if within(name, wide)), key=_width, default=None)
    for unmatched in right:
        yield min((wide for wide in old if within(unmatched, wide)), key=_width, default=None), unmatched


def _same(first: str, second: str) -> bool:
    return first == second


def _alike(first: str, second: str) -> bool:
    return _essence(first) == _essence(second)


def _essence(media: str) -> str:
    """The media type without parameters such as a charset (RFC 9110, section 8.3.1)."""
    return media.partition(";")[0].strip().lower()


def in_range(media: str, wide: str) -> bool:
    """Whether a media type, or a range of them, is within a wider range: `image/*`, `*/*`."""
    inner, outer = _essence(media), _essence(wide)
    if inner == outer or not outer.endswith("/*"):
        return False
    return outer == "*/*" or inner.partition("/")[0] == outer.partition("/")[0]


def of_class(status: str, wide: str) -> bool:
    """Whether a status is within a range or `default`."""
    if status == wide or status == "default":
        return False
    return wide == "default" or wide.upper() == f"{status[0]}XX"


def _width(name: str) -> int:
    """How wide a range is: `image/*` and `4XX` are narrower than `*/*` and `default`."""
    return int(name == "default" or name.startswith("*/*"))
