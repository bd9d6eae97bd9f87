"""Rules for requests to live targets: only our own texts and images, no URLs of other people.

A request must not make a vendor draw a text that somebody typed, fetch a URL that somebody hosts, or call somebody
back.
"""

from __future__ import annotations

import binascii
import json
import re
from collections.abc import Collection, Iterator
from urllib.parse import parse_qsl, unquote

from pixpact.contracts.samples import prompts
from pixpact.contracts.samples import reference_images as images
from pixpact.contracts.transport import multipart
from pixpact.contracts.transport.hosts import parse_url
from pixpact.contracts.transport.planned_request import PlannedRequest, RequestForbidden
from pixpact.specs.openapi.document import Json, escaped
from pixpact.wire.exchange import Exchange, media_type

_OURS = re.compile(r"\b(?:code|example|state|fault|delay)\s*=", re.IGNORECASE)
"""Preferences that only a mock understands; a contract may define others."""
_URL = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://[^\s\"'<>\\]*")
_DATA = re.compile(r"\s*data:", re.IGNORECASE)
_DATA_URI = re.compile(r"data:[^,\s]*;base64,(.*)", re.IGNORECASE | re.DOTALL)
_TOKEN = re.compile(r"[\x21-\x7e]{0,128}")
"""One word: the name of a model, a size, an id; too short to be a message."""
_WRONG_TEXT = re.compile(r"[\x20-\x7e]{0,128}")
_PROMPT = re.compile(r"(?:prompt|messages|instruction)(?!\w*(?:options?|extend)$)", re.IGNORECASE)
"""Field names whose texts a model reads as a prompt, at any depth; their options are words of the contract."""
_LONGEST_BROKEN = 8192
"""Maximum length of a malformed body, in bytes."""


def check_live_request(sending: PlannedRequest, own_urls: Collection[str]) -> None:
    """Raises RequestForbidden for content that a live target must not get. `own_urls`: URLs that it may fetch."""
    for name, value in sending.headers:
        if name.lower() == "prefer" and _OURS.search(value):
            raise RequestForbidden(f"the header {name} is meant for a mock: it is not sent to a live target")
        _TextRules(sending, own_urls, f"header {name}").check_urls(value)
    path, _, query = sending.path.partition("?")
    _TextRules(sending, own_urls, "the path").check(unquote(path))
    for name, value in parse_qsl(query, keep_blank_values=True):
        _TextRules(sending, own_urls, f"query parameter {name}").check(value, name)
    if sending.body:
        _check_body(sending, own_urls)


def _check_body(sending: PlannedRequest, own_urls: Collection[str]) -> None:
    exchange = Exchange(0, sending.method, "", sending.headers, sending.body)
    if media_type(sending.headers) == "multipart/form-data" and (form := multipart.parts(exchange)):
        for part in form:
            where = f"form field {part.name}"
            if part.filename is not None:
                _check_file(part.content, sending, where)
            else:
                _TextRules(sending, own_urls, where).check(part.content.decode("utf-8", "replace"), part.name)
        return
    try:
        body = json.loads(sending.body)
    except (ValueError, RecursionError):
        _check_broken(sending, own_urls)
        return
    for pointer, name, text in _texts(body, "", ""):
        _TextRules(sending, own_urls, pointer or "the body").check(text, name)


def _check_file(content: bytes, sending: PlannedRequest, where: str) -> None:
    if images.is_ours(content):
        return
    if not (sending.must_be_refused and _WRONG_TEXT.fullmatch(content.decode("latin-1"))):
        raise RequestForbidden(f"{where} has a file that is not one of the images made for checks")


def _check_broken(sending: PlannedRequest, own_urls: Collection[str]) -> None:
    """A malformed body may be sent only to be refused; its quoted strings are judged like values."""
    if not sending.must_be_refused:
        raise RequestForbidden("the body cannot be read, and nothing says that it must be refused")
    if len(sending.body) > _LONGEST_BROKEN:
        raise RequestForbidden(f"the body cannot be read, and has more than {_LONGEST_BROKEN} bytes")
    text = sending.body.decode("utf-8", "replace")
    for match in re.finditer(r'"((?:[^"\\]|\\.)*)(?:"|\Z)', text):
        _TextRules(sending, own_urls, "the body").check(_unescaped(match[1]))
    _TextRules(sending, own_urls, "the body").check_urls(text)


def _unescaped(text: str) -> str:
    try:
        return str(json.loads(f'"{text}"', strict=False))
    except ValueError:
        return text


def _texts(value: Json, pointer: str, name: str) -> Iterator[tuple[str, str, str]]:
    """Yield (JSON pointer, nearest field name, text) of every string in a body, keys included."""
    open_: list[tuple[Json, str, str]] = [(value, pointer, name)]
    while open_:
        value, pointer, name = open_.pop()
        if isinstance(value, str):
            yield pointer, name, value
        elif isinstance(value, list):
            open_ += [(inner, f"{pointer}/{index}", name) for index, inner in enumerate(value)]
        elif isinstance(value, dict):
            for key, inner in value.items():
                yield pointer, "", key
                open_.append((inner, f"{pointer}/{escaped(key)}", name if _PROMPT.search(name) else key))


class _TextRules:
    """Judges the texts of one part of a request."""

    def __init__(self, sending: PlannedRequest, own_urls: Collection[str], where: str) -> None:
        self._refused = sending.must_be_refused
        self._own_urls = own_urls
        self._where = where

    def check(self, text: str, name: str = "") -> None:
        """Raises RequestForbidden for a text that is not Pixpact's own and could have a meaning to a reader."""
        if prompts.is_ours(text) or text in self._own_urls:
            return
        if _PROMPT.search(name):
            raise RequestForbidden(f"{self._where} is not a prompt from the fixed list")
        if _DATA.match(text):
            self._check_data(text)
        else:
            self.check_urls(text)
            if not (_TOKEN.fullmatch(text) or self._is_wrong(text) or _is_image(text)):
                raise RequestForbidden(f"{self._where} is a text that is not from the fixed list")

    def _is_wrong(self, text: str) -> bool:
        return self._refused and bool(_WRONG_TEXT.fullmatch(text))

    def check_urls(self, text: str) -> None:
        """Raises RequestForbidden for a URL of other people anywhere in a text."""
        for match in _URL.finditer(text):
            if match[0] not in self._own_urls and not (self._refused and _is_reserved(match[0])):
                raise RequestForbidden(
                    f"{self._where} has a URL that is neither an upload to this vendor nor --reference-url"
                    + (" nor under .invalid" if self._refused else "")
                )

    def _check_data(self, text: str) -> None:
        match = _DATA_URI.fullmatch(text)
        if not (match and _is_image(match[1])) and not self._is_wrong(text):
            raise RequestForbidden(f"{self._where} is a data URI with an image that was not made for checks")


def _is_image(encoded: str) -> bool:
    """Whether a text is the base64 of one of our images."""
    try:
        return images.is_ours(binascii.a2b_base64(encoded, strict_mode=True))
    except ValueError:
        return False


def _is_reserved(url: str) -> bool:
    """Whether a URL has a host that can never exist (RFC 6761, section 6.4), with any scheme."""
    try:
        host = parse_url("http://" + url.partition("://")[2]).host
    except ValueError:
        return False
    return host.rstrip(".").endswith(".invalid")
