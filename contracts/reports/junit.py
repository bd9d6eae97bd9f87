"""Writes test cases as JUnit XML, in the form that Jenkins, GitLab and GitHub's readers share.

There is no standard. The output is valid against the schema of Jenkins' xUnit plug-in (junit-10.xsd).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal
from xml.etree.ElementTree import Element, SubElement, indent, tostring

Ending = Literal["passed", "failure", "error", "skipped"]


@dataclass(frozen=True, slots=True)
class TestCase:
    """One test case. `message` is one line, `text` may have several; `text` of a passed case is its output."""

    classname: str
    name: str
    ending: Ending = "passed"
    message: str = ""
    text: str = ""
    kind: str = ""


@dataclass(frozen=True, slots=True)
class TestSuite:
    """A group of test cases."""

    name: str
    cases: Sequence[TestCase]
    properties: Mapping[str, str] = field(default_factory=dict)

    def count(self, ending: Ending) -> int:
        """How many cases have this ending."""
        return sum(case.ending == ending for case in self.cases)


def xml(name: str, suites: Sequence[TestSuite], *, timestamp: str, seconds: float) -> str:
    """The XML text. `timestamp` is ISO 8601; `seconds` is the total: single cases have no time of their own."""
    root = Element("testsuites", {"name": name, "time": f"{seconds:.3f}", **_counts(suites)})
    for number, suite in enumerate(suites):
        about = {"name": suite.name, "id": str(number), "timestamp": timestamp, "time": "0.000"}
        skipped = {"skipped": str(suite.count("skipped"))}
        _fill(SubElement(root, "testsuite", about | _counts([suite]) | skipped), suite)
    indent(root)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + tostring(root, encoding="unicode") + "\n"


def _counts(suites: Iterable[TestSuite]) -> dict[str, str]:
    suites = list(suites)
    return {
        "tests": str(sum(len(suite.cases) for suite in suites)),
        "failures": str(sum(suite.count("failure") for suite in suites)),
        "errors": str(sum(suite.count("error") for suite in suites)),
    }


def _fill(element: Element, suite: TestSuite) -> None:
    if suite.properties:
        properties = SubElement(element, "properties")
        for name, value in suite.properties.items():
            SubElement(properties, "property", {"name": name, "value": value})
    for case in suite.cases:
        _write(SubElement(element, "testcase", {"classname": case.classname, "name": case.name, "time": "0.000"}), case)


def _write(element: Element, case: TestCase) -> None:
    if case.ending == "passed":
        if case.text:
            SubElement(element, "system-out").text = case.text
        return
    about = {"message": case.message} | ({"type": case.kind} if case.kind else {})
    SubElement(element, case.ending, about).text = case.text or None
