"""Bodies against their schemas: what is reported of them, and which of several violations is the root."""

from __future__ import annotations

from typing import Any

import pytest

from pixpact.contracts.checks.body import body, root_violations
from pixpact.specs.openapi.schemas import Violation

from .conftest import poll, task


def broken(case: Any, claims: Any, value: Any) -> list[Any]:
    return [seen for seen in body(case("toapis", poll(value)), claims("toapis")) if seen.kept is False]


def without(name: str, **fields: Any) -> dict[str, Any]:
    return {key: value for key, value in task(**fields).items() if key != name}


@pytest.mark.parametrize(
    ("value", "observed", "detail"),
    [
        (task(progress="50"), '"50"', "str"),
        (task(progress=None), "null", "NoneType"),
        (task("done"), '"done"', "done"),
        (task("Queued"), '"Queued"', "in capitals or not"),
        (task(progress=101), "101", ""),
        (without("id"), "it is missing", ""),
        (without("id", task_id="t", order=1), "it is missing; there is task_id, order instead", ""),
    ],
)
def test_a_violation_is_reported_with_what_was_observed(case, claims, value, observed, detail):
    """`detail` tells apart the words outside an enum, and the types that are not allowed."""
    (seen,) = broken(case, claims, value)

    assert (observed, detail) == (seen.observed, seen.detail)


def test_undocumented_fields_of_other_objects_do_not_stand_in_for_a_missing_one(case, claims):
    """Only those of the object that lacks it may be the renamed one."""
    value = without("id", status="completed")
    value |= task("completed") | {"metadata": {"trace": 1}}
    value.pop("id")
    value["result"]["eta"] = 4
    (seen,) = broken(case, claims, value)

    assert "it is missing" == seen.observed


def test_an_object_without_any_required_field_is_one_fault(case, claims):
    """Another envelope than documented: each of its violations is of that root."""
    assert {"another form at "} == {seen.root for seen in broken(case, claims, {"error": "busy"})}


def test_an_object_with_some_required_fields_is_the_documented_form(case, claims):
    """Each missing field is a fault of its own."""
    seen = broken(case, claims, {"id": "task_1", "object": "generation.task"})

    assert len(seen) > 1
    assert {""} == {observation.root for observation in seen}


@pytest.mark.parametrize(("note", "verdict"), [({"recorder": "Another"}, None), ({}, False)])
def test_a_mark_of_a_recorder_is_not_judged(case, claims, note, verdict):
    """What it stands for was not seen; a vendor that sends such a text is judged by it."""
    seen = body(case("toapis", poll(task(progress="[removed]"), **note)), claims("toapis"))
    judged = [observation.kept for observation in seen if observation.claims[0].id.endswith("/progress/type")]

    assert [verdict] == judged


# ---- roots


DOCUMENT = {
    "s": {
        "allOf": [{"if": {"$ref": "#/c"}, "then": {"required": ["result"]}}],
        "if": {"properties": {"state": {"const": "done"}}},
        "then": {"required": ["result"]},
        "else": True,
    },
    "c": {"properties": {"kind": {"const": "a"}}},
}


def violation(pointer: str, keyword: str, schema: str = "") -> Violation:
    return Violation("body", pointer, keyword, "", schema or f"/s/{keyword}", "")


@pytest.mark.parametrize(
    ("violations", "roots"),
    [
        ([("/state", "enum", ""), ("/result", "required", "/s/then/required")], ["/state"]),
        ([("/kind", "enum", ""), ("/result", "required", "/s/allOf/0/then/required")], ["/kind"]),
        ([("/size", "enum", ""), ("/result", "required", "/s/then/required")], ["/size", "/result"]),
        ([("/state", "enum", "/s/then/properties/state/enum"), ("/n", "type", "")], ["/state", "/n"]),
        ([("/a", "oneOf", ""), ("/a/b", "type", "")], ["/a/b"]),
        ([("/a", "anyOf", ""), ("/a/b", "type", "")], ["/a/b"]),
        ([("/a", "contains", ""), ("/a/0", "type", "")], ["/a/0"]),
        ([("/a", "type", ""), ("/a/b", "type", "")], ["/a", "/a/b"]),
        ([("/a", "oneOf", ""), ("/c", "type", "")], ["/a", "/c"]),
        ([("/a", "false", ""), ("/a/b", "type", "")], ["/a"]),
        ([("/a", "false", ""), ("/ab", "type", "")], ["/a", "/ab"]),
        ([("/a", "false", ""), ("/a/b", "false", "")], ["/a", "/a/b"]),
    ],
)
def test_a_violation_that_follows_from_another_is_no_root(violations, roots):
    """From a wrong value that its condition reads, one within its form, or a field that must not be there."""
    given = [violation(*parts) for parts in violations]

    assert roots == [root.pointer for root in root_violations(given, DOCUMENT)]
