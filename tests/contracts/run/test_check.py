"""A run from a contract to a result, live or of a recording."""

from __future__ import annotations

import json
from decimal import Decimal

from pixpact.contracts.limits.budget import SpendingCaps
from pixpact.contracts.plan.capabilities import Capabilities
from pixpact.contracts.repro.curl import CredentialText, CredentialWriter
from pixpact.contracts.run.check import NOT_RECORDED, RunOptions, currency, judge_recording, prepare_run, repro_commands
from pixpact.wire.exchange import Exchange, Trace

TOY = "fixtures/specs/toy.yaml"
MEANS = Capabilities(second_key=True)


def test_a_recording_says_the_same_as_the_run(checked, contract):
    """The same exchanges, judged without what their sender knew: no finding, and nothing kept that was not before."""
    seen = []
    run = checked(TOY, recorded=seen.append, means=MEANS)
    again = judge_recording(contract(TOY), seen, RunOptions(), ["http://127.0.0.1:4747/toy"])
    kept = [
        {judgement.claim.id for judgement in result.judgements if judgement.verdict == "kept"}
        for result in (run, again)
    ]

    assert ((), ()) == (again.findings, again.failures)
    assert set() == kept[1] - kept[0]
    assert len(kept[1]) > 0.9 * len(kept[0])
    assert {NOT_RECORDED} == {
        judgement.reason for judgement in again.judgements if judgement.verdict == "not-checkable"
    }


def test_the_recording_of_another_service_is_no_result(contract):
    """That nothing could be judged is a failure, and said with the reason."""
    elsewhere = [Exchange(1.0, "GET", "https://somewhere.example/", status=200)]
    result = judge_recording(contract(TOY), elsewhere, RunOptions())

    assert 1 == len(result.failures)
    assert "no recorded exchange belongs to this contract" in result.failures[0]
    assert 0 == result.exchanges


def test_an_empty_recording_is_no_result(contract):
    """As nothing at all."""
    assert ("no recorded exchange belongs to this contract (the recording is empty)",) == judge_recording(
        contract(TOY), [], RunOptions()
    ).failures


def test_every_claim_has_a_verdict(checked, claims):
    """And every one that is not kept has a reason or a finding."""
    result = checked(TOY, means=MEANS)

    assert [claim.id for claim in claims(TOY).all] == [judgement.claim.id for judgement in result.judgements]
    assert [] == [judgement for judgement in result.judgements if judgement.verdict != "kept" and not judgement.reason]


def test_the_ceiling_is_known_before_anything_is_sent(contract):
    """Requests are those that the cap allows, for polls and downloads come on top of the plan."""
    ready = prepare_run(contract(TOY), RunOptions(means=Capabilities(price=Decimal("0.05"))))
    ceiling = ready.ceiling(500)

    assert (500, ready.plan.images, ready.plan.cost) == (ceiling.requests, ceiling.images, ceiling.cost)
    assert ceiling.cost > Decimal("0.1")


def test_what_is_spent_is_reported_in_the_vendor_s_currency(checked, contract):
    """As the contract states it; dollars where it says nothing."""
    result = checked(TOY, means=MEANS)

    assert ("EUR", "USD") == (result.currency, currency(contract("apiyi")))
    assert result.spent.cost > 0
    assert None is checked("fasttoken", means=MEANS, caps=SpendingCaps(requests=3)).spent.cost


def test_a_finding_comes_with_a_command(checked, watched):
    """The key stands in the variable that the user named, and nowhere else."""
    wrong = lambda asked: (200, {"left": "9.90", "spent": 1}) if asked.path.endswith("/purse") else None  # noqa: E731  # read below
    result = checked(
        TOY,
        watched(wrong),
        means=MEANS,
        sender=CredentialWriter(key=CredentialText("TOY_KEY")),
        only=lambda it: it.kind == "look",
    )
    (finding,) = result.findings

    assert ("/left", "type") == (finding.pointer, finding.kind)
    assert '-H "X-Api-Key: $TOY_KEY"' in finding.repro
    assert "sk-pixpact" not in finding.repro
    assert finding.claim.origin.path.name == "toy.yaml"
    assert "{left: {type: number" not in json.dumps(finding.observed)


def test_no_trace_no_command(contract):
    """A finding that no exchange shows has none."""
    assert "" == repro_commands(contract(TOY), RunOptions())(Trace(()))
