"""From judgements to findings: what breaks together is one, what follows from another is none."""

from __future__ import annotations

from dataclasses import replace

import pytest

from pixpact.contracts.checks.observation import Observation
from pixpact.contracts.judging import attribution
from pixpact.contracts.judging.attribution import findings_of, judgements
from pixpact.contracts.judging.observation_log import ObservationLog
from pixpact.contracts.plan.probe import Probe
from pixpact.contracts.traffic.case import CaseReader
from pixpact.wire.exchange import Exchange, Trace

TOY = "fixtures/specs/toy.yaml"
TAKE = Probe("take-001", "take", "startDrawing", "an order")


@pytest.fixture
def book(claims):
    """The claims of the toy by what stands in their ids."""

    def find(*parts):
        return next(claim for claim in claims(TOY).all if all(part in claim.id for part in parts))

    return find


@pytest.fixture
def ledger(claims):
    return ObservationLog(claims(TOY), ())


@pytest.fixture
def case(claims):
    asked = Exchange(1.0, "POST", "https://api.toy.example/v2/drawings", status=400, note={"probe": "take-001"})
    return CaseReader(claims(TOY)).case(Trace((asked,)))


def broken(*claims, kind="refused", **more):
    return Observation(claims, False, kind=kind, observed="400", steps=(0,), **more)


def ids(ledger):
    return [finding.claim.id.partition(":")[2] for finding in findings_of(ledger, lambda trace: "")]


def test_the_same_claim_broken_twice_is_one_finding(ledger, case, book):
    """It says how often it was seen."""
    for _ in range(3):
        ledger.add(broken(book("request/", "copies", "left-out")), case, TAKE)
    found = findings_of(ledger, lambda trace: "")

    assert [3] == [finding.seen for finding in found]


def test_parts_of_one_statement_are_the_statement(ledger, case, book, claims):
    """Two rows of a table are the table; one row is the row."""
    rows = [claim for claim in claims(TOY).all if "/pixels/" in claim.id and claim.group]
    ledger.add(broken(rows[0], kind="pixels"), case, TAKE)
    assert [rows[0].id.partition(":")[2]] == ids(ledger)

    ledger.add(broken(rows[1], kind="pixels"), case, TAKE)
    assert [rows[0].group.partition(":")[2]] == ids(ledger)


def test_one_cause_is_one_finding(ledger, case, claims):
    """Judgements with the same root, wherever they are about."""
    first, second = [claim for claim in claims(TOY).all if claim.id.endswith("/x-value")][:2]
    ledger.add(broken(second, kind="binding", root="milliseconds"), case, TAKE)
    ledger.add(broken(first, kind="binding", root="milliseconds"), case, TAKE)
    (found,) = findings_of(ledger, lambda trace: "")

    assert (first, (second,)) == (found.claim, found.claims)


def test_faults_with_nothing_in_common_stay_apart(ledger, case, claims):
    """Two roots are two findings."""
    first, second = [claim for claim in claims(TOY).all if claim.id.endswith("/x-value")][:2]
    ledger.add(broken(first, kind="binding", root="$task.id"), case, TAKE)
    ledger.add(broken(second, kind="binding", root="$task.createdAt"), case, TAKE)

    assert 2 == len(ids(ledger))


def test_of_two_suspects_the_statement_that_is_broken_elsewhere_is_at_fault(ledger, case, claims):
    """Operations share schemas: what one shows for certain, another only shows together with other claims."""
    innocent, guilty = [claim for claim in claims(TOY).all if claim.id.endswith("/x-value")][:2]
    elsewhere = replace(guilty, id="toy:otherDrawing:answer/elsewhere", operation="otherDrawing")
    ledger.add(broken(guilty, kind="binding"), case, TAKE)
    ledger.add(broken(innocent, elsewhere, kind="binding"), case, TAKE)

    assert [guilty, elsewhere] == [claim for claim, _ in attribution._blamed(ledger)]


def test_an_observation_that_joins_two_faults_loses_none(ledger, case, claims):
    """They become one finding; a third fault, and what joins it later, stays apart."""
    first, second, third = [claim for claim in claims(TOY).all if claim.id.endswith("/x-value")][:3]
    ledger.add(broken(first, kind="binding", root="early"), case, TAKE)
    ledger.add(broken(second, kind="other", root="late"), case, TAKE)
    ledger.add(broken(third, kind="third", root="apart"), case, TAKE)
    ledger.add(broken(second, kind="other", root="early"), case, TAKE)
    ledger.add(broken(third, kind="fourth", root="apart"), case, TAKE)
    findings = findings_of(ledger, lambda trace: "")

    assert [{first.id, second.id}, {third.id}] == [{one.claim.id, *(x.id for x in one.claims)} for one in findings]
    assert [3, 2] == [finding.seen for finding in findings]


def test_what_was_seen_to_be_kept_is_cleared(ledger, case, book):
    """Of several suspects the one that nothing clears is to blame."""
    guilty, innocent = book("request/", "copies", "left-out"), book("request/", "prompt", "type")
    ledger.add(broken(innocent, guilty), case, TAKE)
    ledger.add(Observation((innocent,), True), case, TAKE)
    ledger.add(Observation((ledger.claims.valid["startDrawing"],), True), case, TAKE)

    assert [guilty.id.partition(":")[2]] == ids(ledger)


def test_where_nothing_was_taken_nothing_in_particular_is_to_blame(ledger, case, book):
    """All requests are refused: that is the claim that what keeps every rule is taken."""
    ledger.add(broken(book("request/", "copies", "left-out"), book("request/", "prompt", "type")), case, TAKE)

    assert ["startDrawing:request/together"] == ids(ledger)


def test_a_refusal_names_what_requests_are_refused_for(ledger, case, book, claims):
    """Not the field that a probe made wrong: a consequence, no finding."""
    field = next(claim for claim in claims(TOY).all if claim.area == "answer" and claim.id.endswith("/x-value"))
    named = broken(field, kind="binding", root="$violation.field", promised="it says $violation.field")
    ledger.add(named, case, TAKE)
    assert 1 == len(ids(ledger))

    ledger.add(broken(book("request/", "copies", "left-out")), case, TAKE)
    assert [book("request/", "copies", "left-out").id.partition(":")[2]] == ids(ledger)


def test_the_verdict_of_every_claim(ledger, case, book):
    """Broken with its finding, kept, not checkable, or unchecked with the finding that is in the way."""
    wrong, right, waiting = (
        book("request/", "copies", "left-out"),
        book("request/", "prompt", "type"),
        book("/terminal"),
    )
    ledger.add(broken(wrong), case, replace(TAKE, claims=(waiting.id,)))
    ledger.add(Observation((right,), True), case, TAKE)
    found = findings_of(ledger, lambda trace: "")
    beyond = book("image/open")
    verdicts = {
        judgement.claim.id: (judgement.verdict, judgement.reason)
        for judgement in judgements(ledger, found, {beyond.id: "a reason"})
    }

    assert ("broken", "") == verdicts[wrong.id]
    assert ("kept", "") == verdicts[right.id]
    assert ("not-checkable", "a reason") == verdicts[beyond.id]
    assert ("unchecked", f"blocked by {found[0].fingerprint}") == verdicts[waiting.id]
    assert len(verdicts) == len(ledger.claims.all)


def lasting(claim):
    return Observation((claim,), False, "status", "breaking", "", "400", "answered 500", "500", steps=(0,), always=True)


@pytest.mark.parametrize(
    ("times", "kept_once", "expected"),
    [(1, False, 0), (2, False, 1), (5, False, 1), (5, True, 0)],
    ids=["once", "twice", "always", "not always"],
)
def test_a_server_that_fails_is_a_finding_when_it_always_does(claims, case, book, times, kept_once, expected):
    """Once it may be busy; where anything was answered as documented, it can."""
    claim = book("startDrawing", "refusal/invalid-request")
    ledger = ObservationLog(claims(TOY), (lambda _, __: iter([lasting(claim)]),))
    for _ in range(times):
        ledger.judge(TAKE, case)
    if kept_once:
        ledger.add(Observation((claim,), True), case, TAKE)

    assert expected == len(findings_of(ledger, lambda trace: ""))


def test_a_field_that_is_added_everywhere_is_one_finding(ledger, case, claims):
    """A gateway in front adds it to whatever passes; another field is another finding."""
    members = [claim for claim in claims(TOY).all if claim.id.endswith("/members")][:3]
    for claim, name in zip(members, ("trace_id", "trace_id", "extra"), strict=True):
        ledger.add(broken(claim, kind="unknown-member", pointer=f"/{name}"), case, TAKE)

    assert [2, 1] == [1 + len(finding.claims) for finding in findings_of(ledger, lambda trace: "")]
