"""Texts that match a pattern: the shortest one, or else a sample."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import reduce
from math import prod

from pixpact.contracts.diff.regex.comparison import at_least, language
from pixpact.contracts.diff.regex.language import LanguageTooLarge, both, shortest
from pixpact.contracts.diff.regex.pattern import UnsupportedPattern
from pixpact.contracts.diff.regex.samples import samples
from pixpact.specs.openapi.schemas import matches

_MOST_STEPS = 2000
"""Limit of the repetitions in patterns, times the required length: beyond it no shortest text is computed."""
_MOST_CHARACTERS = 150
_COUNT = re.compile(r"\{(\d{1,9}),?(\d{0,9})\}")


def matching(patterns: Iterable[str], least: int = 0) -> str | None:
    """A text of at least `least` characters that all patterns match; None if none was found."""
    patterns = tuple(patterns)
    tried = [_shortest(patterns, least), *(text for pattern in patterns for text in samples(pattern))]
    return next((text for text in tried if text is not None and _keeps(text, patterns, least)), None)


def _keeps(text: str, patterns: tuple[str, ...], least: int) -> bool:
    return len(text) >= least and all(matches(pattern, text) for pattern in patterns)


def _shortest(patterns: tuple[str, ...], least: int) -> str | None:
    if not patterns or _steps(patterns) * max(1, least) > _MOST_STEPS or sum(map(len, patterns)) > _MOST_CHARACTERS:
        return None
    try:
        return shortest(reduce(both, [*map(language, patterns), *([at_least(least)] if least else [])]))
    except (UnsupportedPattern, LanguageTooLarge):
        return None


def _steps(patterns: Iterable[str]) -> int:
    """An upper bound of the repetitions in the patterns, which may be nested."""
    counts = [max(int(low), int(high or 0), 1) for pattern in patterns for low, high in _COUNT.findall(pattern)]
    return prod(counts)
