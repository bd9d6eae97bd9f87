from __future__ import annotations

import pytest

from pixpact.contracts.claims.claim import Judgement
from pixpact.contracts.claims.contract_claims import ContractClaims
from pixpact.contracts.plan.capabilities import Capabilities
from pixpact.contracts.plan.doubt_reserve import hold_back_for_doubts
from pixpact.contracts.plan.selection import LEFT_OUT, Selection
from pixpact.contracts.run.check import RunOptions, prepare_run
from pixpact.specs.catalogue import SpecCatalogue


@pytest.fixture(scope="module")
def claims() -> ContractClaims:
    return ContractClaims(SpecCatalogue().source("toapis").contract())


def test_what_is_excluded_is_listed_and_not_asked_for(claims: ContractClaims) -> None:
    """No probe aims at it alone, and it is said of each claim that it was left out."""
    selection = Selection(exclude=("uploadImage", "*:refusal/*"))
    ready = prepare_run(claims.contract, RunOptions(selection=selection))
    judged = selection.judgements(Judgement(claim, "kept") for claim in claims.all)

    assert not [probe for probe in ready.plan.probes if probe.kind in ("refuse", "upload")]
    assert {"refusal"} == {
        it.claim.area for it in judged if it.reason == LEFT_OUT and it.claim.operation != "uploadImage"
    }
    assert {"not-checkable"} == {it.verdict for it in judged if it.reason == LEFT_OUT}


def test_what_is_included_is_all_that_is_asked_for(claims: ContractClaims) -> None:
    """An operation by its name, or claims by a pattern."""
    ready = prepare_run(claims.contract, RunOptions(selection=Selection(include=("getBalance",))))

    assert {"getBalance"} == {probe.operation for probe in ready.plan.probes}
    assert ("nothing",) == Selection(include=("nothing", "getBalance")).unused(claims)


def test_the_last_of_a_cap_waits_for_what_is_in_doubt(claims: ContractClaims) -> None:
    """A fifth of the images, four at most, is kept until doubts were narrowed down; without a cap nothing waits."""
    probes = prepare_run(claims.contract, RunOptions(means=Capabilities(images=40))).plan.probes
    early, late = hold_back_for_doubts(probes, Capabilities(images=40))

    assert 36 >= sum(probe.images for probe in early if probe.kind == "take")
    assert sorted(it.id for it in probes) == sorted(it.id for it in (*early, *late))
    assert late
    assert ([*probes], []) == hold_back_for_doubts(probes, Capabilities())
