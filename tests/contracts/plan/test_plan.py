"""The plan: what is sent, in which order, for how much, and what none of it reaches."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
from dataclasses import replace
from decimal import Decimal
from itertools import groupby

import pytest

from pixpact.contracts.plan.build_request import build_request
from pixpact.contracts.plan.capabilities import Capabilities
from pixpact.contracts.plan.plan import BEYOND, NO_REQUEST
from pixpact.contracts.plan.probe import Probe
from pixpact.contracts.samples.reference_images import data_uri
from pixpact.contracts.samples.samples import REFERENCE, image_of
from pixpact.contracts.transport.live_target import check_live_request
from pixpact.contracts.transport.planned_request import RequestForbidden

VENDORS = ["apimart", "apiyi", "fasttoken", "toapis"]
TOY = "fixtures/specs/toy.yaml"
LIVE = Capabilities(live=True)
OWN = "https://pictures.pixpact.test/one.png"


def written(plan):
    return json.dumps([probe.to_json() for probe in plan.probes], sort_keys=True)


@pytest.mark.parametrize("vendor", [*VENDORS, TOY])
def test_what_can_be_taken_is_planned_or_explained(claims, planned, vendor):
    """No acceptance claim is forgotten: a probe exercises it, or the plan says why none does."""
    plan = planned(vendor)
    reached = {key for probe in plan.probes for key in probe.claims}
    wanted = {want.claim.id for it in claims(vendor).acceptance.values() for want in it.wants}
    wanted |= {claim.id for it in claims(vendor).acceptance.values() for claim, _ in it.examples}

    assert set() == wanted - reached - plan.beyond.keys()
    assert set() == reached & plan.beyond.keys()
    assert set() == reached - {claim.id for claim in claims(vendor).all}


@pytest.mark.parametrize("vendor", [*VENDORS, TOY])
def test_what_must_be_refused_is_planned_or_explained(claims, planned, vendor):
    """The same of refusals."""
    plan = planned(vendor)
    reached = {key for probe in plan.probes if probe.expects for key in probe.claims}
    faults = {fault.claim.id for refusal in claims(vendor).refusals.values() for fault in refusal.faults}

    assert set() == faults - reached - plan.beyond.keys()


@pytest.mark.parametrize("vendor", [*VENDORS, TOY])
def test_what_is_free_goes_first(planned, vendor):
    """Looks, uploads and refusals before anything is bought; each kind in one piece, each probe under its own id."""
    probes = planned(vendor).probes
    kinds = [kind for kind, _ in groupby(probes, key=lambda probe: probe.kind)]

    assert sorted(kinds, key=["look", "upload", "refuse", "provoke", "take"].index) == kinds
    assert len(probes) == len({probe.id for probe in probes})


def test_the_plan_does_not_depend_on_the_process():
    """Two processes with other hashes of texts plan the same probes, byte by byte."""
    program = (
        "import hashlib, json; from pixpact.specs.catalogue import SpecCatalogue; "
        "from pixpact.contracts.claims.contract_claims import ContractClaims\n"
        "from pixpact.contracts.plan.capabilities import Capabilities\n"
        "from pixpact.contracts.plan.plan import plan\n"
        "for name in ('fasttoken', 'apimart'):\n"
        "    means = Capabilities(second_key=True, provokes=True)\n"
        "    made = plan(ContractClaims(SpecCatalogue().source(name).contract()), means)\n"
        "    text = json.dumps([probe.to_json() for probe in made.probes]) + json.dumps(made.beyond)\n"
        "    print(hashlib.sha256(text.encode()).hexdigest())"
    )
    said = {
        subprocess.run(
            [sys.executable, "-c", program], env={**os.environ, "PYTHONHASHSEED": seed}, capture_output=True, check=True
        ).stdout
        for seed in ("1", "2")
    }

    assert 1 == len(said)
    assert 2 * (hashlib.sha256().digest_size * 2 + 1) == len(next(iter(said)))


@pytest.mark.sweep
@pytest.mark.parametrize("images", [0, 1, 3, 10, 100])
@pytest.mark.parametrize("vendor", ["apimart", TOY])
def test_a_cap_on_images_is_never_passed(planned, vendor, images):
    """Neither by all that is bought, nor by a single request that should have been refused."""
    plan = planned(vendor, Capabilities(images=images))

    assert plan.images <= images
    assert max(probe.images for probe in plan.probes) <= images


@pytest.mark.parametrize("cost", ["0", "0.03", "0.10", "5"])
def test_a_cap_on_cost_is_never_passed(planned, cost):
    """A price that the contract does not state is the user's."""
    plan = planned(TOY, Capabilities(cost=Decimal(cost), price=Decimal("0.05")))

    assert plan.cost <= Decimal(cost)
    assert max(probe.cost or 0 for probe in plan.probes) <= Decimal(cost)


def test_what_does_not_fit_is_not_checkable(planned):
    """It is known beforehand, and said; what fits exercises as much as it can."""
    free, some, every = (planned(TOY, Capabilities(images=images)) for images in (0, 3, None))
    reached = [len({key for probe in plan.probes for key in probe.claims}) for plan in (free, some, every)]

    assert BEYOND in free.beyond.values()
    assert BEYOND in some.beyond.values()
    assert BEYOND not in every.beyond.values()
    assert sorted(reached) == reached
    assert reached[1] > reached[0] + 20


def test_claims_are_beyond_the_caps_only_if_nothing_reaches_them(planned):
    """A claim that a cheaper probe exercises is not given up with a dear one."""
    plan = planned(TOY, Capabilities(images=3))

    assert set() == plan.beyond.keys() & {key for probe in plan.probes for key in probe.claims}


def test_a_refusal_costs_at_most_what_is_dearest(planned):
    """What a request that breaks a rule would cost is not stated: it counts at the highest price that is."""
    refused = [it for it in planned(TOY).probes if it.kind == "refuse" and it.operation == "startDrawing" and it.images]

    assert {"0.04"} == {probe.price for probe in refused}


def test_what_no_valid_request_shows_is_said(planned):
    """A field that is required has no default that a request could show."""
    assert NO_REQUEST == planned("apiyi").beyond["apiyi:createImage:normalisation/Seedream50/model/default"]


# ---- a live target


def texts(value):
    if isinstance(value, dict):
        return [text for inner in value.values() for text in texts(inner)]
    if isinstance(value, list):
        return [text for inner in value for text in texts(inner)]
    return [value] if isinstance(value, str) else []


def as_sent(contract, probe):
    """A planned request with an image of ours in place of each slot: a small one, for some are megabytes."""
    names = {name for text in texts(probe.body) if (name := image_of(text))}
    images = dict.fromkeys(names, data_uri("png-64x64")) | {REFERENCE: OWN}
    return build_request(probe, contract.operation(probe.operation), images)


@pytest.mark.sweep
@pytest.mark.parametrize(
    ("vendor", "reference"),
    [*((name, None) for name in (*VENDORS, TOY)), ("fasttoken", OWN), ("fasttoken@upstream", OWN)],
)
def test_what_a_live_target_must_take_may_be_sent(contract, planned, vendor, reference):
    """The transport would refuse none of it: no address of ours that nobody answers, nobody's words."""
    plan = planned(vendor, replace(LIVE, reference_url=reference))
    refused = []
    for probe in plan.probes:
        try:
            check_live_request(as_sent(contract(vendor), probe), {OWN})
        except RequestForbidden as error:
            refused.append((probe.what, str(error)))

    assert [] == refused


@pytest.mark.parametrize("vendor", [*VENDORS, TOY])
def test_nothing_is_provoked_of_a_live_target(contract, planned, vendor):
    """No request asks for a response by name, and no address under .invalid stands in one that must be taken."""
    plan = planned(vendor, LIVE)
    taken = [probe for probe in plan.probes if not probe.expects]

    assert {"look", "upload", "refuse", "take"} >= {probe.kind for probe in plan.probes}
    assert not [probe for probe in plan.probes if probe.prefer]
    assert not [probe.what for probe in taken if b".invalid" in as_sent(contract(vendor), probe).body]


def test_an_image_of_the_user_s_makes_more_checkable(planned):
    """A vendor without uploads that takes no data URI fetches images: then one is needed."""
    without, given = planned("fasttoken", LIVE), planned("fasttoken", replace(LIVE, reference_url=OWN))
    reasons = {why for why in without.beyond.values() if "--reference-url" in why}

    assert reasons
    assert not {why for why in given.beyond.values() if "give --reference-url" in why}


# ---- other properties


def test_one_task_is_alone_where_there_is_a_balance(planned):
    """Between two looks at the balance nothing else is bought."""
    assert [1, 0] == [sum(probe.alone for probe in planned(name).probes) for name in (TOY, "apiyi")]


def test_an_axis_is_the_claim_that_stops_it(planned):
    """Every refusal of a body that could be bought names the claim after whose breaking no more is tried."""
    risky = [probe for probe in planned(TOY).probes if probe.kind == "refuse" and probe.images]

    assert risky
    assert all(probe.axis in probe.claims for probe in risky)


def test_a_documented_header_is_sent_once(planned):
    """With a request that must be taken; a repeated idempotency key would buy nothing."""
    given = [probe for probe in planned(TOY).probes if probe.headers and not probe.expects]

    assert [(("Repeat-Key", "pixpact-1"),)] == [probe.headers for probe in given]


@pytest.mark.parametrize("vendor", [*VENDORS, TOY])
def test_a_plan_is_plain_json(planned, vendor):
    """Written down and read again it is the same."""
    plan = planned(vendor)

    assert list(plan.probes) == [Probe.from_json(load) for load in json.loads(written(plan))]


def test_a_plan_knows_its_ceiling(planned):
    """Images that are bought, at their prices; without all prices no sum."""
    priced = replace(planned(TOY), probes=tuple(it for it in planned(TOY).probes if it.operation == "startDrawing"))

    bought = [it for it in priced.probes if it.kind == "take" or (it.kind == "provoke" and not it.expects)]
    assert priced.images == sum(probe.images for probe in bought)
    assert priced.cost == sum(probe.cost for probe in bought)
    assert None is planned(TOY).cost
    assert {"runSketch"} == {probe.operation for probe in planned(TOY).unpriced}
