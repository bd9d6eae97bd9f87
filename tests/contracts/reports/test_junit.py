"""The JUnit report: a test case for each claim."""

from __future__ import annotations

from xml.etree import ElementTree

import pytest

from pixpact.contracts.reports import FORMATS
from pixpact.contracts.run.verdict import CleanDemands

# What the schema of Jenkins' xUnit plug-in (junit-10.xsd) allows: children and attributes by element.
ALLOWED = {
    "testsuites": ({"testsuite"}, {"name", "time", "tests", "failures", "errors"}),
    "testsuite": (
        {"properties", "testcase"},
        {"name", "id", "timestamp", "time", "tests", "failures", "errors", "skipped"},
    ),
    "properties": ({"property"}, set()),
    "property": (set(), {"name", "value"}),
    "testcase": ({"failure", "error", "skipped", "system-out"}, {"classname", "name", "time"}),
    "failure": (set(), {"message", "type"}),
    "error": (set(), {"message", "type"}),
    "skipped": (set(), {"message"}),
    "system-out": (set(), set()),
}


def read(view):
    return ElementTree.fromstring(FORMATS["junit"](view))


def case(root, name):
    return next(it for it in root.iter("testcase") if it.get("name").endswith(name))


@pytest.fixture
def root(full):
    return read(full)


def test_readers_know_every_element(root):
    """Nothing that a strict reader would refuse."""
    unknown = [
        (element.tag, child.tag, *element.keys())
        for element in root.iter()
        for child in [element, *element]
        if (child is not element and child.tag not in ALLOWED[element.tag][0])
        or not set(element.keys()) <= ALLOWED[element.tag][1]
    ]

    assert [] == unknown


def test_a_suite_for_each_area(root):
    """Claims are grouped by what they are about; the run itself has a suite too."""
    areas = ["request", "refusal", "normalisation", "answer", "image", "isolation", "run"]

    assert [f"toy@2027.{area}" for area in areas] == [suite.get("name") for suite in root]


def test_the_counts_are_those_of_the_cases(root):
    """What a reader adds up is what is written."""
    for suite in root:
        for attribute, tag in (("tests", None), ("failures", "failure"), ("errors", "error"), ("skipped", "skipped")):
            cases = suite.findall("testcase") if tag is None else suite.findall(f"testcase/{tag}")
            assert len(cases) == int(suite.get(attribute))
    assert len(list(root.iter("testcase"))) == int(root.get("tests"))


def test_a_new_finding_is_a_failure(root):
    """With its kind, what was seen, the place, and the command."""
    failure = case(root, "request/ink-1/copies/maximum").find("failure")

    assert "refused" == failure.get("type")
    assert "breaking: 422: copies must be at most 3" == failure.get("message")
    assert "fixtures/specs/toy.yaml:" in failure.text
    assert "$PIXPACT_API_KEY" in failure.text


def test_a_claim_that_breaks_by_the_same_fault_points_at_it(root):
    """Nothing is reported twice."""
    failure = case(root, "size/default").find("failure")

    assert "breaks for the same reason as startDrawing:request/ink-1/copies/maximum" == failure.get("message")


def test_what_the_baseline_accepts_is_skipped(root):
    """With the reason that somebody gave."""
    assert "broken, accepted: It reads well enough." == case(root, "unauthenticated").find("skipped").get("message")


def test_what_was_not_judged_is_skipped(root):
    """With the reason."""
    assert "not checkable: needs a wait of 1 h" == case(root, "expiry").find("skipped").get("message")


def test_a_finding_below_the_floor_passes_and_is_reported(toy):
    """The document fails where the exit code does."""
    root = read(toy.view(toy.finding(toy.copies, severity="info")))

    assert "0" == root.get("failures")
    assert case(root, "copies/maximum").find("system-out").text.startswith("info: 422")


def test_a_run_that_could_not_check_is_an_error(toy):
    """Readers of JUnit see no exit code."""
    failed = toy.view(failures=("the endpoint did not answer",), demands=CleanDemands(min_coverage=1.0))
    unjudged = toy.unjudged("image/late", "unchecked", "timed out")
    short = toy.view(judgements=(unjudged,), demands=CleanDemands(min_coverage=0.9))

    assert "the endpoint did not answer" == case(read(failed), "carried out").find("error").get("message")
    assert "0 % were judged" == case(read(short), "were judged").find("error").get("message")
