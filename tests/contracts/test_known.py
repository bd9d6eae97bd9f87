"""Findings that an overlay of the vendor already describes."""

from __future__ import annotations

from dataclasses import replace

import pytest

from pixpact.contracts.known import labelled
from pixpact.specs.catalogue import Catalogue

TOAPIS = "toapis"


def overlays(*names):
    return [(name, Catalogue().source(name).contract) for name in names]


@pytest.fixture(scope="module")
def found(contract):
    """What differs between the contract and a mock of what was observed."""
    from pixpact.checking import in_process

    return in_process(contract("toapis"), contract("toapis@observed")).findings


def test_what_an_overlay_describes_is_known(found):
    """Its trace is as it should be under the overlay."""
    assert found
    assert {"toapis@observed"} == {it.known for it in labelled(found, overlays("toapis@observed"))}


def test_the_first_overlay_that_fits_is_named(found):
    """Overlays are asked in their order."""
    twice = [("first", Catalogue().source("toapis@observed").contract), *overlays("toapis@observed")]

    assert {"first"} == {it.known for it in labelled(found, twice)}


def test_another_fault_is_not_known(found):
    """An overlay that says nothing about it leaves a finding as it was: news."""
    assert {""} == {it.known for it in labelled(found, [("toapis@same", Catalogue().source("toapis").contract)])}


def test_without_a_trace_nothing_is_known(found):
    """Nobody can tell."""
    bare = [replace(it, trace=type(it.trace)(())) for it in found]

    assert {""} == {it.known for it in labelled(bare, overlays("toapis@observed"))}


def test_without_findings_no_overlay_is_loaded():
    """A clean run does not pay for it."""
    assert () == labelled([], [("never", lambda: pytest.fail("this overlay was loaded"))])
