"""Reads bodies of HAR entries into bytes, with the reason where a body is not as it was sent.

HAR 1.2 is vague, and recorders differ: a body may be left out, cut, in base64 without saying so, still compressed, or
an image decoded as text. Uncertain bodies are never guessed: `lacks` gives the reason.
"""

from __future__ import annotations

import zlib
from base64 import b64decode
from binascii import Error as NoBase64
from dataclasses import dataclass, replace
from re import IGNORECASE
from re import compile as pattern
from typing import Any

import orjson

from pixpact.wire.bodies import STREAM

_PLAIN = frozenset(["", "utf-8", "utf8", "plain", "text", "identity", "none", "ascii", "us-ascii", "8bit", "7bit"])
_BLACKED_OUT = pattern(r"\W*(?:[\w/.+-]+\s+)?(?:redacted|removed|omitted|hidden|sanitized)\W*|\*{3,}", IGNORECASE)
"""What sanitizers write instead of a whole body: `[application/json redacted]`."""
_BASE64 = pattern(r"[A-Za-z0-9+/_-]+={0,2}")
_SHORTEST_BASE64 = 16
_TEXTUAL = pattern(r"text/.*|.*(?:json|xml|javascript|x-www-form-urlencoded|event-stream)")
_BINARY = pattern(r"(?:image|audio|video)/(?!svg).*|application/(?:octet-stream|zip|gzip|pdf)")
_GZIP = b"\x1f\x8b"
_IMAGES = (b"\xff\xd8\xff\xe0", b"\xff\xd8\xff\xe1", b"\xff\xd8\xff\xdb", b"\x89PNG", b"RIFF", b"GIF8")
_MOST = 64 * 2**20
"""Maximum bytes of a decompressed body."""

LEFT_OUT = "it was left out"
CUT = "only a part of it was recorded"
NO_BASE64 = "its base64 cannot be decoded"
AS_TEXT = "its bytes were read as text"
COMPRESSED = "it is still compressed and cannot be decompressed"
UNSURE = "it cannot be read, and it is unclear whether it was sent like this"
BLACKED_OUT = "it was masked"
NO_TEXT = "it is not text"


@dataclass(frozen=True, slots=True)
class Facts:
    """What a recording states about a body besides its text; lengths in bytes, None if not stated."""

    media_type: str = ""
    """In lower case, without parameters."""
    size: int | None = None
    """Length of the decoded body (`content.size`)."""
    length: int | None = None
    """Length of the body as sent: Content-Length, or the recorder's count."""
    coding: str = ""
    """The Content-Encoding."""
    bare: bool = False
    """Whether such a message has no body (HEAD, 204, 304, a redirect)."""

    @property
    def sent(self) -> int | None:
        """The length of the decoded body as the headers state it; None if they do not."""
        return None if self.coding else self.length


@dataclass(frozen=True, slots=True)
class RecordedBody:
    """The bytes of a body. `lacks`: why they are not those sent, or empty; `read_as`: what was corrected in reading."""

    content: bytes = b""
    lacks: str = ""
    read_as: str = ""


def recorded_body(text: Any, encoding: Any, facts: Facts) -> RecordedBody:
    """The body for `text` and `encoding` of a HAR entry; None if these are absent."""
    if text is None or text == "":
        return _of_nothing(text, facts)
    if not isinstance(text, str):
        return RecordedBody(lacks=NO_TEXT)
    coding = encoding.strip().lower() if isinstance(encoding, str) else ""
    if coding == "base64":
        return _of_base64(text, facts)
    if coding not in _PLAIN:
        return RecordedBody(lacks=f"its encoding {coding[:20]!r} is not known")
    return _of_text(text, facts)


def _of_nothing(text: str | None, facts: Facts) -> RecordedBody:
    """The body for an absent text; HAR omits unavailable text, so only a stated length of 0 means empty."""
    if facts.bare or facts.length == 0:
        return RecordedBody()
    is_empty = text == "" and facts.size == 0 and not facts.length
    return RecordedBody() if is_empty else RecordedBody(lacks=LEFT_OUT)


def _of_base64(text: str, facts: Facts) -> RecordedBody:
    content = _decoded(text)
    if content is None:
        plain = text.encode("utf-8", "surrogatepass")
        if _is_as_stated(plain, facts) or _parses(plain, facts):
            return RecordedBody(plain, read_as="is plain text, although marked as base64")
        return RecordedBody(lacks=NO_BASE64)
    # Some recorders count the characters of the base64.
    return _uncompressed(content, replace(facts, size=None) if facts.size == len(text) else facts)


def _decoded(text: str) -> bytes | None:
    """Decode base64 of either alphabet, with or without padding and line breaks; None for other text."""
    packed = "".join(text.split())
    if not _BASE64.fullmatch(packed) or len(packed.rstrip("=")) % 4 == 1:
        return None
    packed = packed.rstrip("=").translate(str.maketrans("-_", "+/"))
    try:
        return b64decode(packed + "=" * (-len(packed) % 4), validate=True)
    except NoBase64:
        return None


def _of_text(text: str, facts: Facts) -> RecordedBody:
    if len(text) < 100 and _BLACKED_OUT.fullmatch(text):
        return RecordedBody(lacks=BLACKED_OUT)
    plain = text.encode("utf-8", "surrogatepass")
    if _BINARY.fullmatch(facts.media_type):
        return _of_binary(text, plain, facts)
    if _is_json(facts) and not _parses(plain, facts):
        return _of_broken_json(text, plain, facts)
    if "\ufffd" in text and facts.size != len(plain) and facts.sent != len(plain):
        return RecordedBody(lacks=AS_TEXT)
    return _whole(_in_its_charset(text, plain, facts), facts)


def _of_binary(text: str, plain: bytes, facts: Facts) -> RecordedBody:
    """The body of a declared image: undeclared base64, bytes decoded as text, or an error page."""
    unnamed = _unnamed_base64(text, plain, facts)
    if unnamed is not None:
        return unnamed
    if any(character < " " and character not in "\t\r\n" for character in text[:4096]) or not text.isascii():
        return RecordedBody(lacks=AS_TEXT)
    return _whole(plain, facts)


def _of_broken_json(text: str, plain: bytes, facts: Facts) -> RecordedBody:
    """The body of invalid JSON; it counts as sent so only where a stated length confirms it."""
    unnamed = _unnamed_base64(text, plain, facts)
    if unnamed is not None:
        return unnamed
    mended = _in_its_charset(text, plain, facts)
    if mended != plain and _parses(mended, facts):
        return RecordedBody(mended)
    lengths = [length for length in (facts.size, facts.sent) if length is not None and length >= 0]
    if any(length > len(plain) for length in lengths):
        return RecordedBody(plain, CUT)
    if facts.sent == len(plain) or (facts.size == len(plain) and not _breaks_off(plain)):
        return RecordedBody(plain)
    return RecordedBody(plain, UNSURE)


def _unnamed_base64(text: str, plain: bytes, facts: Facts) -> RecordedBody | None:
    """Undeclared base64; None if the text is not base64. A stated length decides between text and base64."""
    content = _decoded(text) if len(text) >= _SHORTEST_BASE64 else None
    if content is None or (_is_json(facts) and not _parses(content, facts)):
        return None
    if facts.sent == len(plain):
        return None  # it was sent like this
    if len(content) in (facts.size, facts.sent):
        return RecordedBody(content, read_as="is base64, although not marked as such")
    return RecordedBody(plain, UNSURE)


def _in_its_charset(text: str, plain: bytes, facts: Facts) -> bytes:
    """The text in Latin-1 if a stated size proves that UTF-8 was read as Latin-1; else in UTF-8."""
    if text.isascii() or len(plain) == facts.size or len(text) not in (facts.size, facts.sent):
        return plain
    try:
        latin = text.encode("latin-1")
        latin.decode()
    except UnicodeError:
        return plain
    return latin


def _uncompressed(content: bytes, facts: Facts) -> RecordedBody:
    """The body decompressed, where the recorder left it compressed."""
    if _parses(content, facts):
        return RecordedBody(content)
    if content[:2] == _GZIP or facts.coding in ("gzip", "x-gzip", "deflate"):
        return _inflated(content, facts)
    textual = _is_json(facts) or _TEXTUAL.fullmatch(facts.media_type) is not None
    if facts.coding and not (_is_text(content) if textual and not _is_json(facts) else content[:4] in _IMAGES):
        return RecordedBody(content, COMPRESSED)
    if textual and _is_text(content):
        return _of_text(content.decode(), facts)
    return _whole(content, facts)


def _inflated(content: bytes, facts: Facts) -> RecordedBody:
    for window in (47, -15):  # with a gzip or zlib frame, and without (RFC 9110, section 8.4.1.2)
        inflate = zlib.decompressobj(window)
        try:
            plain = inflate.decompress(content, _MOST)
        except zlib.error:
            continue
        return RecordedBody(plain, "" if inflate.eof else CUT, read_as="is still compressed")
    return RecordedBody(content, COMPRESSED) if facts.coding else _whole(content, facts)


def _whole(content: bytes, facts: Facts) -> RecordedBody:
    """The body; marked as cut if it is shorter than a stated length."""
    stated = [length for length in (facts.size, facts.sent) if length is not None]
    if _is_json(facts) and _parses(content, facts):
        return RecordedBody(content)
    if any(length > len(content) for length in stated):
        return RecordedBody(content, CUT)
    if facts.media_type == STREAM and len(content) not in stated and content.rstrip(b"\r\n") == content:
        return RecordedBody(content, CUT)
    return RecordedBody(content)


def _is_json(facts: Facts) -> bool:
    return facts.media_type.endswith("json")


def _parses(content: bytes, facts: Facts) -> bool:
    """Whether a body with a JSON media type is JSON."""
    if not _is_json(facts):
        return False
    try:
        orjson.loads(content)
    except ValueError:
        return False
    return True


def _breaks_off(content: bytes) -> bool:
    """Whether JSON ends in the middle: an unclosed bracket or string."""
    opened = content.count(b"{") + content.count(b"[")
    return opened > content.count(b"}") + content.count(b"]") or content.count(b'"') % 2 == 1


def _is_as_stated(content: bytes, facts: Facts) -> bool:
    return len(content) in (facts.size, facts.sent) and bool(content)


def _is_text(content: bytes) -> bool:
    try:
        content.decode()
    except UnicodeDecodeError:
        return False
    return True
