"""Patterns (ECMA-262, section 22.2) as sets of texts: literals, classes, groups, repetition, anchors, looking ahead.

What no regular language can say, such as a reference back, and what stands where this reading would be wrong, such as
an anchor in the middle, raises `UnsupportedPattern`.
"""

from __future__ import annotations

from functools import lru_cache

from pixpact.contracts.diff.regex.ecma import NotEcma, canonical
from pixpact.contracts.diff.regex.language import (
    ANYTHING,
    BEGIN,
    EMPTY,
    END,
    Language,
    LanguageTooLarge,
    LetterSet,
    Ranges,
    both,
    choice,
    repeated,
    sequence,
    shortest,
)


class UnsupportedPattern(ValueError):
    """A construct that is not read here."""


_LAST = 0x10FFFF
_DIGITS: Ranges = ((0x30, 0x39),)
_WORD: Ranges = ((0x30, 0x39), (0x41, 0x5A), (0x5F, 0x5F), (0x61, 0x7A))
_SPACES: Ranges = (
    (0x09, 0x0D),
    (0x20, 0x20),
    (0xA0, 0xA0),
    (0x1680, 0x1680),
    (0x2000, 0x200A),
    (0x2028, 0x2029),
    (0x202F, 0x202F),
    (0x205F, 0x205F),
    (0x3000, 0x3000),
    (0xFEFF, 0xFEFF),
)
_BREAKS: Ranges = ((0x0A, 0x0A), (0x0D, 0x0D), (0x2028, 0x2029))
_CONTROLS = {"n": 0x0A, "t": 0x09, "r": 0x0D, "f": 0x0C, "v": 0x0B, "0": 0}


def _others(ranges: Ranges) -> Ranges:
    """Every character that is in none of the ranges."""
    found, start = [], 0
    for low, high in sorted(ranges):
        if low > start:
            found.append((start, low - 1))
        start = max(start, high + 1)
    return (*found, (start, _LAST)) if start <= _LAST else tuple(found)


_SETS = {
    "d": _DIGITS,
    "D": _others(_DIGITS),
    "w": _WORD,
    "W": _others(_WORD),
    "s": _SPACES,
    "S": _others(_SPACES),
}


def outside(pattern: str, other: str, least: int = 0) -> str | None:
    """The shortest text of at least so many characters that the pattern matches and the other does not.

    None when it is proven that there is none. Raises UnsupportedPattern and LanguageTooLarge.
    """
    found = both(language(pattern), language(other), denied=True)
    return shortest(both(found, at_least(least)) if least else found)


def at_least(characters: int) -> Language:
    """Every text of so many characters or more."""
    letter = LetterSet(((0, _LAST),))
    return sequence(LetterSet(((BEGIN, BEGIN),)), repeated(letter, characters, None), LetterSet(((END, END),)))


def within(pattern: str, other: str) -> bool:
    """Whether it is proven that the other pattern matches every text that the first does."""
    try:
        return outside(pattern, other) is None
    except (UnsupportedPattern, LanguageTooLarge):
        return False


MOST_CHARACTERS = 300
"""Of a pattern that is read: what is done with its language takes the third power of its length."""


@lru_cache(maxsize=512)
def language(pattern: str) -> Language:
    """Every text, between `BEGIN` and `END`, that holds a match. Raises UnsupportedPattern, also for one too long."""
    if len(pattern) > MOST_CHARACTERS:
        raise UnsupportedPattern(f"a pattern of more than {MOST_CHARACTERS} characters")
    try:
        written = canonical(pattern)
    except NotEcma as error:
        raise UnsupportedPattern(str(error)) from None
    return sequence(LetterSet(((BEGIN, BEGIN),)), _PatternParser(written).whole())


class _PatternParser:
    """A parser by descent. Every method starts at the next character to be read."""

    def __init__(self, pattern: str) -> None:
        self._pattern = pattern
        self._place = 0
        self._anchors = 0
        """How many anchors were read so far, to tell whether a part holds one."""

    def whole(self) -> Language:
        """What stands after `BEGIN`: each alternative searched for from there on."""
        found = [self._searched()]
        while self._peek() == "|":
            self._next()
            found.append(self._searched())
        if self._peek():
            raise UnsupportedPattern(self._peek())
        return choice(found)

    def _next(self) -> str:
        if self._place >= len(self._pattern):
            raise UnsupportedPattern("the end")
        self._place += 1
        return self._pattern[self._place - 1]

    def _peek(self, count: int = 1) -> str:
        return self._pattern[self._place : self._place + count]

    def _searched(self) -> Language:
        """An alternative of the whole pattern. Only here are `^`, `$` and a poll ahead where their reach is known."""
        begun = self._peek() == "^"
        while self._peek() == "^":
            self._next()
        found = self._searched_on()
        return found if begun else sequence(ANYTHING, found)

    def _searched_on(self) -> Language:
        """The rest of the alternative, up to and with `END`."""
        parts: list[Language] = []
        while self._peek() not in ("", "|"):
            if self._peek() == "$":
                while self._peek() == "$":
                    self._next()
                if self._peek() not in ("", "|"):
                    raise UnsupportedPattern("$")
                return sequence(*parts, LetterSet(((END, END),)))
            if self._peek(3) in ("(?=", "(?!"):
                denied = self._peek(3) == "(?!"
                self._place += 3
                ahead = self._ahead()
                return sequence(*parts, both(self._searched_on(), ahead, denied))
            parts.append(self._repeated())
        return sequence(*parts, ANYTHING)

    def _ahead(self) -> Language:
        """What a poll ahead asks of everything that follows."""
        found = [self._asked()]
        while self._next() == "|":
            found.append(self._asked())
        if self._pattern[self._place - 1] != ")":
            raise UnsupportedPattern(")")
        return choice(found)

    def _asked(self) -> Language:
        parts: list[Language] = []
        while self._peek() not in ("", "|", ")"):
            if self._peek() == "$":
                self._next()
                if self._peek() not in ("|", ")"):
                    raise UnsupportedPattern("$")
                return sequence(*parts, LetterSet(((END, END),)))
            parts.append(self._repeated())
        return sequence(*parts, ANYTHING)

    def _alternatives(self) -> Language:
        found = [self._sequence()]
        while self._peek() == "|":
            self._next()
            found.append(self._sequence())
        return choice(found)

    def _sequence(self) -> Language:
        parts = []
        while self._peek() not in ("", "|", ")"):
            parts.append(self._repeated())
        return sequence(*parts) if parts else EMPTY

    def _repeated(self) -> Language:
        atom = self._atom()
        least, most = self._counts()
        if self._peek() == "?" and (least, most) != (1, 1):
            self._next()  # a lazy repetition finds the same texts
        if self._peek() in ("*", "+", "{") and self._peek():
            raise UnsupportedPattern(self._peek())
        return repeated(atom, least, most)

    def _counts(self) -> tuple[int, int | None]:
        char = self._peek()
        if char and char in "*+?":
            self._next()
            return {"*": (0, None), "+": (1, None), "?": (0, 1)}[char]
        if char != "{":
            return 1, 1
        end = self._pattern.find("}", self._place)
        low, comma, high = self._pattern[self._place + 1 : end].partition(",")
        if end < 0 or not low.isdecimal() or (high and not high.isdecimal()):
            raise UnsupportedPattern("{")
        self._place = end + 1
        return int(low), int(high) if high else None if comma else int(low)

    def _atom(self) -> Language:
        char = self._next()
        if char in "^$*+?{)":
            raise UnsupportedPattern(char)
        if char == "(":
            return self._group()
        if char == "[":
            return LetterSet(self._class())
        if char == "\\":
            return LetterSet(self._escape())
        return LetterSet(_others(_BREAKS) if char == "." else ((ord(char), ord(char)),))

    def _group(self) -> Language:
        if self._peek() == "?":
            self._next()
            kind = self._next()
            if kind == "<" and self._peek() not in ("=", "!"):
                while self._next() != ">":
                    pass
            elif kind != ":":
                raise UnsupportedPattern(f"(?{kind}")
        found = self._alternatives()
        if self._next() != ")":
            raise UnsupportedPattern("(")
        return found

    def _escape(self) -> Ranges:
        char = self._next()
        if char in _SETS:
            return _SETS[char]
        if char in _CONTROLS:
            return ((_CONTROLS[char], _CONTROLS[char]),)
        if char in "xu":
            return self._coded(2 if char == "x" else 4)
        if char.isalnum():
            raise UnsupportedPattern(f"\\{char}")
        return ((ord(char), ord(char)),)

    def _coded(self, digits: int) -> Ranges:
        written = self._peek(digits)
        if len(written) != digits or not all(digit in "0123456789abcdefABCDEF" for digit in written):
            raise UnsupportedPattern(written)
        self._place += digits
        code = int(written, 16)
        if 0xD800 <= code < 0xE000:
            raise UnsupportedPattern(written)  # half of a character
        return ((code, code),)

    def _class(self) -> Ranges:
        negated = self._peek() == "^"
        if negated:
            self._next()
        found: list[tuple[int, int]] = []
        while (char := self._next()) != "]":
            low = self._escape() if char == "\\" else ((ord(char), ord(char)),)
            if self._peek() == "-" and self._peek(2) != "-]":
                self._next()
                char = self._next()
                high = self._escape() if char == "\\" else ((ord(char), ord(char)),)
                if not (_single(low) and _single(high)) or low[0][0] > high[0][0]:
                    raise UnsupportedPattern("-")
                low = ((low[0][0], high[0][0]),)
            found += low
        return _others(tuple(found)) if negated else tuple(found)


def _single(ranges: Ranges) -> bool:
    return len(ranges) == 1 and ranges[0][0] == ranges[0][1]
