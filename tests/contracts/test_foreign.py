"""Vendors of shapes that none of the shipped ones has, written from specs/README.md alone: each is held to its spec."""

from __future__ import annotations

from pathlib import Path

import pytest

from pixpact.contracts.diff.compare.compare import ComparedContracts
from pixpact.contracts.diff.read.contract_version import read_version
from pixpact.contracts.diff.report import judged
from pixpact.specs.openapi.document import parse

FOREIGN = Path("fixtures/specs/foreign")


@pytest.mark.parametrize("name", sorted(path.stem for path in FOREIGN.glob("*.yaml")))
def test_a_vendor_of_another_shape_checks_clean(checked, name):
    """Nothing is broken, every probe is carried out, and nearly everything that can be judged is."""
    result = checked(f"{FOREIGN}/{name}.yaml")

    assert () == tuple(result.findings)
    assert () == result.failures
    assert result.coverage > 0.9


def test_both_modes_are_asked_for_where_the_condition_alone_says_how(checked, watched):
    """A header that is any text to its schema is sent as the condition wants it, with a task that is followed."""
    seen = watched()
    checked(f"{FOREIGN}/presto.yaml", seen)

    asked = {it.headers.get("prefer", "").partition(",")[0] for it in seen.asked if it.path == "/presto/jobs"}
    assert {"", "respond-async"} <= asked
    assert any(it.path.endswith("/output") for it in seen.asked)


def test_a_header_that_openapi_lets_nobody_declare_is_sent_too(checked, watched):
    """Accept, where it chooses the form of the response."""
    seen = watched()
    checked(f"{FOREIGN}/inkwell.yaml", seen)

    assert {"json"} <= {it.headers.get("accept") for it in seen.asked}


def test_files_of_a_form_are_handed_over_in_it(checked):
    """Their limits can be shown to hold without an upload."""
    kept = {it.claim.id for it in checked(f"{FOREIGN}/basalt.yaml").judgements if it.verdict == "kept"}

    assert {"basalt:compose:refusal/layers/*/x-image/" + rule for rule in ("bytes", "format", "width")} <= kept


CHANGED = [
    ("inkwell", "maxLength: 10000", "maxLength: 500", "request-maxLength-lowered"),
    ("presto", "maximum: 4,", "maximum: 2,", "request-maximum-lowered"),
    ("midway", "maximum: 1440", "maximum: 1024", "request-image-limit-changed"),
    ("basalt", "maxItems: 4", "maxItems: 2", "request-maxItems-lowered"),
    ("dash", "[w-turbo]", "[w-turbo-2]", "request-enum-value-removed"),
    ("numeric", "maximum: 9", "maximum: 5", "request-maximum-lowered"),
]


@pytest.mark.parametrize(("name", "old", "new", "rule"), CHANGED)
def test_a_change_of_such_a_vendor_is_told(name, old, new, rule):
    """By its rule, as breaking; a spec and itself differ in nothing."""
    path = FOREIGN / f"{name}.yaml"
    text = path.read_text()
    assert old in text
    base, revision = (read_version(parse(it, path), name) for it in (text, text.replace(old, new)))

    assert () == judged(ComparedContracts(base, base)).changes
    found = {change.rule: change.severity for change in judged(ComparedContracts(base, revision)).changes}
    assert "breaking" == found[rule]
