"""Texts that patterns match."""

from __future__ import annotations

import re

import pytest

from pixpact.contracts.samples.pattern_texts import matching


@pytest.mark.parametrize(
    ("pattern", "least", "expected"),
    [
        ("^KIND::[a-z]+$", 0, "KIND::a"),
        ("^KIND::[a-z]+$", 9, "KIND::aaa"),
        ("^(wait|respond)(=[0-9]{1,3})?$", 0, "wait"),
        ("^[^a]x.$", 0, "bxa"),
        ("^a{2,3}$", 0, "aa"),
        ("^a{2}$", 3, None),
        ("(?=a)b", 0, None),
        ("^[0-9]{4}-[0-9]{2}$", 0, "0000-00"),
        (r"^\p{L}+$", 2, None),
        ("(?<x>a)b", 0, "ab"),
        ("^(.*)*!$", 4, "aaa!"),
        ("^(.*)*!$", 10**9, None),
        ("^((a+)+)+$", 30, "a" * 30),
        ("a{1,100000}", 0, "a"),
        ("((((((((a{9}){9}){9}){9}){9}){9}){9}){9})", 0, None),
        ("(", 0, None),
        ("a" * 3000, 0, "a" * 3000),
    ],
)
def test_the_shortest_plain_text(pattern, least, expected):
    assert expected == matching([pattern], least)


def test_all_patterns_are_kept():
    made = matching(["^[a-z]+", "[0-9]$", "^[a-z]+[0-9]$"])

    assert made is not None
    assert all(re.search(pattern, made) for pattern in ("^[a-z]+", "[0-9]$"))
