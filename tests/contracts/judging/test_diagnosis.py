"""Which value is at fault: a refused request is led to one that was taken, and is not bought twice on the way."""

from __future__ import annotations

import json

import pytest

from pixpact.contracts.plan.capabilities import Capabilities

TOY = "fixtures/specs/toy.yaml"
QUICK = Capabilities(second_key=True)
REFUSED = (422, {"error": {"code": "invalid", "message": "not this"}})


def refusing(test):
    """An endpoint that refuses orders for which `test(body)` holds, whatever its contract says."""

    def act(asked):
        is_order = asked.method == "POST" and asked.path.endswith("/v2/drawings") and isinstance(asked.json, dict)
        return REFUSED if is_order and "model" in asked.json and test(asked.json) else None

    return act


@pytest.mark.parametrize(
    ("test", "part"),
    [
        (lambda body: body.get("copies") == 4, "copies"),
        (lambda body: "paper" in body and body["paper"] == "none", "paper"),
        (lambda body: "copies" not in body, "copies"),
    ],
)
def test_the_field_that_decides_is_found(checked, watched, test, part):
    """One finding, about the field that the endpoint refuses."""
    result = checked(TOY, watched(refusing(test)), means=QUICK)
    refused = [finding for finding in result.findings if finding.kind == "refused"]

    assert 1 == len(refused)
    assert part in refused[0].claim.id


def test_what_goes_together(checked, watched):
    """Two values that are taken by themselves and refused together are no fault of either."""

    def both(body):
        return body.get("copies", 1) > 1 and body.get("sign") is True

    result = checked(TOY, watched(refusing(both)), means=QUICK)

    assert {"toy:startDrawing:request/together"} >= {
        finding.claim.id for finding in result.findings if finding.kind == "refused"
    }


def test_an_endpoint_that_takes_nothing(checked, watched):
    """The search ends at once: there is no taken request to come nearer to."""
    before = watched(refusing(lambda body: True))
    result = checked(TOY, before, means=QUICK)
    bodies = [json.dumps(asked.json, sort_keys=True) for asked in before.paid("/v2/drawings")]

    assert ["toy:startDrawing:request/together"] == [
        finding.claim.id for finding in result.findings if finding.kind == "refused"
    ]
    assert len(bodies) < 200
