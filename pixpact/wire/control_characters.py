"""Escapes control and invisible characters, and CI commands, in all texts that are printed or written.

Texts of documents, endpoints and paths end up in terminals and CI logs. An escape sequence could repaint the terminal,
a line `::stop-commands::` could silence a workflow, a text could run from right to left.
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
"""C0 controls, including tab and line breaks."""

COMMAND = re.compile(r"::(?=[A-Za-z-]+(?: [^\n]*)?::)|##(?=\w*\[)")
"""Commands of GitHub Actions (`::name …::` at the start of a line, `##[name]` anywhere) and Azure (`##vso[name]`)."""
_FIRST = re.compile(r"(?m)^(\s*)::")
_WORDS = {"\n": r"\n", "\r": r"\r", "\t": r"\t"}


def visible_text(text: str, kept: str = "") -> str:
    r"""The text with control and invisible characters as escapes such as `\x1b`; those in `kept` stay."""
    for unsafe in (CONTROL, UNSEEN):
        text = unsafe.sub(lambda match: match[0] if match[0] in kept else _escape(match[0]), text)
    return text


def harmless_lines(text: str) -> str:
    """Lines that are safe to print: no characters or commands with an effect in a terminal or a workflow log."""
    shown = visible_text(text.replace("\r\n", "\n"), "\n\t")
    return _FIRST.sub(r"\1: :", COMMAND.sub(lambda match: " ".join(match[0]), shown))


def visible_json(text: str) -> str:
    r"""Equivalent JSON with invisible characters as escapes such as `\u202e`, and without workflow commands."""
    text = UNSEEN.sub(lambda match: json.dumps(match[0])[1:-1] if match[0] > "\x7f" else r"\u007f", text)
    return COMMAND.sub(lambda match: f"{match[0][0]}\\u{ord(match[0][1]):04x}", text)


def visible_yaml(text: str) -> str:
    """The same for YAML in which every affected text is in double quotes."""
    text = UNSEEN.sub(lambda match: f"\\U{ord(match[0]):08x}", text)
    return COMMAND.sub(lambda match: f"{match[0][0]}\\u{ord(match[0][1]):04x}", text)


def _escape(character: str) -> str:
    code = ord(character)
    return _WORDS.get(character) or (f"\\x{code:02x}" if code < 256 else f"\\u{code:04x}")
