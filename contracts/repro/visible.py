"""Characters that do something instead of being something, and how they are shown."""

from __future__ import annotations

import re

UNSEEN = re.compile(
    "[\x7f-\x9f\u00ad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\ufffe\uffff"
    "\ud800-\udfff\U000e0000-\U000e0fff]"
)
"""C1 controls; what is invisible or turns the direction of text; line and paragraph separators; halves of surrogate
pairs; what XML 1.0 does not allow (section 2.2); tag characters."""

CONTROL = re.compile("[\x00-\x1f]")
"""C0 controls, among them tab and line breaks."""

_WORDS = {"\n": r"\n", "\r": r"\r", "\t": r"\t"}


def visible(text: str, kept: str = "") -> str:
    r"""The text with `\x1b` and the like in the place of such characters; those of `kept` stay."""
    for unsafe in (CONTROL, UNSEEN):
        text = unsafe.sub(lambda match: match[0] if match[0] in kept else _escape(match[0]), text)
    return text


def _escape(character: str) -> str:
    code = ord(character)
    return _WORDS.get(character) or (f"\\x{code:02x}" if code < 256 else f"\\u{code:04x}")
