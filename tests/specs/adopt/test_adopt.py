"""Plain OpenAPI documents become drafts that lint, and say what was done to them."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from pixpact.specs.adopt.adopt import adopted_document, is_foreign
from pixpact.specs.adopt.lifecycles import LifecycleProposal
from pixpact.specs.adopt.repairs import portable_pattern
from pixpact.specs.adopt.shape import UnknownOperation
from pixpact.specs.adopt.text import draft_text
from pixpact.specs.lint.lint import lint_document
from pixpact.specs.openapi.document import SpecDocument, parse, read
from pixpact.specs.openapi.problems import SpecError

FILES = Path(__file__).parents[3] / "fixtures/openapi"
PLAIN = [FILES / "predictions.yaml", FILES / "pictures.yaml"]


def document(value: Any, version: str = "3.1.0") -> SpecDocument:
    return parse(json.dumps({"openapi": version, "info": {"title": "It", "version": "1"}, **value}), Path("it.json"))


def operation(**fields: Any) -> Any:
    """A document with one operation, POST /it."""
    return {"paths": {"/it": {"post": {"operationId": "make", "responses": {"200": {"description": ""}}, **fields}}}}


def body(schema: Any, **media: Any) -> Any:
    return {"content": {"application/json": {"schema": schema, **media}}}


def problems(found: SpecDocument) -> list[str]:
    return [str(problem) for problem in lint_document(found, "it").problems]


@pytest.mark.parametrize("path", PLAIN, ids=lambda path: path.stem)
def test_a_draft_lints(path: Path) -> None:
    """As it is printed; its comments change nothing."""
    found = adopted_document(read(path), path.stem)
    text = draft_text(found, path.name)

    assert [] == problems(parse(text, Path("draft.yaml")))
    assert found.document.value == parse(text, Path("draft.yaml")).value
    assert is_foreign(read(path))
    assert not is_foreign(found.document)


def test_what_is_left_out_is_told() -> None:
    """Keys of other tools, methods and parameters that are not served: each once, with the line."""
    found = adopted_document(read(FILES / "predictions.yaml"), "predictions")
    told = {(note.rule, note.message) for note in found.notes}

    assert ("left-out", "key: x-codeSamples") in told
    assert ("left-out", "parameter in cookie: session") in told
    assert ("left-out", "method: HEAD /predictions/{prediction_id}") in told
    assert ("renamed", "operation: predictions.create → predictions_create") in told
    assert all(note.origin.line for note in found.notes if "x-codeSamples" in note.message)


def test_what_is_carried_along() -> None:
    """`nullable`, the bounds of 3.0, shared responses, examples: said in the words of 3.1."""
    value = adopted_document(read(FILES / "predictions.yaml"), "predictions").document.value
    request = value["components"]["schemas"]["Request"]["properties"]

    assert {"type": ["integer", "null"], "exclusiveMinimum": 0} == request["seed"]
    assert "^[A-Za-z0-9_]+$" == request["name"]["pattern"]
    assert {"$ref": "#/components/responses/Invalid"} == value["paths"]["/predictions"]["post"]["responses"]["422"]
    media = value["components"]["responses"]["Invalid"]["content"]["application/json"]
    assert {"invalid-request": {"value": {"detail": "prompt is required"}}} == media["examples"]


def test_only_what_is_used_is_kept() -> None:
    """Components that nothing refers to state nothing."""
    value = adopted_document(read(FILES / "predictions.yaml"), "predictions", ["predictions.get"]).document.value

    assert ["/predictions/{prediction_id}"] == list(value["paths"])
    assert {"Prediction"} == set(value["components"]["schemas"])
    assert {"Missing"} == set(value["components"]["responses"])


@pytest.mark.parametrize("name", ["predictions.create", "predictions_create", "POST /predictions"])
def test_an_operation_by_either_name(name: str) -> None:
    """The one it has in the document, the one it gets, or its method and path."""
    value = adopted_document(read(FILES / "predictions.yaml"), "predictions", [name]).document.value

    assert {"/predictions": {"post"}} == {path: set(item) for path, item in value["paths"].items()}


def test_an_operation_that_is_not_there() -> None:
    """The refusal names the one that is most like it."""
    with pytest.raises(UnknownOperation, match="did you mean 'predictions_create'"):
        adopted_document(read(FILES / "predictions.yaml"), "predictions", ["predictions.creat"])


def test_placeholders_are_marked() -> None:
    """Whatever was made up rests on nothing, and says so."""
    value = adopted_document(read(FILES / "predictions.yaml"), "predictions").document.value
    made = value["paths"]["/predictions"]["post"]["responses"]["201"]["content"]["application/json"]["examples"]

    assert "inferred" == made["placeholder"]["x-evidence"]["source"]
    assert {"id": "text", "status": "starting"}.items() <= made["placeholder"]["value"].items()
    refusal = value["paths"]["/predictions"]["post"]["responses"]["401"]
    assert "inferred" == refusal["x-evidence"]["source"]


def test_an_image_as_the_whole_body_is_painted() -> None:
    """Such an operation runs a task of its own; the key of a header parameter becomes a scheme."""
    value = adopted_document(read(FILES / "pictures.yaml"), "pictures").document.value
    post = value["paths"]["/pictures"]["post"]

    assert {"run": "picture"} == post["x-lifecycle"]
    assert "png" == post["requestBody"]["content"]["multipart/form-data"]["schema"]["x-images"]["format"]
    assert "$image.bytes" == post["responses"]["200"]["content"]["image/png"]["schema"]["x-value"]
    assert [{"bearer": []}] == post["security"]
    assert {"rate-limited", "faster"} == set(post["responses"]["429"]["content"]["application/json"]["examples"])


def test_an_image_that_only_a_header_names() -> None:
    """Some documents have no body at all, and a `Content-Type` among the headers."""
    value = adopted_document(document(ODD["a header that names the body"]), "it").document.value
    response = value["paths"]["/it"]["post"]["responses"]["200"]

    assert {"image/png"} == set(response["content"])
    assert {} == response.get("headers", {})


def test_without_tightening_nothing_is_added_to_what_is_refused() -> None:
    """A list that may be empty stays so where the document is only read."""
    strict, lenient = (
        adopted_document(read(FILES / "pictures.yaml"), "pictures", tighten=tight) for tight in (True, False)
    )

    def images(found: SpecDocument) -> Any:
        form = found.value["paths"]["/pictures"]["post"]["requestBody"]["content"]["multipart/form-data"]
        return form["schema"]["allOf"][0]["properties"]["images"]

    assert 1 == images(strict.document)["minItems"]
    assert "minItems" not in images(lenient.document)


# ------------------------------------------------------------------------------------------------ one oddity each

ODD = {
    "a path item by reference": {
        "paths": {"/it": {"$ref": "#/components/pathItems/It"}},
        "components": {"pathItems": {"It": {"get": {"responses": {"200": {"description": ""}}}}}},
    },
    "two paths that match the same": {
        "paths": {f"/{{{name}}}": {"get": {"responses": {"200": {"description": ""}}}} for name in ("a", "b")}
    },
    "a name twice": {
        "paths": {f"/{n}": {"get": {"operationId": "x", "responses": {"200": {"description": ""}}}} for n in "ab"}
    },
    "forms that nothing tells apart": operation(
        requestBody=body({"oneOf": [{"type": "object"}, {"type": "string"}]}), responses={"200": {"description": ""}}
    ),
    "a reference to nothing": operation(requestBody=body({"$ref": "#/components/schemas/Gone"})),
    "a reference into a path": operation(
        requestBody=body({"$ref": "#/paths/~1it/post/responses/200/content/application~1json/schema"}),
        responses={"200": {"description": "", **body({"type": "object"})}},
    ),
    "a schema that leads back to itself": {
        **operation(requestBody=body({"$ref": "#/components/schemas/Egg"})),
        "components": {"schemas": {"Egg": {"allOf": [{"$ref": "#/components/schemas/Egg"}]}}},
    },
    "a pattern that nobody reads": operation(requestBody=body({"type": "string", "pattern": "(?<!a)(b"})),
    "a keyword of the wrong form": operation(requestBody=body({"type": "strange", "minLength": "3", "required": True})),
    "an example elsewhere": operation(
        responses={"200": {"description": "", **body({"type": "object"}, examples={"far": {"externalValue": "x"}})}}
    ),
    "an example that breaks its schema": operation(
        responses={"200": {"description": "", **body({"type": "integer"}, example="one")}}
    ),
    "a schema that nothing satisfies": operation(
        responses={"200": {"description": "", **body({"type": "string", "pattern": "^[0-9]{40}$"})}}
    ),
    "two statuses of one cause": operation(
        requestBody=body({"type": "object"}),
        responses={
            "200": {"description": ""},
            **{s: {"description": "", **body({}, examples={"a": {"value": 1}})} for s in ("400", "422")},
        },
    ),
    "a link to nothing": operation(responses={"200": {"description": "", "links": {"x": {"operationId": "gone"}}}}),
    "a callback without a task": operation(
        callbacks={"done": {"{$request.body#/url}": {"post": {"responses": {"200": {"description": ""}}}}}}
    ),
    "a header without a schema": operation(
        responses={"200": {"description": "", "headers": {"X-It": {"description": "It."}}}}
    ),
    "a header that names the body": operation(
        responses={
            "200": {
                "description": "",
                "headers": {
                    "Content-Type": {"schema": {"type": "string", "enum": ["image/png", "application/json"]}},
                    "Content-Length": {"required": True, "schema": {"type": "integer"}},
                },
            }
        }
    ),
    "no success": operation(responses={"404": {"description": "No."}}),
    "lower case statuses": operation(responses={"2xx": {"description": ""}, "x-more": {}}),
    "a key in a cookie": {
        **operation(security=[{"session": []}]),
        "components": {"securitySchemes": {"session": {"type": "apiKey", "in": "cookie", "name": "sid"}}},
    },
    "two keys at once": {
        **operation(security=[{"token": [], "project": []}]),
        "components": {
            "securitySchemes": {
                "token": {"type": "http", "scheme": "bearer"},
                "project": {"type": "apiKey", "in": "header", "name": "X-Project"},
            }
        },
    },
    "a server without a host": {**operation(), "servers": [{"url": "/v1"}]},
    "a body of any type": operation(responses={"200": {"description": "", "content": {"*/*": {}}}}),
    "sound": operation(responses={"200": {"description": "", "content": {"audio/mpeg": {"schema": {}}}}}),
}


@pytest.mark.parametrize("name", ODD)
def test_an_oddity(name: str) -> None:
    """Whatever it is, the draft lints, has its operations, and is the same when it is made again."""
    found = adopted_document(document(ODD[name]), "it")

    assert [] == problems(found.document)
    assert any(method in item for item in found.document.value["paths"].values() for method in ("get", "post"))
    assert found.document.value == adopted_document(document(ODD[name]), "it").document.value


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        (r"^\d+$", "^[0-9]+$"),
        (r"[\w-]", "[A-Za-z0-9_-]"),
        (r"\D", "[^0-9]"),
        (r"\\d", r"\\d"),
        (r"\s", r"[ \t\n\r\f\v]"),
        (r"\bword", None),
        (r"[\W]", None),
    ],
)
def test_patterns_are_written_out(written: str, expected: str | None) -> None:
    """As every language reads them; None where that cannot be said."""
    assert expected == portable_pattern(written)


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ({"swagger": "2.0", "info": {}, "paths": {}}, "this is swagger 2.0"),
        ({"openapi": "4.0.0", "info": {}, "paths": {}}, 'OpenAPI "4.0.0" is not read here'),
        ({"openapi": "3.1.0", "info": {}, "paths": {}}, "no operation that can be served"),
    ],
)
def test_what_cannot_be_adopted(value: Any, message: str) -> None:
    """Told with file and line."""
    with pytest.raises(SpecError, match=re.escape(message)):
        adopted_document(parse(json.dumps(value), Path("it.json")), "it")


# ------------------------------------------------------------------------------------------------ likely lifecycles

SHOWN = {"type": "object", "properties": {"id": {}, "status": {"enum": ["Pending", "Ready", "Error"]}}}
MADE = {"type": "object", "properties": {"id": {"type": "string"}, "polling_url": {"type": "string"}}}


def proposed(start: Any, show: Any, schema: Any = MADE, status: str = "200") -> list[LifecycleProposal]:
    """What is proposed for POST `start` with this response and GET `show`."""
    paths = {
        start: {"post": {"operationId": "make", "responses": {status: {"description": "", **body(schema)}}}},
        show: {
            "get": {
                "operationId": "show",
                "parameters": [] if "{" in show else [{"name": "id", "in": "query", "required": True, "schema": {}}],
                "responses": {"200": {"description": "", **body(SHOWN)}},
            }
        },
    }
    return list(adopted_document(document({"paths": paths}), "it").proposals)


def test_a_lifecycle_is_proposed_with_its_reasons() -> None:
    """An id that a path takes, an address to poll, words of a status."""
    (found,) = proposed("/flux", "/get_result")

    assert ("/id", ("id", "query")) == (found.id.pointer, found.parameter)
    assert (
        "show takes the /id of its response as id",
        "its response names an address to poll, /polling_url",
        "show says /status: Pending, Ready, Error",
    ) == found.reasons
    assert {
        "Pending": {"after": 5, "next": ["Ready", "Error"]},
        "Ready": {"outcome": "success"},
        "Error": {"outcome": "failure"},
    } == found.states()


@pytest.mark.parametrize(
    ("start", "show", "schema", "status", "expected"),
    [
        ("/jobs", "/jobs/{id}", {"properties": {"id": {}}}, "202", True),
        (
            "/images",
            "/tasks/{task_id}",
            {"properties": {"data": {"items": {"properties": {"task_id": {}}}}}},
            "200",
            True,
        ),
        ("/a/b/jobs", "/jobs/{job_id}", {"properties": {"id": {}}}, "200", True),
        ("/images", "/users/{user_id}", {"properties": {"id": {}}}, "200", False),
        ("/images", "/tasks/{task_id}", {"properties": {"name": {}}}, "202", False),
    ],
)
def test_what_leads_to_a_task(start: str, show: str, schema: Any, status: str, expected: bool) -> None:
    """The same collection, or a name of its own; not any id."""
    assert expected == bool(proposed(start, show, schema, status))


def test_a_proposal_becomes_a_contract() -> None:
    """Its lines without their sign are YAML of the dialect: what lint still asks for are the examples of states."""
    path = FILES / "predictions.yaml"
    text = draft_text(adopted_document(read(path), path.stem), path.name)
    taken = re.sub(r"(?m)^( *)#(?! )", r"\1", re.sub(r"(?m)^( *)#( {2,})", r"\1\2", text))
    rules = {problem.rule for problem in lint_document(parse(taken, Path("draft.yaml")), "predictions").problems}

    assert text != taken
    assert {"state-example"} == rules


@pytest.mark.parametrize(
    "schema", [{"type": "string", "minLength": 10**9}, {"type": "array", "minItems": 10**9}], ids=str
)
def test_a_document_that_asks_for_too_much_is_no_large_draft(schema: Any) -> None:
    """What no request comes to is left out, and told."""
    found = adopted_document(
        document(operation(requestBody=body({"type": "object", "required": ["a"], "properties": {"a": schema}}))), "it"
    )

    assert [] == problems(found.document)
    assert len(draft_text(found, "it.json")) < 20_000
    assert any("requests of that size" in note.message for note in found.notes)


PIECE = {
    "type": "object",
    "required": ["type"],
    "properties": {"type": {"enum": ["image.partial"]}, "b64": {"type": "string"}},
}
DONE = {"type": "object", "required": ["type"], "properties": {"type": {"enum": ["image.done"]}}}


@pytest.mark.parametrize(
    ("asked", "media"),
    [
        ({"properties": {"stream": {"type": ["boolean", "null"]}}}, ["application/json", "text/event-stream"]),
        ({"allOf": [{"properties": {"stream": {"type": "boolean"}}}]}, ["application/json", "text/event-stream"]),
        ({"properties": {"prompt": {"type": "string"}}}, ["application/json"]),
    ],
)
def test_a_stream_is_sent_where_a_request_can_ask_for_it(asked: Any, media: list[str]) -> None:
    """As the list of its events, one of each form; where nothing asks for it, it is left out and told."""
    content = {"application/json": {"schema": {}}, "text/event-stream": {"schema": {"anyOf": [PIECE, DONE]}}}
    made = operation(
        requestBody=body({"type": "object", **asked}), responses={"200": {"description": "", "content": content}}
    )
    found = adopted_document(document(made), "it")
    written = found.document.value["paths"]["/it"]["post"]["responses"]["200"]["content"]

    assert [] == problems(found.document)
    assert media == list(written)
    assert (len(media) == 1) == (("left-out", "stream of events: /it") in {(it.rule, it.message) for it in found.notes})
    if len(media) > 1:
        events = written["text/event-stream"]["examples"]["events"]["value"]
        assert ["image.partial", "image.done"] == [event["event"] for event in events]
        assert {"$request.body#/stream": {"const": True}} == written["text/event-stream"]["x-when"]
