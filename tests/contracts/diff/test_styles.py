"""How a value is written into a parameter, and whether two styles write alike."""

from __future__ import annotations

import pytest

from pixpact.contracts.diff.read.styles import ParameterStyle, style_of, written, written_apart

COLOURS = {"r": 1, "g": 2}


@pytest.mark.parametrize(
    ("style", "value", "expected"),
    [
        (ParameterStyle("form", True), ["a", "b"], "q=a&q=b"),
        (ParameterStyle("form", False), ["a", "b"], "q=a,b"),
        (ParameterStyle("pipeDelimited", False), ["a", "b"], "q=a|b"),
        (ParameterStyle("form", True), COLOURS, "r=1&g=2"),
        (ParameterStyle("form", False), COLOURS, "q=r,1,g,2"),
        (ParameterStyle("deepObject", True), COLOURS, "q[r]=1&q[g]=2"),
        (ParameterStyle("simple", False), COLOURS, "r,1,g,2"),
        (ParameterStyle("simple", True), COLOURS, "r=1,g=2"),
        (ParameterStyle("label", True), ["a", "b"], ".a.b"),
        (ParameterStyle("label", False), ["a", "b"], ".a,b"),
        (ParameterStyle("matrix", True), ["a", "b"], ";q=a;q=b"),
        (ParameterStyle("matrix", False), COLOURS, ";q=r,1,g,2"),
        (ParameterStyle("matrix", True), COLOURS, ";r=1;g=2"),
        (ParameterStyle("matrix", False), "a", ";q=a"),
    ],
)
def test_a_value_is_written_as_its_style_wants(style: ParameterStyle, value: object, expected: str) -> None:
    """The table of OpenAPI 3.1.1, section 4.8.12.2.1."""
    assert written("q", value, style) == expected


def test_what_is_left_out_is_filled_in() -> None:
    """`form` is exploded, the other styles are not; the place has its usual style."""
    assert style_of({"in": "query"}) == ParameterStyle("form", True)
    assert style_of({"in": "query", "style": "pipeDelimited"}) == ParameterStyle("pipeDelimited", False)
    assert style_of({"in": "path"}) == ParameterStyle("simple", False)


def test_styles_differ_where_some_value_of_both_does() -> None:
    """A text is written alike by most, a list is not."""
    styles = ParameterStyle("form", True), ParameterStyle("form", False)

    assert written_apart("q", *styles, frozenset(("string",)), frozenset(("string",))) is None
    assert written_apart("q", *styles, frozenset(("array",)), None) == (["a", "b"], "q=a&q=b", "q=a,b")
