"""Which media types and statuses of two sides speak of the same messages: the same ones first, then ranges of them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

Match = tuple[str | None, str | None]
"""A name of the base and one of the revision; None where the other side has nothing like it."""
Within = Callable[[str, str], bool]


def media_types(old: Iterable[str], new: Iterable[str]) -> Iterator[Match]:
    """Pairs of media types; then those of one side that a range of the other holds; then what is left alone."""
    return _matched(list(old), list(new), (_same, _alike), in_range)


def statuses(old: Iterable[str], new: Iterable[str]) -> Iterator[Match]:
    """Pairs of statuses; then those of one side that `4XX` or `default` of the other speaks of; then the others."""
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
        yield name, next(iter(sorted((candidate for candidate in new if within(name, candidate)), key=_width)), None)
    for unmatched in right:
        yield (
            next(iter(sorted((candidate for candidate in old if within(unmatched, candidate)), key=_width)), None),
            unmatched,
        )


def _same(first: str, second: str) -> bool:
    return first == second


def _alike(first: str, second: str) -> bool:
    return _essence(first) == _essence(second)


def _essence(media: str) -> str:
    """The media type without its parameters (RFC 9110, section 8.3.1): a charset makes no other one of it."""
    return media.partition(";")[0].strip().lower()


def in_range(media: str, wide: str) -> bool:
    """Whether a media type, or a smaller range, lies in a range of them: `image/*`, `*/*`."""
    inner, outer = _essence(media), _essence(wide)
    if inner == outer or not outer.endswith("/*"):
        return False
    return outer == "*/*" or inner.partition("/")[0] == outer.partition("/")[0]


def of_class(status: str, wide: str) -> bool:
    """Whether a range or `default` speaks of a status."""
    if status == wide or status == "default":
        return False
    return wide == "default" or wide.upper() == f"{status[0]}XX"


def _width(name: str) -> int:
    """How much a range holds: `image/*` and `4XX` less than `*/*` and `default`."""
    return int(name == "default" or name.startswith("*/*"))
