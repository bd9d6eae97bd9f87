"""What can be compared, and how anything else is refused: with file and line."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from pixpact.contracts.diff.compare.compare import compare
from pixpact.contracts.diff.read.contract_version import read_version
from pixpact.contracts.diff.report import comparison
from pixpact.specs.export import plain
from pixpact.specs.openapi.document import parse, read
from pixpact.specs.openapi.problems import SpecError

from .conftest import TOY, answered, asked, compared, side, verdict_of, whole

HEAD = "openapi: 3.1.0\ninfo: {title: Things, version: '1'}\n"


def problems(text: str) -> list[str]:
    with pytest.raises(SpecError) as caught:
        read_version(parse(text, Path("api.yaml")), "api")
    return [f"{problem.origin.line} {problem.rule}: {problem.message}" for problem in caught.value.problems]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("swagger: '2.0'\npaths: {}\n", ["1 not-openapi: this is swagger 2.0, not OpenAPI 3.1"]),
        ("overlay: 1.0.0\nactions: []\n", ["1 not-openapi: this is overlay 1.0.0, not OpenAPI 3.1"]),
        ("a: 1\nopenapi: 4.0.0\n", ['2 not-openapi: OpenAPI "4.0.0" is not read here']),
        ("name: other\n", ["1 not-openapi: this is not an OpenAPI document"]),
    ],
)
def test_what_is_no_openapi_is_refused(text: str, expected: list[str]) -> None:
    """The line where it is said, and what it is instead."""
    assert expected == problems(text)


def notes(text: str) -> list[str]:
    """What is told of a document that is read as far as it can be."""
    found = read_version(parse(text, Path("api.yaml"), aliases=True), "api").notes
    return [f"{note.origin.line} {note.rule}: {note.message}" for note in found]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("paths: []\n", ["3 wrong-shape: /paths must be an object; got a list"]),
        ("paths:\n", ["3 wrong-shape: /paths must be an object; got nothing"]),
        (
            "paths:\n  /a:\n    get: {responses: 5}\n",
            ["5 wrong-shape: /paths/~1a/get/responses must be an object; got a number"],
        ),
        ("paths: {}\nx-a: &x 1\nx-b: &x 2\nx-c: *x\n", []),
        (
            "paths: {}\ncomponents:\n  schemas:\n    A: {oneOf: []}\n    B: {oneOf: []}\n",
            ["6 bad-schema: oneOf must have at least 1 item; got 0 (2 times, first here)"],
        ),
    ],
)
def test_a_part_of_the_wrong_form_is_noted_once(text: str, expected: list[str]) -> None:
    """With its line; the rest is read."""
    assert expected == notes(HEAD + text)


@pytest.mark.parametrize(
    "fault",
    [
        "required: true",
        "type: bool",
        "oneOf: []",
        "pattern: '(?i)a'",
        "pattern: a++",
        "$ref: 'other.yaml#/A'",
        "$ref: '#/nowhere'",
        "$dynamicRef: '#a'",
        "allOf: {}",
        "enum: a",
        "maxLength: -1",
    ],
)
def test_what_is_faulty_is_undecided_and_the_rest_is_compared(fault: str) -> None:
    """Nobody can say what a faulty part means; what stands beside it is another thing."""
    text = HEAD + (
        "paths:\n  /a:\n    post:\n      responses: {'200': {description: x}}\n      requestBody: {content: "
        "{application/json: {schema: {type: object, properties: {a: {FAULT}, b: {type: string}}}}}}\n"
    )
    base = text.replace("FAULT", fault)
    revision = text.replace("FAULT", "type: integer").replace("b: {type: string}", "b: {type: string, maxLength: 3}")
    sides = [read_version(parse(it, Path("api.yaml")), "api") for it in (base, revision)]
    changes = {change.message: change for change in comparison(*sides).changes}

    assert ["request-maxLength-added"] == [it.rule for it in changes.values() if it.severity == "breaking"]
    assert {True} == {bool(it.undecided) for it in changes.values() if it.rule != "request-maxLength-added"}
    assert 2 <= len(changes)


def test_a_reference_may_be_coded_with_percent_signs() -> None:
    """RFC 6901, section 6: it is a fragment of a URI."""
    schema = {"$ref": "#/paths/~1a~1%7Bid%7D/get/responses/200/content/application~1json/schema"}
    content = {"application/json": {"schema": {"type": "string"}}}
    path = {"/a/{id}": {"get": {"responses": {"200": {"description": "x", "content": content}}}}}

    assert () == side({**asked(schema), "paths": {**asked(schema)["paths"], **path}}).notes


@pytest.mark.parametrize(
    ("schema", "expected"),
    [
        ("{$ref: '#/components/schemas/None'}", "leads to nothing"),
        ("{$ref: 'other.yaml#/A'}", "leads out of the file"),
        ("{$ref: '#name'}", "leads out of the file"),
        ("{$dynamicRef: '#node'}", "is not followed"),
        ("{$ref: '#/components/schemas/A'}", "leads back to itself"),
        ("{allOf: [{$ref: '#/components/schemas/A'}]}", "leads back to itself"),
        ("{type: texts}", "none of the forms"),
    ],
)
def test_a_bad_schema_is_noted_where_it_stands(schema: str, expected: str) -> None:
    """External and unresolvable references, circles, and what is no JSON Schema."""
    (problem,) = notes(HEAD + f"paths: {{}}\ncomponents:\n  schemas:\n    A: {schema}\n")

    assert problem.startswith("6 ")
    assert expected in problem


def test_a_recursive_schema_is_compared() -> None:
    """A tree is legal: what differs in it is reported, and a witness is found."""

    def tree(most: int) -> dict[str, Any]:
        node = {
            "type": "object",
            "properties": {
                "n": {"type": "integer", "maximum": most},
                "children": {"type": "array", "items": {"$ref": "#/components/schemas/Node"}},
            },
        }
        document = asked({"$ref": "#/components/schemas/Node"})
        document["components"]["schemas"] = {"Node": node}
        return document

    (change,) = compared(tree(9), tree(5)).changes

    assert ("request-maximum-lowered", "breaking") == (change.rule, verdict_of(change))
    assert () == compare(side(tree(9)), side(tree(9)))


def test_openapi_3_0_is_converted() -> None:
    """`nullable` and boolean bounds say the same the old and the new way; what says nothing is noted."""
    old = asked(
        {
            "type": "object",
            "properties": {
                "a": {"type": "string", "nullable": True, "example": "x"},
                "b": {"type": "integer", "minimum": 1, "exclusiveMinimum": True},
                "c": {"nullable": True},
            },
        }
    )
    old["openapi"] = "3.0.3"
    new = asked(
        {
            "type": "object",
            "properties": {
                "a": {"type": ["string", "null"]},
                "b": {"type": "integer", "exclusiveMinimum": 1},
                "c": {},
            },
        }
    )
    converted = side(old)

    assert () == compare(converted, side(new))
    assert ["openapi-3.0"] == [note.rule for note in converted.notes]


def test_beside_a_reference_3_0_says_nothing() -> None:
    """Siblings of a $ref are left out, with a note at their line."""
    old = answered({"$ref": "#/components/schemas/A", "maxLength": 3})
    old["components"]["schemas"] = {"A": {"type": "string"}}
    old["openapi"] = "3.0.0"
    new = answered({"type": "string"})
    converted = side(old)

    assert () == compare(converted, side(new))
    assert "'maxLength' beside a $ref has no effect" in converted.notes[0].message


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        ("servers: [5]\n", "3 wrong-shape: the document: servers[0] must be an object; got 5"),
        ("security: [key]\n", '3 wrong-shape: the document: security[0] must be an object; got "key"'),
        ("components: {parameters: {A: {name: a}}}\n", "3 wrong-shape: /components/parameters/A: in is required"),
    ],
)
def test_what_is_read_has_the_form_that_is_expected(lines: str, expected: str) -> None:
    """Of the fields that a comparison reads; others are nobody's business."""
    assert [expected] == notes(HEAD + lines)


def test_a_dialect_on_one_side_only_is_said() -> None:
    """What the other side cannot say is not compared, and not passed over in silence."""
    base, revision = read_version(read(TOY), "toy"), side(plain(read(TOY).value))

    assert ["dialect-unread"] == [note.rule for note in comparison(base, revision).notes]
    assert [] == [change.rule for change in comparison(base, revision).changes if change.severity == "breaking"]


def test_what_our_lint_would_refuse_is_compared() -> None:
    """No servers, no examples, no operationId: plain OpenAPI all the same."""
    document = side(asked({"type": "object"}))

    assert None is document.contract
    assert () == document.notes


def test_a_dialect_that_cannot_be_read_is_said() -> None:
    """Our keys in a document that breaks the grammar: read as plain OpenAPI, with a note."""
    document = side(asked({"type": "object", "x-images": {"cuont": 1}}))

    assert None is document.contract
    assert ["dialect-unread"] == [note.rule for note in document.notes]


def test_a_long_bound_is_written_out() -> None:
    """Not as a power of ten, which rounds it."""
    [change] = compared(
        *(
            asked({"type": "object", "properties": {"seed": {"type": "integer", "maximum": it}}})
            for it in (2147483647, 65535)
        )
    ).changes

    assert "seed must be at most 65535; it was 2147483647" == change.message


@pytest.mark.parametrize("keyword", ["pattern: '(['", "patternProperties: {'([': {}}"])
def test_a_pattern_that_is_none_is_noted_where_it_stands(keyword: str) -> None:
    """No validator could be made of it."""
    text = HEAD + f"paths: {{}}\ncomponents:\n  schemas:\n    A:\n      {keyword}\n"

    assert ['7 bad-schema: "([" is not a regular expression of ECMA-262: a class without its end'] == notes(text)


def test_leftovers_of_3_0_in_3_1_are_read_and_reported() -> None:
    """Well-known documents have them, and what they mean is clear."""
    schema = (
        "{type: object, nullable: true, $recursiveAnchor: true, required: [n, n], properties: "
        "{n: {type: integer, minimum: 0, exclusiveMinimum: true}, m: {nullable: true, $recursiveRef: '#'}}}"
    )
    read_ = read_version(
        parse(HEAD + f"paths: {{}}\ncomponents:\n  schemas:\n    A: {schema}\n", Path("api.yaml")), "api"
    )

    assert read_.value["components"]["schemas"]["A"] == {
        "type": "object",
        "nullable": True,
        "required": ["n"],
        "properties": {"n": {"type": "integer", "exclusiveMinimum": 0}, "m": {"nullable": True}},
    }
    assert {note.message for note in read_.notes} == {
        "exclusiveMinimum must be a number in OpenAPI 3.1; true is read as in OpenAPI 3.0",
        "$recursiveAnchor is not part of JSON Schema 2020-12 and has no effect",
        "$recursiveRef is not part of JSON Schema 2020-12 and has no effect",
        '"n" is required twice',
        "`nullable` has no effect in OpenAPI 3.1 (2 times, first here)",
    }
    assert {note.origin.line for note in read_.notes} == {6}


@pytest.mark.parametrize("version", ["3.1", "3.0"])
def test_a_version_may_be_written_as_a_number(version: str) -> None:
    """Many documents do."""
    assert read_version(parse(f"openapi: {version}\npaths: {{}}\n", Path("api.yaml")), "api").name == "api"


@pytest.mark.parametrize("key", ["x-idempotency", "x-files", "x-delivery", "x-signature"])
def test_any_key_of_the_dialect_says_that_a_document_is_a_contract(key: str) -> None:
    """One that is written wrong is noted, and not passed over as a stranger's."""
    document = side(whole({key: {"kye": 1}}))

    assert ["dialect-unread"] == [note.rule for note in document.notes]
