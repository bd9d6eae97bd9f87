from __future__ import annotations

import base64
import io
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from pixpact.specs.dialect.expressions import ExpressionRequest
from pixpact.specs.dialect.images import FALLBACK, ImagePromise, merged
from pixpact.specs.dialect.request_body import BodyReader, no_fetch

Reader = Callable[..., BodyReader]


def promised(reader: BodyReader, body: Any) -> ImagePromise:
    reading = reader.read(body)
    assert () == reading.violations
    assert reading.branch is not None
    return reading.branch.promise(reading, ExpressionRequest(body=reading.body), no_fetch)


def of(reader: Reader, images: Any, body: Any, **fields: Any) -> ImagePromise:
    return promised(reader({"type": "object", "properties": fields, "x-images": images}), body)


def test_nothing_stated(reader: Reader) -> None:
    """Without a word of the contract it is one image whose size nobody promises."""
    assert ImagePromise() == of(reader, {}, {})
    assert (1, *FALLBACK, False) == (
        ImagePromise().count,
        ImagePromise().width,
        ImagePromise().height,
        ImagePromise().promised,
    )


@pytest.mark.parametrize(
    ("count", "body", "expected"),
    [
        (3, {}, (3, False)),
        ("$request.body#/n", {"n": 4}, (4, False)),
        ("$request.body#/n", {"n": 2.0}, (2, False)),
        ("$request.body#/n", {}, (1, False)),
        ("$request.body#/n", {"n": "4"}, (4, False)),
        ("$request.body#/n", {"n": "four"}, (1, False)),
        ("$request.body#/n", {"n": True}, (1, False)),
        ("$request.body#/n", {"n": [4]}, (1, False)),
        ("$request.body#/n", {"n": 0}, (1, False)),
        ({"upTo": "$request.body#/n"}, {"n": 4}, (4, True)),
        ({"upTo": ["$request.body#/n", 15]}, {"n": 4}, (4, True)),
        ({"upTo": ["$request.body#/n", 15]}, {}, (15, True)),
        ({"upTo": ["$request.body#/n", 15]}, {"n": 40}, (15, True)),
    ],
)
def test_count(reader: Reader, count: Any, body: Any, expected: tuple[int, bool]) -> None:
    """So many images, or up to the least of several limits; never fewer than one."""
    found = of(reader, {"count": count}, body)

    assert expected == (found.count, found.up_to)


SIZES = {
    "by": ["$request.body#/tier", "$request.body#/ratio"],
    "table": {"1K": {"1:1": "1024x1024", "2:1": "1440x720"}, "2K": {"1:1": "2048x2048"}},
}
TIER, RATIO = {"type": "string", "default": "1K"}, {"type": "string", "default": "1:1"}


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ({}, (1024, 1024, True)),
        ({"ratio": "2:1"}, (1440, 720, True)),
        ({"tier": "2K"}, (2048, 2048, True)),
        ({"tier": "2K", "ratio": "2:1"}, (2896, 1448, False)),
        ({"tier": "8K"}, (1024, 1024, False)),
        ({"tier": "8K", "ratio": "2:1"}, (1440, 720, False)),
        ({"ratio": "300x200"}, (300, 200, True)),
        ({"tier": "300x200"}, (300, 200, True)),
        ({"ratio": "0x200"}, (1024, 1024, False)),
    ],
)
def test_pixels_by_table(reader: Reader, body: Any, expected: tuple[int, int, bool]) -> None:
    """A cell is a promise, a WxH stands for itself, and what is in no table is painted at the default's size."""
    found = of(reader, {"pixels": SIZES}, body, tier=TIER, ratio=RATIO)

    assert expected == (found.width, found.height, found.promised)


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ({"size": "9:21", "tier": "2K"}, (1341, 3128)),
        ({"size": "21:9", "tier": "3K"}, (4693, 2011)),
        ({"size": "9:21"}, (1341, 3128)),
        ({"size": "9:21", "tier": "8K"}, (1341, 3128)),
        ({"size": "0:1", "tier": "2K"}, (2048, 2048)),
        ({"size": "wide", "tier": "3K"}, (3072, 3072)),
    ],
)
def test_a_ratio_without_a_row_has_the_area_of_its_tier(reader: Reader, body: Any, expected: tuple[int, int]) -> None:
    """Painted in the ratio that it names, and promised to nobody; what names no ratio has the default's size."""
    table = {"2K": {"1:1": "2048x2048"}, "3K": {"1:1": "3072x3072"}}
    pixels = {"by": ["$request.body#/tier", "$request.body#/size"], "table": table}
    found = of(reader, {"pixels": pixels}, body, size={"default": "1:1"}, tier={"default": "2K"})

    assert (*expected, False) == (found.width, found.height, found.promised)


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ({"tier": "2K"}, (2048, 2048)),
        ({"tier": "2K", "size": "1:2"}, (1448, 2896)),
        ({"tier": "1K", "size": "1:2"}, (724, 1448)),
        ({}, FALLBACK),
    ],
)
def test_without_a_default_the_squarest_of_the_tier_is_painted(
    reader: Reader, body: Any, expected: tuple[int, int]
) -> None:
    """A tier that the table knows gives the area; one that it does not know, the usual size."""
    pixels = {
        "by": ["$request.body#/tier", "$request.body#/size"],
        "table": {"2K": {"2:1": "2896x1448", "1:1": "2048x2048"}},
    }
    found = of(reader, {"pixels": pixels}, body, size={"type": "string"}, tier={"type": "string"})

    assert (*expected, False) == (found.width, found.height, found.promised)


def test_pixels_of_a_plain_text(reader: Reader) -> None:
    """One size for every request."""
    found = of(reader, {"pixels": "256x128"}, {})

    assert (256, 128, True) == (found.width, found.height, found.promised)


@pytest.mark.parametrize(
    ("value", "row"), [(True, "true"), (False, "false"), (4, "4"), (4.0, "4"), (2.5, "2.5"), (None, "none of them")]
)
def test_rows_of_other_types(reader: Reader, value: Any, row: str) -> None:
    """Rows are texts, as all keys; booleans and numbers find theirs by what JSON writes."""
    table = {"by": ["$request.body#/it"], "table": {row: 0.5}}

    assert (None if value is None else Decimal("0.5")) == of(reader, {"price": table}, {"it": value}).price


def test_many_requests(reader: Reader) -> None:
    """However many different requests there were, each is promised what it asks for."""
    compiled = reader({"type": "object", "x-images": {"count": "$request.body#/n"}})

    assert [*range(1, 1500), 7] == [promised(compiled, {"n": n}).count for n in (*range(1, 1500), 7)]


def test_tolerances(reader: Reader) -> None:
    """How far an image may be off is part of the promise."""
    found = of(reader, {"pixels": {**SIZES, "tolerance": {"area": 0.1, "aspect": 0.02}}}, {}, tier=TIER, ratio=RATIO)

    assert (0.1, 0.02) == (found.area_tolerance, found.aspect_tolerance)


@pytest.mark.parametrize(
    ("written", "body", "expected"),
    [
        ("png", {}, "png"),
        ("$request.body#/f", {"f": "webp"}, "webp"),
        ("$request.body#/f", {"f": "jpg"}, "jpeg"),
        ("$request.body#/f", {"f": "gif"}, "jpeg"),
        ("$request.body#/f", {"f": ["png"]}, "jpeg"),
        ("$request.body#/f", {}, "jpeg"),
    ],
)
def test_format(reader: Reader, written: str, body: Any, expected: str) -> None:
    """The format asked for, under its usual name; jpeg where none can be painted."""
    assert expected == of(reader, {"format": written}, body).format


@pytest.mark.parametrize(
    ("written", "body", "expected"),
    [
        (True, {}, True),
        ("$request.body#/w", {"w": True}, True),
        ("$request.body#/w", {"w": False}, False),
        ("$request.body#/w", {"w": "true"}, False),
        ("$request.body#/w", {}, False),
    ],
)
def test_switches(reader: Reader, written: Any, body: Any, expected: bool) -> None:
    """Watermark and transparency are on when the value is true, and not when it only looks like it."""
    found = of(reader, {"watermark": written, "transparent": written}, body)

    assert (expected, expected) == (found.watermark, found.transparent)


def test_price_lifetime_tokens(reader: Reader) -> None:
    """Money is exact; tokens are the whole pixels divided by what one token covers."""
    found = of(reader, {"price": 0.0228, "lifetime": 86400, "pixels": "2048x2048", "tokens": {"perPixels": 256}}, {})

    assert (Decimal("0.0228"), 86400) == (found.price, found.lifetime)
    assert (16384, 49152) == (found.tokens(1), found.tokens(3))


def test_what_applies_is_merged(reader: Reader) -> None:
    """The base, the branch and what a condition adds make one statement; the more particular word wins."""
    schema = {
        "allOf": [{"$ref": "#/components/schemas/Base"}],
        "x-images": {"format": "jpeg", "pixels": {"table": {"L": "30x20"}}},
        "if": {"properties": {"paper": {"const": "none"}}, "required": ["paper"]},
        "then": {"x-images": {"format": "png", "transparent": True}},
        "else": {"x-images": {"count": 2}},
    }
    base = {
        "x-images": {"format": "webp", "lifetime": 60, "pixels": {"by": ["$request.body#/size"], "table": {"S": "3x2"}}}
    }
    compiled = reader(schema, Base=base)
    none, white = (
        promised(compiled, {"paper": "none", "size": "L"}),
        promised(compiled, {"paper": "white", "size": "S"}),
    )

    assert ("png", True, 1, 60, 30) == (none.format, none.transparent, none.count, none.lifetime, none.width)
    assert ("jpeg", False, 2, 60, 3) == (white.format, white.transparent, white.count, white.lifetime, white.width)


def reference(width: int, height: int) -> str:
    out = io.BytesIO()
    Image.new("RGB", (width, height)).save(out, "png")
    return f"data:image/png;base64,{base64.b64encode(out.getvalue()).decode()}"


@pytest.mark.parametrize(
    ("image", "expected"),
    [
        (reference(10, 10), (1024, 1024, True)),
        (reference(20, 10), (1448, 724, True)),
        (reference(10, 40), (512, 2048, True)),
        ("https://elsewhere/image.png", (1024, 1024, False)),
    ],
)
def test_pixels_after_a_reference(reader: Reader, image: str, expected: tuple[int, int, bool]) -> None:
    """The image takes the ratio of a reference that is at hand, and keeps the area of its tier."""
    found = of(
        reader,
        {"pixels": {**SIZES, "from": "$request.body#/image"}},
        {"image": image, "ratio": "auto"},
        tier=TIER,
        ratio=RATIO,
    )

    assert expected == (found.width, found.height, found.promised)


def test_a_reference_is_never_remembered_for_another_request(reader: Reader) -> None:
    """Two requests alike but for their reference are promised two sizes."""
    images = {"count": "$request.body#/n", "pixels": {**SIZES, "from": "$request.body#/image"}}
    compiled = reader({"type": "object", "properties": {"tier": TIER, "ratio": RATIO}, "x-images": images})

    assert [1448, 512, 1448] == [
        promised(compiled, {"image": reference(*size)}).width for size in ((20, 10), (10, 40), (20, 10))
    ]


@given(
    st.lists(st.dictionaries(st.sampled_from("abc"), st.dictionaries(st.sampled_from("xy"), st.integers())), max_size=4)
)
def test_merging_statements(statements: list[dict[str, Any]]) -> None:
    """The last word on a field counts, and no earlier field is lost."""
    expected: dict[str, dict[str, int]] = {}
    for statement in statements:
        for key, inner in statement.items():
            expected[key] = {**expected.get(key, {}), **inner}

    assert expected == merged(statements)
