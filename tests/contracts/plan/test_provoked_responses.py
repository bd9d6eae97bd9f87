"""Answers that an endpoint which stands in for the vendor is asked for."""

from __future__ import annotations

import pytest

VENDORS = ["apimart", "apiyi", "fasttoken", "toapis"]
TOY = "fixtures/specs/toy.yaml"
CAUSED_BY_REQUESTS = {None, "invalid-request", "unauthenticated", "unknown-task"}


def asked(planned, name):
    return [probe for probe in planned(name).probes if probe.kind == "provoke"]


@pytest.mark.parametrize("name", [*VENDORS, TOY])
def test_every_documented_cause_is_asked_for(contract, planned, name):
    """What no request of a client brings about is asked for by name, once for each way it is reported."""
    wanted = {
        (operation.id, example.name)
        for operation in contract(name).operations
        for status, example in operation.examples()
        if not status.startswith("2") and example.subject not in CAUSED_BY_REQUESTS
    }

    assert set() == wanted - {(it.operation, it.prefer.rpartition("example=")[2]) for it in asked(planned, name)}


def test_the_status_is_left_open(contract, planned):
    """It is what is judged: it is named only where several responses have the same name."""
    probes = asked(planned, "toapis")

    assert "example=insufficient-balance" in {probe.prefer for probe in probes if probe.operation == "createImage"}
    assert [] == [
        probe.prefer
        for probe in probes
        if probe.prefer.startswith("code=")
        and 1 == sum(it.name in probe.prefer for _, it in contract("toapis").operation(probe.operation).examples())
    ]


@pytest.mark.parametrize("name", ["apimart", "toapis", TOY])
def test_every_failing_end_is_asked_for(contract, planned, name):
    """A task that fails shows what the contract says of failures."""
    ends = {
        f"state={word}"
        for life in contract(name).lifecycles.values()
        for word in life.outcomes()
        if life.states[word].outcome == "failure"
    }

    assert ends
    assert ends <= {probe.prefer for probe in asked(planned, name)}


@pytest.mark.parametrize("name", [*VENDORS, TOY])
def test_what_is_asked_for_is_a_valid_request(claims, planned, name):
    """A response that depends on the request is asked for with one that fits; what begins a task counts its images."""
    for probe in asked(planned, name):
        accepted = claims(name).acceptance.get((probe.operation, probe.media))

        assert probe.prefer.startswith(("state=", "fault=")) == (probe.images > 0)
        assert accepted is None or not accepted.read(probe.body).violations, probe.what


def test_withheld_images_need_several(claims, planned):
    """Where a response shows the place of an image that was withheld, it is asked for with more than one."""
    found = [probe for probe in asked(planned, "apiyi") if probe.prefer == "fault=partial"]
    counts = [
        accepted.promise(accepted.read(probe.body)).count
        for probe in found
        for accepted in [claims("apiyi").acceptance[(probe.operation, probe.media)]]
    ]

    assert counts
    assert min(counts) > 1
