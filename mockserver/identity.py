"""Names that the mock gives: ids in the shape of the vendor's example, tokens of files, seeds of chance.

All of them are functions of the seed, the clock's start and a running number, so that two servers told the same
give the same names, and two runs on true time never do.
"""

from __future__ import annotations

import hashlib
import string
from typing import Any

_CROCKFORD = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"  # the letters of a ULID: no I, L, O, U
_HEX = "0123456789abcdef"


def entropy(*parts: Any) -> bytes:
    """32 bytes that depend on all parts and on nothing else."""
    return hashlib.sha256("\x1f".join(str(part) for part in parts).encode("utf-8", "replace")).digest()


def account_of(vendor: str, key: str) -> str:
    """The name of an API key's account with a vendor, from which the key cannot be read."""
    return entropy(vendor, key).hex()[:16]


class Shape:
    """Writes ids that look like an example: after its last `_`, each character is replaced by one of its kind.

    `task_01K8SGYNNNVBQTXNR4MM964S7K` → `task_` and 26 characters of a ULID's alphabet.
    """

    def __init__(self, example: str) -> None:
        head, mark, tail = example.rpartition("_")
        self._head = head + mark
        self._kinds = [_kind(character, tail) for character in tail]

    def write(self, seed: bytes) -> str:
        """The id that belongs to these bytes."""
        drawn = hashlib.shake_128(seed).digest(len(self._kinds))
        return self._head + "".join(
            [kind[byte * len(kind) >> 8] for kind, byte in zip(self._kinds, drawn, strict=True)]
        )


def _kind(character: str, tail: str) -> str:
    letters = {one for one in tail if one.isalnum()}
    if len(tail) == 26 and letters <= set(_CROCKFORD):
        return _CROCKFORD
    if letters <= set(_HEX) and any(one.isalpha() for one in letters):
        return _HEX if character.isalnum() else character
    for kind in (string.digits, string.ascii_uppercase, string.ascii_lowercase):
        if character in kind:
            return kind
    return character
