"""Captures ids and URLs of a response in shell variables, for later requests of a repro script.

No JSON tool is required: only standard POSIX utilities are used.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from pixpact.contracts.repro.shell import quoted_word
from pixpact.specs.openapi.document import steps
from pixpact.wire.bodies import UndecodableBody, json_of
from pixpact.wire.control_characters import visible_text

RESPONSE = "RESPONSE"
"""The shell variable for a response that is read later."""
_VARIABLE = "FOUND"
_PLAIN_NAME = re.compile(r"[A-Za-z0-9_-]+")
_SPACE = "[[:space:]]*"
_SHORTEST, _LONGEST = 4, 2000
"""Minimum and maximum length of a text that may be an id or a URL, in characters."""


@dataclass(frozen=True, slots=True)
class CapturedText:
    """A text of a response that later requests need: its JSON pointer, and the shell variable for it."""

    text: str
    pointer: str
    variable: str

    def line(self, response: bytes) -> str:
        """The command that captures it from the response; a comment where no plain command can."""
        command = _command(response, self.pointer, self.text)
        if command is None:
            return f"# set {self.variable} to {visible_text(self.pointer)} of the response"
        return f'{self.variable}=$(printf %s "${RESPONSE}" | {command})'


def captured(responses: list[bytes], urls: list[str]) -> list[list[CapturedText]]:
    """For each response, the texts that URLs of later requests need; none is captured twice."""
    captures: list[list[CapturedText]] = [[] for _ in responses]
    pointers: dict[str, tuple[int, str]] = {}
    names: dict[str, str] = {}
    for index, url in enumerate(urls):
        for part in [url] if url in pointers else url.partition("?")[0].split("/")[3:]:
            if part in pointers and part not in names:
                names[part] = f"{_VARIABLE}{len(names) + 1}" if names else _VARIABLE
                source, pointer = pointers[part]
                captures[source].append(CapturedText(part, pointer, names[part]))
        for pointer, text in _texts_of(responses[index]):
            pointers.setdefault(text, (index, pointer))
    return captures


def _command(response: bytes, pointer: str, text: str) -> str | None:
    """The pipeline that extracts a field's text from a response on stdin; None if it is not certain to work."""
    names = steps(pointer)
    in_list = names[-1].isdecimal()
    name = names[-2] if in_list and len(names) > 1 else names[-1]
    if not _PLAIN_NAME.fullmatch(name) or (in_list and names[-1] != "0"):
        return None
    before, opening = (rf"\[{_SPACE}", r"\[\s*") if in_list else ("", "")
    written = re.sub(r"[\r\n]", "", response.decode("utf-8", "replace"))
    values = [match[1] for match in re.finditer(rf'"{name}"\s*:\s*{opening}"([^"]*)"', written)]
    plain = [value.replace("\\/", "/") for value in values]
    if text not in plain:
        return None
    position = plain.index(text)
    pattern = quoted_word(f'"{name}"{_SPACE}:{_SPACE}{before}"[^"]*"')
    slashes = " | sed 's,\\\\/,/,g'" if values[position] != text else ""
    return f"tr -d '\\r\\n' | grep -o {pattern} | sed -n {position + 1}p | cut -d'\"' -f4{slashes}"


def _texts_of(response: bytes) -> Iterator[tuple[str, str]]:
    try:
        yield from _texts(json_of(response), "")
    except UndecodableBody:
        return


def _texts(value: object, pointer: str) -> Iterator[tuple[str, str]]:
    if isinstance(value, dict):
        for name, inner in value.items():
            yield from _texts(inner, f"{pointer}/{name}")
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            yield from _texts(inner, f"{pointer}/{index}")
    elif isinstance(value, str) and _SHORTEST <= len(value) <= _LONGEST:
        yield pointer, value
