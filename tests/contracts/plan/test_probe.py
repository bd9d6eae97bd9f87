"""A probe: plain values that can be written down."""

from __future__ import annotations

from decimal import Decimal

import pytest

from pixpact.contracts.plan.probe import Probe

FULL = Probe(
    "take-007",
    "take",
    "createImage",
    "two images",
    claims=("v:o:request/n/enum/2", "v:o:image/count"),
    media="application/json",
    body={"n": 2, "deep": {"list": [1, None, "ü"]}},
    query=(("page", "1"),),
    headers=(("X-Key", "a"),),
    path=(("id", "t/1"),),
    images=2,
    price="0.05",
    axis="v:o:request/n",
    alone=True,
)


@pytest.mark.parametrize("probe", [FULL, Probe("look-001", "poll", "getBalance", "the balance")])
def test_it_comes_back_as_it_was_written(probe):
    """Lists that JSON makes of pairs are pairs again."""
    assert probe == Probe.from_json(probe.to_json())


def test_only_what_is_unusual_is_written():
    """A line of a plan file can be read by people."""
    assert {"id": "look-001", "kind": "look", "operation": "o", "what": "w"} == Probe(
        "look-001", "look", "o", "w"
    ).to_json()


def test_what_it_costs_at_most():
    """Exactly, and unknown where the price is."""
    assert Decimal("0.10") == FULL.cost
    assert None is Probe("a", "take", "o", "w", images=2).cost


@pytest.mark.parametrize("written", [{"id": "a", "colour": "red"}, {"id": "a"}, {"id": "a", "query": 3}])
def test_what_is_no_probe_is_refused(written):
    """Another program's line, or a damaged one."""
    with pytest.raises((TypeError, ValueError)):
        Probe.from_json(written)
