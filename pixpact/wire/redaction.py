"""The one registry of what is secret, and what is written in its place.

Secrets are known by the names they stand under: of a header, a query parameter, a JSON field. Two
costs, two moments. `redacted_headers`, `redacted_url` and `shortened_body` take a microsecond or
two each: whoever records calls them at once, so that no secret of these is ever kept.
`redacted_body` reads the whole body and may wait until the record is shown; it must come before
`shortened_body` if an image in the body is to be counted and hashed as a whole. `redacted` does
all but shorten, and what was redacted stays the same when redacted again.

Three things make a secret: a name that is known here, a name that a contract declares (`declare`), and the value of a
key that was sent, wherever it comes back (`pixpact.wire.secret_values`).

Not looked into: the files of multipart bodies, numbers, and objects that stand under a secret name (their own fields
are judged by their own names).
"""

from __future__ import annotations

import binascii
import json
import re
from dataclasses import replace
from functools import lru_cache
from hashlib import sha256
from typing import TYPE_CHECKING, Literal
from urllib.parse import unquote_plus

from pixpact.wire.exchange import media_type
from pixpact.wire.secret_values import secret_values

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from pixpact.wire.exchange import Exchange, Headers

REDACTED = "[redacted]"
#: In a URL, where square brackets are not allowed (RFC 3986, section 3.4).
REDACTED_IN_URL = "redacted"

#: Whole names, in lower case without hyphens and underscores. Most are known by how they end, so
#: that `X-Amz-Signature` and `refresh_token` need no line of their own.
_SECRET_NAME = re.compile(
    r"x?auth|xkey|bearer|googleaccessid|hdn(?:ea|tl|ts)|hmac|jwt|keypairid|passphrase|passwd|pwd|sessionids?|sig|tokens"
    r"|.*(?:accesskey(?:id)?|apikey|authkey|authorization|cookie|credential|password|privatekey"
    r"|secret(?:key)?|signature|subscriptionkey|(?:access|api|auth|bearer|refresh|session|user)token)s?|.*token",
    re.DOTALL,
)
#: Characters: longer names, which clients send at will, are not remembered.
_LONG_NAME = 100
_SEPARATORS = re.compile(r"[-_\s.]|\[\]")
#: In a query these are an API key, what is signed, and its signature; in JSON the words are too common.
_SECRET_IN_QUERY = frozenset(["key", "policy", "sign"])
_DECLARED: dict[str, set[str]] = {"header": set(), "query": set()}
"""Names, in lower case, of headers and parameters in which a contract wants its key."""
_URL_HEADERS = ("content-location", "link", "location", "referer")

#: Of https://www.iana.org/assignments/http-authschemes, and what is used beside it.
_SCHEMES = frozenset(["apikey", "aws4-hmac-sha256", "basic", "bearer", "digest", "dpop", "hmac", "key", "token"])

_STRING = rb'"([^"\\]*+(?:\\.[^"\\]*+)*+)("|\\?\Z)'
_FIELD = re.compile(_STRING + rb"(?:(\s*:\s*)" + _STRING + rb")?", re.DOTALL)
#: A list of texts under a name, such as `"api_keys": ["…", "…"]`.
_LIST = re.compile(_STRING + rb'(\s*:\s*\[)((?:[^"\[\]{}]*+"[^"\\]*+(?:\\.[^"\\]*+)*+")++)', re.DOTALL)
_DATA_URI = re.compile(rb"(data:[^,\"\s]{1,200};base64,)([A-Za-z0-9+/_-]+={0,2})")
_ENCODED = re.compile(rb"[A-Za-z0-9+/_-]{512,}={0,2}")
_STANDARD = bytes.maketrans(b"-_", b"+/")
#: User and password of a URL, also of one whose password should have been coded: what follows a host and `:` is a port.
_USER = re.compile(r"(?<=://)(?:[^/?#\s\"<>]*@|[^/?#\s\"<>:@\[]*:(?!\d*[/?#])[^\s\"<>]*@)")
_PARAMETER = re.compile(r'(?<=[?&#])([^=?&#\s<>"]+)=([^&#\s<>"]*)')
_FORM = "application/x-www-form-urlencoded"
_MULTIPART = "multipart/form-data"
#: A part with its head, up to what may be the next boundary (RFC 2046, section 5.1.1).
_PART = re.compile(
    rb"(content-disposition:[^\r\n]*?[; ]name=\"?([^\";\r\n]*)\"?[^\r\n]*\r?\n(?:[^\r\n]+\r?\n)*\r?\n)"
    rb"(.*?)(?=\r?\n--|\Z)",
    re.DOTALL | re.IGNORECASE,
)
_JSON_LIKE = re.compile(rb'\s*(?:[{\["]|data:|event:|id:|retry:|:)')


def redacted(exchange: Exchange) -> Exchange:
    """The exchange without its secrets, and without what it sent as one where it comes back."""
    secrets = _credentials(exchange.request_headers, exchange.url)
    return replace(
        exchange,
        url=without_secrets(redacted_url(exchange.url), secrets),
        request_headers=redacted_headers(exchange.request_headers),
        request_body=_body(exchange.request_body, exchange.request_headers, secrets),
        response_headers=tuple(
            [(name, without_secrets(value, secrets)) for name, value in redacted_headers(exchange.response_headers)]
        ),
        response_body=_body(exchange.response_body, exchange.response_headers, secrets),
    )


def redacted_headers(headers: Iterable[tuple[str, str]]) -> Headers:
    """The same header fields; of a secret one only its authentication scheme is left.

    Fields that hold a URL lose the secrets in it. About 2 microseconds for ten fields.
    """
    return tuple([(name, rule(value) if (rule := _RULES[name]) else value) for name, value in headers])


def redacted_url(url: str) -> str:
    """The same URL; secret query parameters and a user name with password are replaced.

    It may also be a text with URLs in it.
    """
    if "@" in url:
        url = _USER.sub(f"{REDACTED_IN_URL}@", url)
    return _PARAMETER.sub(_parameter, url) if "?" in url or "#" in url else url


def without_user(url: str) -> str:
    """The same URL without user name, password and query, as an address is shown; also one that cannot be read."""
    return redacted_url(url.partition("?")[0]).replace(f"{REDACTED_IN_URL}@", "")


def redacted_body(body: bytes, kind: str = "") -> bytes:
    """The same body; secret JSON strings are replaced, images in JSON by what identifies them.

    A data URI keeps its beginning: `data:image/png;base64,[68 bytes, sha256 0a1b…]`, 16 digits of
    the SHA-256 of the decoded bytes; so does long base64 without it. `kind` is the media type: it
    is needed for forms only, JSON and event streams are known by their look. All else stays as it
    is, byte by byte, also where the JSON is malformed or cut off.
    """
    if kind == _FORM:
        return redacted_url("?" + body.decode("latin-1"))[1:].encode("latin-1")
    if kind == _MULTIPART:
        return _PART.sub(_part, body)
    if not _JSON_LIKE.match(body):
        return body
    return _FIELD.sub(_field, _LIST.sub(_listed, body) if b"[" in body else body)


def mark_of(content: bytes) -> str:
    """What is written in place of an image: its length in bytes and 16 digits of its SHA-256."""
    return f"[{len(content)} bytes, sha256 {sha256(content).hexdigest()[:16]}]"


def encoded_in(text: str) -> list[str]:
    """The base64 in a JSON string that `redacted_body` writes a mark for."""
    plain = text.encode("utf-8", "surrogatepass")
    if b";base64," in plain:
        return [encoded[2].decode() for encoded in _DATA_URI.finditer(plain)]
    return [text] if _ENCODED.fullmatch(plain) and not plain.isalpha() else []


def decoded(encoded: bytes) -> bytes:
    """The bytes that base64 or base64url stands for, padded or not; where it is neither, its own."""
    standard = encoded.translate(_STANDARD) if b"-" in encoded or b"_" in encoded else encoded
    try:
        return binascii.a2b_base64(standard + b"=" * (-len(standard) % 4) if len(standard) % 4 else standard)
    except binascii.Error:
        return standard


def shortened_body(body: bytes, most: int) -> tuple[bytes, bool]:
    """At most so many bytes from the beginning, and whether any were cut off.

    UTF-8 is cut between characters, so that text stays text.
    """
    if len(body) <= most:
        return body, False
    end = most
    while end > max(0, most - 3) and body[end] & 0xC0 == 0x80:
        end -= 1
    return body[:end], True


def without_secrets(text: str, secrets: Iterable[str]) -> str:
    """The text without the secrets in it, however they are spelt; those below 6 characters are taken for words."""
    return secret_values(tuple(secrets)).in_text(text, REDACTED)


def declare_secret_name(location: Literal["header", "query"], name: str) -> None:
    """A contract wants its key under this name: from now on it is secret there, in whatever is recorded or shown."""
    _DECLARED[location].add(name.lower())
    _RULES.clear()


def is_secret_in(location: Literal["header", "query"], name: str) -> bool:
    """Whether a header or a query parameter of this name is a secret, by the word or because a contract says so."""
    return (
        is_secret(name)
        or name.lower() in _DECLARED[location]
        or (location == "query" and name.lower() in _SECRET_IN_QUERY)
    )


def is_secret(name: str) -> bool:
    """Whether what stands under this name of a header, parameter or field is a secret."""
    return _is_secret(name) if len(name) < _LONG_NAME else _is_secret.__wrapped__(name)


@lru_cache(maxsize=1024)  # names come from clients, who could send new ones for ever
def _is_secret(name: str) -> bool:
    return bool(_SECRET_NAME.fullmatch(_SEPARATORS.sub("", name.lower())))


class _HeaderRules(dict[str, "Callable[[str], str] | None"]):
    """What to do with the value of a header, by its name as sent: found out once, and looked up."""

    def __missing__(self, name: str) -> Callable[[str], str] | None:
        rule: Callable[[str], str] | None = None
        if is_secret_in("header", name):
            rule = _credential_hidden
        elif name.lower() in _URL_HEADERS:
            rule = redacted_url
        if len(self) >= 512:  # names come from clients, who could send new ones for ever
            self.clear()
        self[name] = rule
        return rule


_RULES = _HeaderRules()


def _credential_hidden(value: str) -> str:
    scheme, space, _ = value.partition(" ")
    return f"{scheme} {REDACTED}" if space and scheme.lower() in _SCHEMES else REDACTED


def _credentials(headers: Headers, url: str) -> list[str]:
    """What was sent as a secret, without its scheme."""
    values = [value for name, value in headers if _RULES[name] is _credential_hidden]
    parts = [(value, *value.partition(" ")[::2]) for value in values]
    sent = [rest if scheme.lower() in _SCHEMES else value for value, scheme, rest in parts]
    sent += [
        unquote_plus(value) for name, value in _PARAMETER.findall(url) if is_secret_in("query", unquote_plus(name))
    ]
    return [secret.strip() for secret in sent if secret not in (REDACTED, REDACTED_IN_URL)]


def _body(body: bytes, headers: Headers, secrets: list[str]) -> bytes:
    return secret_values(tuple(secrets)).in_bytes(redacted_body(body, media_type(headers)), REDACTED)


def _part(match: re.Match[bytes]) -> bytes:
    """A part of a form without its content, where its name says that this is a secret."""
    name = match[2].decode("utf-8", "replace")
    return match[1] + REDACTED.encode() if match[3] and is_secret(name) else match[0]


def _parameter(match: re.Match[str]) -> str:
    name = unquote_plus(match[1])
    if match[2] and is_secret_in("query", name):
        return f"{match[1]}={REDACTED_IN_URL}"
    return match[0]


def _listed(match: re.Match[bytes]) -> bytes:
    """A list of texts without them, where its name says that they are secrets."""
    name, end, begin, texts = match.groups()
    if not is_secret(_read(name)):
        return match[0]
    marks = re.sub(_STRING, b'"' + REDACTED.encode() + rb"\2", texts, flags=re.DOTALL)
    return b'"' + name + end + begin + marks


def _field(match: re.Match[bytes]) -> bytes:
    """A string, or a field whose value is one, without what must not be kept."""
    name, name_end, colon, value, end = match.groups()
    if colon is None:
        return b'"' + _text(name, name_end) + name_end
    if value and is_secret(_read(name)):
        value = REDACTED.encode()
    return b'"' + name + name_end + colon + b'"' + _text(value, end) + end


def _text(text: bytes, end: bytes) -> bytes:
    """The inside of a JSON string; `end` is its closing quote, or not, if it was cut off."""
    plain = text.replace(b"\\/", b"/")
    if b";base64," in plain:
        return _DATA_URI.sub(lambda m: m[1] + _identity(m[2], end), plain)
    if _ENCODED.fullmatch(plain) and not plain.isalpha():
        return _identity(plain, end)
    if b"://" not in plain:
        return text
    if end != b'"':  # a password that was cut off has no @ behind it that would tell what it is
        text = plain[: plain.rindex(b"://")] + b"://[cut off]"
    url = _read(text)
    safe = redacted_url(url)
    return text if safe == url else json.dumps(safe)[1:-1].encode()


def _identity(encoded: bytes, end: bytes) -> bytes:
    """What tells an image from another, in place of its base64."""
    if end != b'"':
        return b"[cut off]"
    return mark_of(decoded(encoded)).encode()


def _read(text: bytes) -> str:
    """The text of the inside of a JSON string."""
    if b"\\" not in text:
        return text.decode("utf-8", "replace")
    try:
        return str(json.loads(b'"' + text + b'"', strict=False))
    except ValueError:
        return text.decode("utf-8", "replace")
