"""Patterns as regular languages and as samples: what one matches and the other does not, said by validators too."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pixpact.contracts.diff.regex.comparison import outside, within
from pixpact.contracts.diff.regex.language import LanguageTooLarge
from pixpact.contracts.diff.regex.pattern import UnsupportedPattern
from pixpact.contracts.diff.regex.samples import samples
from pixpact.specs.openapi.containment import StandaloneSchema

PATTERNS = [
    "",
    "abc",
    "^abc",
    "c$",
    "^$",
    "^[0-9]+$",
    r"^\d+$",
    r"^\w+$",
    "^[a-c]{2,3}$",
    "^[a-c]{2}$",
    "^(a|b)c?$|^c$",
    "^(a|bc)*$",
    "^(?!a).*$",
    "^(?=.*[0-9]).{2,}$",
    r"^[^a\d]*$",
    "^(?:ab)+?$",
    r"\.",
    r"^https?://",
    r"^\s*\S+$",
    r"^\x61\u0062$",
]
ALPHABET = "abc01. :/-AZ"


def matches(pattern: str, text: str) -> bool:
    return StandaloneSchema({"pattern": pattern}).holds(text)


@pytest.mark.parametrize("other", PATTERNS)
@pytest.mark.parametrize("pattern", PATTERNS)
def test_the_text_that_reports_is_matched_by_one_alone(pattern: str, other: str) -> None:
    """Whatever is found is no opinion."""
    text = outside(pattern, other)

    assert text is None or (matches(pattern, text) and not matches(other, text))


@given(st.sampled_from(PATTERNS), st.sampled_from(PATTERNS), st.text(ALPHABET, max_size=6))
@settings(max_examples=2000, deadline=None)
def test_what_is_within_is_never_contradicted(pattern: str, other: str, text: str) -> None:
    """No text is matched by a pattern and not by one that is said to match all of its texts."""
    assert not (within(pattern, other) and matches(pattern, text) and not matches(other, text))


@pytest.mark.parametrize(
    ("pattern", "other", "expected"),
    [
        ("^[0-9]+$", r"^\d+$", None),
        ("^[A-Z]{2}$", "^[A-Z]{2,3}$", None),
        ("^[A-Z]{2,3}$", "^[A-Z]{2}$", "AAA"),
        ("^[0-9a-f]{32}$", "^[0-9a-f]{8}-?[0-9a-f]{24}$", None),
        ("^(https?|ftp)://", "^https?://", "ftp://"),
        (r"^(?=.*[A-Z])(?=.*\d).{8,}$", "^(?=.*[A-Z]).{8,}$", None),
        ("^(a+)+$", "^(a|aa)+$", None),
        ("a$|^b", "", None),
    ],
)
def test_the_shortest_text_is_found_or_proven_not_to_exist(pattern: str, other: str, expected: str | None) -> None:
    """None is a proof."""
    assert outside(pattern, other) == expected


def test_a_text_can_be_asked_to_be_long() -> None:
    """As a shortest length beside the pattern wants it."""
    text = outside("", "^[a-z]*$", 5)

    assert text is not None
    assert len(text) == 5


@pytest.mark.parametrize("pattern", [r"(a)\1", r"\bword", "(?<=a)b", "a^b", "(^a|b)c", r"\p{L}", "("])
def test_what_is_not_read_is_not_guessed(pattern: str) -> None:
    """A construct that no regular language has, or that is not read, proves nothing."""
    with pytest.raises(UnsupportedPattern):
        outside(pattern, "a")

    assert not within(pattern, "b")


@pytest.mark.sweep
def test_what_is_too_large_is_given_up() -> None:
    """Nothing is proven of what would take too long."""
    with pytest.raises(LanguageTooLarge):
        outside("^.{1,60000}$", "^.{1,50000}$")

    assert not within("^.{1,60000}$", "^.{1,50000}$")


@pytest.mark.parametrize("pattern", [*PATTERNS, r"^[^\w]$", r"^[^\d\-x]b$", r"^\x61\t$", "^(?<name>a)*?$", "^a{0,}$"])
def test_samples_are_matched(pattern: str) -> None:
    """Of a pattern without a lookahead there are some, and all of them match."""
    texts = samples(pattern)

    assert bool(texts) != ("(?!" in pattern or "(?=" in pattern)
    assert all(matches(pattern, text) for text in texts)


@pytest.mark.parametrize("pattern", [r"(a)\1", r"^[^\s\S]$", r"\ud800", "(?<=a)b", "("])
def test_what_no_text_is_known_of_has_no_samples(pattern: str) -> None:
    """Rather none than a text that cannot be sent."""
    assert samples(pattern) == ()
