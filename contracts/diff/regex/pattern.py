"""A pattern (ECMA-262, section 22.2) as a tree: literals, classes, groups, repetition, anchors, looking ahead.

Anything else, such as a reference back, raises `UnsupportedPattern`.
"""

from __future__ import annotations

from dataclasses import dataclass

from pixpact.contracts.diff.regex.ecma import NotEcma, canonical
from pixpact.contracts.diff.regex.language import Ranges


class UnsupportedPattern(ValueError):
    """A construct that is not read here."""


@dataclass(frozen=True, slots=True)
class PatternLetter:
    """One character of a set, and some of the set: the edges of its ranges, or what people can read."""

    ranges: Ranges
    samples: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class PatternAnchor:
    """`^`, or `$`."""

    sign: str


@dataclass(frozen=True, slots=True)
class PatternRepetition:
    """The same so many times; without a `most`, any number of times."""

    part: PatternPart
    least: int
    most: int | None


@dataclass(frozen=True, slots=True)
class PatternChoice:
    """A group, or the whole pattern: any of these sequences."""

    sequences: tuple[tuple[PatternPart, ...], ...]


@dataclass(frozen=True, slots=True)
class PatternLookahead:
    """`(?=…)`, or denied, `(?!…)`."""

    ahead: PatternChoice
    denied: bool


PatternPart = PatternLetter | PatternAnchor | PatternRepetition | PatternChoice | PatternLookahead

LAST_CHARACTER = 0x10FFFF
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
_CONTROLS = {"n": "\n", "t": "\t", "r": "\r", "f": "\f", "v": "\v", "0": "\0"}
_COUNTS = {"*": (0, None), "+": (1, None), "?": (0, 1)}
_MOST_SAMPLES = 6


def _complement(ranges: Ranges) -> Ranges:
    """Every character that is in none of the ranges."""
    gaps, start = [], 0
    for low, high in sorted(ranges):
        if low > start:
            gaps.append((start, low - 1))
        start = max(start, high + 1)
    return (*gaps, (start, LAST_CHARACTER)) if start <= LAST_CHARACTER else tuple(gaps)


_SETS = {
    "d": PatternLetter(_DIGITS, ("0",)),
    "D": PatternLetter(_complement(_DIGITS), ("a",)),
    "w": PatternLetter(_WORD, ("a",)),
    "W": PatternLetter(_complement(_WORD), ("-",)),
    "s": PatternLetter(_SPACES, (" ",)),
    "S": PatternLetter(_complement(_SPACES), ("a",)),
}
_ANY = PatternLetter(_complement(_BREAKS), ("a",))


def parse(pattern: str) -> PatternChoice:
    """The tree of a pattern. Raises UnsupportedPattern."""
    try:
        return _PatternParser(canonical(pattern)).choice()
    except NotEcma as error:
        raise UnsupportedPattern(str(error)) from None


class _PatternParser:
    """A parser by descent, of patterns in canonical form: groups, classes and counts are complete.

    Every method starts at the next character to be read.
    """

    def __init__(self, pattern: str) -> None:
        self._pattern = pattern
        self._position = 0

    def choice(self) -> PatternChoice:
        """What stands before the end, or before the `)` of the group."""
        sequences = [self._sequence()]
        while self._peek() == "|":
            self._next()
            sequences.append(self._sequence())
        return PatternChoice(tuple(sequences))

    def _next(self, count: int = 1) -> str:
        self._position += count
        return self._pattern[self._position - count : self._position]

    def _peek(self, count: int = 1) -> str:
        return self._pattern[self._position : self._position + count]

    def _sequence(self) -> tuple[PatternPart, ...]:
        parts: list[PatternPart] = []
        while self._peek() not in ("", "|", ")"):
            part, (least, most) = self._atom(), self._counts()
            if (least, most) != (1, 1):
                if isinstance(part, PatternLookahead):
                    raise UnsupportedPattern("a repeated look ahead")
                if self._peek() == "?":
                    self._next()  # a lazy repetition finds the same texts
                part = PatternRepetition(part, least, most)
            parts.append(part)
        return tuple(parts)

    def _counts(self) -> tuple[int, int | None]:
        if self._peek() in _COUNTS:
            return _COUNTS[self._next()]
        if self._peek() != "{":
            return 1, 1
        end = self._pattern.index("}", self._position)
        low, comma, high = self._next(end + 1 - self._position)[1:-1].partition(",")
        return int(low), int(high) if high else None if comma else int(low)

    def _atom(self) -> PatternPart:
        char = self._next()
        if char in "^$":
            return PatternAnchor(char)
        if char == "(":
            return self._group()
        if char == "[":
            return self._class()
        if char == "\\":
            return self._escape()
        return _ANY if char == "." else _letter(char)

    def _group(self) -> PatternChoice | PatternLookahead:
        kind = ""
        if self._peek() == "?":
            kind = self._next(2)[1]
            if kind == "<" and self._peek() not in ("=", "!"):
                while self._next() != ">":
                    pass
            elif kind not in ":=!":
                raise UnsupportedPattern(f"(?{kind}")
        inner = self.choice()
        self._next()
        return PatternLookahead(inner, kind == "!") if kind in ("=", "!") else inner

    def _escape(self) -> PatternLetter:
        char = self._next()
        if char in _SETS:
            return _SETS[char]
        if char in ("x", "u"):
            return self._coded(2 if char == "x" else 4)
        if char.isalnum() and char not in _CONTROLS:
            raise UnsupportedPattern(f"\\{char}")
        return _letter(_CONTROLS.get(char, char))

    def _coded(self, digits: int) -> PatternLetter:
        written = self._next(digits)
        if len(written) != digits or not all(digit in "0123456789abcdefABCDEF" for digit in written):
            raise UnsupportedPattern(written)
        code = int(written, 16)
        if 0xD800 <= code < 0xE000:
            raise UnsupportedPattern(written)  # half of a character
        return _letter(chr(code))

    def _class(self) -> PatternLetter:
        negated = self._peek() == "^"
        if negated:
            self._next()
        ranges, samples = list[tuple[int, int]](), list[str]()
        while self._peek() != "]":
            low = self._class_atom()
            ranges += low.ranges
            samples += low.samples
            if self._peek() == "-" and self._peek(2) != "-]":
                self._next()
                high = self._class_atom()
                if not (_is_single(low) and _is_single(high)) or low.ranges > high.ranges:
                    raise UnsupportedPattern("-")
                ranges[-1] = (low.ranges[0][0], high.ranges[0][0])
                samples += high.samples
        self._next()
        if negated:
            outside = _complement(tuple(ranges))
            readable = (char for char in "a0-_Z .~é" if any(low <= ord(char) <= high for low, high in outside))
            return PatternLetter(outside, tuple(readable)[:2])
        return PatternLetter(tuple(ranges), tuple(dict.fromkeys(samples))[:_MOST_SAMPLES])

    def _class_atom(self) -> PatternLetter:
        char = self._next()
        return self._escape() if char == "\\" else _letter(char)


def _letter(char: str) -> PatternLetter:
    return PatternLetter(((ord(char), ord(char)),), (char,))


def _is_single(letter: PatternLetter) -> bool:
    return len(letter.ranges) == 1 and letter.ranges[0][0] == letter.ranges[0][1]
