"""Quotes texts as words of a POSIX shell (IEEE Std 1003.1, section 2.2)."""

from __future__ import annotations

import re
import shlex
from collections.abc import Sequence
from dataclasses import dataclass

# Characters with a meaning inside double quotes; `!` only in interactive shells, where commands are pasted.
_ACTIVE = re.compile(r'["$`\\!\n]')
_MARK = re.compile(r"##(?=\w*\[)")


@dataclass(frozen=True, slots=True)
class ShellWord:
    """A part of a shell word: a literal text, or the name of a variable."""

    text: str
    variable: bool = False


def quoted_word(text: str) -> str:
    """The text as one shell word, in single quotes where it needs them.

    `##[…]` is a command in logs of some CI systems: it is split by closing and reopening the quotes.
    """
    return _MARK.sub("#''#", shlex.quote(text))


def joined_word(parts: Sequence[ShellWord]) -> str:
    """The parts joined to one word: `"Bearer $KEY"`; texts with active characters are quoted separately."""
    parts = [part for part in parts if part.text]
    texts = [part.text for part in parts if not part.variable]
    if len(texts) == len(parts):
        return quoted_word("".join(texts))
    if any(_ACTIVE.search(text) for text in texts):
        return "".join(f'"${part.text}"' if part.variable else quoted_word(part.text) for part in parts)
    following = [*parts[1:], ShellWord("")]
    return _MARK.sub('#""#', f'"{"".join(map(_in_double_quotes, parts, following))}"')


def _in_double_quotes(part: ShellWord, following: ShellWord) -> str:
    if not part.variable:
        return part.text
    runs_on = not following.variable and re.match(r"\w", following.text)
    return f"${{{part.text}}}" if runs_on else f"${part.text}"
