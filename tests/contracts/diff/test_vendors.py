"""The overlays of this repository: the story told of each is true."""

from __future__ import annotations

from functools import cache

import pytest

from pixpact.contracts.diff.compare.compare import ComparedContracts, compare
from pixpact.contracts.diff.read.contract_version import ContractVersion, read_version
from pixpact.contracts.diff.report import ContractComparison, judged
from pixpact.specs.catalogue import SpecCatalogue

CATALOGUE = SpecCatalogue()
OVERLAID = [(vendor, overlay) for vendor in CATALOGUE.names() for overlay in CATALOGUE.overlays(vendor)]


PIXELS = (
    "the limit of the pixels of size is at least 921600 and at most 16777216 and at least 3686400; "
    "it was at least 921600 and at most 16777216"
)


@cache
def side(name: str) -> ContractVersion:
    source = CATALOGUE.source(name)
    return read_version(source.document(), source.name)


@cache
def reported(vendor: str, overlay: str) -> ContractComparison:
    return judged(ComparedContracts(side(vendor), side(f"{vendor}@{overlay}")))


@pytest.mark.parametrize("vendor", CATALOGUE.names())
def test_a_vendor_does_not_differ_from_itself(vendor: str) -> None:
    """However it is written."""
    assert () == compare(side(vendor), side(vendor))


@pytest.mark.parametrize(("vendor", "overlay"), OVERLAID)
def test_read_backwards_the_same_differs(vendor: str, overlay: str) -> None:
    """Added is removed, before is after."""
    base, revision = side(vendor), side(f"{vendor}@{overlay}")

    assert set(compare(base, revision)) == {it.mirrored() for it in compare(revision, base)}


@pytest.mark.sweep
@pytest.mark.parametrize(("vendor", "overlay"), OVERLAID)
def test_what_breaks_has_a_witness(vendor: str, overlay: str) -> None:
    """And every change has a line, on both sides where both say something."""
    comparison = reported(vendor, overlay)

    assert [] == [
        change.rule for change in comparison.changes if change.severity == "breaking" and change.witness is None
    ]
    assert [] == [change.rule for change in comparison.changes if change.before is None and change.after is None]


@pytest.mark.parametrize(
    ("vendor", "overlay", "expected"),
    [
        (
            "apimart",
            "2026-09",
            [
                "image_urls[] must match ^https?://; it was ^(https?://|data:image/(jpeg|png);base64,)",
                "image_urls + n together must be at most 15",
                "data can be object generation.task or generation.result",
                "error.code may be integer or string; it was integer",
            ],
        ),
        (
            "apimart",
            "observed",
            [
                "the lifetime of a result is 86400; it was 259200",
                "error.code may be integer or string; it was integer",
                "error.code may be left out",
            ],
        ),
        (
            "apiyi",
            "2026-09",
            [
                PIXELS,
                "the promised number of images changed",
            ],
        ),
        (
            "toapis",
            "observed",
            [
                "object may be image.generation",
                "status may be submitted or pending",
                "the body can be ErrorBody",
                "error.code may be left out",
            ],
        ),
    ],
)
def test_what_breaks(vendor: str, overlay: str, expected: list[str]) -> None:
    """In the words a user reads."""
    assert sorted(expected) == sorted(it.message for it in reported(vendor, overlay).at_least("breaking"))


def test_what_is_promised_differs_for_a_request_both_take() -> None:
    """`n` no longer counts: the witness is a request for two images."""
    change = next(it for it in reported("apiyi", "2026-09").changes if it.rule == "images-count-changed")

    assert change.witness is not None
    assert "promise" == change.witness.kind
    assert 2 == change.witness.content["n"]
    assert "accepted by both; promised 1 image, before 2 images" == change.witness.says
