"""Reports on a comparison of two contracts."""

from __future__ import annotations

import json
from xml.etree import ElementTree

import pytest

from pixpact.contracts.diff.read.contract_version import read_version
from pixpact.contracts.diff.report import comparison
from pixpact.contracts.reports.diff_formats import COMPARED, DiffReport
from pixpact.specs.catalogue import SpecCatalogue

NOW = "2026-01-01T00:00:00Z"


@pytest.fixture(scope="module")
def reported():
    """A real change of a vendor, with what breaks and what does not."""
    catalogue = SpecCatalogue()
    base, revision = (read_version(catalogue.source(name).document(), name) for name in ("apimart", "apimart@2026-09"))
    return DiffReport(comparison(base, revision), None, 1, NOW)


def test_sarif_points_at_the_line_that_says_it_now(reported):
    """Each change is a result; what breaks is an error at the overlay's line."""
    log = json.loads(COMPARED["sarif"](reported))

    results = log["runs"][0]["results"]
    errors = [result for result in results if result["level"] == "error"]
    places = {error["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] for error in errors}
    assert (len(reported.comparison.changes), True) == (
        len(results),
        all(place.endswith("2026-09.yaml") for place in places),
    )


def test_annotations_are_of_what_matters(reported):
    """What breaks nothing is not annotated."""
    lines = COMPARED["github"](reported).splitlines()

    assert sum(change.severity != "info" for change in reported.comparison.changes) == len(lines)
    assert {"::error", "::warning"} >= {line.partition(" ")[0] for line in lines}


def test_junit_fails_what_breaks(reported):
    """A test case for each change; the broken ones fail."""
    root = ElementTree.fromstring(COMPARED["junit"](reported))

    breaking = sum(change.severity == "breaking" for change in reported.comparison.changes)
    assert (len(reported.comparison.changes), breaking) == (
        len(root.findall(".//testcase")),
        len(root.findall(".//failure")),
    )


def test_markdown_shows_the_proof(reported):
    """Each breaking change stands with its witness; the harmless ones are folded away."""
    page = COMPARED["markdown"](reported)

    assert "accepted before, refused now" in page
    assert f"<summary>{sum(change.severity == 'info' for change in reported.comparison.changes)} harmless" in page


def test_json_has_every_change(reported):
    """The document of `--report json`."""
    assert len(reported.comparison.changes) == len(json.loads(COMPARED["json"](reported))["changes"])
