"""A response as bytes with holes: what its example and its headers say is written when its operation is compiled."""

from __future__ import annotations

import re
from collections.abc import Callable
from copy import deepcopy
from http import HTTPStatus
from typing import Any

import orjson

from pixpact.mockserver.requests.response_sender import CORS, NO_CONTENT
from pixpact.mockserver.responses.rendering import header_text, writer
from pixpact.mockserver.responses.response_choice import ChosenExample
from pixpact.specs.contract.model import Example, Operation, ResponseHeader
from pixpact.specs.openapi.document import Json
from pixpact.specs.openapi.media import is_json
from pixpact.wire.bodies import STREAM

_HOLE = "\ue000{}\ue000"
_HOLES = re.compile(rb'"\xee\x80\x80([0-9]+)\xee\x80\x80"')
Fields = list[tuple[bytes, bytes]]


class ResponseHead:
    """Status and header fields of one documented response; only its request id and its length differ."""

    def __init__(self, status: int, before: Fields, id_name: bytes | None, after: Fields) -> None:
        self.status = status
        self.has_id = id_name is not None
        self._before, self._id_name, self._after = before, id_name, after
        line = f"HTTP/1.1 {status} {HTTPStatus(status).phrase}\r\n".encode()
        self._line = line
        self._first = _text(before) + (b"" if id_name is None else id_name + b": ")
        self._rest = (b"" if id_name is None else b"\r\n") + _text(after) + b"content-length: "

    def fields(self, request_id: str, length: int) -> Fields:
        """The header fields."""
        named = [] if self._id_name is None else [(self._id_name, header_text(request_id))]
        return [*self._before, *named, *self._after, (b"content-length", b"%d" % length)]

    def written(self, dated: bytes, request_id: str, body: bytes) -> bytes:
        """The whole response as it goes over the wire; `dated` are the fields of the server, ready to be sent."""
        return b"%b%b%b%b%b%d\r\n\r\n%b" % (
            self._line,
            dated,
            self._first,
            request_id.encode("latin-1"),
            self._rest,
            len(body),
            body,
        )


def _text(fields: Fields) -> bytes:
    return b"".join([b"%b: %b\r\n" % field for field in fields])


def head_of(operation: Operation, chosen: ChosenExample) -> ResponseHead | None:
    """The head of a response; None where more than a request id has to be found out for it."""
    headers = next(
        (
            response.headers
            for response in operation.responses
            for media in response.media
            if _has(media.examples, chosen.example)
        ),
        None,
    )
    if headers is None or chosen.status == NO_CONTENT or chosen.bodyless:
        return None
    bound = [header for header in headers if header.value is not None]
    if len(bound) > 1 or any(header.value and header.value.text != "$exchange.id" for header in bound):
        return None
    constants = [
        (_name(header), header_text(header.example))
        for header in headers
        if header.value is None and header.example is not None
    ]
    id_name = _name(bound[0]) if bound else None
    return ResponseHead(chosen.status, constants, id_name, [(b"content-type", chosen.content_type), *CORS])


def _has(examples: tuple[Example, ...], example: Example) -> bool:
    return any(one is example for one in examples)


def _name(header: ResponseHeader) -> bytes:
    return header.name.lower().encode("latin-1")


BodyFacts = dict[str, Callable[[Any], Json] | Json]


class BodyTemplate:
    """The JSON of an example, written but for what is found out for each response.

    `facts` gives what each hole is filled with, by expression: a function of what is known of a response, or a value
    that is the same for all of them.
    """

    def __init__(self, example: Example, facts: BodyFacts) -> None:
        value = deepcopy(example.value)
        for number, binding in enumerate(example.bindings):
            fact = facts[binding.expression.text]
            _put(value, binding.path, _HOLE.format(number) if callable(fact) else writer(binding)(fact))
        first, *rest = _HOLES.split(orjson.dumps(value))
        self._first = first
        self._holes = [
            (facts[binding.expression.text], writer(binding), text)
            for binding, text in (
                (example.bindings[int(number)], text) for number, text in zip(rest[::2], rest[1::2], strict=True)
            )
        ]

    def written(self, facts: Any) -> bytes:
        """The body."""
        parts = [self._first]
        for value, write, text in self._holes:
            parts += (orjson.dumps(write(value(facts))), text)
        return b"".join(parts)


def _put(value: Json, path: tuple[str | int, ...], text: Json) -> None:
    for step in path[:-1]:
        value = value[step]
    value[path[-1]] = text


def template_of(chosen: ChosenExample, facts: BodyFacts) -> BodyTemplate | None:
    """The template of a response; None where `facts` does not hold all that it shows, by expression."""
    example = chosen.example
    shown = [binding.expression.text for binding in example.bindings]
    whole = any(not binding.path for binding in example.bindings)
    if example.images or whole or not is_json(chosen.media_type) or chosen.media_type == STREAM:
        return None
    return BodyTemplate(example, facts) if all(text in facts for text in shown) else None
