"""Exit codes of a run, as the design gives them."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from pixpact.contracts.claims.claim import Claim, Judgement
from pixpact.contracts.findings import Finding
from pixpact.contracts.run.result import CheckResult
from pixpact.contracts.run.verdict import CleanDemands, counting, coverage, outcome, percent
from pixpact.specs.openapi.problems import SourcePlace

HERE = SourcePlace(Path("toy.yaml"), 1)


def result(kept=10, unchecked=0, not_checkable=0, severities=(), **changes):
    """A run with so many claims of each verdict, and a finding of each severity."""
    verdicts = ["kept"] * kept + ["unchecked"] * unchecked + ["not-checkable"] * not_checkable
    claims = [Claim(f"toy:x:request/{n}", "request", "x", "", HERE, "") for n in range(len(verdicts))]
    findings = tuple(
        Finding(Claim(f"toy:x:answer/{n}", "answer", "x", "", HERE, ""), "type", severity, "x", "", "", "")
        for n, severity in enumerate(severities)
    )
    judgements = tuple(Judgement(claim, verdict) for claim, verdict in zip(claims, verdicts, strict=True))
    made = CheckResult("toy", "toy", "the mock in process", 0.0, 1.0, 0, judgements, findings)
    return replace(made, **changes)


def accepting(run):
    return replace(run, accepted={finding.fingerprint: "known" for finding in run.findings})


@pytest.mark.parametrize(
    ("code", "run"),
    [
        (0, result()),
        (0, result(kept=0)),
        (0, result(severities=["info"])),
        (0, accepting(result(severities=["breaking"]))),
        (0, result(not_checkable=90)),
        (0, result(kept=8, unchecked=2)),
        (1, result(severities=["warning"])),
        (1, result(severities=["breaking"], failures=("no response",))),
        (1, result(kept=0, unchecked=10, severities=["breaking"])),
        (3, result(failures=("no response",))),
        (3, result(kept=7, unchecked=3)),
        (3, accepting(result(severities=["breaking"], failures=("no response",)))),
        (130, result(interrupted=True)),
        (130, result(interrupted=True, severities=["breaking"], failures=("no response",))),
    ],
)
def test_the_exit_code(code, run):
    """A finding wins over what could not be checked; an interruption, which the user asked for, over both."""
    assert code == outcome(run).code


@pytest.mark.parametrize(("fail_on", "codes"), [("breaking", [0, 0, 1]), ("warning", [0, 1, 1]), ("info", [1, 1, 1])])
def test_the_floor(fail_on, codes):
    """A finding below --fail-on is shown and does not count."""
    demands = CleanDemands(fail_on=fail_on)

    assert codes == [outcome(result(severities=[it]), demands).code for it in ("info", "warning", "breaking")]


def test_only_what_is_new_counts():
    """Of two findings, one of which the baseline holds, one counts."""
    run = result(severities=["breaking", "warning"])
    half = replace(run, accepted={run.findings[0].fingerprint: "known"})

    assert (run.findings[1],) == counting(half, CleanDemands())


@pytest.mark.parametrize(("demanded", "code"), [(0.0, 0), (0.5, 0), (0.7, 0), (0.71, 3), (1.0, 3)])
def test_the_share_of_claims_that_must_be_judged(demanded, code):
    """Seven of ten are enough for 70 %, exactly."""
    assert code == outcome(result(kept=7, unchecked=3), CleanDemands(min_coverage=demanded)).code


def test_strict_coverage_counts_what_is_not_checkable():
    """Only then does it change the code."""
    run = result(kept=7, not_checkable=3)

    assert (1.0, 0.7) == (coverage(run, CleanDemands()), coverage(run, CleanDemands(strict_coverage=True)))
    assert (0, 3) == (outcome(run).code, outcome(run, CleanDemands(strict_coverage=True)).code)


def test_every_reason_is_given_the_deciding_one_first():
    """A user who mends one thing should not be surprised by the next."""
    run = result(kept=1, unchecked=9, severities=["breaking"], failures=("no response", "none again"), interrupted=True)

    assert (
        "interrupted before the plan was finished",
        "1 new finding at or above warning",
        "2 planned probes could not be carried out",
        "10 % of the claims checkable with the given flags were judged, 80 % are required",
    ) == outcome(run).reasons


def test_a_clean_run_says_what_that_means():
    """Not silence."""
    clean = ("all probes were carried out, no new finding is at or above warning",)

    assert clean == outcome(result()).reasons


@pytest.mark.parametrize(
    ("share", "text"), [(1.0, "100 %"), (0.999, "99 %"), (0.8, "80 %"), (0.29, "29 %"), (0.0, "0 %")]
)
def test_per_cents(share, text):
    """Rounded down, so that 100 % means all."""
    assert text == percent(share)
