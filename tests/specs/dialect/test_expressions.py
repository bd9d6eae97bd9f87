from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pixpact.specs.dialect.expressions import (
    NAMED,
    UNDEFINED,
    ExpressionError,
    ExpressionRequest,
    ExpressionRoots,
    field_of,
    parse,
    value_at,
)

BODY = {"n": 2, "tags": ["a", {"b/c": 1}], "metadata": {"resolution": "2K"}, "none": None, "": "empty", "m~n": 4}


@dataclass
class Task:
    id: str = "task_1"
    status: str = "done"
    created_at: float = 1790000000.75
    cost: Decimal = Decimal("0.0228")
    request: ExpressionRequest = field(default_factory=lambda: ExpressionRequest(body={"n": 7}, path={"id": "x"}))


ROOTS = ExpressionRoots(
    method="POST",
    url="/v1/images",
    status=201,
    request=ExpressionRequest(path={"id": "t 1"}, query={"page": 3, "a[b]": "c"}, header={"x-version": "2"}, body=BODY),
    response=ExpressionRequest(header={"location": "/1"}, body={"id": "r"}),
    task=Task(),
)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("$method", "POST"),
        ("$url", "/v1/images"),
        ("$statusCode", 201),
        ("$request.path.id", "t 1"),
        ("$request.query.page", 3),
        ("$request.query.a[b]", "c"),
        ("$request.header.X-Version", "2"),
        ("$request.body", BODY),
        ("$request.body#", BODY),
        ("$request.body#/n", 2),
        ("$request.body#/", "empty"),
        ("$request.body#/m~0n", 4),
        ("$request.body#/none", None),
        ("$request.body#/metadata/resolution", "2K"),
        ("$request.body#/tags/0", "a"),
        ("$request.body#/tags/1/b~1c", 1),
        ("$request.body#/tags/2", UNDEFINED),
        ("$request.body#/tags/x", UNDEFINED),
        ("$request.body#/n/x", UNDEFINED),
        ("$request.body#/missing", UNDEFINED),
        ("$request.path.other", UNDEFINED),
        ("$response.body#/id", "r"),
        ("$response.header.Location", "/1"),
        ("$task.id", "task_1"),
        ("$task.cost", Decimal("0.0228")),
        ("$task.request.body#/n", 7),
        ("$task.request.path.id", "x"),
        ("$task.request.body#/missing", UNDEFINED),
        ("$image.url", UNDEFINED),
        ("$upload.id", UNDEFINED),
        ("no {$task.id}, {$request.body#/n} times", "no task_1, 2 times"),
        ("{$task.id}", "task_1"),
        ("a {brace} and $5 beside {$method}", "a {brace} and $5 beside POST"),
        ("at {$task.createdAt}", "at 1790000000"),
        ("{$request.body#/tags}", '["a", {"b/c": 1}]'),
        ("{$request.body#/none}", "null"),
        ("{$task.cost} EUR", "0.0228 EUR"),
        ("{$task.id} {$image.url}", UNDEFINED),
    ],
)
def test_values(text: str, expected: Any) -> None:
    """An expression gives the value it names with its type, or UNDEFINED; inside a text it is written as text."""
    assert expected == parse(text).evaluate(ROOTS)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "task.id",
        "$",
        "$now",
        "$task",
        "$task.",
        "$task.ID",
        "$task.images",
        "$tasks.id",
        "$task.id ",
        "$task.request",
        "$task.request.",
        "$task.request.id",
        "$task.response.body#/x",
        "$request",
        "$request.id",
        "$request.path",
        "$request.path.",
        "$request.path.a b",
        "$request.cookie.a",
        "$request.body/n",
        "$request.body#n",
        "$request.body#/a~2",
        "$request.body#/a~",
        "$response.path.id",
        "$response.query.id",
        "$method.x",
        "{$task.id",
        "{$task.id} and {$task.status",
        "{$nothing.at.all}",
    ],
)
def test_what_is_no_expression(text: str) -> None:
    """A misspelt expression is refused with its own text, and says what would be one."""
    with pytest.raises(ExpressionError) as caught:
        parse(text)

    assert repr(text.strip("{}") if text.endswith("all}") else text) in str(caught.value)


@pytest.mark.parametrize("group", NAMED)
def test_an_unknown_name_lists_the_known_ones(group: str) -> None:
    """Who mistypes a name is reported all names of that root."""
    with pytest.raises(ExpressionError) as caught:
        parse(f"${group}.nothing")

    assert all(f"${group}.{name}" in str(caught.value) for name in NAMED[group])


def test_instants_are_marked() -> None:
    """Times carry the mark that lets their target decide how they are written."""
    times = ["$task.createdAt", "$task.completedAt", "$task.expiresAt", "$image.expiresAt", "$upload.createdAt"]

    assert times == [text for text in (*times, "$task.elapsed", "$task.estimate", "$task.id") if parse(text).time]


def test_roots_of_a_text_with_several() -> None:
    """Every embedded expression can be looked at."""
    found = parse("{$violation.message} (request id: {$exchange.id})")

    assert ["violation", "exchange"] == [inner.root for inner in found.embedded]


def test_equality_is_by_text() -> None:
    """Two parses of one text are the same expression."""
    assert parse("$task.id") == parse("$task.id")
    assert parse("$task.id") != parse("$task.status")


def test_undefined_is_false_and_not_null() -> None:
    """What has no value is told apart from null."""
    assert not UNDEFINED
    assert parse("$request.body#/none").evaluate(ROOTS) is None
    assert parse("$request.body#/missing").evaluate(ROOTS) is UNDEFINED
    assert parse("$request.body#/n").evaluate(ExpressionRoots()) is UNDEFINED
    assert parse("$task.request.body#/n").evaluate(ExpressionRoots()) is UNDEFINED


PIECES = st.sampled_from(
    [
        "$",
        "{",
        "}",
        "{$",
        "task",
        "request",
        "response",
        "body",
        "#",
        "/",
        ".",
        "id",
        "~",
        "~1",
        " ",
        "n",
        "$method",
        "header",
        "\n",
        "é",
    ]
)


@settings(max_examples=500, deadline=None)
@given(st.text(max_size=30) | st.lists(PIECES, max_size=9).map("".join))
def test_any_text_is_an_expression_or_refused(text: str) -> None:
    """Parsing never fails with anything but an ExpressionError, and what is parsed can be evaluated."""
    try:
        expression = parse(text)
    except ExpressionError:
        return
    expression.evaluate(ROOTS)
    expression.evaluate(ExpressionRoots())


@given(st.lists(st.text(max_size=3) | st.integers(0, 3), max_size=5), st.integers())
def test_a_path_leads_to_its_value(path: list[str | int], leaf: int) -> None:
    """Fields are found by name and items by number, and one step further there is nothing."""
    value: Any = leaf
    for step in reversed(path):
        value = {step: value} if isinstance(step, str) else [None] * step + [value]
    steps = tuple(str(step) for step in path)

    assert leaf == value_at(value, steps)
    assert value_at(value, (*steps, "0")) is UNDEFINED


@pytest.mark.parametrize(
    ("written", "path"),
    [("$request.body#/deep/n", ("deep", "n")), ("$request.header.n", None), (3, None), ("png", None)],
)
def test_which_field_an_expression_reads(written, path):
    """Only fields of the body decide about images."""
    assert path == field_of(written)
