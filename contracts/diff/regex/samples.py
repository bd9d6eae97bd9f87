"""Texts that a regular expression matches, for trying: some at its edges. A validator judges whatever comes out."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from itertools import islice

from pixpact.contracts.diff.regex.pattern import (
    PatternAnchor,
    PatternChoice,
    PatternLetter,
    PatternPart,
    PatternRepetition,
    UnsupportedPattern,
    parse,
)

_MOST, _MOST_REPEATED = 24, 4096


@lru_cache(maxsize=512)
def samples(pattern: str) -> tuple[str, ...]:
    """Texts that the pattern probably matches, the shortest first; none when it cannot be read or looks ahead."""
    try:
        texts = _of_choice(parse(pattern))
    except UnsupportedPattern:
        return ()
    return tuple(sorted(dict.fromkeys(texts), key=len))


def _of_choice(choice: PatternChoice) -> list[str]:
    return [text for parts in choice.sequences for text in _of_sequence(parts)][: _MOST * 2]


def _of_sequence(parts: tuple[PatternPart, ...]) -> list[str]:
    texts = [""]
    for part in parts:
        if not (more := _of_part(part)):
            return []
        # Every sample of a part stands in some text, without building all combinations.
        texts = [*(before + more[0] for before in texts), *(texts[0] + after for after in more[1:])][:_MOST]
    return texts


def _of_part(part: PatternPart) -> list[str]:
    match part:
        case PatternLetter(_, samples_of_letter):
            return list(samples_of_letter)
        case PatternAnchor():
            return [""]
        case PatternChoice():
            return _of_choice(part)
        case PatternRepetition(inner, least, most):
            counts = (least, least + 1, max(least + 2, 3) if most is None else most)
            fitting = [count for count in dict.fromkeys(counts) if count <= min(counts[2], _MOST_REPEATED)]
            return [text * count for count in fitting for text in (_of_part(inner) if count else [""])]
        case _:
            raise UnsupportedPattern("a lookahead")


def near(pattern: str) -> Iterator[str]:
    """Texts close to those that match, for trying what another pattern refuses."""
    for sample in islice(samples(pattern), 8):
        yield sample
        yield sample + "a"
        yield sample + "0"
        yield sample.upper() if sample.upper() != sample else sample.lower()
