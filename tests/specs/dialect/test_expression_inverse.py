"""Expressions read backwards."""

from __future__ import annotations

import re
from types import SimpleNamespace

import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from pixpact.mockserver.responses.rendering import writer
from pixpact.specs.contract.model import ExampleBinding
from pixpact.specs.dialect.expression_inverse import MOST_TEXT, read
from pixpact.specs.dialect.expressions import NAMED, TIMES, UNDEFINED, ExpressionRequest, ExpressionRoots, parse

SECONDS = st.integers(0, 4_000_000_000)
WORD = st.text(st.characters(codec="utf-8", exclude_categories=["Z", "C"]), min_size=1, max_size=40)
WHOLE = st.integers(0, 10**9)
AMOUNT = st.integers(0, 10**9).map(lambda number: number / 10_000)
FIELDS = {name: SimpleNamespace() for name in NAMED}
# How each named root may be written, and what its values are.
NATURAL = {
    "$task.fraction": st.integers(0, 100).map(lambda percent: percent / 100),
    **dict.fromkeys(("$task.progress", "$task.elapsed", "$task.estimate", "$upload.bytes"), WHOLE),
    **dict.fromkeys(("$image.index", "$image.width", "$image.height", "$usage.images", "$usage.tokens"), WHOLE),
    **dict.fromkeys(("$task.cost", "$account.balance", "$account.used"), AMOUNT),
    "$image.withheld": st.booleans(),
    "$exchange.replayed": st.booleans(),
    "$image.size": st.builds("{}x{}".format, st.integers(1, 99999), st.integers(1, 99999)),
    "$event.body": WORD,
}
VENDORS = ("apimart", "apimart@observed", "apiyi", "fasttoken", "fasttoken@upstream", "toapis", "toapis@observed")
TEXTS = sorted(f"${group}.{name}" for group, names in NAMED.items() for name in names)


def roots(values):
    """Roots with these values, by expression."""
    groups = {}
    for text, value in values.items():
        group, name = text[1:].split(".")
        groups.setdefault(group, {})[NAMED[group][name]] = value
    return ExpressionRoots(**{group: SimpleNamespace(**fields) for group, fields in groups.items()})


def written(text, values, types, form=None):
    """What the mock writes for an expression, given the values of its roots."""
    expression = parse(text)
    binding = ExampleBinding((), expression, types, form, required=True)
    return writer(binding)(expression.evaluate(roots(values)))


def strategy(text):
    return SECONDS if text.rpartition(".")[2] in TIMES else NATURAL.get(text, WORD)


def own_types(value):
    if isinstance(value, bool):
        return ("boolean",)
    return ("string",) if isinstance(value, str) else ("integer",) if isinstance(value, int) else ("number",)


@pytest.mark.parametrize("text", TEXTS)
@given(data=st.data())
def test_what_is_written_reads_as_what_it_was(text, data):
    """Forwards as the mock writes it, then backwards, gives the value again: for every named root."""
    value = data.draw(strategy(text))
    types = own_types(value)

    assert {text: value} == read(parse(text), written(text, {text: value}, types), types)


@pytest.mark.parametrize("text", [text for text in TEXTS if text != "$event.body"])
@given(data=st.data())
def test_what_is_written_as_a_text_reads_as_what_it_was(text, data):
    """Numbers, flags and instants in a `string` come back as numbers, flags and instants."""
    value = data.draw(strategy(text))

    assert {text: value} == read(parse(text), written(text, {text: value}, ("string",)), ("string",))


@pytest.mark.sweep
@pytest.mark.parametrize("text", TEXTS)
@given(data=st.data())
def test_what_stands_in_a_text_reads_as_what_it_was(text, data):
    """The same inside a template, whatever the words around it."""
    value = data.draw(strategy(text))
    before, after = (data.draw(st.text(max_size=8).filter(lambda it: "{$" not in it)) for _ in range(2))
    template = f"{before}{{{text}}}{after}"
    assume(len(parse(template).embedded) == 1)

    assert {text: value} == read(parse(template), written(template, {text: value}, ("string",)), ("string",))


@given(st.text(max_size=60), WORD)
@example("no (request id: b) at all", "x")
@example("", "id")
def test_a_message_and_an_id_are_told_apart(message, ident):
    """`{message} (request id: {id})` gives both, also where the message has brackets of its own."""
    assume("(request id: " not in ident)
    text = "{$violation.message} (request id: {$exchange.id})"
    values = {"$violation.message": message, "$exchange.id": ident}

    assert values == read(parse(text), written(text, values, ("string",)), ("string",))


@given(SECONDS)
def test_date_times_read_as_instants(seconds):
    """What the mock writes as RFC 3339."""
    value = written("$task.createdAt", {"$task.createdAt": seconds}, ("string",), "date-time")

    assert {"$task.createdAt": float(seconds)} == read(parse("$task.createdAt"), value, ("string",), "date-time")


@given(SECONDS, st.sampled_from([("integer", "milliseconds"), ("string", "%d.%m.%Y %H-%M-%S"), ("string", "%c")]))
def test_times_in_a_form_of_their_own_read_as_instants(seconds, form):
    """What the mock writes in thousandths of a second, or by a pattern."""
    value = written("$task.createdAt", {"$task.createdAt": seconds}, (form[0],), form[1])

    assert {"$task.createdAt": float(seconds)} == read(parse("$task.createdAt"), value, (form[0],), form[1])


def test_what_is_not_in_its_form_cannot_come_from_an_instant():
    """Nor what is no number of milliseconds."""
    assert read(parse("$task.createdAt"), "31/01/2026", ("string",), "%d.%m.%Y %H-%M-%S") is None
    assert read(parse("$task.createdAt"), "soon", (), "milliseconds") is None


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("2026-09-18T00:00:00Z", 1_789_689_600.0),
        ("2026-09-18t00:00:00z", 1_789_689_600.0),
        ("2026-09-18T08:00:00+08:00", 1_789_689_600.0),
        ("2026-09-17T18:30:00.25-05:30", 1_789_689_600.25),
        ("2016-12-31T23:59:60Z", 1_483_228_800.0),
    ],
)
def test_other_spellings_of_rfc_3339(value, seconds):
    """Offsets, fractions, small letters and leap seconds."""
    assert {"$task.createdAt": seconds} == read(parse("$task.createdAt"), value, ("string",), "date-time")


@pytest.mark.parametrize(
    "value",
    [
        "2026-09-18",
        "2026-09-18 00:00:00Z",
        "2026-09-18T00:00:00",
        "2026-13-18T00:00:00Z",
        "2026-09-18T24:61:00Z",
        "1790000000",
        "",
        1_790_000_000,
    ],
)
def test_what_is_no_date_time_cannot_come_from_an_instant(value):
    """A zone is part of it, a day alone is none, nor are epoch seconds."""
    assert read(parse("$task.createdAt"), value, ("string",), "date-time") is None


@pytest.mark.parametrize(
    ("text", "value", "types"),
    [
        ("$task.createdAt", "yesterday", ("string",)),
        ("$task.createdAt", "1790000000", ("integer",)),
        ("$task.progress", "45%", ("string",)),
        ("$task.progress", True, ("integer", "boolean")),
        ("$task.id", 5.5, ("number",)),
        ("$task.id", {"id": "x"}, ("object",)),
        ("$image.url", ["https://example.com/a.png"], ("array",)),
        ("$image.size", "1024 x 1024", ("string",)),
        ("$image.size", "0x5", ("string",)),
        ("$image.withheld", "no", ("string",)),
        ("$image.url", None, ("string",)),
        ("$usage.images", 1.5, ("integer",)),
        ("{$violation.message} (request id: {$exchange.id})", "Bad size", ("string",)),
        ("{$violation.message} (request id: {$exchange.id})", "Bad (request id: )", ("string",)),
        ("generation.{$task.status}", "generation.", ("string",)),
        ("generation.{$task.status}", "generationXdone", ("string",)),
        ("{$image.width} by {$image.height}", "ten by ten", ("string",)),
        ("{$task.id}/{$task.id}", "a/b", ("string",)),
        ("{$task.id}!", "x" * MOST_TEXT + "!", ("string",)),
        ("at {$task.createdAt}", 5, ()),
    ],
)
def test_what_cannot_have_been_written_is_none(text, value, types):
    """Another type, another form, other words."""
    assert read(parse(text), value, types) is None


def test_a_root_that_comes_twice_says_one_thing():
    """Both places agree, also where the literal between them comes in the value."""
    assert {"$task.id": "a/b"} == read(parse("{$task.id}/{$task.id}"), "a/b/a/b", ("string",))


def test_null_says_nothing_of_a_named_root():
    """A time that is not there yet; of a request's field it says that it is null."""
    request = parse("$request.body#/seed")

    assert {} == read(parse("$task.completedAt"), None, ("integer", "null"))
    assert {"$request.body#/seed": None} == read(request, None, ("integer", "null"))


@pytest.mark.parametrize("value", ["red", 4, 1.5, True, [1, "a"], {"a": {"b": None}}])
def test_fields_of_requests_come_back_as_they_stand(value):
    """An echo may be anything."""
    expression = parse("$request.body#/it")
    roots_ = ExpressionRoots(request=ExpressionRequest(body={"it": value}))

    assert {expression.text: value} == read(expression, expression.evaluate(roots_), ())
    assert expression.evaluate(ExpressionRoots()) is UNDEFINED


def test_every_binding_of_every_contract_reads_its_own_examples(contract):
    """What the specs' own examples show can come from what they are bound to."""
    unread = []
    for vendor in VENDORS:
        for operation in contract(vendor).operations:
            for _, shown in operation.examples():
                for binding in shown.bindings:
                    value = shown.value
                    for step in binding.path:
                        value = value[step]
                    if read(binding.expression, value, binding.types, binding.format) is None:
                        unread.append((vendor, shown.pointer, binding.path, value))

    assert unread == []


def test_a_long_text_takes_no_long_time():
    """Reading a hostile text of the greatest length ends: the pattern is anchored by its literals."""
    text = "{$violation.message} (request id: {$exchange.id})"
    hostile = "(request id: " * (MOST_TEXT // 13)

    assert read(parse(text), hostile, ("string",)) is None
    assert re.match(r".*\)$", hostile) is None
