"""Redaction: the only registry of what is secret, and what replaces secrets.

Secrets are recognized by three means: a name in this module (of a header, query parameter or JSON field), a name that a
contract declares (`declare_secret_name`), and the value of a sent key wherever it is repeated
(`pixpact.wire.secret_values`).

There are two costs: `redacted_headers`, `redacted_url` and `shortened_body` take a microsecond or two each, so
recorders call them at once, and never store these secrets. `redacted_body` reads the whole body and may wait until the
record is shown; if images in the body must be counted and hashed whole, it must come before `shortened_body`.
`redacted` does all except shortening, and does not change redacted exchanges.

Not redacted: the files of multipart bodies, numbers, and objects under a secret name (their own fields are judged by
their own names).
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

#: Whole names, in lower case without hyphens and underscores. Most match by their end, so that `X-Amz-Signature` and
# `refresh_token` need no entry of their own.
_SECRET_NAME = re.compile(
    r"x?auth|xkey|bearer|googleaccessid|hdn(?:ea|tl|ts)|hmac|jwt|keypairid|passphrase|passwd|pwd|sessionids?|sig|tokens"
    r"|.*(?:accesskey(?:id)?|apikey|authkey|authorization|cookie|credential|password|privatekey"
    r"|secret(?:key)?|signature|subscriptionkey|(?:access|api|auth|bearer|refresh|session|user)token)s?|.*token",
    re.DOTALL,
)
#: Characters. Longer names, which clients could send in any number, are not cached.
_LONG_NAME = 100
_SEPARATORS = re.compile(r"[-_\s.]|\[\]")
#: In a query these are an API key, the signed policy and its signature; in JSON the words are too common.
_SECRET_IN_QUERY = frozenset(["key", "policy", "sign"])
_DECLARED: dict[str, set[str]] = {"header": set(), "query": set()}
"""Names, in lower case, of headers and parameters in which a contract expects its key."""
_URL_HEADERS = ("content-location", "link", "location", "referer")

#: From https://www.iana.org/assignments/http-authschemes, and others in use.
_SCHEMES = frozenset(["apikey", "aws4-hmac-sha256", "basic", "bearer", "digest", "dpop", "hmac", "key", "token"])

_STRING = rb'"([^"\\]*+(?:\\.[^"\\]*+)*+)("|\\?\Z)'
_FIELD = re.compile(_STRING + rb"(?:(\s*:\s*)" + _STRING + rb")?", re.DOTALL)
#: A list of strings under a name, such as `"api_keys": ["…", "…"]`.
_LIST = re.compile(_STRING + rb'(\s*:\s*\[)((?:[^"\[\]{}]*+"[^"\\]*+(?:\\.[^"\\]*+)*+")++)', re.DOTALL)
_DATA_URI = re.compile(rb"(data:[^,\"\s]{1,200};base64,)([A-Za-z0-9+/_-]+={0,2})")
_ENCODED = re.compile(rb"[A-Za-z0-9+/_-]{512,}={0,2}")
_STANDARD = bytes.maketrans(b"-_", b"+/")
#: User and password of a URL, also of one whose password should have been coded: what follows a host and `:` is a port.
_USER = re.compile(r"(?<=://)(?:[^/?#\s\"<>]*@|[^/?#\s\"<>:@\[]*:(?!\d*[/?#])[^\s\"<>]*@)")
_PARAMETER = re.compile(r'(?<=[?&#])([^=?&#\s<>"]+)=([^&#\s<>"]*)')
_FORM = "application/x-www-form-urlencoded"
_MULTIPART = "multipart/form-data"
#: A part with its headers, up to a possible boundary (RFC 2046, section 5.1.1).
_PART = re.compile(
    rb"(content-disposition:[^\r\n]*?[; ]name=\"?([^\";\r\n]*)\"?[^\r\n]*\r?\n(?:[^\r\n]+\r?\n)*\r?\n)"
    rb"(.*?)(?=\r?\n--|\Z)",
    re.DOTALL | re.IGNORECASE,
)
_JSON_LIKE = re.compile(rb'\s*(?:[{\["]|data:|event:|id:|retry:|:)')


def redacted(exchange: Exchange) -> Exchange:
    """The exchange without its secrets, also where the response repeats a secret that was sent."""
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
    """The headers with secret values replaced, except their authentication scheme.

    Secrets within URLs in headers are replaced too. About 2 microseconds for ten headers.
    """
    return tuple([(name, rule(value) if (rule := _RULES[name]) else value) for name, value in headers])


def redacted_url(url: str) -> str:
    """The URL with secret query parameters, user name and password replaced.

    A text that contains URLs is also allowed.
    """
    if "@" in url:
        url = _USER.sub(f"{REDACTED_IN_URL}@", url)
    return _PARAMETER.sub(_parameter, url) if "?" in url or "#" in url else url


def without_user(url: str) -> str:
    """The URL without user name, password and query, for display; an unparseable URL is allowed."""
    return redacted_url(url.partition("?")[0]).replace(f"{REDACTED_IN_URL}@", "")


def redacted_body(body: bytes, kind: str = "") -> bytes:
    """The body with secret JSON strings replaced, and images in JSON replaced by a mark.

    A data URI keeps its prefix: `data:image/png;base64,[68 bytes, sha256 0a1b…]`, with 16 digits of the SHA-256 of the
    decoded bytes; long base64 becomes such a mark too. `kind`: the media type, needed for forms only: JSON and event
    streams are recognized. Everything else stays byte by byte, also in malformed or truncated JSON.
    """
    if kind == _FORM:
        return redacted_url("?" + body.decode("latin-1"))[1:].encode("latin-1")
    if kind == _MULTIPART:
        return _PART.sub(_part, body)
    if not _JSON_LIKE.match(body):
        return body
    return _FIELD.sub(_field, _LIST.sub(_listed, body) if b"[" in body else body)


def mark_of(content: bytes) -> str:
    """The mark in place of an image: its length in bytes and 16 digits of its SHA-256."""
    return f"[{len(content)} bytes, sha256 {sha256(content).hexdigest()[:16]}]"


def encoded_in(text: str) -> list[str]:
    """The base64 in a JSON string that `redacted_body` replaces by marks."""
    plain = text.encode("utf-8", "surrogatepass")
    if b";base64," in plain:
        return [encoded[2].decode() for encoded in _DATA_URI.finditer(plain)]
    return [text] if _ENCODED.fullmatch(plain) and not plain.isalpha() else []


def decoded(encoded: bytes) -> bytes:
    """The decoded bytes of base64 or base64url, padded or not; the bytes themselves if they are neither."""
    standard = encoded.translate(_STANDARD) if b"-" in encoded or b"_" in encoded else encoded
    try:
        return binascii.a2b_base64(standard + b"=" * (-len(standard) % 4) if len(standard) % 4 else standard)
    except binascii.Error:
        return standard


def shortened_body(body: bytes, most: int) -> tuple[bytes, bool]:
    """(at most `most` bytes from the start, whether any were cut off).

    UTF-8 is cut between characters, so that text stays text.
    """
    if len(body) <= most:
        return body, False
    end = most
    while end > max(0, most - 3) and body[end] & 0xC0 == 0x80:
        end -= 1
    return body[:end], True


def without_secrets(text: str, secrets: Iterable[str]) -> str:
    """The text with the secrets replaced, in any encoding; secrets below 6 characters count as ordinary words."""
    return secret_values(tuple(secrets)).in_text(text, REDACTED)


def declare_secret_name(location: Literal["header", "query"], name: str) -> None:
    """Treat this name as secret from now on: a contract expects its key there."""
    _DECLARED[location].add(name.lower())
    _RULES.clear()


def is_secret_in(location: Literal["header", "query"], name: str) -> bool:
    """Whether a header or query parameter has a secret name, by itself or by a contract's declaration."""
    return (
        is_secret(name)
        or name.lower() in _DECLARED[location]
        or (location == "query" and name.lower() in _SECRET_IN_QUERY)
    )


def is_secret(name: str) -> bool:
    """Whether a header, parameter or field of this name is a secret."""
    return _is_secret(name) if len(name) < _LONG_NAME else _is_secret.__wrapped__(name)


@lru_cache(maxsize=1024)  # bounded, because clients choose the names
def _is_secret(name: str) -> bool:
    return bool(_SECRET_NAME.fullmatch(_SEPARATORS.sub("", name.lower())))


class _HeaderRules(dict[str, "Callable[[str], str] | None"]):
    """Header name as sent → the redaction of its value, computed once."""

    def __missing__(self, name: str) -> Callable[[str], str] | None:
        rule: Callable[[str], str] | None = None
        if is_secret_in("header", name):
            rule = _credential_hidden
        elif name.lower() in _URL_HEADERS:
            rule = redacted_url
        if len(self) >= 512:  # bounded, because clients choose the names
            self.clear()
        self[name] = rule
        return rule


_RULES = _HeaderRules()


def _credential_hidden(value: str) -> str:
    scheme, space, _ = value.partition(" ")
    return f"{scheme} {REDACTED}" if space and scheme.lower() in _SCHEMES else REDACTED


def _credentials(headers: Headers, url: str) -> list[str]:
    """The secrets that were sent, without authentication schemes."""
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
    """A part of a form; without its content if its name is secret."""
    name = match[2].decode("utf-8", "replace")
    return match[1] + REDACTED.encode() if match[3] and is_secret(name) else match[0]


def _parameter(match: re.Match[str]) -> str:
    name = unquote_plus(match[1])
    if match[2] and is_secret_in("query", name):
        return f"{match[1]}={REDACTED_IN_URL}"
    return match[0]


def _listed(match: re.Match[bytes]) -> bytes:
    """A list of strings; with its items replaced if its name is secret."""
    name, end, begin, texts = match.groups()
    if not is_secret(_read(name)):
        return match[0]
    marks = re.sub(_STRING, b'"' + REDACTED.encode() + rb"\2", texts, flags=re.DOTALL)
    return b'"' + name + end + begin + marks


def _field(match: re.Match[bytes]) -> bytes:
    """A string, or a field with a string value, with secrets and images replaced."""
    name, name_end, colon, value, end = match.groups()
    if colon is None:
        return b'"' + _text(name, name_end) + name_end
    if value and is_secret(_read(name)):
        value = REDACTED.encode()
    return b'"' + name + name_end + colon + b'"' + _text(value, end) + end


def _text(text: bytes, end: bytes) -> bytes:
    """The content of a JSON string, redacted; `end` is its closing quote, or empty if it was cut off."""
    plain = text.replace(b"\\/", b"/")
    if b";base64," in plain:
        return _DATA_URI.sub(lambda m: m[1] + _identity(m[2], end), plain)
    if _ENCODED.fullmatch(plain) and not plain.isalpha():
        return _identity(plain, end)
    if b"://" not in plain:
        return text
    if end != b'"':  # a truncated password lacks the @ that would identify it
        text = plain[: plain.rindex(b"://")] + b"://[cut off]"
    url = _read(text)
    safe = redacted_url(url)
    return text if safe == url else json.dumps(safe)[1:-1].encode()


def _identity(encoded: bytes, end: bytes) -> bytes:
    """The mark in place of an image's base64."""
    if end != b'"':
        return b"[cut off]"
    return mark_of(decoded(encoded)).encode()


def _read(text: bytes) -> str:
    """The text of a JSON string's content."""
    if b"\\" not in text:
        return text.decode("utf-8", "replace")
    try:
        return str(json.loads(b'"' + text + b'"', strict=False))
    except ValueError:
        return text.decode("utf-8", "replace")
