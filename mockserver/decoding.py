"""Bytes and headers → the values of a request. Knows HTTP, media types and parameters; nothing of any vendor."""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl

import orjson
from starlette.datastructures import Headers, UploadFile
from starlette.formparsers import MultiPartException, MultiPartParser
from starlette.types import Receive, Scope

from pixpact.specs.document import Json
from pixpact.specs.model import Credential, Parameter
from pixpact.specs.schemas import Violation

# It warns of each malformed form, naming no request; the client is told instead.
logging.getLogger("python_multipart").setLevel(logging.CRITICAL)

MOST_BODY = 64 * 1024 * 1024
"""Bytes of a request body that are read at most."""


class TooLarge(Exception):
    """The request body is larger than the mock reads."""


class Undecodable(ValueError):
    """The body is not what its media type says; `str()` says why."""


class Disconnected(Exception):
    """The client went away before its request was complete."""


async def body_of(receive: Receive) -> bytes:
    """The whole request body. Raises TooLarge or Disconnected."""
    message = await receive()
    if message["type"] == "http.request" and not message.get("more_body"):
        return bytes(message.get("body", b""))  # the usual case: one message
    chunks, size = [], 0
    while True:
        if message["type"] == "http.disconnect":
            raise Disconnected
        chunks.append(message.get("body", b""))
        size += len(chunks[-1])
        if size > MOST_BODY:
            raise TooLarge
        if not message.get("more_body"):
            return b"".join(chunks)
        message = await receive()


def media_type_of(headers: Mapping[bytes, bytes]) -> str:
    """The request's media type without parameters, in lower case; empty when none is named."""
    return headers.get(b"content-type", b"").decode("latin-1").partition(";")[0].strip().lower()


def json_of(raw: bytes) -> Json:
    """The JSON value of a body. Raises Undecodable; NaN, lone surrogates and trailing bytes are no JSON."""
    try:
        return orjson.loads(raw)
    except orjson.JSONDecodeError as error:
        place = f" (line {error.lineno}, column {error.colno})" if raw else ""
        raise Undecodable(f"the body is not valid JSON: {error.msg.split(':')[0]}{place}") from None


@dataclass(frozen=True, slots=True)
class FilePart:
    """A file in a multipart body, with the name and the media type that the client gave it."""

    content: bytes
    filename: str
    media_type: str


async def form_of(raw: bytes, headers: Mapping[bytes, bytes]) -> tuple[dict[str, str], dict[str, FilePart]]:
    """The parts of a multipart body as texts, and its files by the `cid:` URL (RFC 2392) that stands for each.

    Raises Undecodable.
    """

    async def stream() -> Any:
        yield raw

    values: dict[str, str] = {}
    files: dict[str, FilePart] = {}
    parser = MultiPartParser(Headers(raw=list(headers.items())), stream(), max_part_size=MOST_BODY)
    try:
        form = await parser.parse()
    except (MultiPartException, KeyError, ValueError) as error:
        raise Undecodable(f"the body is not valid multipart/form-data: {error or 'no boundary'}") from None
    for name, value in form.multi_items():
        if isinstance(value, UploadFile):
            kind = value.content_type or "application/octet-stream"
            values[name] = f"cid:{name}"
            files[values[name]] = FilePart(await value.read(), value.filename or name, kind)
        else:
            values[name] = value
    await form.close()
    return values, files


def key_of(credentials: Iterable[Credential], headers: Mapping[bytes, bytes], query: bytes) -> str | None:
    """The API key that a request carries; None when it carries none."""
    for credential in credentials:
        if credential.place == "header":
            value = headers.get(credential.name.lower().encode(), b"").decode("latin-1").strip()
        else:
            value = dict(parse_qsl(query.decode("latin-1"))).get(credential.name, "")
        prefix = credential.prefix.strip()
        if prefix:
            scheme, _, value = value.partition(" ")
            value = value.strip() if scheme.lower() == prefix.lower() else ""
        if value:
            return value
    return None


_NUMBERS: dict[str, tuple[re.Pattern[str], Callable[[str], Any]]] = {
    "integer": (re.compile(r"-?[0-9]{1,18}"), int),
    "number": (re.compile(r"-?[0-9]{1,18}(\.[0-9]+)?"), float),
}


def typed(text: str, types: tuple[str, ...]) -> Any:
    """A parameter's text as the first type of its schema that it can be."""
    for name in types:
        if name in _NUMBERS and _NUMBERS[name][0].fullmatch(text):
            return _NUMBERS[name][1](text)
        if name == "boolean" and text in ("true", "false"):
            return text == "true"
    return text


class ParameterReader:
    """The query and header parameters of one operation, compiled."""

    def __init__(
        self,
        parameters: Iterable[Parameter],
        violations: Callable[[str, Any, str], list[Violation]],
    ) -> None:
        self._parameters = tuple(parameters)
        self._violations = violations

    def read(
        self, path: dict[str, str], query: bytes, headers: Mapping[bytes, bytes]
    ) -> tuple[dict[str, dict[str, Any]], list[Violation]]:
        """The values by place and name, and what is wrong with them."""
        values: dict[str, dict[str, Any]] = {
            "path": dict(path),
            "query": dict(parse_qsl(query.decode("latin-1"), keep_blank_values=True)) if query else {},
            "header": {},
        }
        found: list[Violation] = []
        for parameter in self._parameters:
            if parameter.place == "header":
                raw = headers.get(parameter.name.lower().encode())
                if raw is not None:
                    values["header"][parameter.name.lower()] = raw.decode("latin-1")
            found += self._judged(parameter, values[parameter.place])
        return values, found

    def _judged(self, parameter: Parameter, values: dict[str, Any]) -> list[Violation]:
        name = parameter.name.lower() if parameter.place == "header" else parameter.name
        if name not in values:
            if parameter.default is not None:
                values[name] = parameter.default
            return [self._missing(parameter)] if parameter.required else []
        values[name] = typed(values[name], parameter.types)
        found = self._violations(parameter.schema, values[name], parameter.place)
        return [_named(violation, parameter) for violation in found]

    def _missing(self, parameter: Parameter) -> Violation:
        message = f"the {parameter.place} parameter {parameter.name} is required"
        return Violation(
            parameter.place,
            "",
            "required",
            message,
            f"{parameter.pointer}/required",
            parameter.name,
        )


def _named(violation: Violation, parameter: Parameter) -> Violation:
    message = violation.message.replace("the body", parameter.name, 1)
    return Violation(parameter.place, "", violation.keyword, message, violation.schema, parameter.name)


def headers_of(scope: Scope) -> dict[bytes, bytes]:
    """The request's headers by lower-case name; of repeated ones the last."""
    return dict(scope["headers"])
