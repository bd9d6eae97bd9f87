"""Status, content type, headers, body and unknown fields: what any response must be like."""

from __future__ import annotations

import pytest

from pixpact.contracts.checks.body import body
from pixpact.contracts.checks.content_type import content_type
from pixpact.contracts.checks.headers import headers
from pixpact.contracts.checks.status import status
from pixpact.contracts.checks.unknown_fields import unknown_fields

from .conftest import call, generate, images, poll, submit, task

IMAGE = {"url": "https://vendor.example/files/kite.jpg", "size": "2048x2048"}
BUSY = {"error": {"code": 429, "message": "Too many requests", "type": "rate_limit_error"}}


@pytest.mark.parametrize(("code", "verdict"), [(200, "kept"), (202, "broken"), (201, "broken")])
def test_success_has_its_status(said, code, verdict):
    """Another success is a change that clients trip over."""
    assert {"createImage:answer/200": verdict} == said(status, "toapis", submit(status=code))


def test_a_refusal_is_no_matter_of_the_status_of_success(said):
    """`refusal` judges it."""
    assert {} == said(status, "toapis", submit(BUSY, status=429))


@pytest.mark.parametrize(
    ("kind", "response", "verdict"),
    [
        ("application/json", images(IMAGE), "kept"),
        ("Application/JSON; charset=utf-8", images(IMAGE), "kept"),
        ("text/html", b"<html>", "broken"),
        ("application/json", b'{"data": [', "broken"),
        ("application/json", b"{}{}", "broken"),
    ],
)
def test_a_response_is_of_its_media_type(said, kind, response, verdict):
    """And can be read as it."""
    assert {"createImage:answer/200/content-type": verdict} == said(
        content_type, "apiyi", generate(response, kind=kind)
    )


@pytest.mark.parametrize(("wait", "verdict"), [("2", "kept"), ("soon", "broken"), ("-1", "broken")])
def test_a_documented_header_is_as_its_schema(said, wait, verdict):
    """In the type that its schema says."""
    exchange = call("POST", "/v1/images/generations", BUSY, {}, status=429, headers=(("Retry-After", wait),))

    assert {":answer/RateLimited/headers/Retry-After": verdict} == said(headers, "toapis", exchange)


def test_an_optional_header_may_be_missing(said):
    """Nothing is said of it."""
    assert {} == said(headers, "toapis", call("POST", "/v1/images/generations", BUSY, {}, status=429))


def test_a_documented_body_keeps_its_rules(said):
    """Every rule that it exercises."""
    found = said(body, "toapis", poll(task("completed")))

    assert {"kept"} == set(found.values())
    assert {
        ":answer/Task/required/id",
        ":answer/Task/allOf/0/then/required/result",
        ":answer/Task/status/enum",
    } <= found.keys()


@pytest.mark.parametrize(
    ("value", "claim"),
    [
        (task(progress="50"), ":answer/Task/progress/type"),
        (task(status="done"), ":answer/Task/status/enum"),
        ({key: value for key, value in task().items() if key != "id"}, ":answer/Task/required/id"),
        (task("completed", result={"type": "image", "data": []}), ":answer/Task/result/data/minItems"),
        (task(result={"type": "image", "data": [IMAGE]}), ":answer/Task/allOf/0/else/result"),
    ],
)
def test_of_what_a_body_breaks_the_root_is_reported(said, value, claim):
    """One claim: what follows from it is left out."""
    assert [claim] == [key for key, verdict in said(body, "toapis", poll(value)).items() if verdict == "broken"]


@pytest.mark.parametrize(
    ("item", "claim"),
    [
        ({"url": IMAGE["url"]}, "createImage:answer/Picture/required/size"),
        ({**IMAGE, "size": 2048}, "createImage:answer/Picture/size/type"),
        ({**IMAGE, "b64_json": "/9j/"}, "createImage:answer/Picture/oneOf"),
    ],
)
def test_of_several_forms_the_nearest_is_meant(said, item, claim):
    """What it lacks says more than that it is none of them."""
    found = said(body, "apiyi", generate(images(item)))

    assert [claim] == [key for key, verdict in found.items() if verdict == "broken"]


def test_a_field_that_no_schema_names(said):
    """It is reported; the objects without any keep their claim."""
    found = said(unknown_fields, "toapis", poll(task(queue=3)))

    assert ("broken", None) == (found[":answer/Task/members"], found.get(":answer/Task/required/id"))
    assert "kept" == said(unknown_fields, "toapis", poll(task()))[":answer/Task/members"]


def test_a_renamed_field_is_not_reported_twice(said):
    """The unknown name beside a missing one is part of that finding."""
    renamed = {"task_id" if key == "id" else key: value for key, value in task().items()}

    assert "broken" not in said(unknown_fields, "toapis", poll(renamed)).values()
