"""The labelled pairs of `fixtures/changes/`: one change each, and what is to be said of it."""

from __future__ import annotations

import pytest

from pixpact.contracts.diff.compare.compare import compare
from pixpact.contracts.diff.report import comparison

from .conftest import Pair, pairs, verdict_of

ALL = pairs()


def judged(pair: Pair) -> str:
    """What is said of the pair's change; `compatible` where there is rightly none."""
    changes = {change.rule: change for change in comparison(pair.before, pair.after).changes}
    if pair.rule == "none":
        return "compatible" if not changes else f"told of {sorted(changes)}"
    return verdict_of(changes[pair.rule]) if pair.rule in changes else f"only told of {sorted(changes)}"


@pytest.mark.parametrize("pair", ALL, ids=lambda pair: pair.name)
def test_a_pair_is_decided_right_or_not_at_all(pair: Pair) -> None:
    """A wrong verdict is worse than none."""
    assert judged(pair) in (pair.verdict, "undecided")


@pytest.mark.parametrize("pair", ALL, ids=lambda pair: pair.name)
def test_nothing_else_is_reported(pair: Pair) -> None:
    """One change is reported once, under its rule; backwards it is its mirror."""
    reported = {change.rule for change in comparison(pair.before, pair.after).changes}

    assert reported - set(pair.also) <= {pair.rule}
    assert set(compare(pair.before, pair.after)) == {it.mirrored() for it in compare(pair.after, pair.before)}


def test_nearly_all_are_decided() -> None:
    """At least 98 in 100, of at least 120; every pair says what another tool calls such a change."""
    expected = [pair for pair in ALL if pair.verdict != "undecided"]
    open_ = [pair.name for pair in expected if judged(pair) == "undecided"]

    assert len(ALL) >= 120
    assert len(open_) <= len(expected) * 0.02, open_
    assert all(pair.elsewhere for pair in ALL)


def test_both_directions_and_all_verdicts_are_among_them() -> None:
    """The pairs are not one-sided."""
    verdicts = [pair.verdict for pair in ALL]

    assert {"breaking", "compatible", "warning", "info", "undecided"} == set(verdicts)
    assert min(verdicts.count("breaking"), verdicts.count("compatible")) > 80
