"""Writes a curl command that sends an exchange's request again. The key is never in it, but in a shell variable.

Works in POSIX shells (sh, bash, zsh). Short texts are in the command. What a command line cannot carry (binary or long
bodies) is piped in as base64; what is too long even for that is named by its length and SHA-256.
"""

from __future__ import annotations

import json
import re
from base64 import b64encode
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from gzip import compress
from hashlib import sha256
from math import ceil
from urllib.parse import unquote_plus

from pixpact.contracts.repro.captures import RESPONSE, captured
from pixpact.contracts.repro.shell import ShellWord, joined_word, quoted_word
from pixpact.contracts.transport import multipart
from pixpact.contracts.transport.keys import ApiKeys
from pixpact.specs.contract.model import CredentialPlace
from pixpact.wire.control_characters import CONTROL, UNSEEN, visible_json
from pixpact.wire.exchange import Exchange, media_type
from pixpact.wire.redaction import REDACTED, is_secret, is_secret_in, redacted_body, redacted_url

KEY = "PIXPACT_API_KEY"
"""The default shell variable for the key."""

SECOND_KEY = "PIXPACT_SECOND_API_KEY"
"""The shell variable for the key of a second account."""

_SHORT = 1500  # bytes of a body that is always shown as it is
_INLINE = 4000  # maximum bytes of a body within the command
_PACKED = 12_000  # maximum characters of base64 that are practical to paste
_MOST_POLLS = 9  # of one task
_LONGEST_PAUSE = 60  # seconds between them
_NEXT = " \\\n  "
# Headers that curl sets itself, that belong to a browser or a connection, and cookies.
_LEFT_OUT = re.compile(
    r"(?i):.*|accept-(?:encoding|language)|cache-control|connection|content-length|cookie2?|dnt|expect|host|keep-alive"
    r"|origin|pragma|priority|proxy-.*|referer|sec-.*|te|traceparent|tracestate|transfer-encoding|upgrade.*|user-agent"
)
_ANYTHING = ("accept", "*/*")
_FORM = "application/x-www-form-urlencoded"
_PARAMETER = re.compile(r"(?<=[?&])([^=&#]+)=([^&#]*)")
_STRING = r'"(?:[^"\\]|\\.)*+"'
# In JSON: a string, which is kept, or white space between tokens, which is dropped (RFC 8259, section 2).
_TOKEN = re.compile(rf"({_STRING})|[ \t\r\n]+", re.DOTALL)
_FIELD = re.compile(rf"({_STRING})(?::({_STRING}))?", re.DOTALL)


@dataclass(frozen=True, slots=True)
class CredentialText:
    """The text for a credential: a shell variable, or a literal that is not secret."""

    variable: str = KEY
    literal: str | None = None
    """A deliberately wrong key."""

    @property
    def part(self) -> ShellWord:
        """The credential as a part of a shell word."""
        return ShellWord(self.literal) if self.literal is not None else ShellWord(self.variable, variable=True)


@dataclass(frozen=True, slots=True)
class CredentialWriter:
    """How the requests of a contract carry their key."""

    credentials: tuple[CredentialPlace, ...] = ()
    """Those of the contract; headers and parameters with secret names count as well."""
    key: CredentialText = CredentialText()
    second: CredentialText = CredentialText(SECOND_KEY)
    wrong: CredentialText = CredentialText(literal=ApiKeys().wrong)

    def names(self, location: str) -> Mapping[str, str]:
        """The names (in lower case) that carry a key in the `header` or `query` → the prefix of its value."""
        return {
            credential.name.lower(): credential.prefix
            for credential in self.credentials
            if credential.place == location
        }


def curl(
    exchange: Exchange,
    sender: CredentialWriter = CredentialWriter(),
    given: Mapping[str, str] | None = None,
    *,
    kept: bool = False,
) -> str:
    """The curl command. A credential that was not sent is not added.

    `given`: text → shell variable, for segments of the URL's path or the whole URL. `kept`: the response is shown, and
    kept in a variable.
    """
    sender = replace(sender, key=_key_of(exchange, sender))
    before, body = _body(exchange)
    words = [
        "curl",
        *(["-g"] if set(exchange.url) & set("[]{}") else []),
        *_output(exchange),
        *(["-sS"] if kept else []),
        *_method(exchange, bool(body)),
        _url(exchange.url, sender, given or {}),
    ]
    headers = [f"-H {text}" for text in _headers(exchange, sender)]
    made, _, piped = before.rpartition("\n")
    command = piped + _NEXT.join([" ".join(words), *headers, *body])
    files = f"{made}\n" if made else ""
    return f"{files}{RESPONSE}=$({command} | tee /dev/stderr)" if kept else files + command


def _key_of(exchange: Exchange, sender: CredentialWriter) -> CredentialText:
    """The credential for the key that the exchange notes; a deliberately wrong key is written literally."""
    used = exchange.note.get("key")
    return {"wrong": sender.wrong, "second": sender.second}.get(used or "", sender.key)


def script(trace: Iterable[Exchange], sender: CredentialWriter = CredentialWriter()) -> str:
    """The commands of a trace in order; ids and URLs from responses become shell variables.

    Several polls of the same URL become one command in a loop.
    """
    distinct: dict[tuple[str, str, bytes], list[Exchange]] = {}
    for exchange in trace:
        distinct.setdefault((exchange.method, exchange.url, exchange.request_body), []).append(exchange)
    last = [exchanges[-1] for exchanges in distinct.values()]
    catches = captured([exchange.response_body for exchange in last], [exchange.url for exchange in last])
    lines, given = list[str](), dict[str, str]()
    for exchanges, caught in zip(distinct.values(), catches, strict=True):
        catching = [catch.line(exchanges[-1].response_body) for catch in caught]
        is_kept = any(not line.startswith("#") for line in catching)
        command = curl(exchanges[-1], sender, given, kept=is_kept)
        lines += [_repeated(command, exchanges, last[0]), *catching]
        given |= {catch.text: catch.variable for catch in caught}
    return "\n".join(lines)


def _repeated(command: str, exchanges: Sequence[Exchange], first: Exchange) -> str:
    """The command in a loop: as many polls, over as long a time, as were sent."""
    count = min(len(exchanges), _MOST_POLLS)
    if count == 1:
        return command
    apart = min(max(1, ceil((exchanges[-1].started - first.ended) / count)), _LONGEST_PAUSE)
    return f"for poll in {' '.join(map(str, range(1, count + 1)))}; do sleep {apart}; {command}; done"


# ------------------------------------------------------------------------------------------- parts


def _method(exchange: Exchange, body: bool) -> list[str]:
    if exchange.method == ("POST" if body else "GET"):
        return []
    return ["--head"] if exchange.method == "HEAD" else ["-X", quoted_word(exchange.method)]


def _output(exchange: Exchange) -> list[str]:
    """Options to show status and headers; an image is written to a file."""
    if media_type(exchange.response_headers).startswith("image/"):
        return ["-sS", "-D", "-", "-o", "image"]
    return ["-i"]


def _url(url: str, sender: CredentialWriter, given: Mapping[str, str]) -> str:
    """The URL as a shell word; secret parameters become the key variable, user and password are dropped."""
    if url in given:
        return joined_word([ShellWord(given[url], variable=True)])
    path, question, query = re.sub(r"(?<=://)[^/?#\s@]*@", "", url).partition("?")
    return joined_word([*_path(path, given), *_query(question + query, sender)])


def _path(path: str, given: Mapping[str, str]) -> list[ShellWord]:
    head, *segments = re.split(r"(?<=[^/:])/(?!/)", path)
    words = [ShellWord(head)]
    for segment in segments:
        words += [ShellWord("/"), ShellWord(given[segment], variable=True) if segment in given else ShellWord(segment)]
    return words


def _query(query: str, sender: CredentialWriter) -> list[ShellWord]:
    names = {*sender.names("query"), "key"}
    words, last = [], 0
    for match in _PARAMETER.finditer(query):
        name = unquote_plus(match[1])
        if match[2] and (name.lower() in names or is_secret_in("query", name)):
            words += [ShellWord(query[last : match.start(2)]), sender.key.part]
            last = match.end()
    return [*words, ShellWord(query[last:])]


def _headers(exchange: Exchange, sender: CredentialWriter) -> Iterator[str]:
    prefixes = sender.names("header")
    form = bool(multipart.parts(exchange))
    for name, value in exchange.request_headers:
        lowered = name.lower()
        if lowered in prefixes or (is_secret_in("header", name) and not _LEFT_OUT.fullmatch(name)):
            prefix = prefixes.get(lowered, _scheme(value))
            yield joined_word([ShellWord(f"{name}: {prefix if value.startswith(prefix) else ''}"), sender.key.part])
        elif (form and lowered == "content-type") or _LEFT_OUT.fullmatch(name) or (lowered, value) == _ANYTHING:
            continue  # curl sets it itself, with the boundary of a form
        else:
            yield quoted_word(f"{name}: {redacted_url(value)}" if value else f"{name};")
    if exchange.request_body and exchange.request_header("content-type") is None:
        yield quoted_word("Content-Type:")  # stops curl from declaring a form


def _scheme(value: str) -> str:
    scheme, space, _ = value.partition(" ")
    return scheme + space if space else ""


# ------------------------------------------------------------------------------------------ bodies


def _body(exchange: Exchange) -> tuple[str, list[str]]:
    """(text before the command: a pipe, files to write, comments; options that send the body)."""
    if not exchange.request_body:
        return "", []
    if form := multipart.parts(exchange):
        return _form(form)
    body = _written(exchange.request_body, media_type(exchange.request_headers))
    text = _text(body)
    packed = "" if len(body) <= _SHORT and text is not None else b64encode(compress(body, 9, mtime=0)).decode()
    if text is not None and (not packed or len(body) <= min(_INLINE, len(packed))):
        return "", [f"{'--data-raw' if text.startswith('@') else '-d'} {quoted_word(text)}"]
    if len(packed) <= _PACKED:
        return f"printf %s {packed} | base64 -d | gunzip | ", ["--data-binary @-"]
    return f"# request-body: {_facts(body)}\n", ["--data-binary @request-body"]


def _form(form: Sequence[multipart.FormPart]) -> tuple[str, list[str]]:
    before, options = "", []
    for part in form:
        text = _text(part.content)
        if part.filename is None and text is not None:
            options.append(f"--form-string {quoted_word(f'{part.name}={REDACTED if is_secret(part.name) else text}')}")
            continue
        name = multipart.safe_name(part.filename or part.name)
        how, kind = "<" if part.filename is None else "@", f";type={part.kind}" if part.kind else ""
        options.append(f"-F {quoted_word(f'{part.name}={how}{name}{kind}')}")
        encoded = b64encode(part.content).decode()
        remark = f"# {name}: {_facts(part.content)}\n"
        before += f"printf %s {quoted_word(encoded)} | base64 -d > {name}\n" if len(encoded) <= _PACKED else remark
    return before, options


def _written(body: bytes, kind: str) -> bytes:
    """The body without secrets; JSON without white space, invisible characters escaped."""
    if kind == _FORM:
        return redacted_body(body, kind)
    try:
        text = body.decode()
        json.loads(text)
    except (ValueError, RecursionError):
        return body
    text = _TOKEN.sub(lambda match: match[1] or "", text)
    return _FIELD.sub(_field, text).encode()


def _field(match: re.Match[str]) -> str:
    """A JSON string, or a field with a string value."""
    name, value = match.groups()
    if value is None:
        return _safe(name)
    if value != '""' and is_secret(json.loads(name, strict=False)):
        return f'{name}:"{REDACTED}"'
    return f"{_safe(name)}:{_safe(value)}"


def _safe(string: str) -> str:
    if "://" in string:
        text = json.loads(string, strict=False)
        safe = redacted_url(text)
        string = string if safe == text else json.dumps(safe, ensure_ascii=False)
    return visible_json(string)


def _text(body: bytes) -> str | None:
    """The body as text if a command line can carry it (UTF-8, visible characters, one line); else None."""
    try:
        text = body.decode()
    except UnicodeDecodeError:
        return None
    return None if CONTROL.search(text) or UNSEEN.search(text) else text


def _facts(content: bytes) -> str:
    return f"{len(content)} bytes, sha256 {sha256(content).hexdigest()}"
