"""Regular languages by derivatives: what may follow each letter, and the shortest text of a set of texts.

After Brzozowski, "Derivatives of regular expressions" (1964). A pattern is searched for, so that its language is that
of all texts that hold a match; the beginning and the end of a text are two letters of their own, which `^` and `$`
stand for. What is read is in `pattern`; the size of what is looked through is bounded. interegular reads as many of the
patterns in public documents (261 of 263, these 260) once their anchors are cut off, but builds whole automata: with
counts within counts it does not come to an end.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

Ranges = tuple[tuple[int, int], ...]
"""Characters as ranges of their code points, both ends included."""

BEGIN, END = 0x110000, 0x110001
"""The two letters that no text holds, which stand around every text."""
_MOST_STATES = 10_000


class Language(ABC):
    """A set of texts."""

    __slots__ = ()

    @property
    @abstractmethod
    def ends(self) -> bool:
        """Whether the empty text is in it."""

    @abstractmethod
    def after(self, letter: int) -> Language:
        """What may follow once this letter was read."""

    def letters(self) -> Iterable[Ranges]:
        """The sets of letters that it tells apart."""
        return ()


@dataclass(frozen=True, slots=True)
class LetterSet(Language):
    """One letter of these; none of them: nothing at all."""

    ranges: Ranges

    @property
    def ends(self) -> bool:
        """Whether the empty text is in it."""
        return False

    def after(self, letter: int) -> Language:
        """What may follow this letter."""
        return EMPTY if any(low <= letter <= high for low, high in self.ranges) else NOTHING

    def letters(self) -> Iterable[Ranges]:
        """The sets of letters that it tells apart."""
        return (self.ranges,)


@dataclass(frozen=True, slots=True)
class Concatenation(Language):
    """One after the other; of nothing: the empty text."""

    parts: tuple[Language, ...]

    @property
    def ends(self) -> bool:
        """Whether the empty text is in it."""
        return all(part.ends for part in self.parts)

    def after(self, letter: int) -> Language:
        """What may follow this letter."""
        continuations = []
        for index, part in enumerate(self.parts):
            continuations.append(sequence(_after(part, letter), *self.parts[index + 1 :]))
            if not part.ends:
                break
        return choice(continuations)

    def letters(self) -> Iterable[Ranges]:
        """The sets of letters that it tells apart."""
        return (ranges for part in self.parts for ranges in part.letters())


@dataclass(frozen=True, slots=True)
class Repetition(Language):
    """The same so many times; without a `most`, any number of times."""

    part: Language
    least: int
    most: int | None

    @property
    def ends(self) -> bool:
        """Whether the empty text is in it."""
        return self.least == 0 or self.part.ends

    def after(self, letter: int) -> Language:
        """What may follow this letter."""
        rest = repeated(self.part, max(0, self.least - 1), None if self.most is None else self.most - 1)
        return sequence(_after(self.part, letter), rest)

    def letters(self) -> Iterable[Ranges]:
        """The sets of letters that it tells apart."""
        return self.part.letters()


@dataclass(frozen=True, slots=True)
class Union(Language):
    """In any of these."""

    parts: frozenset[Language]

    @property
    def ends(self) -> bool:
        """Whether the empty text is in it."""
        return any(part.ends for part in self.parts)

    def after(self, letter: int) -> Language:
        """What may follow this letter."""
        return choice(_after(part, letter) for part in self.parts)

    def letters(self) -> Iterable[Ranges]:
        """The sets of letters that it tells apart."""
        return (ranges for part in self.parts for ranges in part.letters())


@dataclass(frozen=True, slots=True)
class Intersection(Language):
    """In the one and in the other; the other may be denied."""

    one: Language
    other: Language
    denied: bool = False

    @property
    def ends(self) -> bool:
        """Whether the empty text is in it."""
        return self.one.ends and self.other.ends != self.denied

    def after(self, letter: int) -> Language:
        """What may follow this letter."""
        return both(_after(self.one, letter), _after(self.other, letter), self.denied)

    def letters(self) -> Iterable[Ranges]:
        """The sets of letters that it tells apart."""
        return (*self.one.letters(), *self.other.letters())


NOTHING = LetterSet(())
EMPTY = Concatenation(())
ANYTHING = Repetition(LetterSet(((0, END),)), 0, None)


@lru_cache(maxsize=100_000)
def _after(expression: Language, letter: int) -> Language:
    return expression.after(letter)


def sequence(*parts: Language) -> Language:
    """One after the other, in the one way of writing it."""
    flat: list[Language] = []
    for part in parts:
        flat += part.parts if isinstance(part, Concatenation) else (part,)
    if NOTHING in flat:
        return NOTHING
    return flat[0] if len(flat) == 1 else Concatenation(tuple(flat))


def choice(parts: Iterable[Language]) -> Language:
    """Any of these, in the one way of writing it."""
    flat: set[Language] = set()
    for part in parts:
        flat |= part.parts if isinstance(part, Union) else {part}
    flat.discard(NOTHING)
    if ANYTHING in flat:
        return ANYTHING
    return next(iter(flat)) if len(flat) == 1 else Union(frozenset(flat)) if flat else NOTHING


def repeated(part: Language, least: int, most: int | None) -> Language:
    """The same so many times, in the one way of writing it."""
    if most == 0 or part in (NOTHING, EMPTY):
        return NOTHING if part == NOTHING and least else EMPTY
    return part if (least, most) == (1, 1) else Repetition(part, least, most)


def both(first: Language, second: Language, denied: bool = False) -> Language:
    """In both, in the one way of writing it."""
    if first == NOTHING or (second == NOTHING and not denied) or (second == ANYTHING and denied):
        return NOTHING
    if (second == ANYTHING and not denied) or (second == NOTHING and denied):
        return first
    return Intersection(first, second, denied)


class LanguageTooLarge(ValueError):
    """More would have to be looked through than is."""


def shortest(expression: Language) -> str | None:
    """The shortest text of a set of texts that begin with `BEGIN` and end with `END`; None when it is empty.

    Raises LanguageTooLarge.
    """
    letters = _representatives(expression)
    start = _after(expression, BEGIN)
    visited = {start}
    waiting = deque([(start, "")])
    while waiting:
        state, text = waiting.popleft()
        if _after(state, END).ends:
            return text
        for letter in letters:
            reached = _after(state, letter)
            if reached == NOTHING or reached in visited:
                continue
            if len(visited) >= _MOST_STATES:
                raise LanguageTooLarge(f"more than {_MOST_STATES} states")
            visited.add(reached)
            waiting.append((reached, text + chr(letter)))
    return None


def _representatives(expression: Language) -> list[int]:
    """One letter of each kind that the expression tells apart, a readable one where there is one."""
    reported = list(dict.fromkeys(expression.letters()))
    edges = {0, 0xD800, 0xE000, *_READABLE}
    for ranges in reported:
        for low, high in ranges:
            edges |= {low, high + 1}
    kinds: dict[tuple[bool, ...], int] = {}
    ordered = [edge for edge in edges if edge < BEGIN and not 0xD800 <= edge < 0xE000]
    for edge in sorted(
        ordered, key=lambda letter: (_READABLE.index(letter) if letter in _READABLE else len(_READABLE), letter)
    ):
        kind = tuple(any(low <= edge <= high for low, high in ranges) for ranges in reported)
        kinds.setdefault(kind, edge)
    return list(kinds.values())


_READABLE = tuple(map(ord, "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ-_./:@ "))
