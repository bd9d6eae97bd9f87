"""Proxy URLs for result images: maps a vendor's image URL to a URL of the proxy, and back.

Only URLs from responses have one, so that the proxy leads nowhere else. The proxy URL is derived from a digest of the
original, so that it is the same each time and an app can compare URLs.
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
"""Beyond this number the oldest URLs are dropped."""

_STRING = re.compile(rb'"(?:[^"\\]|\\.)*+"', re.DOTALL)
_PLACE = IMAGES.strip("/").replace("/", r"\\?/")
_OURS = re.compile(
    rf'https?:(?:\\?/){{2}}[^"\\/\s]+\\?/{_PLACE}\\?/([0-9a-f]{{32}})(?:\\?/[A-Za-z0-9._~%-]*)?'.encode()
)


class ImageAddresses:
    """The proxy URLs and their originals."""

    def __init__(self, most: int = MOST_ADDRESSES) -> None:
        self._most = most
        self._originals: OrderedDict[str, str] = OrderedDict()

    def given(self, url: str, base: str) -> str:
        """The proxy URL below `base` for a URL."""
        token = sha256(url.encode("utf-8", "surrogatepass")).hexdigest()[:32]
        self._originals[token] = url
        self._originals.move_to_end(token)
        if len(self._originals) > self._most:
            self._originals.popitem(last=False)
        return f"{base}{IMAGES}{token}/{_name(url)}"

    def original(self, path: str) -> str | None:
        """The original URL for a path of the proxy; None if it is unknown, or was dropped."""
        return self._originals.get(path.removeprefix(IMAGES).partition("/")[0])

    def rewritten(self, body: bytes, urls: Collection[str], base: str) -> bytes:
        """A body of JSON or an event stream with these URLs replaced by proxy URLs; other bytes stay unchanged."""

        def replaced(match: re.Match[bytes]) -> bytes:
            if b"/" not in match[0]:
                return match[0]
            text = _text(match[0])
            return json.dumps(self.given(text, base)).encode() if text in urls else match[0]

        return _STRING.sub(replaced, body) if urls else body

    def restored(self, body: bytes) -> bytes:
        """An app's body with proxy URLs replaced by the originals, so that the vendor never sees proxy URLs."""

        def replaced(match: re.Match[bytes]) -> bytes:
            url = self._originals.get(match[1].decode())
            if url is None:
                return match[0]
            return (json.dumps(url)[1:-1] if b"\\/" in match[0] else url).encode()

        return _OURS.sub(replaced, body)


def _name(url: str) -> str:
    """The URL's file name, for apps that check how a URL ends."""
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
