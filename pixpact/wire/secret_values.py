"""Replaces secrets by value, in any encoding: plain, JSON, URL, HTML, base64."""

from __future__ import annotations

import re
from base64 import b64encode, urlsafe_b64encode
from collections.abc import Iterable, Iterator
from functools import cached_property, lru_cache

FEWEST = 6
"""Characters; replacing shorter secrets would black out ordinary words."""
_ESCAPES = ("\\", "%", "&#")
"""The start of a character's escape."""
_OTHERWISE = {
    "/": r"\\{1,8}/",
    '"': r'\\{1,8}"|&quot;',
    "\\": r"\\{2,8}",
    "&": "&amp;",
    "<": "&lt;",
    ">": "&gt;",
    " ": r"\+",
}


class SecretValues:
    """Replaces secrets in any encoding by a mark; the longest first, because one may be a prefix of another."""

    def __init__(self, values: Iterable[str]) -> None:
        self._values = long = {value for value in values if len(value) >= FEWEST}
        forms = {form for value in long for form in (value, *_encoded(value))}
        self._plain = sorted(forms, key=lambda form: (-len(form), form))
        self._coded = [form.encode("utf-8", "surrogatepass") for form in self._plain]

    def in_text(self, text: str, mark: str) -> str:
        """The text with the secrets replaced."""
        for form in self._plain:
            text = text.replace(form, mark)
        has_escapes = bool(self._plain) and any(escape in text for escape in _ESCAPES)
        return self._text.sub(lambda _: mark, text) if has_escapes else text

    def in_bytes(self, body: bytes, mark: str) -> bytes:
        """The body with the secrets replaced; other bytes stay unchanged."""
        written = mark.encode()
        for form in self._coded:
            body = body.replace(form, written)
        has_escapes = bool(self._plain) and any(escape.encode() in body for escape in _ESCAPES)
        return self._bytes.sub(lambda _: written, body) if has_escapes else body

    @cached_property
    def _spelt(self) -> str:
        return "|".join(_spelt(value) for value in self._plain if value in self._values)

    @cached_property
    def _text(self) -> re.Pattern[str]:
        return re.compile(self._spelt)

    @cached_property
    def _bytes(self) -> re.Pattern[bytes]:
        return re.compile(self._spelt.encode("utf-8", "surrogatepass"))


@lru_cache(maxsize=256)
def secret_values(values: tuple[str, ...]) -> SecretValues:
    """A cached SecretValues for these values."""
    return SecretValues(values)


def _encoded(value: str) -> Iterator[str]:
    """The value in base64: alone, and as the user name of `Basic` (RFC 7617)."""
    for text in (value, f"{value}:"):
        raw = text.encode("utf-8", "surrogatepass")
        yield from (coded(raw).decode().rstrip("=") for coded in (b64encode, urlsafe_b64encode))


def _spelt(value: str) -> str:
    r"""A pattern for all spellings of a text: each character as itself, `\u0041`, `%41`, `&#65;` or `&#x41;`.

    JSON in JSON doubles backslashes, and a URL in a URL writes `%2541`; both repetitions are bounded, as a body may
    consist of nothing else.
    """
    return "".join(_character(character) for character in value)


def _character(character: str) -> str:
    code, raw = ord(character), character.encode("utf-8", "surrogatepass")
    ways = [
        re.escape(character),
        r"\\{1,8}u" + _hex(f"{code:04x}"),
        "".join("%(?:25){0,4}" + _hex(f"{byte:02x}") for byte in raw),
        f"&#0*{code};",
        f"&#[xX]0*{_hex(f'{code:x}')};",
        _OTHERWISE.get(character, ""),
    ]
    return f"(?:{'|'.join(filter(None, ways))})"


def _hex(digits: str) -> str:
    return "".join(f"[{digit}{digit.upper()}]" if digit.isalpha() else digit for digit in digits)
