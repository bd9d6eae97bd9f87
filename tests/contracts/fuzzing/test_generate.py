"""Generated requests: what keeps every rule, what breaks exactly one, and that a seed says which."""

from __future__ import annotations

import json
import subprocess
import sys
from functools import cache

import pytest

from pixpact.contracts.claims.contract_claims import INVALID, ContractClaims
from pixpact.contracts.claims.exercise import exercise
from pixpact.contracts.fuzzing.generate import describe_generated, generated
from pixpact.contracts.plan.build_request import build_request
from pixpact.contracts.plan.capabilities import Capabilities
from pixpact.contracts.plan.plan import plan
from pixpact.contracts.plan.sendable import texts_of
from pixpact.contracts.samples import prompts
from pixpact.contracts.samples.samples import image_of
from pixpact.contracts.samples.statements import ITEM
from pixpact.contracts.transport import live_target
from pixpact.specs.catalogue import SpecCatalogue
from tests.contracts.running import SWEEP

VENDORS = sorted(SpecCatalogue().names()) if SWEEP else ["apimart", "ark", "fal", "openai"]
HERE = Capabilities(second_key=True, can_wait=True, provokes=True)
LIVE = Capabilities(live=True, images=30)
COUNT = 60


@cache
def claims_of(vendor):
    return ContractClaims(SpecCatalogue().source(vendor).contract())


@cache
def planned(vendor):
    return plan(claims_of(vendor), HERE).probes


@cache
def made(vendor, means=HERE, seed=0):
    return generated(claims_of(vendor), means, COUNT, seed, planned(vendor))


def accepted(vendor, probe):
    return claims_of(vendor).acceptance[(probe.operation, probe.media)]


def kept(vendor, means=HERE):
    return [probe for probe in made(vendor, means) if not probe.expects]


def broken(vendor, means=HERE):
    return [probe for probe in made(vendor, means) if probe.expects]


both = pytest.mark.parametrize("means", [HERE, LIVE], ids=["here", "live"])
every = pytest.mark.parametrize(
    "vendor",
    [pytest.param(name, marks=() if name in ("apimart", "fal") else pytest.mark.sweep) for name in VENDORS],
)


@pytest.mark.sweep
@every
@both
def test_half_of_them_keep_every_rule(vendor, means):
    """What is to be taken has no violation: conditions, images and sums included."""
    probes = kept(vendor, means)
    wrong = [probe.body for probe in probes if accepted(vendor, probe).read(probe.body).violations]

    assert wrong == []
    assert abs(len(probes) - COUNT / 2) <= 3


@every
@both
def test_half_of_them_break_exactly_one_rule(vendor, means):
    """What is to be refused has one violation, and it is the one of the claim that the probe names."""
    probes = broken(vendor, means)
    readings = [accepted(vendor, probe).read(probe.body) for probe in probes]
    named = [claims_of(vendor).refusals[(probe.operation, probe.media)].broken(probe.body).id for probe in probes]

    assert {1} == {len(reading.violations) for reading in readings}
    assert [probe.axis for probe in probes] == named
    assert [probe.claims for probe in probes] == [(name,) for name in named]
    assert {INVALID} == {probe.expects for probe in probes}
    assert len(probes) >= COUNT / 2 - 3


@every
def test_many_different_rules_are_broken(vendor):
    """Not one rule over and over."""
    assert len({probe.axis for probe in broken(vendor)}) >= 15


def fields_of(value, path=()):
    if isinstance(value, dict):
        for name, inner in value.items():
            yield (*path, name), inner
            yield from fields_of(inner, (*path, name))
    elif isinstance(value, list):
        for inner in value:
            yield (*path, ITEM), inner
            yield from fields_of(inner, (*path, ITEM))


def places_in(vendor, probe):
    """Every place that any branch of the request names."""
    statements = [it for samples in accepted(vendor, probe).samples.values() for it in samples.statements]
    return {statement.path[:length] for statement in statements for length in range(len(statement.path) + 1)}


@every
def test_there_are_no_unknown_fields_nulls_or_whole_numbers_with_a_fraction(vendor):
    """What is taken names only documented fields; nothing is null; nothing is 1.0."""
    for probe in made(vendor):
        values = list(fields_of(probe.body))
        assert [] == [path for path, value in values if value is None]
        assert [] == [value for _, value in values if isinstance(value, float) and value.is_integer()]
        if not probe.expects:
            assert set() == {path for path, _ in values} - places_in(vendor, probe)


@every
def test_none_is_like_another(vendor):
    """No body comes twice, and none that is planned anyway."""
    bodies = [(probe.operation, json.dumps(probe.body, sort_keys=True)) for probe in made(vendor)]
    taken = [probe for probe in planned(vendor) if probe.kind == "take"]
    bought = {(probe.operation, json.dumps(probe.body, sort_keys=True)) for probe in taken}

    assert len(bodies) == len(set(bodies))
    assert set() == bought & set(bodies)


@every
def test_a_live_target_gets_our_words_and_images_only(vendor):
    """Every request passes the rules for live targets when its images are uploads."""
    contract = claims_of(vendor).contract
    for probe in made(vendor, LIVE):
        urls = {name: f"https://own.example/{name}" for text in texts_of(probe.body) if (name := image_of(text))}
        live_target.check_live_request(
            build_request(probe, contract.operation(probe.operation), urls), set(urls.values())
        )
        prompt = probe.body.get("prompt")
        assert not isinstance(prompt, str) or probe.axis.endswith("/prompt") or prompts.is_ours(prompt)


@every
def test_what_costs_little_comes_first(vendor):
    """First what is free if it is refused, then the requests by the images they buy."""
    probes = made(vendor, LIVE)
    images = [probe.images for probe in probes if not probe.expects]

    assert sorted(probes, key=lambda probe: not probe.expects) == probes
    assert sorted(images) == images
    assert [f"fuzz-{number:03}" for number in range(1, len(probes) + 1)] == [probe.id for probe in probes]


@every
def test_the_price_is_that_of_the_images(vendor):
    """A probe says what it can buy, so that the caps hold."""
    for probe in kept(vendor):
        reading = accepted(vendor, probe).read(probe.body)
        assert exercise(accepted(vendor, probe), probe.body, reading).images == probe.images


def test_forbidden_claims_are_not_exercised():
    """What no request may exercise is in none of them."""
    vendor = VENDORS[0]
    free = [dict.fromkeys(exercised(vendor, probe)) for probe in kept(vendor)]
    often = max(free[0], key=lambda key: (sum(key in it for it in free) < len(free), sum(key in it for it in free)))
    probes = generated(claims_of(vendor), Capabilities(can_wait=True, without=frozenset([often])), COUNT, 0)

    assert [] == [probe.body for probe in probes if not probe.expects and often in exercised(vendor, probe)]


def exercised(vendor, probe):
    reading = accepted(vendor, probe).read(probe.body)
    return exercise(accepted(vendor, probe), probe.body, reading).all


def test_nothing_is_generated_unless_asked_for():
    """None are none."""
    assert [] == generated(claims_of(VENDORS[0]), HERE, 0, 0)
    assert [] == describe_generated([])


def test_they_are_reported_in_a_sentence():
    """How many there are and what they may buy."""
    probes = made(VENDORS[0])
    bought = sum(probe.images for probe in kept(VENDORS[0]))

    (sentence,) = describe_generated(probes)
    assert f"{COUNT} generated requests" in sentence
    assert f"at most {bought} images" in sentence


DUMPED = """
import json, sys
from pixpact.contracts.claims.contract_claims import ContractClaims
from pixpact.contracts.fuzzing.generate import generated
from pixpact.contracts.plan.capabilities import Capabilities
from pixpact.specs.catalogue import SpecCatalogue

claims = ContractClaims(SpecCatalogue().source(sys.argv[1]).contract())
print(json.dumps([probe.to_json() for probe in generated(claims, Capabilities(), 40, int(sys.argv[2]))]))
"""


def in_another_process(folder, seed, hashing):
    command = [sys.executable, "-c", DUMPED, VENDORS[-1], str(seed)]
    environment = {"PYTHONHASHSEED": hashing, "XDG_CACHE_HOME": str(folder / "cache"), "PATH": ""}
    return subprocess.run(command, capture_output=True, check=True, cwd=folder, env=environment, text=True).stdout


@pytest.mark.sweep
def test_the_seed_says_which(tmp_path):
    """The same seed gives the same requests in any process, another seed others; nothing is left where it ran."""
    one, same, other = (in_another_process(tmp_path, *it) for it in ((1, "1"), (1, "2"), (2, "1")))

    assert one == same
    assert json.loads(one) != json.loads(other)
    assert ["cache"] == [path.name for path in tmp_path.iterdir()]


def test_what_generates_is_imported_only_when_it_is_wanted(tmp_path):
    """Neither hypothesis nor schemathesis is loaded by a check without generated requests."""
    code = (
        "import sys, pixpact.cli.check as c\n"
        "from pixpact.contracts.run.check import RunOptions, prepare_run\n"
        "from pixpact.specs.catalogue import SpecCatalogue\n"
        f"prepare_run(SpecCatalogue().source({VENDORS[0]!r}).contract(), RunOptions())\n"
        "print(sorted({'hypothesis', 'schemathesis'} & set(sys.modules)))"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True, cwd=tmp_path, text=True)

    assert "[]\n" == run.stdout
