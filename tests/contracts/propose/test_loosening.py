"""A rule is loosened to what was taken, bounded by what was refused, and the description names what lies between."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from pathlib import Path

import pytest

from pixpact.cli.in_process import IN_PROCESS, against_mock
from pixpact.cli.propose import LimitWitness
from pixpact.contracts.limits.budget import SpendingCaps
from pixpact.contracts.propose.propose import ProposedOverlay
from pixpact.contracts.run.check import RunOptions, prepare_run
from pixpact.specs.catalogue import SpecCatalogue
from pixpact.specs.contract.model import Contract
from pixpact.specs.lint.lint import contract_of
from pixpact.specs.openapi import overlay
from pixpact.specs.openapi.document import at, parse

from ..running import paint_once


@pytest.fixture(scope="module", autouse=True)
def _painting() -> None:
    paint_once()


def changed(target: str, update: str) -> Contract:
    """The contract of the smallest vendor with one update of its document."""
    text = f"overlay: 1.0.0\ninfo: {{title: t, version: v}}\nactions:\n- {{target: {target}, update: {update}}}"
    document = SpecCatalogue().source("fasttoken").document()
    return contract_of(overlay.apply_overlay(document, parse(text, Path("change.yaml"))), "fasttoken")


def proposed(base: Contract, there: Contract, claim: str, images: int) -> ProposedOverlay:
    """What is proposed after a check of the claims about one field, with a cap on images."""
    witness = LimitWitness(base)
    means = replace(IN_PROCESS, images=images)
    run = RunOptions(means=means, recorded=witness.saw, afterwards=witness.afterwards)
    ready = prepare_run(base, run)
    some = tuple(it for it in ready.plan.probes if any(claim in key for key in it.claims))
    ready = replace(ready, plan=replace(ready.plan, probes=some))
    return witness.proposed(asyncio.run(against_mock(ready, there, run, SpendingCaps(4000, images))))


def test_an_enum_takes_in_what_was_taken_and_not_what_was_refused() -> None:
    """One word beside those that it lists was taken, and no other was tried: the enum stays, and says so."""
    target = "$.components.schemas.Image.properties.response_format"
    base, there = changed(target, "{title: t}"), changed(target, "{enum: [pixpact-unknown]}")
    said = proposed(base, there, "response_format", 6)

    assert ["url", "b64_json", "pixpact-unknown"] == at(
        said.contract.document.value, "/components/schemas/Image/properties/response_format/enum"
    )
    assert ["pixpact-unknown is accepted too; any other is unknown"] == [it.said for it in said.proposals]


def test_a_maximum_is_not_taken_for_none_where_nothing_was_left_to_look_for_it() -> None:
    """Of a cap that is spent, the limit cannot be looked for: it moves to what was taken, and no further."""
    target = "$.components.schemas.Seed3.properties.guidance_scale"
    said = proposed(changed(target, "{title: t}"), changed(target, "{maximum: 40}"), "guidance_scale/maximum", 1)

    assert ["maximum is 11; above that is unknown"] == [it.said for it in said.proposals]


def test_a_pattern_takes_in_the_form_that_was_taken() -> None:
    """Data URIs of PNG were taken, and nothing else is promised of them."""
    target = "$.components.schemas.Reference"
    base = changed(target, "{pattern: '^https?://'}")
    said = proposed(base, changed(target, "{title: t}"), "Reference/pattern", 6)

    pattern = at(said.contract.document.value, "/components/schemas/Reference/pattern")
    assert "^(https?://|data:image/png;base64,)" == pattern
    assert ["data:image/png;base64, at the beginning is accepted too"] == [
        it.said.partition("; ")[0] for it in said.proposals
    ]
    assert () == said.left
