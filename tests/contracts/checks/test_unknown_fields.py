"""Undocumented fields, and those that are part of another finding already."""

from __future__ import annotations

import pytest

from pixpact.contracts.checks.unknown_fields import unknown_fields

from .conftest import generate, images, poll, task

IMAGE = {"url": "https://vendor.example/files/kite.jpg", "size": "2048x2048"}


def reported(case, claims, vendor, *exchanges):
    """What the check reports of broken claims: pointer and observed value."""
    observations = unknown_fields(case(vendor, *exchanges), claims(vendor))
    return [(seen.pointer, seen.observed) for seen in observations if seen.kept is False]


def test_an_undocumented_field_is_reported_with_its_value(case, claims):
    """Its name and its value, in short."""
    assert [("/queue", "queue: 3")] == reported(case, claims, "toapis", poll(task(queue=3)))


def test_each_undocumented_field_is_an_observation(case, claims):
    """At whatever depth it is."""
    value = task("completed", queue=3)
    value["result"]["eta"] = None

    assert {("/queue", "queue: 3"), ("/result/eta", "eta: null")} == set(reported(case, claims, "toapis", poll(value)))


@pytest.mark.parametrize(
    "value",
    [
        {"task_id" if name == "id" else name: value for name, value in task().items()},
        task("completed", result=[]) | {"outcome": {}},
    ],
)
def test_a_field_that_replaces_a_missing_one_is_left_to_the_body_check(case, claims, value):
    """One renamed field is one finding."""
    missing = {name: value for name, value in value.items() if name != "result"}

    assert [] == reported(case, claims, "toapis", poll(missing))


def test_a_wrong_number_beside_an_undocumented_field_does_not_hide_it(case, claims):
    """Only a field that is missing, or an object where none may be, explains an undocumented one."""
    assert [("/queue", "queue: 3")] == reported(case, claims, "toapis", poll(task(progress="50", queue=3)))


def test_an_object_in_place_of_a_plain_value_hides_undocumented_fields_beside_it(case, claims):
    """It is another form of the object, which the body check reports."""
    assert [] == reported(case, claims, "toapis", poll(task(progress={"percent": 50}, queue=3)))


def test_a_fault_elsewhere_does_not_hide_an_undocumented_field(case, claims):
    """What a finding explains is within one object."""
    value = task("completed", queue=3)
    value["result"]["data"] = [{"size": "1x1"}]

    assert ("/queue", "queue: 3") in reported(case, claims, "toapis", poll(value))


def test_an_item_of_no_documented_form_hides_its_undocumented_fields(case, claims):
    """Its form is another, and that is reported as a whole."""
    item = {**IMAGE, "b64_json": "/9j/", "seed": 7}

    assert [] == reported(case, claims, "apiyi", generate(images(item)))


def test_a_response_that_cannot_be_read_is_not_observed(case, claims):
    """Nothing is kept and nothing broken where no body was read."""
    assert [] == list(unknown_fields(case("apiyi", generate(b"{")), claims("apiyi")))
