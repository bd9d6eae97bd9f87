"""What is tried: texts for patterns, images for limits."""

from __future__ import annotations

import re

import pytest

from pixpact.contracts.diff.proof import images as images
from pixpact.contracts.diff.regex.samples import samples
from pixpact.wire.images import from_data_uri, read_image_facts


@pytest.mark.parametrize(
    "pattern",
    [
        "^(https?://|data:image/(jpeg|png);base64,)",
        "^[!-~]{1,191}$",
        "^[1-9][0-9]{0,5}x[1-9][0-9]{0,5}$",
        "^[^a-z]{2}$",
        "a|b+",
        "^\\d{3}-\\w+$",
    ],
)
def test_samples_match_their_pattern(pattern: str) -> None:
    """Some of each alternative."""
    found = samples(pattern)

    assert found
    assert [] == [text for text in found if not re.search(pattern, text)]


@pytest.mark.parametrize("pattern", ["(?i)x", "^(?=a)b", "[a-", "(a", "\\k<name>"])
def test_what_is_not_read_gives_nothing(pattern: str) -> None:
    """Rather than something wrong."""
    assert () == samples(pattern)


def test_a_png_of_any_size() -> None:
    """Real images, judged as the mock judges them."""
    plain, seen = read_image_facts(images.png(1921, 17)), read_image_facts(images.png(64, 64, True, 5000))

    assert plain is not None
    assert seen is not None
    assert ("png", 1921, 17, False, True) == (plain.format, plain.width, plain.height, plain.alpha, plain.complete)
    assert (True, 5000, True) == (seen.alpha, seen.bytes, seen.complete)


def test_one_image_of_each_format() -> None:
    """So that a list of formats can be tried."""
    found = [read_image_facts(from_data_uri(text) or b"") for text in images.texts("format", [])]

    assert [("png", True), ("jpeg", True), ("gif", True), ("tiff", True), ("webp", True), ("bmp", True)] == [
        (it.format, it.complete) for it in found if it is not None
    ]


@pytest.mark.parametrize(
    ("name", "rule", "expected"),
    [
        ("pixels", {"maximum": 1000}, ["40x25", "37x27", "143x7"]),
        ("width", {"minimum": 14}, ["14x14", "13x13"]),
    ],
)
def test_sizes_lie_on_both_sides_of_a_limit(name: str, rule: dict[str, int], expected: list[str]) -> None:
    """At the bound, one below and one above."""
    found = set(images.sizes(name, [rule]))

    assert found & set(expected)
