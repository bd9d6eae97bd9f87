"""What is proposed for a finding, what is not, and what is said of both."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest

from pixpact.cli.in_process import IN_PROCESS, against_mock
from pixpact.cli.propose import LimitWitness
from pixpact.contracts.findings import Finding
from pixpact.contracts.limits.budget import SpendingCaps
from pixpact.contracts.propose.edits import REMEDIES, UNSEEN
from pixpact.contracts.propose.edits.requests import _narrower
from pixpact.contracts.propose.overlay_text import overlay_text
from pixpact.contracts.propose.propose import ProposedOverlay, apply_overlay, plain, propose
from pixpact.contracts.propose.replay import TrafficReplay
from pixpact.contracts.run.check import RunOptions
from pixpact.contracts.run.result import CheckResult
from pixpact.specs.openapi.document import at

from ..beneath import BENEATH
from ..running import MUTANTS, paint_once, ready, served

N = "/components/schemas/Seedream/properties/n/maximum"


@pytest.fixture(scope="module", autouse=True)
def _painting() -> None:
    paint_once()


def seen(name: str, caps: SpendingCaps | None = None, *, ask: bool = True) -> tuple[LimitWitness, CheckResult]:
    """A run against a mutant; with `ask`, limits that have moved are looked for."""
    base = ready(name.partition("/")[0])
    witness = LimitWitness(base.claims.contract)
    run = RunOptions(means=IN_PROCESS, recorded=witness.saw, afterwards=witness.afterwards if ask else None)
    result = asyncio.run(against_mock(base, served(MUTANTS / f"{name}.yaml"), run, caps))
    if not ask:
        witness.bases, witness.stands_still = ("http://127.0.0.1:4747/" + result.vendor,), True
    return witness, result


def of(name: str, *, ask: bool = True) -> ProposedOverlay:
    """What is proposed for a mutant."""
    witness, result = seen(name, ask=ask)
    return witness.proposed(result)


# ---- never more than was seen


@pytest.mark.sweep
def test_a_limit_is_looked_for() -> None:
    """Four images are refused, three were taken: three is the limit, and nothing is left open."""
    proposal = of("apiyi/n-up-to-3").proposals[0]

    assert "maximum is 3" == proposal.said


@pytest.mark.sweep
def test_a_limit_that_was_not_looked_for_is_what_was_taken() -> None:
    """Of what lies between, the proposal says that nobody knows it."""
    said = of("apiyi/n-up-to-3", ask=False)

    assert "maximum is 2; 4 is refused; in between is unknown" == said.proposals[0].said
    assert 2 == at(said.contract.document.value, N)


@pytest.mark.sweep
def test_a_limit_beyond_the_one_that_was_promised_is_looked_for() -> None:
    """Five are taken and six refused; what is not enforced at all would be no rule."""
    assert 5 == at(of("apiyi/n-up-to-5").contract.document.value, N)


@pytest.mark.sweep
def test_looking_for_a_limit_keeps_to_the_caps_of_the_run() -> None:
    """What the run has spent is not there any more: nothing further is sent."""
    _, free = seen("apiyi/n-up-to-3", ask=False)
    witness, capped = seen("apiyi/n-up-to-3", SpendingCaps(requests=free.spent.requests))

    assert free.spent == capped.spent
    assert not [exchange for exchange in witness.exchanges if exchange.note.get("probe", "").startswith("limit-")]


@pytest.mark.sweep
def test_what_looking_for_a_limit_buys_is_reported() -> None:
    """It stands in the sums of the result like everything that was bought."""
    _, free = seen("apiyi/n-up-to-3", ask=False)
    _, asked = seen("apiyi/n-up-to-3")

    assert asked.spent.images > free.spent.images
    assert asked.spent.requests > free.spent.requests


def test_a_row_that_is_right_is_left_alone() -> None:
    """Only the tier whose images were smaller gets another size."""
    said = of("fasttoken/tier-smaller")

    assert [{"2K": "1536x1536"}] == [action.update for action in said.actions]


@pytest.mark.parametrize(
    ("pattern", "narrower"),
    [
        (
            "^(https?://|data:image/(jpeg|png);base64,)",
            ["^(https://|data:image/(jpeg|png);base64,)", "^data:image/(jpeg|png);base64,", "^https?://"],
        ),
        ("^(a|b|c)$", ["^(b|c)$", "^(a|c)$", "^(a|b)$"]),
        (r"^(a\||[|(])", ["^[|(]", r"^a\|"]),
        ("^https?://", ["^https://"]),
        ("^(a|b)(c|d)$", []),
    ],
)
def test_a_pattern_loses_one_of_its_alternatives(pattern: str, narrower: list[str]) -> None:
    """The outermost ones, and plain http: what stands in brackets or after a backslash tells nothing apart."""
    assert narrower == list(_narrower(pattern))


# ---- never silent


@pytest.mark.sweep
@pytest.mark.parametrize(
    "fault", [it for it in BENEATH if it.name in ("no-picture", "none-delivered", "nginx-refuses")]
)
def test_what_no_overlay_says_is_said(fault) -> None:  # type: ignore[no-untyped-def]  # a row of a table
    """Each finding is proposed for, or left with a reason and something to do."""
    base = ready(fault.vendor)
    witness = LimitWitness(base.claims.contract)
    run = RunOptions(means=IN_PROCESS, recorded=witness.saw, afterwards=witness.afterwards)
    result = asyncio.run(against_mock(base, base.claims.contract, run, around=fault.make()))
    said = witness.proposed(result)

    assert [finding.claim.id for finding in result.findings] == [it.finding.claim.id for it in said.left]
    assert all(it.why and it.remedy for it in said.left)
    assert () == said.proposals


@pytest.mark.sweep
def test_what_is_left_stands_at_the_head_of_the_overlay() -> None:
    """With the claim, what was seen, why no action says it, and what to do."""
    witness, result = seen("apiyi/tier-4k-smaller")
    contract = witness.contract
    foreign = Finding(contract_claim(contract), "isolation", "breaking", "createImage", "", "kept apart", "read by all")
    said = witness.proposed(replace(result, findings=(*result.findings, foreign)))
    text = overlay_text(said, "base.yaml", "2026-01-01", "a mock", lambda it: it.upper())
    comment = " ".join(line.removeprefix("#").strip() for line in text.splitlines() if line.startswith("#"))

    assert 1 == len(said.proposals)
    assert f"Not expressed: {foreign.claim.id}: READ BY ALL." in comment
    assert REMEDIES["isolation"][0] in comment
    assert "1 of 2 findings" in comment


def contract_claim(contract):  # type: ignore[no-untyped-def]  # any claim will do
    """Some claim of a contract."""
    return ready(contract.vendor).claims.all[0]


def test_a_finding_without_any_trace_is_left() -> None:
    """Of what was seen nothing shows it: no edit could be judged by it."""
    contract = ready("fasttoken").claims.contract
    finding = Finding(contract_claim(contract), "never-heard-of", "breaking", "", "", "", "")
    result = CheckResult("fasttoken", "fasttoken", "a mock", 0.0, 0.0, 0, (), (finding,))
    said = propose(contract, result, TrafficReplay(contract, ()))

    assert [(finding, *UNSEEN)] == [(it.finding, it.why, it.remedy) for it in said.left]
    assert contract is said.contract


# ---- nothing is believed


def test_what_cannot_be_served_is_not_proposed() -> None:
    """Every action is applied and linted: the whole of them makes a contract that loads."""
    said = of("fasttoken/created-as-text")
    document = apply_overlay(said.base.document, list(said.actions))

    assert said.contract.document.value == document.value
    assert "date-time" == at(document.value, "/components/schemas/Pictures/properties/created/format")


@pytest.mark.sweep
def test_examples_follow() -> None:
    """A documented request that is refused now is gone; literals of responses are of the type that was seen."""
    request = of("apiyi/tier-3k-gone").contract.document.value
    examples = at(request, "/paths/~1v1~1images~1generations/post/requestBody/content/application~1json/examples")
    usage = of("apiyi/usage-in-texts").contract.document.value
    counts = at(usage, "/paths/~1v1~1images~1generations/post/responses/200/content/application~1json/examples")

    assert "lite" not in examples
    assert {"16384"} == {counts[name]["value"]["usage"]["output_tokens"] for name in counts.keys() - {"gpt-image"}}


@pytest.mark.sweep
def test_a_field_with_another_name_keeps_its_literals() -> None:
    """In the examples too it has the new name, and what it says is as it was."""
    document = of("apiyi/usage-renamed").contract.document.value
    place = "/paths/~1v1~1images~1generations/post/responses/200/content/application~1json/examples/done/value/usage"

    assert 1 == at(document, place)["images"]
    assert "generated_images" not in at(document, place)


@pytest.mark.sweep
def test_a_proposal_is_an_overlay_of_plain_actions() -> None:
    """`target` with `update` or `remove: true`, as the standard has it."""
    actions = plain(list(of("apiyi/lite-gone").actions))["actions"]

    assert all(
        {"target"} < action.keys() and ("update" in action) != (action.get("remove") is True) for action in actions
    )
    assert (
        "$.components.schemas.Seedream50.properties.model.enum[?@ == 'seedream-5-0-lite-260128']"
        == actions[0]["target"]
    )
