"""Names that the mock gives: ids in the shape of the vendor's example, tokens of files, seeds of chance.

All of them are functions of the seed, the clock's start and a running number, so that two servers told the same
give the same names, and two runs on true time never do.
"""

from __future__ import annotations

import string
import struct
from collections.abc import Callable
from functools import lru_cache
from hashlib import blake2b, shake_128
from typing import Any

_CROCKFORD = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"  # the letters of a ULID: no I, L, O, U
_HEX = "0123456789abcdef"
_NUMBERS = struct.Struct(">8I")
_MOST_AT_ONCE = 64
"""Bytes that BLAKE2b gives (RFC 7693)."""


def entropy(*parts: Any) -> bytes:
    """32 bytes that depend on all parts and on nothing else."""
    return blake2b("\x1f".join(map(str, parts)).encode("utf-8", "replace"), digest_size=32).digest()


class NumberedSeed:
    """What `entropy` gives for these parts and a number; the parts are written once."""

    def __init__(self, *parts: Any) -> None:
        self._before = "".join(f"{part}\x1f" for part in parts).encode("utf-8", "replace")

    def of(self, number: int) -> bytes:
        """The seed of a number: 32 bytes."""
        return blake2b(self._before + b"%d" % number, digest_size=32).digest()


@lru_cache(maxsize=1024)
def account_of(vendor: str, key: str) -> str:
    """The name of an API key's account with a vendor, from which the key cannot be read."""
    return entropy(vendor, key).hex()[:16]


def link_token(seed: bytes, secret: str | None) -> str:
    """What stands in the link of a file; where strangers reach the mock, nobody can find out another's."""
    return (seed if secret is None else entropy(seed.hex(), secret)).hex()[:24]


RANGE = 1 << 32
"""What the numbers of a seed are below."""
numbers_of: Callable[[bytes], tuple[int, ...]] = _NUMBERS.unpack
"""The eight numbers that a seed of 32 bytes holds; the last one is drawn first."""


class SeededChance:
    """Numbers drawn from a seed: cheap to make, the same for the same seed."""

    def __init__(self, seed: bytes) -> None:
        self._numbers = list(numbers_of(seed))

    def uniform(self, low: float, high: float) -> float:
        """A number between `low` and `high`; eight good ones can be drawn from a seed of 32 bytes."""
        drawn = self._numbers.pop() if self._numbers else 0
        return low + (high - low) * drawn / RANGE


class IdShape:
    """Writes ids that look like an example: after its last `_`, each character is replaced by one of its kind.

    `task_01K8SGYNNNVBQTXNR4MM964S7K` → `task_` and 26 characters of a ULID's alphabet.
    """

    def __init__(self, example: str) -> None:
        before, mark, tail = example.rpartition("_")
        head, length = before + mark, len(tail)
        kinds = [_kind(character, tail) for character in tail]
        different = list(dict.fromkeys(kinds))
        # Of each byte some bits are drawn, and the others say the kind of the character.
        bits = 8 - max(len(different) - 1, 0).bit_length()
        table, is_mixed = _table(different, bits), len(different) > 1
        mask = int.from_bytes(bytes([(1 << bits) - 1] * length), "big")
        marks = int.from_bytes(bytes([different.index(kind) << bits for kind in kinds]), "big")
        is_short = 0 < length <= _MOST_AT_ONCE

        def write(seed: bytes) -> str:
            drawn = blake2b(seed, digest_size=length).digest() if is_short else shake_128(seed).digest(length)
            if is_mixed:
                drawn = (int.from_bytes(drawn, "big") & mask | marks).to_bytes(length, "big")
            return head + drawn.translate(table).decode("latin-1")

        self.write: Callable[[bytes], str] = write
        """The id that belongs to these bytes."""


def _table(kinds: list[str], drawn: int) -> bytes:
    """What each of the 256 bytes is written as, so that all characters of a kind are about equally likely."""
    tables = [bytes([ord(kind[number * len(kind) >> drawn]) for number in range(1 << drawn)]) for kind in kinds]
    return b"".join(tables).ljust(256, b"-")


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
