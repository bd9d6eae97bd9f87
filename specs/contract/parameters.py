"""Reads parameters and the API key from a request's path, query and headers.

Headers are bytes with lower-case names, as in ASGI.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any
from urllib.parse import parse_qsl

from pixpact.specs.contract.model import CredentialPlace, Parameter
from pixpact.specs.openapi.schemas import Violation

HeaderFields = Mapping[bytes, bytes]


def media_type_of(headers: HeaderFields) -> str:
    """The media type of a body in lower case, without parameters; empty without one."""
    return headers.get(b"content-type", b"").decode("latin-1").partition(";")[0].strip().lower()


def key_of(credentials: Iterable[CredentialPlace], headers: HeaderFields, query: bytes) -> str | None:
    """The API key of a request; None without one."""
    for credential in credentials:
        if credential.place == "header":
            value = headers.get(credential.name.lower().encode(), b"").decode("latin-1").strip()
        else:
            value = dict(parse_qsl(query.decode("latin-1"))).get(credential.name, "")
        prefix = credential.prefix.strip()
        if prefix:
            scheme, _, value = value.partition(" ")
            value = value.strip() if scheme.lower() == prefix.lower() else ""
            value = _of_basic(value) if prefix == "Basic" else value
        if value:
            return value
    return None


def _of_basic(value: str) -> str:
    """`USER:PASSWORD` (RFC 7617), without the colon if the password is empty; empty for an invalid value."""
    try:
        credentials = base64.b64decode(value, validate=True).decode("utf-8", "replace")
    except ValueError:
        return ""
    return credentials.removesuffix(":") if ":" in credentials else ""


_NUMBERS: dict[str, tuple[re.Pattern[str], Callable[[str], Any]]] = {
    "integer": (re.compile(r"-?[0-9]{1,18}"), int),
    "number": (re.compile(r"-?[0-9]{1,18}(\.[0-9]+)?"), float),
}


def typed_value(text: str, types: tuple[str, ...]) -> Any:
    """A parameter's text as a value of the first schema type that it fits."""
    for name in types:
        if name in _NUMBERS and _NUMBERS[name][0].fullmatch(text):
            return _NUMBERS[name][1](text)
        if name == "boolean" and text in ("true", "false"):
            return text == "true"
    return text


class HeaderValues(dict[str, Any]):
    """Typed values of declared headers; other headers are looked up as sent."""

    __slots__ = ("_sent",)

    def __init__(self, declared: dict[str, Any], sent: HeaderFields) -> None:
        super().__init__(declared)
        self._sent = sent

    def get(self, name: str, default: Any = None) -> Any:
        """The value of a header, by its lower-case name."""
        if name in self:
            return self[name]
        raw = self._sent.get(name.encode("latin-1", "replace"))
        return default if raw is None else raw.decode("latin-1")


_ASKED_OF_MOCKS = re.compile(
    r"\s*(?:code|example|state|fault|delay|status|images|retry-after)\s*=[^,;]*(?:[,;]|$)", re.IGNORECASE
)


def strip_mock_preferences(prefer: str) -> str:
    """A `Prefer` header (RFC 7240) without the mock's own preferences; the rest is the vendor's."""
    return _ASKED_OF_MOCKS.sub("", prefer).strip(" ,;")


class ParameterReader:
    """Reads the query and header parameters of one operation; compiled once."""

    def __init__(
        self,
        parameters: Iterable[Parameter],
        violations: Callable[[str, Any, str], list[Violation]],
    ) -> None:
        self._parameters = tuple(parameters)
        self._violations = violations

    def read(
        self, path: dict[str, str], query: bytes, headers: HeaderFields
    ) -> tuple[dict[str, dict[str, Any]], list[Violation]]:
        """(values by location and name, violations)."""
        values: dict[str, dict[str, Any]] = {
            "path": dict(path),
            "query": dict(parse_qsl(query.decode("latin-1"), keep_blank_values=True)) if query else {},
            "header": {},
        }
        violations: list[Violation] = []
        for parameter in self._parameters:
            if parameter.place == "header":
                text = headers.get(parameter.name.lower().encode(), b"").decode("latin-1")
                if parameter.name.lower() == "prefer":
                    text = strip_mock_preferences(text)
                if text or (parameter.name.lower().encode() in headers and parameter.name.lower() != "prefer"):
                    values["header"][parameter.name.lower()] = text
            violations += self._judged(parameter, values[parameter.place])
        return values, violations

    def _judged(self, parameter: Parameter, values: dict[str, Any]) -> list[Violation]:
        name = parameter.name.lower() if parameter.place == "header" else parameter.name
        if name not in values:
            if parameter.default is not None:
                values[name] = parameter.default
            return [self._missing(parameter)] if parameter.required else []
        values[name] = typed_value(values[name], parameter.types)
        broken = self._violations(parameter.schema, values[name], parameter.place)
        return [_named(violation, parameter) for violation in broken]

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
