"""Heads of requests that came before: a client sends the same bytes again and again, and they are parsed once.

What a parser makes of a head depends on nothing but its bytes. So a head that is the same, byte for byte, as one that
was parsed before means the same, and so does one that differs in nothing but a plain text at the end of its path.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from pixpact.mockserver.direct.caller import RequestHead
from pixpact.mockserver.direct.operation import DirectRoute

PLAIN_KEY = re.compile(r"[A-Za-z0-9_-]+")
"""A path parameter that says what it is: no escape, nothing that a path is cut at."""
_END = b"\r\n\r\n"
_VERSION = b" HTTP/1.1\r\n"
_MOST = 1000
"""Heads that are remembered."""
_LONGEST = 2048
"""Bytes of the longest head that is remembered."""


class KnownHead(NamedTuple):
    """What is known of the requests with one head: `path` is theirs, or what is before the key at its end."""

    scheme: str
    route: DirectRoute
    head: RequestHead
    path: str
    length: int
    """Bytes of the body."""


class KnownHeads:
    """The heads of one mock that are remembered."""

    def __init__(self) -> None:
        self._whole: dict[bytes, KnownHead] = {}
        self._keyed: dict[bytes, KnownHead] = {}

    def find(self, scheme: str, data: bytes) -> tuple[KnownHead, str, bytes] | None:
        """What is known of a whole request, its path and its body; None where it has to be parsed."""
        end = data.find(_END) + len(_END)
        known = self._whole.get(data[:end])
        if known is not None:
            path = known.path
        else:
            rest, key = _without_key(data, end)
            known = self._keyed.get(rest)
            if known is None or not PLAIN_KEY.fullmatch(key):
                return None
            path = known.path + key
        if len(data) - end != known.length or known.scheme != scheme:
            return None
        return known, path, data[end:]

    def add(self, data: bytes, known: KnownHead) -> None:
        """Remember the head of a request that was parsed, if these bytes are that request and nothing else."""
        end = data.find(_END) + len(_END)
        if len(data) - end != known.length or end > _LONGEST:
            return
        if len(self._whole) + len(self._keyed) >= _MOST:
            self._whole.clear()
            self._keyed.clear()
        if known.route.keyed:
            rest, key = _without_key(data, end)
            self._keyed[rest] = known._replace(path=known.path.removesuffix(key))
        else:
            self._whole[data[:end]] = known


def _without_key(data: bytes, end: int) -> tuple[bytes, str]:
    """A head without the last part of its path, and that part."""
    line = max(data.find(_VERSION, 0, end), 0)
    slash = data.rfind(b"/", 0, line) + 1
    return data[:slash] + data[line:end], data[slash:line].decode("latin-1")
