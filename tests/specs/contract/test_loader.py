from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from pixpact.specs.catalogue import SpecCatalogue
from pixpact.specs.contract.loader import servers_of
from pixpact.specs.contract.model import BillingRule, Contract, CredentialPlace
from pixpact.specs.contract.roles import roles_of
from pixpact.specs.dialect.expressions import ExpressionRoots
from pixpact.specs.lint.lint import CheckedSpec
from pixpact.specs.openapi.bundle import document_of

FIXTURES = Path(__file__).parents[3] / "fixtures/specs"


@pytest.fixture(scope="module")
def toy(contract: Callable[[str], Contract]) -> Contract:
    return contract("fixtures/specs/toy.yaml")


def test_operations(toy: Contract) -> None:
    """Every operation of every path, in the order of the file."""
    assert [
        ("startDrawing", "POST", "/v2/drawings"),
        ("showDrawing", "GET", "/v2/drawings/{drawing}"),
        ("runSketch", "POST", "/v2/sketches"),
        ("storeFile", "POST", "/v2/files"),
        ("getPurse", "GET", "/v2/purse"),
    ] == [(operation.id, operation.method, operation.path) for operation in toy.operations]


def test_an_operation_by_its_name(toy: Contract) -> None:
    """An operation is found by its id; an unknown one is a KeyError."""
    assert "/v2/purse" == toy.operation("getPurse").path
    with pytest.raises(KeyError):
        toy.operation("getMoney")


def test_roles(toy: Contract) -> None:
    """What each operation does with a task or an upload."""
    found = {
        operation.id: operation.role
        and (operation.role.verb, operation.role.lifecycle or getattr(operation.role.expression, "text", None))
        for operation in toy.operations
    }

    assert {
        "startDrawing": ("start", "drawing"),
        "showDrawing": ("show", "$request.path.drawing"),
        "runSketch": ("run", "sketch"),
        "storeFile": ("store", "$request.body#/file"),
        "getPurse": None,
    } == found
    assert 86400 == toy.operation("storeFile").role.lifetime
    assert roles_of({}) == ()


def test_what_examples_response(toy: Contract) -> None:
    """An example answers the cause or state it is named after; any other, its operation's success."""
    found = {
        (operation.id, example.name): example.subject
        for operation in toy.operations
        for _, example in operation.examples()
    }

    assert "waiting" == found["startDrawing", "waiting"]
    assert "insufficient-balance" == found["startDrawing", "insufficient-balance"]
    assert "broken" == found["showDrawing", "broken"]
    assert "sketched" == found["runSketch", "sketched"]
    assert [None, None, None] == [
        found[key] for key in (("runSketch", "base64"), ("storeFile", "stored"), ("getPurse", "purse"))
    ]


def test_a_state_is_only_one_where_there_is_a_task(checked: Callable[[str], CheckedSpec]) -> None:
    """An operation without a task may name its example like some state."""
    states = "{things: {after: 1, next: end}, end: {outcome: success}}"
    found = checked(f"components: {{x-lifecycles: {{it: {{initial: things, states: {states}}}}}}}")

    assert () == found.problems
    assert [None] == [example.subject for _, example in found.contract.operations[0].examples()]


def test_links(toy: Contract) -> None:
    """The ways from a response to another operation."""
    links = toy.operation("startDrawing").responses[0].links

    assert [("showDrawing", "$response.body#/drawing"), ("showDrawing", "$request.body#/reference")] == [
        (link.operation, link.parameters["drawing"].text) for link in links
    ]


def test_headers(toy: Contract) -> None:
    """A header with its literal and what it is bound to."""
    header = toy.operation("runSketch").responses[0].headers[0]

    assert ("X-Request-Id", "req_5Hs1Zp", "$exchange.id") == (
        header.name,
        header.example,
        header.value and header.value.text,
    )


def test_billing_and_keys(toy: Contract) -> None:
    """What an operation charges, and where its key stands."""
    operation = toy.operation("startDrawing")

    assert BillingRule("on-submit", "on-failure", "EUR") == operation.billing
    assert (CredentialPlace("X-Api-Key", "header", ""),) == operation.credentials


def test_conditions(toy: Contract) -> None:
    """Media types and examples know when they are the response."""
    stream, plain = toy.operation("runSketch").responses[0].media

    assert ("text/event-stream", True) == (stream.name, stream.when is not None)
    assert ("application/json", None) == (plain.name, plain.when)
    assert [True, False] == [example.when is not None for example in plain.examples]


@pytest.mark.parametrize(
    ("scheme", "credential"),
    [
        ("{type: http, scheme: bearer}", CredentialPlace("authorization", "header", "Bearer ")),
        ("{type: apiKey, in: query, name: key}", CredentialPlace("key", "query", "")),
        ("{type: apiKey, in: header, name: X-Key}", CredentialPlace("X-Key", "header", "")),
    ],
)
def test_credentials(checked: Callable[[str], CheckedSpec], scheme: str, credential: CredentialPlace) -> None:
    """Each kind of security scheme says where a client puts its key; `security: []` needs none."""
    content = "content: {application/json: {schema: {}, examples: {%s: {value: {}}}}}"
    fine, refusal = ("{description: D., %s}" % (content % name) for name in ("fine", "unauthenticated"))
    text = f"""\
security: [{{it: []}}]
paths:
  /a: {{get: {{operationId: a, responses: {{'200': {fine}, '401': {refusal}}}}}}}
  /b: {{get: {{operationId: b, security: [], responses: {{'200': {fine}}}}}}}
components: {{securitySchemes: {{it: {scheme}}}}}
"""
    found = checked(text)

    assert () == found.problems
    assert [(credential,), ()] == [operation.credentials for operation in found.contract.operations]


def test_parameters(checked: Callable[[str], CheckedSpec]) -> None:
    """Parameters of the path and of the operation, with the type and default that their schemas come to."""
    text = """\
paths:
  /a/{id}:
    parameters: [{$ref: '#/components/parameters/Id'}]
    get:
      operationId: a
      parameters:
        - {name: page, in: query, schema: {$ref: '#/components/schemas/Page'}}
        - {name: any, in: header, schema: true}
      responses:
        '200': {description: A., content: {application/json: {schema: {}, examples: {a: {value: 1}}}}}
        '400': {description: No., content: {application/json: {schema: {}, examples: {invalid-request: {value: 1}}}}}
components:
  parameters: {Id: {name: id, in: path, required: true, schema: {type: string}}}
  schemas: {Page: {allOf: [{type: integer}], default: 1}}
"""
    found = checked(text)

    assert () == found.problems
    assert [
        ("id", "path", True, ("string",), None),
        ("page", "query", False, ("integer",), 1),
        ("any", "header", False, (), None),
    ] == [
        (parameter.name, parameter.place, parameter.required, parameter.types, parameter.default)
        for parameter in found.contract.operations[0].parameters
    ]


def test_servers() -> None:
    """Server variables stand at their defaults."""
    servers: dict[str, Any] = {
        "servers": [
            {"url": "https://{host}/v{n}", "variables": {"host": {"default": "a.b"}, "n": {"default": "1"}}},
            {"url": "/x"},
        ]
    }

    assert ("https://a.b/v1", "/x") == servers_of(servers)


def test_overlays_apply_before_anything_is_read() -> None:
    """A document with its overlays is one document."""
    document = document_of(FIXTURES / "toy.yaml", [FIXTURES / "overlays/toy/2027.yaml"])

    assert "3" == document.value["info"]["version"]
    assert ["crayon-1", "crayon-2"] == document.value["components"]["schemas"]["Crayon"]["properties"]["model"]["enum"]
    assert "2027.yaml" == document.origin("/info/version").path.name


def test_a_callback_may_go_to_a_fixed_address(tmp_path):
    """A key without an expression is the URL itself (OpenAPI 3.1.0, section 4.8.18)."""
    text = (FIXTURES / "toy.yaml").read_text().replace("'{$request.body#/call}':", "'https://dev.example/hook':")
    path = tmp_path / "toy.yaml"
    path.write_text(text)

    contract = SpecCatalogue().source(str(path)).contract()

    assert "https://dev.example/hook" == contract.operation("startDrawing").callbacks[0].url.evaluate(ExpressionRoots())
