"""A run: what is sent, once, within its caps, and what it comes to when the target is broken."""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from decimal import Decimal

import pytest

from pixpact.cli.in_process import IN_PROCESS, OWN, against_mock
from pixpact.contracts.limits.budget import SpendingCaps
from pixpact.contracts.plan.capabilities import Capabilities
from pixpact.contracts.run.check import RunOptions, prepare_run
from pixpact.contracts.run.verdict import outcome
from pixpact.mockserver.faults.connection import ConnectionReset

TOY = "fixtures/specs/toy.yaml"
ORDERS, SKETCHES = "/v2/drawings", "/v2/sketches"
QUICK = Capabilities(second_key=True)


def is_taken(asked):
    """Whether the toy would take an order: by its own words."""
    return asked.method == "POST" and asked.path.endswith(ORDERS) and bool(asked.json) and "model" in asked.json


# ---- a clean endpoint


def test_a_clean_mock_keeps_its_contract(checked):
    """No findings, no failures, exit code 0: two independent readings of one file agree."""
    result = checked(TOY)

    assert ((), ()) == (result.findings, result.failures)
    assert 0 == outcome(result).code
    assert result.coverage > 0.98
    assert result.spent.images == result.ceiling.images


def test_nothing_is_bought_twice(checked, watched):
    """No paid request is sent again: each body that may buy goes out once, but for those that only differ in key."""
    before = watched()
    result = checked(TOY, before, means=QUICK)
    bodies = Counter(
        (asked.headers.get("x-api-key"), asked.path, asked.body, asked.headers.get("repeat-key"))
        for asked in before.paid(ORDERS, SKETCHES)
    )

    assert [] == [body for body, count in bodies.items() if count > 1 and body[0] == OWN]
    assert result.spent.requests == len(before.asked)


def test_what_is_bought_is_what_was_planned(checked, watched):
    """The mock made no more images than the ceiling said before anything was sent."""
    before = watched()
    result = checked(TOY, before, means=QUICK)

    assert result.ceiling.images == result.spent.images
    assert result.spent.cost < Decimal("0.5")


def test_long_responses_are_not_kept_whole(checked, watched):
    """An endpoint that answers megabytes is judged by all of them; what is kept to be shown is the beginning."""

    def long(asked):
        return (200, {"left": 9.9, "spent": 0.1, "pad": "x" * 3_000_000}) if asked.path.endswith("/purse") else None

    result = checked(TOY, watched(long), means=QUICK)
    found = [it for it in result.findings if it.claim.id == "toy:getPurse:answer/200/members"]

    assert [True] == [max(len(it.response_body) for it in finding.trace) < 1_100_000 for finding in found]


# ---- an endpoint that takes what it must refuse


def taking_anything(asked):
    """A vendor that does not look at orders: everything is taken."""
    if asked.method == "POST" and asked.path.endswith(ORDERS):
        return 202, {"drawing": "dr_1", "state": "waiting", "percent": 0, "ordered": "2026-01-01T00:00:00Z"}
    return None


def is_refusal(probe):
    return probe.kind == "refuse" and probe.operation == "startDrawing"


def test_an_accepted_negative_is_a_finding_and_a_cost(checked, watched):
    """What was taken although it must be refused is found, and its images are counted as bought."""
    claim = "toy:startDrawing:refusal/Ink/copies/maximum"
    result = checked(TOY, watched(taking_anything), only=lambda probe: claim in probe.claims, means=QUICK)
    found = next(finding for finding in result.findings if finding.claim.id == claim)

    assert ("accepted", "warning", 5) == (found.kind, found.severity, found.billed)
    assert (5, Decimal("0.20")) == (result.spent.images, result.spent.cost)


def test_an_accepted_negative_stops_its_axis(checked, watched):
    """The claim is broken after the first purchase: no second request asks the same."""
    before = watched(taking_anything)
    checked(TOY, before, only=lambda it: is_refusal(it) and it.expects == "unauthenticated", means=QUICK)

    assert 1 == len(before.paid(ORDERS))


def test_an_unreadable_yes_stops_its_axis_as_well(checked, watched):
    """200 with a page in place of JSON may have been bought: it is not tried again, and counts."""
    before = watched(lambda asked: (200, b"<html>welcome</html>") if asked.path.endswith(ORDERS) else None)
    only = lambda it: is_refusal(it) and it.expects == "unauthenticated"  # noqa: E731  # shown where it is used
    result = checked(TOY, before, only=only, means=QUICK)

    assert 1 == len(before.paid(ORDERS))
    assert 1 == result.spent.images


# ---- caps


@pytest.mark.parametrize("images", [1, 2, 5])
@pytest.mark.parametrize("concurrency", [1, 6])
def test_a_cap_on_images_holds_whatever_is_taken(checked, watched, images, concurrency):
    """Also where everything is taken, and several requests are under way at a time."""
    before = watched(taking_anything)
    result = checked(TOY, before, caps=SpendingCaps(requests=2000, images=images), concurrency=concurrency, means=QUICK)
    promised = sum(1 for asked in before.paid(ORDERS, SKETCHES))

    assert result.spent.images <= images
    assert promised <= images
    assert 1 == outcome(result).code


@pytest.mark.parametrize("concurrency", [1, 6])
@pytest.mark.parametrize("requests", [1, 7, 60])
def test_a_cap_on_requests_is_exact(checked, watched, requests, concurrency):
    """Looks and downloads count as well; what could not be sent is said, and the code is 3."""
    before = watched()
    result = checked(TOY, before, caps=SpendingCaps(requests=requests), concurrency=concurrency, means=QUICK)

    assert requests == result.spent.requests == len(before.asked)
    assert any("--max-requests is" in text for text in result.failures)
    assert 3 == outcome(result).code


def test_several_are_under_way_at_a_time(checked, watched):
    """As many as are allowed, and no more."""
    before = watched()
    checked(TOY, before, concurrency=3, means=QUICK, only=lambda probe: probe.kind == "refuse")

    assert 3 == before.most


# ---- an endpoint that does not answer


def test_an_unanswered_purchase_stays_at_its_maximum(checked, watched):
    """Nobody knows whether it was carried out: it counts, and is not sent again."""
    before = watched(lambda asked: ConnectionReset() if is_taken(asked) else None)
    result = checked(TOY, before, only=lambda it: it.kind == "take" and it.operation == "startDrawing", means=QUICK)
    sent = before.paid(ORDERS)

    assert 2 == len(sent)
    assert result.spent.images == sum(asked.json.get("copies", 1) for asked in sent)
    assert "given up after 2 probes in a row: no response of 127.0.0.1:4747: reset" in result.failures[-1]
    assert 3 == outcome(result).code


def test_a_silent_target_is_given_up(checked, watched):
    """Two probes without a response, each sent twice where it is free, are enough where none was ever answered."""
    before = watched(lambda asked: ConnectionReset())
    result = checked(TOY, before, means=QUICK)

    assert 4 == len(before.asked)
    assert not result.findings
    assert 0 == result.count("kept")
    assert 3 == outcome(result).code


def test_a_target_that_stumbles_is_not_given_up(checked, watched):
    """One lost response in between is asked for once more where that is free, and reported."""
    lost = []

    def act(asked):
        if asked.path.endswith("/v2/purse") and not lost:
            lost.append(asked)
            return ConnectionReset()
        return None

    result = checked(TOY, watched(act), means=QUICK, only=lambda it: it.kind in ("look", "refuse"))

    assert () == result.failures
    assert ("1 request was sent again after reset",) == result.again
    assert not result.findings


@pytest.mark.parametrize("status", [500, 502])
def test_a_server_error_may_have_bought(checked, watched, status):
    """An order that is answered with 5xx counts at its maximum."""
    before = watched(lambda asked: (status, {"error": "busy"}) if is_taken(asked) else None)
    result = checked(TOY, before, only=lambda it: it.kind == "take" and it.operation == "startDrawing", means=QUICK)

    assert result.spent.images == sum(asked.json.get("copies", 1) for asked in before.paid(ORDERS))
    assert result.spent.images > 2


def test_a_busy_server_is_not_asked_twice_for_what_it_may_have_made(checked, watched):
    """A 503 that says nothing of when to come back may have bought: three of them end the run."""
    before = watched(lambda asked: (503, {"error": "busy"}) if is_taken(asked) else None)
    result = checked(TOY, before, only=lambda it: it.kind == "take" and it.operation == "startDrawing", means=QUICK)

    assert 3 == len(before.paid(ORDERS))
    assert 7 == result.spent.images
    assert 3 == outcome(result).code


# ---- interruption


def test_an_interrupted_run_reports_what_it_saw(contract, watched):
    """Cancelled in the middle it gives a result, with the claims judged until then, and code 130."""
    asked = []

    async def cancelled():
        run = RunOptions(
            means=IN_PROCESS, target="the mock", reported=lambda it: it.probes == 30 and asked.append(task.cancel())
        )
        task = asyncio.create_task(against_mock(prepare_run(contract(TOY), run), contract(TOY), run))
        return await task

    result = asyncio.run(cancelled())

    assert result.interrupted
    assert 130 == outcome(result).code
    assert 10 < result.count("kept") < 200
    assert not result.findings


# ---- images that requests refer to


def test_each_image_is_handed_over_once(checked, watched):
    """Uploaded before the first request that needs it, and then referred to by the URL that the vendor gave."""
    before = watched()
    checked(TOY, before, means=QUICK, only=lambda probe: probe.kind == "take")
    uploads = [asked.body for asked in before.paid("/v2/files")]
    urls = {
        url
        for asked in before.paid(ORDERS)
        for url in asked.json.get("pictures", ())
        if isinstance(url, str) and url.startswith("http")
    }

    assert len(uploads) == len(set(uploads)) == len(urls)
    assert b"pixpact.invalid" not in b"".join(asked.body for asked in before.paid(ORDERS) if "call" not in asked.json)


def test_progress_is_reported(checked):
    """From the first probe to the last; what is spent only grows."""
    reported = []
    checked(TOY, reported=reported.append, means=QUICK)

    assert list(range(1, len(reported) + 1)) == [it.probes for it in reported]
    assert {len(reported)} == {it.planned for it in reported}
    assert sorted(it.requests for it in reported) == [it.requests for it in reported]


def test_everything_seen_is_handed_to_the_recorder(checked, watched):
    """One exchange for each request, in the order of their responses."""
    before, seen = watched(), []
    checked(TOY, before, recorded=seen.append, means=QUICK)

    assert len(before.asked) == len(seen)
    assert OWN not in json.dumps([str(it) for it in seen])
