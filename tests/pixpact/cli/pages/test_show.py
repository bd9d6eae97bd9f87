"""The page of a contract: what it says of parameters, charges and images."""

from __future__ import annotations

import json

import pytest
from click.testing import CliRunner

from pixpact.cli.main import main

PARAMETERS = [
    {"name": "size", "in": "query", "required": True, "schema": {"type": "string", "pattern": "^[a-z]+$"}},
    {"name": "X-Trace", "in": "header", "schema": {"type": ["string", "null"]}},
    {"name": "page", "in": "query", "schema": {"type": "integer", "default": 1}},
    {"name": "session", "in": "cookie", "schema": {"type": "string"}},
]


@pytest.fixture
def page(tmp_path):
    """The lines of the page of a contract with these keys in its only operation."""

    def made(**operation):
        documented = {"operationId": "listThings", "responses": {"200": {"description": "Things."}}, **operation}
        document = {
            "openapi": "3.1.0",
            "info": {"title": "Small", "version": "1"},
            "servers": [{"url": "https://small.example"}],
            "paths": {"/things": {"get": documented}},
        }
        (tmp_path / "small.json").write_text(json.dumps(document))
        done = CliRunner().invoke(main, ["show", str(tmp_path / "small.json")])
        assert 0 == done.exit_code, done.output
        return [" ".join(line.split()) for line in done.stdout.splitlines()]

    return made


def test_a_parameter_has_its_place_and_what_it_must_be(page):
    """Whether it is required, its types, its pattern and its default; cookies are no part of these APIs."""
    lines = page(parameters=PARAMETERS)
    start = lines.index("Parameters")

    assert [
        "size query; required; string; matches ^[a-z]+$",
        "X-Trace header; string or null",
        "page query; integer; default 1",
    ] == lines[start + 1 : start + 4]
    assert not any("session" in line for line in lines)


def test_an_operation_without_parameters_has_no_heading_for_them(page):
    """Nor for errors where it documents none."""
    lines = page()

    assert not {"Parameters", "Errors"} & set(lines)


def test_a_response_without_a_body_is_said_to_have_none(page):
    """Errors stand below, in one line each."""
    lines = page(responses={"204": {"description": "Gone."}, "404": {"description": "None."}})

    assert "Response 204, without a body" in lines
    assert lines.index("Errors") > lines.index("Response 204, without a body")
    assert any(line.startswith("404") for line in lines)


def test_a_long_name_has_a_line_of_its_own(page):
    """Its text stands below."""
    name = "a-parameter-with-a-rather-long-name"
    lines = page(parameters=[{"name": name, "in": "query", "schema": {"type": "string"}}])

    assert "query; string" == lines[lines.index(name) + 1]
