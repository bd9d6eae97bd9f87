"""Escapes texts for GitHub Flavored Markdown: none becomes a heading, a link, a mention or HTML."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

_SPECIAL = re.compile(r"[\\`*_{}\[\]#|~>&<]|(?<!\w)@|:(?=//)|(?<=www)\.")
_HTML = {"&": "&amp;", "<": "&lt;", "@": "@<!-- -->"}


def escape_markdown(value: str) -> str:
    """The text, escaped, on one line."""
    return _SPECIAL.sub(lambda match: _HTML.get(match[0], f"\\{match[0]}"), " ".join(value.split()))


def code(value: str) -> str:
    """A code span, whose backtick run is longer than any in the text (CommonMark, section 6.1)."""
    value = " ".join(value.split())
    if not value:
        return ""
    longest = max((len(run) for run in re.findall("`+", value)), default=0)
    quotes = "`" * (longest + 1)
    padding = " " if "`" in (value[0], value[-1]) else ""
    return f"{quotes}{padding}{value}{padding}{quotes}"


def fenced_block(value: str, language: str = "") -> str:
    """A fenced code block (CommonMark, section 4.5)."""
    longest = max((len(run) for run in re.findall("`+", value)), default=0)
    quotes = "`" * max(3, longest + 1)
    return f"{quotes}{language}\n{value}\n{quotes}"


def table(columns: Sequence[str], rows: Iterable[Sequence[str]], right: frozenset[int] = frozenset()) -> str:
    """A table whose cells are already Markdown; `right`: the numbers of columns to align right."""
    rule = ["---:" if number in right else "---" for number in range(len(columns))]
    return "\n".join(f"| {' | '.join(map(_cell, row))} |" for row in [columns, rule, *rows])


def _cell(value: str) -> str:
    """The cell with bars escaped: they end a cell even in code spans."""
    return re.sub(r"(?<!\\)\|", r"\\|", value).replace("\n", " ")
