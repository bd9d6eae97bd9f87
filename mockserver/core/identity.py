"""Names that the mock gives: ids in the shape of the vendor's example, tokens of files, seeds of chance.

All of them are functions of the seed, the clock's start and a running number, so that two servers told the same
give the same names, and two runs on true time never do.
"""

from __future__ import annotations

import hashlib
import string
import struct
from functools import lru_cache
from itertools import accumulate, groupby
from typing import Any

_CROCKFORD = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"  # the letters of a ULID: no I, L, O, U
_HEX = "0123456789abcdef"
_NUMBERS = struct.Struct(">8I")


def entropy(*parts: Any) -> bytes:
    """32 bytes that depend on all parts and on nothing else."""
    return hashlib.sha256("\x1f".join(map(str, parts)).encode("utf-8", "replace")).digest()


@lru_cache(maxsize=1024)
def account_of(vendor: str, key: str) -> str:
    """The name of an API key's account with a vendor, from which the key cannot be read."""
    return entropy(vendor, key).hex()[:16]


def link_token(seed: bytes, secret: str | None) -> str:
    """What stands in the link of a file; where strangers reach the mock, nobody can find out another's."""
    return (seed if secret is None else entropy(seed.hex(), secret)).hex()[:24]


class SeededChance:
    """Numbers drawn from a seed: cheap to make, the same for the same seed."""

    def __init__(self, seed: bytes) -> None:
        self._numbers = list(_NUMBERS.unpack(seed))

    def uniform(self, low: float, high: float) -> float:
        """A number between `low` and `high`; eight good ones can be drawn from a seed of 32 bytes."""
        drawn = self._numbers.pop() if self._numbers else 0
        return low + (high - low) * drawn / (1 << 32)


class IdShape:
    """Writes ids that look like an example: after its last `_`, each character is replaced by one of its kind.

    `task_01K8SGYNNNVBQTXNR4MM964S7K` → `task_` and 26 characters of a ULID's alphabet.
    """

    def __init__(self, example: str) -> None:
        head, mark, tail = example.rpartition("_")
        self._head = head + mark
        self._length = len(tail)
        kinds = [_kind(character, tail) for character in tail]
        ends = [0, *accumulate(len(list(run)) for _, run in groupby(kinds))]
        tables = [_table(kind) for kind, _ in groupby(kinds)]
        self._runs = list(zip(ends, ends[1:], tables, strict=False))
        self._only = tables[0] if len(tables) == 1 else None

    def write(self, seed: bytes) -> str:
        """The id that belongs to these bytes."""
        drawn = hashlib.shake_128(seed).digest(self._length)
        if self._only is not None:
            return self._head + drawn.translate(self._only).decode("latin-1")
        text = b"".join([drawn[start:end].translate(table) for start, end, table in self._runs])
        return self._head + text.decode("latin-1")


def _table(kind: str) -> bytes:
    """What each of the 256 bytes is written as, so that all characters of a kind are about equally likely."""
    return bytes(ord(kind[byte * len(kind) >> 8]) for byte in range(256))


def _kind(character: str, tail: str) -> str:
    """The characters that may stand in place of one."""
    letters = {one for one in tail if one.isalnum()}
    if not (character.isascii() and character.isalnum()):
        return character if character.isascii() else "-"
    if len(tail) == 26 and letters <= set(_CROCKFORD):
        return _CROCKFORD
    if letters <= set(_HEX) and any(one.isalpha() for one in letters):
        return _HEX
    for kind in (string.digits, string.ascii_uppercase, string.ascii_lowercase):
        if character in kind:
            return kind
    raise AssertionError(character)  # every ASCII letter or digit is of one of the three
