"""What a newly demanded field hides: the rules of the others are seen once it is in the request."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from pixpact.cli.in_process import IN_PROCESS, against_mock
from pixpact.contracts.run.check import RunOptions
from pixpact.specs.catalogue import SpecCatalogue
from pixpact.specs.lint.lint import contract_of
from pixpact.specs.openapi import overlay
from pixpact.specs.openapi.document import parse

from ..running import MUTANTS, paint_once, ready, served

CHANGES = """
overlay: 1.0.0
info: {title: Any word is a format, version: changed}
actions:
- {target: $.components.schemas.Image.properties.response_format.enum, remove: true}
- {target: $.components.schemas.Image.properties.response_format, update: {type: string}}
"""


def found(document) -> set[str]:
    """The claims that a check of the unchanged contract finds broken."""
    there = contract_of(document, "fasttoken")
    result = asyncio.run(against_mock(ready("fasttoken"), there, RunOptions(means=IN_PROCESS)))
    return {finding.claim.id.partition(":")[2] for finding in result.findings}


def test_a_rule_that_nobody_enforces_is_seen_behind_a_field_that_is_demanded() -> None:
    """Requests without `size` are all refused for it; with it, one that breaks another rule is taken."""
    paint_once()
    drifted = SpecCatalogue().source(f"fasttoken@{MUTANTS / 'fasttoken' / 'size-required.yaml'}").document()
    both = overlay.apply_overlay(drifted, parse(CHANGES, Path("changes.yaml")))

    assert {"createImage:request/Image/size/left-out", "createImage:refusal/Image/response_format/enum"} == found(both)


def test_a_field_that_is_demanded_hides_nothing_where_all_is_enforced() -> None:
    """One finding, and every rule of the others is seen to be kept."""
    paint_once()
    there = served(MUTANTS / "fasttoken" / "size-required.yaml")
    result = asyncio.run(against_mock(ready("fasttoken"), there, RunOptions(means=IN_PROCESS)))
    refusals = [it.verdict for it in result.judgements if it.claim.area == "refusal"]

    assert ["fasttoken:createImage:request/Image/size/left-out"] == [it.claim.id for it in result.findings]
    assert {"kept"} == set(refusals)


@pytest.mark.sweep
def test_a_field_that_the_contract_does_not_know_is_demanded() -> None:
    """No value of the requests is to blame, though those of another model are taken."""
    paint_once()
    there = served(MUTANTS / "apiyi" / "user-required.yaml")
    result = asyncio.run(against_mock(ready("apiyi"), there, RunOptions(means=IN_PROCESS)))

    assert ["apiyi:createImage:request/together"] == [it.claim.id for it in result.findings]
