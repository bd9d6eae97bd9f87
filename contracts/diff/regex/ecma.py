r"""Patterns as ECMA-262 has them (section 22.2, with Annex B.1.2), in the one form that validators read alike.

Annex B is what browsers and Node take: `[\w-.]`, a lone `{` or `]`. What other languages add, such as `(?i)`, `a++`
or `(?P<name>…)`, is no ECMA-262: what a vendor makes of it nobody can say.
"""

from __future__ import annotations

import re
from functools import lru_cache

_COUNT = re.compile(r"\{[0-9]+(,[0-9]*)?\}")
_GROUP = re.compile(r"\(\?(?:[:=!]|<[=!]|<[^\W\d]\w*>|[ims]*(?:-[ims]+)?:)")
_ESCAPE = re.compile(
    r"\\(?:[dDwWsSbBfnrtv]|[1-9][0-9]*|0(?![0-9])|c[A-Za-z]|x[0-9A-Fa-f]{2}|u[0-9A-Fa-f]{4}|u\{[0-9A-Fa-f]+\}"
    r"|k<[^\W\d]\w*>|[pP]\{[\w=]+\}|[^0-9A-Za-z])"
)
_SETS = re.compile(r"\\[dDwWsSpP]")


class NotEcma(ValueError):
    """No pattern of ECMA-262; the message names what is not."""


@lru_cache(maxsize=4096)
def canonical(pattern: str) -> str:
    """The same pattern without what only Annex B has. Raises NotEcma."""
    return _Scanner(pattern).whole()


class _Scanner:
    """Goes through a pattern once, token by token."""

    def __init__(self, pattern: str) -> None:
        self._pattern = pattern
        self._place = 0
        self._open = 0

    def whole(self) -> str:
        written = ""
        while self._place < len(self._pattern):
            written += self._term()
        if self._open:
            raise NotEcma("a group without its end")
        return written

    def _term(self) -> str:
        char = self._pattern[self._place]
        if char in "^$|":
            return self._taken(char)
        if char == "(":
            return self._group()
        if char == ")":
            self._open -= 1
            if self._open < 0:
                raise NotEcma("a lone )")
            return self._taken(char) + self._counted()
        if char in "*+?" or _COUNT.match(self._pattern, self._place):
            raise NotEcma(f"{char} with nothing to repeat")
        atom = self._class() if char == "[" else self._escape() if char == "\\" else self._literal()
        return atom + self._counted()

    def _taken(self, text: str, written: str = "") -> str:
        self._place += len(text)
        return written or text

    def _group(self) -> str:
        self._open += 1
        if self._pattern[self._place + 1 : self._place + 2] != "?":
            return self._taken("(")
        match = _GROUP.match(self._pattern, self._place)
        if match is None:
            raise NotEcma(f"the group {self._pattern[self._place : self._place + 4]}")
        return self._taken(match[0])

    def _literal(self) -> str:
        char = self._pattern[self._place]
        return self._taken(char, f"\\{char}" if char in "{}]" else char)

    def _escape(self) -> str:
        match = _ESCAPE.match(self._pattern, self._place)
        if match is None:
            raise NotEcma(f"the escape {self._pattern[self._place : self._place + 2]}")
        return self._taken(match[0])

    def _counted(self) -> str:
        """How often the atom before may come; two counts in a row are an error."""
        match = _COUNT.match(self._pattern, self._place)
        count = match[0] if match else self._pattern[self._place : self._place + 1]
        if not match and (not count or count not in "*+?"):
            return ""
        self._place += len(count)
        if self._pattern[self._place : self._place + 1] == "?":
            self._place += 1
            count += "?"
        return count

    def _class(self) -> str:
        negated = self._pattern[self._place + 1 : self._place + 2] == "^"
        self._place += 2 if negated else 1
        parts: list[str] = []
        while (char := self._pattern[self._place : self._place + 1]) != "]":
            if not char:
                raise NotEcma("a class without its end")
            parts.append(self._range())
        self._place += 1
        if not parts:
            return r"[\s\S]" if negated else r"[^\s\S]"
        return f"[{'^' if negated else ''}{''.join(parts)}]"

    def _range(self) -> str:
        """One character, set or range. A hyphen beside a set is a hyphen."""
        low = self._field()
        if self._pattern[self._place : self._place + 1] != "-" or self._pattern[self._place + 1 : self._place + 2] in (
            "]",
            "",
        ):
            return low
        self._place += 1
        high = self._field()
        if _SETS.match(low) or _SETS.match(high):
            return f"{low}\\-{high}"
        return f"{low}-{high}"

    def _field(self) -> str:
        char = self._pattern[self._place]
        if char == "\\":
            written = self._escape()
            return r"\x08" if written == r"\b" else written
        # Others give these a meaning of their own inside a class.
        return self._taken(char, f"\\{char}" if char in "-[&~^" else char)
