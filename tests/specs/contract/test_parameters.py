"""What a request carries beside its body."""

from __future__ import annotations

import pytest

from pixpact.specs.contract.model import CredentialPlace
from pixpact.specs.contract.parameters import HeaderValues, ParameterReader, key_of, media_type_of, typed_value


@pytest.mark.parametrize(
    ("text", "types", "value"),
    [
        ("5", ("integer",), 5),
        ("5", ("string",), "5"),
        ("five", ("integer",), "five"),
        ("1.5", ("number",), 1.5),
        ("true", ("boolean",), True),
        ("yes", ("boolean",), "yes"),
        ("9" * 40, ("integer",), "9" * 40),
        ("5", ("string", "integer"), 5),
    ],
)
def test_parameters_get_the_type_of_their_schema(text, types, value):
    """A text that is no such value stays a text, for validation to judge."""
    assert value == typed_value(text, types)


BEARER = CredentialPlace("authorization", "header", "Bearer ")
PLAIN = CredentialPlace("X-Api-Key", "header", "")
QUERY = CredentialPlace("key", "query", "")


@pytest.mark.parametrize(
    ("headers", "query", "key"),
    [
        ({b"authorization": b"Bearer sk-1"}, b"", "sk-1"),
        ({b"authorization": b"bearer   sk-1 "}, b"", "sk-1"),
        ({b"authorization": b"Basic sk-1"}, b"", None),
        ({b"authorization": b"Bearer"}, b"", None),
        ({b"x-api-key": b" sk-2 "}, b"", "sk-2"),
        ({b"x-api-key": b""}, b"key=sk%2D3", "sk-3"),
        ({}, b"", None),
    ],
)
def test_the_key_is_where_one_of_the_credentials_says(headers, query, key):
    """The first that is there; without its scheme."""
    assert key == key_of([BEARER, PLAIN, QUERY], headers, query)


@pytest.mark.parametrize(
    ("value", "name"),
    [(b"application/JSON; charset=utf-8", "application/json"), (b" text/plain ", "text/plain"), (b"", "")],
)
def test_the_media_type_is_without_its_parameters(value, name):
    """In lower case."""
    assert name == media_type_of({b"content-type": value})
    assert media_type_of({}) == ""


def test_declared_headers_have_their_types_and_others_are_texts():
    """Looked up by lower-case name."""
    values = HeaderValues({"x-count": 5}, {b"x-count": b"5", b"x-other": b"6"})

    assert (5, "6", None) == (values.get("x-count"), values.get("x-other"), values.get("x-none"))


def test_parameters_are_read_and_judged(contract):
    """Of a path, a query and the header fields, with the violations of each."""
    operation = contract("apimart").operation("getTask")
    reader = ParameterReader(operation.parameters, contract("apimart").schemas.violations)
    values, violations = reader.read({"task_id": "t1"}, b"language=zh&other=", {})

    assert {"path": {"task_id": "t1"}, "query": {"language": "zh", "other": ""}, "header": {}} == values
    assert [] == violations
    assert ["required"] == [it.keyword for it in reader.read({}, b"", {})[1]]
