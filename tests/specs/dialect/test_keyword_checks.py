from __future__ import annotations

import base64
import io
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from pixpact.specs.dialect.keyword_checks import ImageRule, TotalRule, clamp_number, numbers_of


def image(width: int, height: int, kind: str = "png", mode: str = "RGB") -> bytes:
    out = io.BytesIO()
    Image.new(mode, (width, height)).save(out, kind)
    return out.getvalue()


def data_uri(content: bytes, kind: str = "png") -> str:
    return f"data:image/{kind};base64,{base64.b64encode(content).decode()}"


def fetch(url: str) -> bytes | None:
    return image(30, 10, "jpeg") if url == "https://mock/upload.jpg" else None


@pytest.mark.parametrize(
    ("instance", "expected"),
    [
        ("1024x768", {"width": 1024, "height": 768, "pixels": 786432, "aspect": 1024 / 768}),
        ("768x1024", {"width": 768, "height": 1024, "pixels": 786432, "aspect": 1024 / 768}),
        ("2K", None),
        ("1024X768", None),
        ("0x5", None),
        ("1024x768 ", None),
        ("16:9", None),
        ("https://elsewhere/image.jpg", None),
        (5, None),
        (None, None),
        (["1024x768"], None),
    ],
)
def test_numbers_of_a_text(instance: Any, expected: dict[str, Any] | None) -> None:
    """Numbers come from a WxH text; a tier, a ratio or another server's URL has none."""
    assert expected == numbers_of(instance, fetch)


def test_numbers_of_images() -> None:
    """A data URI, an upload of this server and raw bytes tell the same kinds of numbers."""
    content = image(30, 10, "jpeg")
    expected = {
        "format": "jpeg",
        "bytes": len(content),
        "alpha": False,
        "width": 30,
        "height": 10,
        "pixels": 300,
        "aspect": 3.0,
    }

    assert expected == numbers_of(content, fetch)
    assert expected == numbers_of(data_uri(content), fetch)
    assert expected == numbers_of("https://mock/upload.jpg", fetch)


@pytest.mark.parametrize(
    "instance", ["data:image/png;base64,!!!", "data:image/png;base64,aGVsbG8=", "data:text/plain,hello", b"hello"]
)
def test_what_is_at_hand_and_no_image(instance: Any) -> None:
    """Bytes that are no image, and a data URI that cannot be decoded, are of no known format."""
    numbers = numbers_of(instance, fetch)

    assert numbers is not None
    assert "unknown" == numbers["format"]
    assert "width" not in numbers


def test_an_image_that_breaks_off_is_none() -> None:
    """What does not decode to its end is refused like another format."""
    numbers = numbers_of(image(200, 200)[:-20], fetch)

    assert numbers is not None
    assert "unknown" == numbers["format"]


def broken(rule: dict[str, Any], instance: Any) -> list[tuple[str, str]]:
    return [(it.keyword, it.text) for it in ImageRule(rule).broken(instance, fetch)]


@pytest.mark.parametrize(
    ("rule", "inside", "outside", "text"),
    [
        ({"pixels": {"minimum": 100}}, "10x10", "10x9", "has a number of pixels of 90, which must be at least 100"),
        ({"pixels": {"maximum": 100}}, "10x10", "11x10", "has a number of pixels of 110, which must be at most 100"),
        (
            {"width": {"exclusiveMinimum": 14}},
            "15x1",
            "14x1",
            "has a width in pixels of 14, which must be more than 14",
        ),
        ({"height": {"exclusiveMaximum": 5}}, "1x4", "1x5", "has a height in pixels of 5, which must be less than 5"),
        (
            {"aspect": {"maximum": 16}},
            "3840x240",
            "3841x240",
            "has a ratio of the long to the short side of 16.0042, which must be at most 16",
        ),
        (
            {"aspect": {"maximum": 16}},
            "240x3840",
            "240x3841",
            "has a ratio of the long to the short side of 16.0042, which must be at most 16",
        ),
        (
            {"format": {"enum": ["jpeg", "png"]}},
            image(4, 4),
            image(4, 4, "gif"),
            "has a format of gif, which must be one of jpeg or png",
        ),
        ({"format": {"const": "png"}}, image(4, 4), b"x", "has a format of unknown, which must be png"),
        ({"alpha": {"const": True}}, image(4, 4, mode="RGBA"), image(4, 4), "must have an alpha channel"),
        ({"alpha": {"const": False}}, image(4, 4), image(4, 4, mode="RGBA"), "must not have an alpha channel"),
        (
            {"bytes": {"maximum": 200}},
            image(4, 4),
            b"x" * 201,
            "has a size in bytes of 201, which must be at most 200",
        ),
    ],
)
def test_image_rules(rule: dict[str, Any], inside: Any, outside: Any, text: str) -> None:
    """Each derived number is held to its rule, on the bound and one step past it."""
    assert [] == broken(rule, inside)
    assert [(f"x-image/{next(iter(rule))}", text)] == broken(rule, outside)


def test_both_bounds_are_said() -> None:
    """Who misses a range is reported all of it."""
    found = broken({"width": {"minimum": 10, "maximum": 20}}, "5x5")

    assert "has a width in pixels of 5, which must be at least 10 and at most 20" == found[0][1]


def test_what_cannot_be_derived_is_not_judged() -> None:
    """A tier breaks no rule about pixels; a WxH text none about bytes."""
    assert [] == broken({"pixels": {"minimum": 100}, "bytes": {"maximum": 0}}, "2K")
    assert [] == broken({"format": {"enum": ["png"]}, "bytes": {"maximum": 0}}, "10x10")


@pytest.mark.parametrize(
    ("body", "total"),
    [
        ({"n": 4}, 4),
        ({"n": 4, "images": ["a", "b"]}, 6),
        ({"n": 4, "images": "a"}, 5),
        ({"n": 4, "images": []}, 4),
        ({"images": ["a"], "options": {"max": 3}}, 4),
        ({"n": 2.0, "images": {"url": "a"}}, 3),
        ({"n": True, "images": None}, 0),
        ({"options": 3}, 0),
        ({}, 0),
        ([], 0),
        (None, 0),
    ],
)
def test_totals(body: Any, total: int) -> None:
    """Numbers count themselves, texts one, lists their length, what is absent nothing; on the bound and past it."""
    names = ["n", "images", "options/max"]

    assert [] == list(TotalRule({"of": names, "maximum": total}).broken(body))
    found = [it.text for it in TotalRule({"of": names, "maximum": total - 1}).broken(body)]
    assert [f"n + images + options.max must be at most {total - 1} together; got {total}"] == found


def test_a_total_inside_an_object_names_it() -> None:
    """Where a total stands on a field, its parts are named from there."""
    rule = TotalRule({"of": ["n", "a~1b"], "maximum": 0})

    assert ["options.n + options.a/b must be at most 0 together; got 1"] == [
        it.text for it in rule.broken({"a/b": 1}, "options")
    ]


NUMBERS = st.integers() | st.floats(allow_nan=False)


@given(NUMBERS, st.integers(-9, 0), st.integers(0, 9))
def test_clamps(value: float, low: int, high: int) -> None:
    """A number comes to lie in its range, and stays when it was there; twice is the same as once."""
    found = clamp_number(value, {"minimum": low, "maximum": high})

    assert low <= found <= high
    assert found == clamp_number(found, {"minimum": low, "maximum": high})
    assert value == clamp_number(value, {"minimum": value}) == clamp_number(value, {"maximum": value})


@given(st.none() | st.booleans() | st.text() | st.lists(st.integers()))
def test_only_numbers_are_clamped(value: Any) -> None:
    """Anything else is left to the rules."""
    assert value is clamp_number(value, {"minimum": 5, "maximum": 5})
