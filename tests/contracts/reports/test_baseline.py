"""Findings that are accepted for a time."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from pixpact.contracts.claims.claim import Claim, Judgement
from pixpact.contracts.findings import Finding
from pixpact.contracts.reports.baseline import (
    UNEXPLAINED,
    BaselineError,
    apply_baseline,
    baseline_text,
    load,
    update_baseline,
)
from pixpact.contracts.run.result import CheckResult
from pixpact.contracts.run.verdict import outcome
from pixpact.specs.openapi.problems import SourcePlace

TODAY = date(2026, 9, 21)
HERE = SourcePlace(Path("toy.yaml"), 1)


def claim(name):
    return Claim(f"toy:x:request/{name}", "request", "x", "", HERE, "it is taken")


def finding(name, kind="refused"):
    return Finding(claim(name), kind, "breaking", "x", f"/{name}", "it is taken", "422")


def result(*findings, kept=(), unchecked=()):
    judgements = [Judgement(it.claim, "broken", "", it.fingerprint) for it in findings]
    judgements += [Judgement(claim(name), "kept") for name in kept]
    judgements += [Judgement(claim(name), "unchecked", "timed out") for name in unchecked]
    return CheckResult("toy", "toy", "the mock in process", 0.0, 1.0, 0, tuple(judgements), findings)


def entry(fingerprint, name, reason="We know.", expires="2026-12-31"):
    lines = [f"- fingerprint: '{fingerprint}'", f"  claim: toy:x:request/{name}"]
    return "\n".join([*lines, f"  reason: {reason}", f"  expires: {expires}", ""])


@pytest.fixture
def baseline(tmp_path):
    def make(*entries):
        path = tmp_path / "baseline.yaml"
        path.write_text("accepted:\n" + "".join(entries))
        return load(path)

    return make


A, B = finding("a"), finding("b")


def test_an_accepted_finding_is_shown_and_does_not_count(baseline):
    """The exit code is that of a clean run; the finding stays in the result."""
    judged = apply_baseline(result(A), baseline(entry(A.fingerprint, "a")), TODAY)

    assert {A.fingerprint: "We know."} == judged.accepted
    assert (1, 0) == (outcome(result(A)).code, outcome(judged).code)
    assert (A,) == judged.findings
    assert () == judged.baseline_notes


def test_another_finding_on_the_same_claim_counts(baseline):
    """What is accepted is one way to break a claim, not the claim."""
    other = finding("a", kind="late")
    judged = apply_baseline(result(A, other), baseline(entry(A.fingerprint, "a")), TODAY)

    assert (other,) == judged.new


@pytest.mark.parametrize(("last", "code"), [("2026-09-22", 0), ("2026-09-21", 0), ("2026-09-20", 1)])
def test_an_entry_holds_up_to_its_last_day(baseline, last, code):
    """After it the finding counts again."""
    assert code == outcome(apply_baseline(result(A), baseline(entry(A.fingerprint, "a", expires=last)), TODAY)).code


def test_an_expired_entry_is_named(baseline):
    """With its line, so that it can be looked at."""
    held = baseline(entry(A.fingerprint, "a", expires="2026-01-01"))

    assert (f"{held.path}:2: toy:x:request/a expired on 2026-01-01 and counts again",) == (
        apply_baseline(result(A), held, TODAY).baseline_notes
    )


def test_an_entry_that_was_not_needed_is_named(baseline):
    """Its claim was judged, and kept."""
    held = baseline(entry(A.fingerprint, "a"))
    said = "is unused: this was not found; remove it, or run with --update-baseline"

    assert (f"{held.path}:2: toy:x:request/a {said}",) == apply_baseline(result(kept="a"), held, TODAY).baseline_notes


@pytest.mark.parametrize("last", ["2026-01-01", "2026-12-31"])
def test_an_entry_whose_claim_was_not_judged_is_neither_used_nor_unused(baseline, last):
    """Nothing is said of it: the run does not know."""
    judged = apply_baseline(result(unchecked="a"), baseline(entry(A.fingerprint, "a", expires=last)), TODAY)

    assert ({}, ()) == (judged.accepted, judged.baseline_notes)


def test_an_update_adds_what_is_new(baseline):
    """For a time, and with a reason that is still to be written; then the run is clean, and says so."""
    held = update_baseline(result(A, B), baseline(entry(A.fingerprint, "a", "Ticket 7.")), TODAY)
    judged = apply_baseline(result(A, B), held, TODAY)

    assert [("Ticket 7.", date(2026, 12, 31)), (UNEXPLAINED, date(2026, 12, 20))] == [
        (it.reason, it.expires) for it in held.entries
    ]
    assert 0 == outcome(judged).code
    assert (f"{held.path}: toy:x:request/b has no reason yet; write one",) == judged.baseline_notes


def test_an_update_takes_out_what_is_no_longer_found(baseline):
    """What was not judged stays as it is, expired or not."""
    held = baseline(entry(A.fingerprint, "a"), entry(B.fingerprint, "b", expires="2026-01-01"))

    assert held.entries[1:] == update_baseline(result(kept="a", unchecked="b"), held, TODAY).entries


def test_an_update_renews_what_has_expired(baseline):
    """Somebody asked for it; the reason stays."""
    held = update_baseline(result(A), baseline(entry(A.fingerprint, "a", "Ticket 7.", "2026-01-01")), TODAY)

    assert [("Ticket 7.", date(2026, 12, 20))] == [(it.reason, it.expires) for it in held.entries]


@pytest.mark.parametrize("name", ["baseline.yaml", "baseline.json"])
def test_what_is_written_can_be_read(tmp_path, name):
    """Reasons of any kind, and fingerprints that look like numbers to YAML, in both languages."""
    reasons = ["yes", "1: 2 # 3", "two\nlines", "- \"quoted\" 'text'", "漢字 🎨", "12e345"]
    fingerprints = ["1234567890123456", "12e3456789012345", "0123456789012345", "abcdef0123456789", "1e1" + "0" * 13]
    found = [finding(name) for name in "abcdef"]
    held = update_baseline(result(*found), load(tmp_path / name, may_be_missing=True), TODAY)
    entries = [
        replace(it, reason=reason, fingerprint=fingerprint)
        for it, reason, fingerprint in zip(held.entries, reasons, [*fingerprints, "f" * 16], strict=True)
    ]
    held = replace(held, entries=tuple(entries))
    held.write()

    assert baseline_text(held) == held.path.read_text()
    assert [(it.fingerprint, it.claim, it.reason, it.expires) for it in held.entries] == [
        (it.fingerprint, it.claim, it.reason, it.expires) for it in load(held.path).entries
    ]


def test_an_empty_file_is_an_empty_baseline(tmp_path):
    """So is one that holds remarks only, and the one that an update of a clean run writes."""
    path = tmp_path / "baseline.yaml"
    texts = ["", "# nothing yet\n", "accepted: []\n", "accepted:\n"]

    for text in texts:
        path.write_text(text)
        assert () == load(path).entries
    update_baseline(result(), load(path), TODAY).write()
    assert () == load(path).entries


def test_a_missing_file_is_an_error_unless_it_is_to_be_written(tmp_path):
    """A mistyped path must not make every finding count, or none."""
    path = tmp_path / "none.yaml"

    with pytest.raises(BaselineError, match=r"none.yaml baseline: there is no such file. Remedy: check the path"):
        load(path)
    assert () == load(path, may_be_missing=True).entries


GOOD = entry("0123456789abcdef", "a")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("accepted: 7", "1 baseline: there is no list `accepted`. Remedy: write `accepted: []`, or entries in it."),
        ("other: []\naccepted: []", "1 baseline: 'other' is unknown here. Remedy: write one list, `accepted`."),
        ("accepted: [7]", "1 baseline: an entry is not a mapping. Remedy: write fingerprint, claim, reason, expires."),
        (
            "accepted:\n" + GOOD.replace("reason: We know.", "reason:"),
            "4 baseline: the entry has no reason. Remedy: write why the finding is accepted.",
        ),
        (
            "accepted:\n" + GOOD.replace("  expires: 2026-12-31\n", ""),
            "2 baseline: the entry has no expires. Remedy: write the last day, such as 2026-12-31.",
        ),
        (
            "accepted:\n" + GOOD.replace("2026-12-31", "31.12.2026"),
            '5 baseline: expires is "31.12.2026". Remedy: write the last day, such as 2026-12-31.',
        ),
        (
            "accepted:\n" + GOOD.replace("2026-12-31", "2026-02-30"),
            '5 baseline: expires is "2026-02-30". Remedy: write the last day, such as 2026-12-31.',
        ),
        (
            "accepted:\n" + GOOD.replace("0123456789abcdef", "0123"),
            '2 baseline: fingerprint is "0123". Remedy: write the 16 digits that the report gives, in quotes.',
        ),
        (
            "accepted:\n" + GOOD.replace("expires", "expire"),
            "5 baseline: 'expire' is unknown here. Remedy: did you mean `expires`.",
        ),
        (
            "accepted:\n" + GOOD + GOOD,
            "6 baseline: the fingerprint 0123456789abcdef occurs twice (first in line 2). Remedy: keep one of them.",
        ),
        ("accepted: [", "2 yaml-syntax: "),
        ("- a\n", "1 yaml-syntax: holds no mapping. Remedy: write `accepted:` and a list below it."),
    ],
)
def test_a_bad_entry_is_named_with_its_line(tmp_path, text, said):
    """File, line, what is wrong, what would do."""
    path = tmp_path / "baseline.yaml"
    path.write_text(text)

    with pytest.raises(BaselineError) as caught:
        load(path)
    assert f"{path}:{said}" in str(caught.value)


def test_every_problem_is_reported_at_once(tmp_path):
    """One per entry at least."""
    path = tmp_path / "baseline.yaml"
    path.write_text("accepted:\n" + GOOD.replace("We know.", "''") + entry("x", "b") + "- 7\n")

    with pytest.raises(BaselineError) as caught:
        load(path)
    assert [4, 6, 10] == [problem.origin.line for problem in caught.value.problems]


def test_bytes_that_are_no_text_are_refused(tmp_path):
    """Not a traceback."""
    path = tmp_path / "baseline.yaml"
    path.write_bytes(b"accepted: \xff")

    with pytest.raises(BaselineError, match="cannot be read"):
        load(path)
