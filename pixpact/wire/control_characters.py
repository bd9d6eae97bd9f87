"""Characters that do something instead of being something, and how they are shown: the one filter for all that leaves.

What a document, an endpoint or a path holds ends up in terminals and in logs of CI systems. An escape sequence could
repaint the terminal, a line `::stop-commands::` could silence a workflow, a text could run right to left.
"""

from __future__ import annotations

import json
import re

UNSEEN = re.compile(
    "[\x7f-\x9f\u00ad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\ufffe\uffff"
    "\ud800-\udfff\U000e0000-\U000e0fff]"
)
"""C1 controls; what is invisible or turns the direction of text; line and paragraph separators; halves of surrogate
pairs; what XML 1.0 does not allow (section 2.2); tag characters."""

CONTROL = re.compile("[\x00-\x1f]")
"""C0 controls, among them tab and line breaks."""

COMMAND = re.compile(r"::(?=[A-Za-z-]+(?: [^\n]*)?::)|##(?=\w*\[)")
"""Commands of GitHub Actions (`::name …::` at the beginning of a line, `##[name]` anywhere) and Azure
(`##vso[name]`)."""
_FIRST = re.compile(r"(?m)^(\s*)::")
_WORDS = {"\n": r"\n", "\r": r"\r", "\t": r"\t"}


def visible_text(text: str, kept: str = "") -> str:
    r"""The text with `\x1b` and the like in the place of such characters; those of `kept` stay."""
    for unsafe in (CONTROL, UNSEEN):
        text = unsafe.sub(lambda match: match[0] if match[0] in kept else _escape(match[0]), text)
    return text


def harmless_lines(text: str) -> str:
    """Lines as they may be printed: nothing in them does anything to a terminal, or to the log of a workflow."""
    shown = visible_text(text.replace("\r\n", "\n"), "\n\t")
    return _FIRST.sub(r"\1: :", COMMAND.sub(lambda match: " ".join(match[0]), shown))


def visible_json(text: str) -> str:
    r"""JSON that means the same, with `\u202e` and the like for what is unseen, and no command of a workflow in it."""
    text = UNSEEN.sub(lambda match: json.dumps(match[0])[1:-1] if match[0] > "\x7f" else r"\u007f", text)
    return COMMAND.sub(lambda match: f"{match[0][0]}\\u{ord(match[0][1]):04x}", text)


def visible_yaml(text: str) -> str:
    """The same for YAML in which every text that is meant stands in double quotes."""
    text = UNSEEN.sub(lambda match: f"\\U{ord(match[0]):08x}", text)
    return COMMAND.sub(lambda match: f"{match[0][0]}\\u{ord(match[0][1]):04x}", text)


def _escape(character: str) -> str:
    code = ord(character)
    return _WORDS.get(character) or (f"\\x{code:02x}" if code < 256 else f"\\u{code:04x}")
