from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pixpact.specs.openapi.document import at, escaped, parse, parse_scalar, read, steps
from pixpact.specs.openapi.problems import SourcePlace, SpecError, SpecProblem

HERE = Path("spec.yaml")


def problems(text: str) -> list[tuple[int, str]]:
    with pytest.raises(SpecError) as caught:
        parse(text, HERE)
    return [(problem.origin.line, problem.rule) for problem in caught.value.problems]


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("2026-05-01", "2026-05-01"),
        ("2026-05-01T10:00:00Z", "2026-05-01T10:00:00Z"),
        ("on", "on"),
        ("off", "off"),
        ("yes", "yes"),
        ("No", "No"),
        ("y", "y"),
        ("True", "True"),
        ("NULL", "NULL"),
        ("~", "~"),
        ("1:30", "1:30"),
        ("21:9", "21:9"),
        ("017", "017"),
        ("0o17", "0o17"),
        ("0x1F", "0x1F"),
        ("0b1", "0b1"),
        ("1_000", "1_000"),
        ("+1", "+1"),
        (".5", ".5"),
        ("1.", "1."),
        (".inf", ".inf"),
        (".nan", ".nan"),
        ("=", "="),
        ("true", True),
        ("false", False),
        ("null", None),
        ("", None),
        ("0", 0),
        ("-12", -12),
        ("1e3", 1000.0),
        ("1E+3", 1000.0),
        ("2.50", 2.5),
        ("-0.0", 0.0),
        ("'12'", "12"),
        ('"true"', "true"),
        ("'on'", "on"),
        ("|\n    12\n", "12\n"),
    ],
)
def test_scalars(text: str, value: object) -> None:
    """Only JSON's own numbers, booleans and null are such; everything else is the text as written."""
    found = parse(f"key: {text}", HERE).value["key"]

    assert (value, type(value)) == (found, type(found))


def test_keys_are_texts() -> None:
    """Keys that look like numbers, booleans or dates stay what is written."""
    found = parse("{200: a, true: b, on: c, 2026-05-01: d, 1.0: e}", HERE).value

    assert ["200", "true", "on", "2026-05-01", "1.0"] == list(found)


def test_a_merge_key_is_a_key_like_any_other() -> None:
    """Nothing is merged: what is written is what is read."""
    assert {"<<": {"a": 1}, "b": 2} == parse("<<: {a: 1}\nb: 2", HERE).value


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a: 1\nb: 2\na: 3", [(3, "duplicate-key")]),
        ("200: a\n'200': b", [(2, "duplicate-key")]),
        ("a: {b: 1, b: 2}\nc: {d: 1, d: 2}", [(1, "duplicate-key"), (2, "duplicate-key")]),
        ("a: &x 1\nb:\n  - *x", [(3, "yaml-alias")]),
        ("a: &x {b: *x}", [(1, "yaml-alias")]),
        ("a: &x {}\n<<: *x", [(2, "yaml-alias")]),
        ("a: !!str 1", [(1, "yaml-tag")]),
        ("a: !!binary aGk=\nb: !mine {}\nc: !!set {x}", [(1, "yaml-tag"), (2, "yaml-tag"), (3, "yaml-tag")]),
        ("? [a]\n: 1", [(1, "yaml-key")]),
        ("? {a: b}\n: 1", [(1, "yaml-key")]),
        ("a: 1e999\nb: -1e999", [(1, "yaml-number"), (2, "yaml-number")]),
        ("a: " + "9" * 5000, [(1, "yaml-number")]),
        ("a: 1\nb: [1\nc: 2", [(3, "yaml-syntax")]),
        ("a: 1\n\tb: 2", [(2, "yaml-syntax")]),
        ("a: *x", [(1, "yaml-syntax")]),
        ("a: 1\n---\nb: 2", [(2, "yaml-syntax")]),
        ("a: 1\nb: \x07", [(2, "yaml-syntax")]),
        ("a: 1\nb: 'x\x85y'", [(2, "yaml-syntax")]),
        ("a: 1\nb: 'x\u2028y'", [(2, "yaml-syntax")]),
        ("", [(1, "yaml-syntax")]),
        ("# nothing", [(1, "yaml-syntax")]),
        ("- a", [(1, "yaml-syntax")]),
        ("just text", [(1, "yaml-syntax")]),
    ],
)
def test_refused_texts(text: str, expected: list[tuple[int, str]]) -> None:
    """What would be read in two ways, or hides where a value stands, is refused at its line; all at once."""
    assert expected == problems(text)


def test_an_anchor_alone_changes_nothing() -> None:
    """A name that nobody uses is no alias."""
    assert {"a": 1} == parse("a: &x 1", HERE).value


def test_origins_are_the_lines_of_the_keys() -> None:
    """A pointer leads to the line of its key, an item to its own line, what is absent to the nearest parent."""
    document = parse("a:\n  b:\n    - x\n    - c: 1\n      d/e:\n        f\n", HERE)
    pointers = ["", "/a", "/a/b", "/a/b/0", "/a/b/1/c", "/a/b/1/d~1e", "/a/b/7", "/a/z/y"]

    assert [1, 1, 2, 3, 4, 5, 2, 1] == [document.origin(pointer).line for pointer in pointers]


def test_a_file_that_is_missing(tmp_path: Path) -> None:
    """A path that leads nowhere is a problem of the file as a whole."""
    with pytest.raises(SpecError) as caught:
        read(tmp_path / "none.yaml")

    assert [SourcePlace(tmp_path / "none.yaml", 0)] == [problem.origin for problem in caught.value.problems]


def test_a_file_in_another_encoding(tmp_path: Path) -> None:
    """Bytes that are no UTF-8 are reported with their line."""
    path = tmp_path / "latin.yaml"
    path.write_bytes("a: 1\nb: Café".encode("latin-1"))
    with pytest.raises(SpecError) as caught:
        read(path)

    assert [(2, "unreadable")] == [(problem.origin.line, problem.rule) for problem in caught.value.problems]


def test_a_file_with_a_byte_order_mark(tmp_path: Path) -> None:
    """Editors that write one do no harm."""
    path = tmp_path / "marked.yaml"
    path.write_bytes(b"\xef\xbb\xbfa: 1")

    assert {"a": 1} == read(path).value


# What YAML allows of JSON's texts: no raw control characters, no lone surrogates, keys below 1024 characters.
TEXT_CHARACTERS = st.characters(
    codec="utf-8", exclude_categories=("Cc", "Cs", "Zl", "Zp"), exclude_characters="\ufeff\ufffe\uffff"
)
TEXTS = st.text(TEXT_CHARACTERS)
KEYS = st.text(TEXT_CHARACTERS, max_size=80)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | TEXTS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(KEYS, inner, max_size=4),
    max_leaves=12,
)


@settings(max_examples=300, deadline=None)
@given(st.dictionaries(KEYS, VALUES, max_size=5), st.sampled_from([None, 1, "\t"]), st.booleans())
def test_json_is_read_as_json(value: dict[str, object], indent: object, ascii_only: bool) -> None:
    """Any JSON object means the same here as to a JSON reader, however it is written."""
    text = json.dumps(value, indent=indent, ensure_ascii=ascii_only)

    assert json.loads(text) == parse(text, Path("spec.json")).value


@settings(max_examples=300, deadline=None)
@given(st.text(st.characters(codec="utf-8"), max_size=60))
def test_any_text_is_read_or_refused(text: str) -> None:
    """Whatever an author types, the response is a document or problems with lines."""
    found: list[SpecProblem] = []
    try:
        assert isinstance(parse(text, HERE).value, dict)
    except SpecError as error:
        found = error.problems

    assert all(1 <= problem.origin.line <= text.count("\n") + 2 for problem in found)


@given(st.floats(allow_nan=False, allow_infinity=False) | st.integers() | st.booleans() | st.none())
def test_a_plain_scalar_is_what_json_writes(value: object) -> None:
    """JSON's own spelling of a number, a boolean or null is read back as it."""
    assert value == parse_scalar(json.dumps(value))


@given(st.lists(st.text()))
def test_pointers_keep_their_steps(path: list[str]) -> None:
    """Slashes and tildes in a key survive the way into a pointer and back (RFC 6901)."""
    pointer = "".join(f"/{escaped(step)}" for step in path)

    assert tuple(path) == steps(pointer)
    assert tuple(path) == steps(f"#{pointer}")


def test_at_follows_a_pointer() -> None:
    """Fields by name, items by number, escapes as RFC 6901 has them."""
    value = {"a": [{"b/c": 1}, {"m~n": 2}], "": 3}

    assert [1, 2, 3, value] == [at(value, pointer) for pointer in ("/a/0/b~1c", "#/a/1/m~0n", "/", "")]


@pytest.mark.parametrize("pointer", ["/b", "/a/2", "/a/-1", "/a/x", "/a/0/x", "/a/0/0"])
def test_at_refuses_what_is_not_there(pointer: str) -> None:
    """A pointer that leads nowhere is a KeyError, also below a number and for a negative index."""
    with pytest.raises(KeyError):
        at({"a": [1, 2]}, pointer)


def followed(text: str) -> Any:
    return parse(text, Path("api.yaml"), aliases=True).value


def test_aliases_are_followed_where_that_is_asked_for() -> None:
    """And so is the merge key, whose fields yield to those beside it; of several mappings the first comes first."""
    assert followed("a: &x {k: 1, m: 2}\nb: *x\nc: {<<: *x, m: 3}") == {
        "a": {"k": 1, "m": 2},
        "b": {"k": 1, "m": 2},
        "c": {"k": 1, "m": 3},
    }
    assert followed("a: {<<: [{k: 1}, {k: 2, m: 2}]}") == {"a": {"k": 1, "m": 2}}


@pytest.mark.parametrize(
    ("text", "line", "rule"),
    [
        ("a: &x\n  b: *x", 1, "yaml-alias"),
        (
            "\n".join(["a0: &a0 [1]", *(f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 10)}]" for i in range(1, 9))]),
            1,
            "yaml-alias",
        ),
        ("a:\n  <<: 5", 2, "yaml-key"),
    ],
)
def test_aliases_without_end_are_refused(text: str, line: int, rule: str) -> None:
    """Within themselves, or so many that nothing else could be done."""
    with pytest.raises(SpecError) as caught:
        followed(text)

    assert [(problem.origin.line, problem.rule) for problem in caught.value.problems] == [(line, rule)]


@pytest.mark.parametrize("text", ["a: 1\nb: " + "[" * 100_000 + "]" * 100_000, "a: 1\n" + "- " * 400 + "x"])
def test_what_is_nested_too_deep_is_refused(text: str) -> None:
    """Whoever builds its tree would run out of stack; it is refused, and in what line it gets too deep."""
    with pytest.raises(SpecError) as caught:
        parse(text, Path("api.yaml"))

    assert [problem.origin.line for problem in caught.value.problems] == [2]


def test_brackets_in_texts_are_no_depth() -> None:
    """What is counted is how values stand in each other."""
    assert followed("a: '" + "[" * 400 + "'") == {"a": "[" * 400}


@pytest.mark.parametrize("number", ["1e999", "-1e999", "1" + "0" * 400])
def test_a_number_beyond_a_float_is_refused_by_its_first_digits(number: str) -> None:
    """Readers of JSON would disagree about it; a number of any length fits into the message."""
    with pytest.raises(ValueError, match="is too large") as refused:
        parse_scalar(number)

    assert f"the number {number[:20]} is too large" == str(refused.value)
