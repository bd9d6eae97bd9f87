"""The small parts of the mock on their own: ids, paces, routes, parameters, the ledger, preferences."""

from __future__ import annotations

import re
from decimal import Decimal
from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pixpact.mockserver.decoding import Undecodable, json_of, typed
from pixpact.mockserver.identity import Chance, Shape, account_of, entropy
from pixpact.mockserver.ledger import Account, Entry
from pixpact.mockserver.negotiation import preference
from pixpact.mockserver.pace import parse
from pixpact.mockserver.routes import Routes
from pixpact.mockserver.streaming import encoded


class TestShape:
    @pytest.mark.parametrize(
        ("example", "pattern"),
        [
            ("task_01K8SGYNNNVBQTXNR4MM964S7K", r"task_[0-9A-HJKMNP-TV-Z]{26}"),
            ("task_img_abc123def456", r"task_img_[0-9a-f]{12}"),
            ("20260919182056471923385yBRUUrTx", r"[0-9]{23}[a-z][A-Z]{4}[a-z][A-Z][a-z]"),
            ("plain", r"[a-z]{5}"),
            ("a_b-c.D", r"a_[a-z]-[a-z]\.[A-Z]"),
            ("", r""),
        ],
    )
    def test_an_id_looks_like_its_example(self, example, pattern):
        """After the last underscore every character is replaced by one of its kind."""
        assert re.fullmatch(pattern, Shape(example).write(b"seed"))

    @given(st.text(max_size=40), st.binary(max_size=8))
    def test_any_example_gives_an_id_of_its_length(self, example, seed):
        """Whatever an author writes as an example, ids can be made of it, the same for the same seed."""
        shape = Shape(example)

        assert len(example) == len(shape.write(seed))
        assert shape.write(seed) == shape.write(seed)

    def test_ids_use_all_characters_of_a_kind(self):
        """No character of the alphabet is left out."""
        written = "".join(Shape("x_00000000").write(bytes([n])) for n in range(100))

        assert set("0123456789") == set(written.replace("x_", ""))


def test_entropy_depends_on_every_part():
    """Parts cannot be shifted into each other."""
    assert entropy("ab", "c") != entropy("a", "bc")
    assert entropy(1, 2) == entropy("1", "2")


def test_an_account_does_not_tell_its_key():
    """The name is short, the same for the same key, and another with another vendor."""
    assert account_of("a", "sk-1") == account_of("a", "sk-1")
    assert "sk-1" not in account_of("a", "sk-1")
    assert account_of("a", "sk-1") != account_of("b", "sk-1")


@given(st.binary(min_size=32, max_size=32), st.floats(0, 100), st.floats(0, 100))
def test_chance_stays_within_its_bounds(seed, low, width):
    """Eight draws from one seed all lie between the bounds."""
    chance = Chance(seed)

    assert all(low <= chance.uniform(low, low + width) <= low + width for _ in range(8))


@pytest.mark.parametrize("text", ["", "0x", "fast", "polls:", "polls:-1", "-1x", "x", "10", "nanx", "Instant"])
def test_what_is_no_pace_is_told(text):
    """The value and the choice."""
    with pytest.raises(ValueError, match="polls:N"):
        parse(text)


@pytest.mark.parametrize(("text", "speed"), [("10x", 10.0), ("0.5x", 0.5), ("manual", 1.0), ("instant", None)])
def test_a_pace_divides_durations(text, speed):
    """The number before the x."""
    assert speed == parse(text).speed


class TestRoutes:
    @pytest.fixture
    def routes(self):
        paths = [("GET", "/a"), ("POST", "/a"), ("GET", "/a/{id}"), ("GET", "/a/b"), ("GET", "/x/{model-id}/y.json")]
        return Routes((SimpleNamespace(method=method, path=path), f"{method} {path}") for method, path in paths)

    @pytest.mark.parametrize(
        ("method", "path", "target", "values"),
        [
            ("GET", "/a", "GET /a", {}),
            ("POST", "/a", "POST /a", {}),
            ("GET", "/a/b", "GET /a/b", {}),
            ("GET", "/a/c", "GET /a/{id}", {"id": "c"}),
            ("GET", "/a/c%2Fd", "GET /a/{id}", {"id": "c/d"}),
            ("GET", "/x/1/y.json", "GET /x/{model-id}/y.json", {"model-id": "1"}),
        ],
    )
    def test_a_request_finds_its_operation(self, routes, method, path, target, values):
        """Literal paths win over templates; any name may stand in braces; values are decoded."""
        found = routes.find(method, path)

        assert (target, values) == (found.target, found.path)

    @pytest.mark.parametrize(("method", "path"), [("PUT", "/a"), ("GET", "/a/"), ("GET", "/x/1/yXjson"), ("GET", "/")])
    def test_others_find_none(self, routes, method, path):
        """A template matches one segment, and dots are dots."""
        assert routes.find(method, path) is None

    def test_methods_and_nearest(self, routes):
        """What a path knows, and what was probably meant."""
        assert ["GET", "POST"] == routes.methods("/a")
        assert [] == routes.methods("/b/c/d")
        assert "GET /a/b" == routes.nearest("GET", "/a/bb")


@pytest.mark.parametrize(
    ("text", "types", "value"),
    [
        ("5", ("integer",), 5),
        ("5", ("string",), "5"),
        ("five", ("integer",), "five"),
        ("1.5", ("number",), 1.5),
        ("true", ("boolean",), True),
        ("yes", ("boolean",), "yes"),
        ("9" * 40, ("integer",), "9" * 40),
        ("5", ("string", "integer"), 5),
    ],
)
def test_parameters_get_the_type_of_their_schema(text, types, value):
    """A text that is no such value stays a text, for validation to judge."""
    assert value == typed(text, types)


@pytest.mark.parametrize("raw", [b"", b"{", b"NaN", b'"\\ud800"', b"{}{}", b"\xff", b"'a'", b"{'a': 1}", b"[1,]"])
def test_what_is_no_json_is_told(raw):
    """Strict JSON: RFC 8259, nothing after the value."""
    with pytest.raises(Undecodable, match="not valid JSON"):
        json_of(raw)


class TestLedger:
    def test_a_charge_beyond_the_balance_changes_nothing(self):
        """The balance is what it was."""
        account = Account(Decimal(1))

        assert not account.charge(Entry(0.0, "a", Decimal("1.01")))
        assert Decimal(1) == account.balance(0.0)

    def test_a_refund_counts_from_its_time(self):
        """Before it the charge stands, from then on it does not."""
        account = Account(Decimal(10))
        account.charge(Entry(0.0, "a", Decimal(4), refund_at=5.0))

        assert [Decimal(6), Decimal(6), Decimal(10)] == [account.balance(now) for now in (0.0, 4.9, 5.0)]

    def test_a_refund_counts_once(self):
        """Two looks at a failed task give the money back one time; an unknown task nothing."""
        account = Account(Decimal(10))
        account.charge(Entry(0.0, "a", Decimal(4)))
        for task in ("a", "a", "b"):
            account.refund(task, 1.0)

        assert Decimal(10) == account.balance(2.0)
        assert Decimal(0) == account.used(2.0)


@pytest.mark.parametrize(
    ("header", "wish"),
    [
        (None, (None, None, None)),
        (b"code=429", ("429", None, None)),
        (b'example="rate-limited"; x=1, state=failed', (None, "rate-limited", "failed")),
        (b"respond-async, wait=10", (None, None, None)),
        (b"code=, state", (None, None, None)),
        (b"Code=500, code=400", ("500", None, None)),
    ],
)
def test_preferences_are_read_as_rfc_7240_writes_them(header, wish):
    """Names in any case, values quoted or not, the first of a name counts, unknown ones are left alone."""
    found = preference(header)

    assert wish == (found.code, found.example, found.state)


@pytest.mark.parametrize(
    ("event", "chunk"),
    [
        ({"event": "a", "data": {"b": 1}}, b'event: a\ndata: {"b":1}\n\n'),
        ({"data": "[DONE]"}, b"data: [DONE]\n\n"),
        ({"event": "a", "data": {"b": "x\ny"}}, b'event: a\ndata: {"b":"x\\ny"}\n\n'),
    ],
)
def test_an_event_is_two_lines_and_a_blank_one(event, chunk):
    """Data is one line whatever stands in it."""
    assert chunk == encoded(event)
