"""Findings that an overlay of the vendor already describes."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
import yaml

from pixpact.contracts.judging.known_by_overlay import label_known
from pixpact.specs.catalogue import SpecCatalogue
from pixpact.wire.exchange import Trace

TOY = Path(__file__).parents[3] / "fixtures/specs/toy.yaml"


@pytest.fixture
def observed(tmp_path):
    """A contract in which the purse is told as a text."""
    action = {
        "target": "$.paths['/v2/purse'].get.responses['200'].content['application/json']",
        "update": {
            "schema": {"properties": {"left": {"type": "string"}}},
            "examples": {"purse": {"value": {"left": "9.9"}}},
        },
    }
    overlay = {"overlay": "1.0.0", "info": {"title": "Seen", "version": "1"}, "actions": [action]}
    (tmp_path / "observed.yaml").write_text(yaml.safe_dump(overlay))
    return SpecCatalogue().source(f"{TOY}@{tmp_path / 'observed.yaml'}").contract


@pytest.fixture
def found(checked, watched):
    """What differs where the purse is told as a text."""
    act = lambda asked: (200, {"left": "9.90", "spent": 1}) if asked.path.endswith("/purse") else None  # noqa: E731  # read in the next line
    return checked("fixtures/specs/toy.yaml", watched(act), only=lambda probe: probe.kind == "look").findings


def test_what_an_overlay_describes_is_known(found, observed):
    """Its trace is as it should be under the overlay."""
    assert ["type"] == [it.kind for it in found]
    assert ["toy@observed"] == [it.known for it in label_known(found, [("toy@observed", observed)])]


def test_the_first_overlay_that_fits_is_named(found, observed):
    """Overlays are asked in their order; one that says nothing about it is passed over."""
    plain = SpecCatalogue().source(str(TOY)).contract
    known = label_known(found, [("toy@same", plain), ("toy@first", observed), ("toy@second", observed)])

    assert ["toy@first"] == [it.known for it in known]


def test_another_fault_is_news(found):
    """No overlay describes it: the finding is as it was."""
    assert found == label_known(found, [("toy@same", SpecCatalogue().source(str(TOY)).contract)])


def test_what_was_seen_below_another_base_is_known(found, observed):
    """A gateway may serve the vendor below any path: its URL is a base like any other."""
    moved = [replace(it, trace=Trace(tuple(_moved(one) for one in it.trace))) for it in found]

    assert [""] == [it.known for it in label_known(moved, [("toy@observed", observed)])]
    base = "https://gateway.example/drawings"
    assert ["toy@observed"] == [it.known for it in label_known(moved, [("toy@observed", observed)], [base])]


def _moved(exchange):
    return replace(exchange, url="https://gateway.example/drawings/v2" + exchange.url.partition("/v2")[2])


def test_an_overlay_without_the_operation_explains_nothing(found):
    """It is another service's by then; the finding stays, and nothing breaks on the way."""
    submits = [
        replace(
            it, trace=Trace(tuple(replace(one, url="https://other.example/x").noted(role="start") for one in it.trace))
        )
        for it in found
    ]
    plain = SpecCatalogue().source(str(TOY)).contract

    assert [""] == [it.known for it in label_known(submits, [("toy@same", plain)])]


def test_without_a_trace_nothing_is_known(found, observed):
    """Nobody can tell."""
    bare = [replace(it, trace=Trace(())) for it in found]

    assert [""] == [it.known for it in label_known(bare, [("toy@observed", observed)])]


def test_without_findings_no_overlay_is_loaded():
    """A clean run does not pay for it."""
    assert () == label_known([], [("never", lambda: pytest.fail("this overlay was loaded"))])
