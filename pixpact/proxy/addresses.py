"""Addresses of result images under which an app downloads them through the proxy, and back.

Only an address that stood in a response has one, so that the proxy leads nowhere else. It is the same each time, for an
app may compare: a part of the digest of what it stands for.
"""

from __future__ import annotations

import json
import re
from collections import OrderedDict
from collections.abc import Collection
from hashlib import sha256
from urllib.parse import unquote, urlsplit

IMAGES = "/_pixpact/pictures/"
MOST_ADDRESSES = 20_000
"""Those that were given out longest ago are forgotten beyond it."""

_STRING = re.compile(rb'"(?:[^"\\]|\\.)*+"', re.DOTALL)
_PLACE = IMAGES.strip("/").replace("/", r"\\?/")
_OURS = re.compile(
    rf'https?:(?:\\?/){{2}}[^"\\/\s]+\\?/{_PLACE}\\?/([0-9a-f]{{32}})(?:\\?/[A-Za-z0-9._~%-]*)?'.encode()
)


class ImageAddresses:
    """Which address stands for which."""

    def __init__(self, most: int = MOST_ADDRESSES) -> None:
        self._most = most
        self._originals: OrderedDict[str, str] = OrderedDict()

    def given(self, url: str, base: str) -> str:
        """The address below `base` that stands for a URL from now on."""
        token = sha256(url.encode("utf-8", "surrogatepass")).hexdigest()[:32]
        self._originals[token] = url
        self._originals.move_to_end(token)
        if len(self._originals) > self._most:
            self._originals.popitem(last=False)
        return f"{base}{IMAGES}{token}/{_name(url)}"

    def original(self, path: str) -> str | None:
        """What a path of ours stands for; None for one that was never given out, or is forgotten."""
        return self._originals.get(path.removeprefix(IMAGES).partition("/")[0])

    def rewritten(self, body: bytes, urls: Collection[str], base: str) -> bytes:
        """JSON, or an event stream, with ours in place of these URLs; every other byte stays as it is."""

        def replaced(match: re.Match[bytes]) -> bytes:
            if b"/" not in match[0]:
                return match[0]
            text = _text(match[0])
            return json.dumps(self.given(text, base)).encode() if text in urls else match[0]

        return _STRING.sub(replaced, body) if urls else body

    def restored(self, body: bytes) -> bytes:
        """What an app sends with the URLs that ours stand for: it would otherwise name a proxy to the vendor."""

        def replaced(match: re.Match[bytes]) -> bytes:
            url = self._originals.get(match[1].decode())
            if url is None:
                return match[0]
            return (json.dumps(url)[1:-1] if b"\\/" in match[0] else url).encode()

        return _OURS.sub(replaced, body)


def _name(url: str) -> str:
    """The name of the file, for apps that look at how an address ends."""
    try:
        name = urlsplit(url).path.rpartition("/")[2]
    except ValueError:
        name = ""
    return re.sub(r"[^A-Za-z0-9._~-]", "_", unquote(name))[-80:] or "picture"


def _text(quoted: bytes) -> str:
    try:
        return str(json.loads(quoted))
    except ValueError:
        return ""
