"""Texts that a regular expression matches, for trying: some at its edges. A validator judges whatever comes out.

Read here are literals, escapes, classes, groups, alternatives, repetition and anchors (ECMA-262, section 22.2); a
pattern with anything else yields nothing.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from itertools import islice

from pixpact.contracts.diff.regex.ecma import NotEcma, canonical

_MOST = 24
_CLASSES = {"d": "0", "w": "a", "s": " ", "D": "a", "W": "-", "S": "a"}
_CONTROLS = {"n": "\n", "t": "\t", "r": "\r", "f": "\f", "v": "\v"}


class _UnsupportedPattern(ValueError):
    """A construct that is not read here."""


@lru_cache(maxsize=512)
def samples(pattern: str) -> tuple[str, ...]:
    """Texts that the pattern probably matches, the shortest first; none when it cannot be read."""
    try:
        reader = _PatternSampler(canonical(pattern))
        found = reader.alternatives()
        if reader.rest():
            return ()
    except (_UnsupportedPattern, NotEcma, IndexError, ValueError):
        return ()
    return tuple(sorted(dict.fromkeys(found), key=len))


class _PatternSampler:
    """A parser by descent that yields samples instead of a tree."""

    def __init__(self, pattern: str) -> None:
        self._pattern = pattern
        self._place = 0

    def rest(self) -> str:
        return self._pattern[self._place :]

    def _next(self) -> str:
        self._place += 1
        return self._pattern[self._place - 1]

    def _peek(self) -> str:
        return self._pattern[self._place : self._place + 1]

    def alternatives(self) -> list[str]:
        found = self._sequence()
        while self._peek() == "|":
            self._next()
            found += self._sequence()
        return found[: _MOST * 2]

    def _sequence(self) -> list[str]:
        found = [""]
        while self._peek() not in ("", "|", ")"):
            more = self._repeated(self._atom())
            # Every sample of a part stands in some text, without building all combinations.
            first = [before + more[0] for before in found] if more else []
            found = [*first, *(found[0] + after for after in more[1:])][:_MOST]
        return found

    def _atom(self) -> list[str]:
        char = self._next()
        if char in "^$":
            return [""]
        if char == "(":
            return self._group()
        if char == "[":
            return self._class()
        if char == "\\":
            return [self._escape()]
        return ["a" if char == "." else char]

    def _group(self) -> list[str]:
        if self._peek() == "?":
            self._next()
            kind = self._next()
            if kind == "<" and self._peek() not in "=!":
                while self._next() != ">":
                    pass
            elif kind != ":":
                raise _UnsupportedPattern(kind)
        found = self.alternatives()
        if self._next() != ")":
            raise _UnsupportedPattern(")")
        return found

    def _escape(self) -> str:
        char = self._next()
        if char in _CLASSES:
            return _CLASSES[char]
        if char in _CONTROLS:
            return _CONTROLS[char]
        if char in "xu":
            digits = 2 if char == "x" else 4
            code = self._pattern[self._place : self._place + digits]
            self._place += digits
            return chr(int(code, 16))
        if char.isalnum():
            raise _UnsupportedPattern(char)
        return char

    def _class(self) -> list[str]:
        negated = self._peek() == "^"
        if negated:
            self._next()
        ranges: list[tuple[str, str]] = []
        while (char := self._next()) != "]":
            low = self._escape() if char == "\\" else char
            high = low
            if self._peek() == "-" and self._pattern[self._place + 1 : self._place + 2] != "]":
                self._next()
                high = self._next()
                high = self._escape() if high == "\\" else high
            ranges.append((low, high))
        if negated:
            usual = "a0-_Z .~é"
            return [it for it in usual if not any(low <= it <= high for low, high in ranges)][:2]
        return list(dict.fromkeys(edge for pair in ranges for edge in pair))[:6]

    def _repeated(self, atom: list[str]) -> list[str]:
        least, most = self._counts()
        if self._peek() in ("?", "+") and (least, most) != (1, 1):
            self._next()  # lazy or possessive: the same texts
        if (least, most) == (1, 1):
            return atom
        found = []
        for count in dict.fromkeys((least, least + 1, most)):
            if count <= min(most, 4096):
                found += [sample * count for sample in (atom if count else [""])]
        return found

    def _counts(self) -> tuple[int, int]:
        char = self._peek()
        if char in ("*", "+", "?") and char:
            self._next()
            return {"*": (0, 3), "+": (1, 3), "?": (0, 1)}[char]
        if char != "{":
            return 1, 1
        end = self._pattern.index("}", self._place)
        low, comma, high = self._pattern[self._place + 1 : end].partition(",")
        if not low.isdigit():
            raise _UnsupportedPattern("{")
        self._place = end + 1
        least = int(low)
        return least, int(high) if high.isdigit() else least + 2 if comma else least


def near(pattern: str) -> Iterator[str]:
    """Texts close to those that match, for trying what another pattern refuses."""
    for sample in islice(samples(pattern), 8):
        yield sample
        yield sample + "a"
        yield sample + "0"
        yield sample.upper() if sample.upper() != sample else sample.lower()
