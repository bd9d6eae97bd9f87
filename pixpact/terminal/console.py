"""Consoles and tables for the terminal, made with rich."""

from __future__ import annotations

import errno
import os
import shutil
import sys
from collections.abc import Callable, Sequence
from textwrap import wrap
from typing import IO, Any

from rich.box import SIMPLE_HEAD
from rich.console import Console, ConsoleOptions, ConsoleRenderable, RenderHook, RenderResult
from rich.segment import Segment
from rich.table import Table
from rich.text import Text

from pixpact.wire.control_characters import harmless_lines


class _Console(Console):
    def on_broken_pipe(self) -> None:
        """Raise the error that rich has caught: the command decides its exit code."""
        raise BrokenPipeError(errno.EPIPE, os.strerror(errno.EPIPE))


def console() -> Console:
    """Standard output for tables; wide if it is not a terminal, so that other programs get whole names and URLs."""
    width = None if sys.stdout.isatty() else max(160, shutil.get_terminal_size().columns)
    return _plain(_Console(width=width, highlight=False, markup=False, emoji=False, soft_wrap=False))


def prose_console(file: IO[str] | None = None) -> Console:
    """A stream (default: standard output) for prose: up to 100 columns, 80 if it is not a terminal.

    Texts are not parsed as markup, and there is no colour unless the stream is a terminal.
    """
    stream = file or sys.stdout
    width = min(100, shutil.get_terminal_size().columns) if stream.isatty() else 80
    return _plain(_Console(file=stream, width=width, highlight=False, markup=False, emoji=False, soft_wrap=False))


def _plain(out: Console) -> Console:
    out.push_render_hook(_HarmlessTexts())
    return out


class _HarmlessTexts(RenderHook):
    """Removes control characters from texts, so that they cannot affect the terminal; rich's own styles stay."""

    def process_renderables(self, renderables: list[ConsoleRenderable]) -> list[ConsoleRenderable]:
        """The renderables, each filtered."""
        return [_Filtered(renderable) for renderable in renderables]


class _Filtered:
    def __init__(self, inner: ConsoleRenderable) -> None:
        self._inner = inner

    def __rich_console__(self, out: Console, options: ConsoleOptions) -> RenderResult:
        for segment in out.render(self._inner, options):
            yield segment if segment.control else Segment(harmless_lines(segment.text), segment.style)


def table(*columns: str, title: str | None = None) -> Table:
    """An empty table with these columns."""
    made = Table(title=title, box=SIMPLE_HEAD, title_justify="left", title_style="bold", pad_edge=False)
    for column in columns:
        made.add_column(column, overflow="fold")
    return made


def print_hanging(out: Console, head: Text, text: Text) -> None:
    """Print a text beside its head; the following lines are indented to the same column."""
    for line in text.wrap(out, max(20, out.width - head.cell_len)):
        line.rstrip()
        out.print(Text.assemble(head, line))
        head = Text(" " * head.cell_len)


def hang_whole(out: Console, head: Text, text: str, style: str = "") -> None:
    """Like `print_hanging`, without breaking words: long paths and URLs go on their own line below the head."""
    left = " " * head.cell_len
    whole: dict[str, Any] = {"break_long_words": False, "break_on_hyphens": False}
    lines = wrap(text, max(20, out.width), initial_indent=left, subsequent_indent=left, **whole) or [left]
    if len(lines[0]) > out.width and head.plain.strip():
        lines.insert(0, left)
    for index, line in enumerate(lines):
        rest = Text(line[len(left) :].rstrip(), style=style)
        shown = Text.assemble(head if index == 0 else left, rest)
        shown.rstrip()
        out.print(shown, soft_wrap=True)


def print_counts(
    out: Console,
    reasons: Sequence[tuple[str, int]],
    most: int,
    names: Callable[[str], Sequence[str]] = lambda _: (),
) -> None:
    """Print at most `most` reasons with their counts; below each, the names from `names(reason)`."""
    for reason, count in reasons[:most]:
        print_hanging(out, Text(f"{count:>5}  "), Text(reason or "no reason was given"))
        for name in names(reason):
            print_hanging(out, Text(" " * 9), Text(name, style="dim"))
    if left := reasons[most:]:
        remark = f"for {len(left)} other reasons: --report json=FILE has them all"
        print_hanging(out, Text(f"{sum(count for _, count in left):>5}  "), Text(remark, style="dim"))
