"""Arabic as it is written: letters joined to their neighbours, lines from right to left.

The joined forms are characters of their own (Unicode, Arabic Presentation Forms), which fonts without layout tables
have. Which way a run goes is decided as for short captions: what is right to left is turned round as a whole,
numbers and Latin words in it stay as they are (a part of UAX #9).
"""

from __future__ import annotations

import unicodedata
from functools import cache
from itertools import accumulate

_FORMS = ("isolated", "final", "initial", "medial")
_TATWEEL = "\u0640"


def joined(text: str) -> str:
    """The text with each Arabic letter in the form that its neighbours ask for."""
    text = _ligated(text)
    return "".join(_form(text, index) for index in range(len(text)))


def _ligated(text: str) -> str:
    """Lam and alef as the one letter that they are written as."""
    for pair, form in _ligatures().items():
        text = text.replace(pair, form)
    return text


def _form(text: str, index: int) -> str:
    forms = _forms().get(text[index])
    if forms is None:
        return text[index]
    before = index > 0 and _joins_next(text[index - 1])
    after = index + 1 < len(text) and _joins_next(text[index]) and _joins_previous(text[index + 1])
    name = _FORMS[2 * after + before]
    return forms.get(name) or forms.get("final" if before else "isolated") or text[index]


def _joins_next(character: str) -> bool:
    return character == _TATWEEL or "initial" in _forms().get(character, {})


def _joins_previous(character: str) -> bool:
    return character == _TATWEEL or "final" in _forms().get(character, {})


@cache
def _forms() -> dict[str, dict[str, str]]:
    """Letter → name of a form → the character of that form; a ligature counts as its isolated form."""
    forms: dict[str, dict[str, str]] = {}
    for code in (*range(0xFB50, 0xFE00), *range(0xFE70, 0xFF00)):
        name, letters = _decomposed(chr(code))
        if name not in _FORMS:
            continue
        if len(letters) == 1:
            forms.setdefault(letters, {})[name] = chr(code)
        elif letters in _ligatures():
            forms.setdefault(_ligatures()[letters], {})[name] = chr(code)
    return forms


@cache
def _ligatures() -> dict[str, str]:
    """Lam and an alef → the isolated form of both."""
    forms = {chr(code): _decomposed(chr(code)) for code in range(0xFEF5, 0xFEFD)}
    return {letters: form for form, (name, letters) in forms.items() if name == "isolated"}


def _decomposed(character: str) -> tuple[str, str]:
    """(`initial`, the letter) of a presentation form; two empty texts for any other character."""
    name, _, codes = unicodedata.decomposition(character).partition("> ")
    letters = "".join(chr(int(code, 16)) for code in codes.split()) if name.startswith("<") else ""
    return name.removeprefix("<") if letters else "", letters


def visual(line: str) -> str:
    """A line in the order in which it is drawn from the left."""
    if not any(map(_is_right_to_left, line)):
        return line
    return "".join(_turned(run) if right else run for right, run in _runs(line))


def _runs(line: str) -> list[tuple[bool, str]]:
    """Stretches that go one way; what is no letter goes with the letters on both sides of it where these agree."""
    after = [*accumulate(reversed([_direction(character) for character in line]), _latest)][::-1]
    runs: list[tuple[bool, str]] = []
    before: bool | None = None
    for character, following in zip(line, after, strict=True):
        own = _direction(character)
        before = before if own is None else own
        right = bool(before and following) if own is None else own
        if runs and runs[-1][0] == right:
            runs[-1] = right, runs[-1][1] + character
        else:
            runs.append((right, character))
    return runs


def _direction(character: str) -> bool | None:
    """Whether a letter goes to the left; None for what is no letter."""
    return _is_right_to_left(character) if character.isalpha() else None


def _latest(before: bool | None, own: bool | None) -> bool | None:
    return before if own is None else own


def _turned(run: str) -> str:
    """A run the other way round, its numbers as they are read."""
    turned, number = "", ""
    for character in reversed(run):
        if character.isdecimal():
            number = character + number
        else:
            turned, number = turned + number + character, ""
    return turned + number


def _is_right_to_left(character: str) -> bool:
    return unicodedata.bidirectional(character) in ("R", "AL")
