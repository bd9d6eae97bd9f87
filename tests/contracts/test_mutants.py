"""Every mutant is found, as one finding on the claim that it breaks; what is no mutant is not."""

from __future__ import annotations

import pytest

from pixpact.contracts.checks import CHECKS
from pixpact.specs.catalogue import SpecCatalogue
from pixpact.specs.openapi.document import read

from .beneath import BENEATH, Beneath
from .running import MUTANTS, ROOT, SWEEP, VENDORS, area_of, broken_by, checked, paint_once, ready, sampled, served

pytestmark = pytest.mark.sweep

OVERLAYS = [str(path.relative_to(MUTANTS)) for path in sorted(MUTANTS.glob("*/*.yaml"))]
FAULTS = [it for it in BENEATH if it.breaks]
QUIRKS = [it for it in BENEATH if not it.breaks]
WITHIN = ROOT / "fixtures" / "allowed"
ALLOWED = [str(path.relative_to(WITHIN)) for path in sorted(WITHIN.glob("*/*.yaml"))]
KEPT = {"ark": 0.93}
"""The share of claims that a clean run keeps, where it is not 95 %: such responses state no cost and no expiry."""
LISTED = read(MUTANTS / "unchecked.yaml").value


@pytest.fixture(scope="module", autouse=True)
def _painting() -> None:
    paint_once()


def test_there_are_mutants_of_every_vendor() -> None:
    """At least 60 changed contracts, and 15 changes beneath them, over all vendors."""
    assert len(OVERLAYS) >= 60
    assert len(FAULTS) >= 15
    assert set(VENDORS) == {fault.vendor for fault in FAULTS}
    assert set(SpecCatalogue().names()) == {name.partition("/")[0] for name in OVERLAYS}


def _kind(name: str) -> object:
    """What mutants are sampled by: the area of what they break; of the vendors of other shapes one is enough."""
    vendor, area = area_of(name)
    return (vendor, area) if vendor in VENDORS else vendor


@pytest.mark.parametrize("name", sampled(OVERLAYS, _kind))
def test_a_changed_contract_is_one_finding(name: str) -> None:
    """One root finding, on the claim that the mutant's file names; the claim itself is never said to be kept."""
    result = checked(name.partition("/")[0], served(MUTANTS / name))
    wanted = broken_by(MUTANTS / name)

    assert [wanted] == [finding.claim.id for finding in result.findings]
    assert "kept" not in {judgement.verdict for judgement in result.judgements if judgement.claim.id == wanted}


@pytest.mark.parametrize("name", sampled(ALLOWED, lambda name: name.partition("/")[0]))
def test_a_change_that_the_contract_allows_is_no_finding(name: str) -> None:
    """What is optional is left out, one of two documented forms is used, a task is over sooner."""
    assert () == checked(name.partition("/")[0], served(WITHIN / name)).findings


@pytest.mark.parametrize(
    "fault", sampled(FAULTS, lambda fault: (fault.vendor, fault.breaks.partition("/")[0])), ids=lambda it: it.name
)
def test_what_happens_beneath_the_contract_is_one_finding(fault: Beneath) -> None:
    """Bytes, statuses, headers, order and time: one root finding each."""
    result = checked(fault.vendor, around=fault.make())

    assert [f"{fault.vendor}:{fault.breaks}"] == [finding.claim.id for finding in result.findings]


@pytest.mark.parametrize("quirk", sampled(QUIRKS, lambda quirk: quirk.vendor), ids=lambda it: it.name)
def test_what_a_contract_leaves_open_is_no_finding(quirk: Beneath) -> None:
    """A look that fails now and then, a busy server, links that are signed anew, other spacing of the same JSON."""
    assert () == checked(quirk.vendor, around=quirk.make()).findings


@pytest.mark.parametrize("seed", [0, 1] if SWEEP else [0])
@pytest.mark.parametrize("vendor", VENDORS)
def test_the_mock_keeps_its_own_contract(vendor: str, seed: int) -> None:
    """No finding, most of all claims kept, and of the others each is listed with its reason."""
    result = checked(vendor, seed=seed)
    others = {judgement.claim.id: judgement.reason for judgement in result.judgements if judgement.verdict != "kept"}

    assert () == result.findings
    assert result.count("kept") >= KEPT.get(vendor, 0.95) * len(result.judgements)
    assert {f"{vendor}:{key}": reason for key, reason in LISTED[vendor].items()} == others


@pytest.mark.parametrize(
    "reference", ["apimart@2026-09", "apimart@observed", "apiyi@2026-09", "fasttoken@upstream", "toapis@observed"]
)
def test_the_mock_keeps_the_contracts_of_overlays(reference: str) -> None:
    """What later pages and recordings say is a contract like any other."""
    result = checked(reference)

    assert () == result.findings
    assert result.count("kept") >= 0.9 * len(result.judgements)


@pytest.mark.parametrize(
    ("vendor", "most"), [("apimart", 140), ("toapis", 95), ("apiyi", 90), ("fasttoken", 25), ("ark", 57)]
)
def test_the_whole_contract_takes_few_images(vendor: str, most: int) -> None:
    """What a vendor would charge for the whole plan is bounded, by whichever field counts images there."""
    assert ready(vendor).plan.images <= most


NEEDED_FOR = {
    "acceptance": "fasttoken/seed-lower",
    "refusal": "fasttoken/seed-unlimited",
    "status": "fasttoken/status-202",
    "content_type": "apiyi/problem-json",
    "headers": "toapis/retry-after-as-date",
    "body": "fasttoken/data-renamed",
    "unknown_fields": "fasttoken/request-id-in-answer",
    "bindings": "fasttoken/model-renamed-in-answer",
    "links": "toapis/own-id-not-found",
    "lifecycle": "apimart/completed-at-99",
    "images": "fasttoken/tier-smaller",
    "streaming": "apiyi/stream-without-completed",
    "isolation": "reads-anothers-task",
    "billing": "apimart/charged-twice",
}
"""A mutant that each check is needed for."""


@pytest.mark.parametrize("check", CHECKS, ids=lambda it: it.__name__)
def test_every_check_is_needed(check: object) -> None:
    """Without it a mutant survives: its claim is not found to be broken."""
    name = NEEDED_FOR[getattr(check, "__name__", "")]
    others = tuple(it for it in CHECKS if it is not check)
    fault = next((it for it in FAULTS if it.name == name), None)
    if fault is not None:
        wanted, result = f"{fault.vendor}:{fault.breaks}", checked(fault.vendor, around=fault.make(), checks=others)
    else:
        path = MUTANTS / f"{name}.yaml"
        wanted, result = broken_by(path), checked(path.parent.name, served(path), checks=others)

    assert wanted not in {finding.claim.id for finding in result.findings}


@pytest.mark.parametrize("vendor", sorted(set(SpecCatalogue().names()) - set(VENDORS)))
def test_a_vendor_of_another_shape_keeps_its_own_contract(vendor: str) -> None:
    """No finding, nothing that could not be sent, and most of all claims kept."""
    result = checked(vendor)

    assert () == result.findings
    assert () == result.failures
    assert result.count("kept") >= 0.9 * len(result.judgements)
