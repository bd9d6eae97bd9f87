"""Patterns as sets of texts: whether one matches all that another does, or which text it alone matches.

What stands where this reading would be wrong, such as an anchor in the middle, raises `UnsupportedPattern`.
"""

from __future__ import annotations

from functools import lru_cache

from pixpact.contracts.diff.regex.language import (
    ANYTHING,
    BEGIN,
    END,
    Language,
    LanguageTooLarge,
    LetterSet,
    both,
    choice,
    repeated,
    sequence,
    shortest,
)
from pixpact.contracts.diff.regex.pattern import (
    LAST_CHARACTER,
    PatternAnchor,
    PatternChoice,
    PatternLetter,
    PatternLookahead,
    PatternPart,
    PatternRepetition,
    UnsupportedPattern,
    parse,
)


def outside(pattern: str, wider: str, least: int = 0) -> str | None:
    """The shortest text of at least so many characters that `pattern` matches and `wider` does not.

    None when it is proven that there is none. Raises UnsupportedPattern and LanguageTooLarge.
    """
    difference = both(language(pattern), language(wider), denied=True)
    return shortest(both(difference, at_least(least)) if least else difference)


def at_least(characters: int) -> Language:
    """Every text of so many characters or more."""
    return sequence(_BEGIN, repeated(LetterSet(((0, LAST_CHARACTER),)), characters, None), _END)


def within(pattern: str, wider: str) -> bool:
    """Whether it is proven that `wider` matches every text that `pattern` does."""
    try:
        return outside(pattern, wider) is None
    except (UnsupportedPattern, LanguageTooLarge):
        return False


MOST_CHARACTERS = 300
"""Of a pattern that is read: what is done with its language takes the third power of its length."""
_BEGIN, _END = LetterSet(((BEGIN, BEGIN),)), LetterSet(((END, END),))


@lru_cache(maxsize=512)
def language(pattern: str) -> Language:
    """Every text, between `BEGIN` and `END`, that holds a match. Raises UnsupportedPattern, also for one too long."""
    if len(pattern) > MOST_CHARACTERS:
        raise UnsupportedPattern(f"a pattern of more than {MOST_CHARACTERS} characters")
    return sequence(_BEGIN, choice(map(_searched, parse(pattern).sequences)))


def _searched(parts: tuple[PatternPart, ...]) -> Language:
    """An alternative of the whole pattern. Only here are `^`, `$` and lookaheads where their reach is known."""
    rest = parts
    while rest and rest[0] == PatternAnchor("^"):
        rest = rest[1:]
    from_here = _to_the_end(rest, lookaheads=True)
    return from_here if rest != parts else sequence(ANYTHING, from_here)


def _to_the_end(parts: tuple[PatternPart, ...], *, lookaheads: bool) -> Language:
    """What follows up to and with `END`, where the parts begin: all of it for `$`, else anything after them."""
    before: list[Language] = []
    for index, part in enumerate(parts):
        if isinstance(part, PatternAnchor) and set(parts[index:]) == {PatternAnchor("$")}:
            return sequence(*before, _END)
        if lookaheads and isinstance(part, PatternLookahead):
            ahead = choice(_to_the_end(inner, lookaheads=False) for inner in part.ahead.sequences)
            return sequence(*before, both(_to_the_end(parts[index + 1 :], lookaheads=True), ahead, part.denied))
        before.append(_of_part(part))
    return sequence(*before, ANYTHING)


def _of_part(part: PatternPart) -> Language:
    match part:
        case PatternLetter(ranges):
            return LetterSet(ranges)
        case PatternRepetition(inner, least, most):
            return repeated(_of_part(inner), least, most)
        case PatternChoice(sequences):
            return choice(sequence(*map(_of_part, inner)) for inner in sequences)
        case _:
            raise UnsupportedPattern("an anchor or a lookahead whose reach is not known")
