"""The small parts of the mock on their own: ids, paces, preferences."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pixpact.mockserver.core.identity import IdShape, SeededChance, account_of, entropy
from pixpact.mockserver.core.pace import parse
from pixpact.mockserver.responses.response_choice import preference
from pixpact.mockserver.responses.streaming import encoded


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
        assert re.fullmatch(pattern, IdShape(example).write(b"seed"))

    @given(st.text(max_size=40), st.binary(max_size=8))
    def test_any_example_gives_an_id_of_its_length(self, example, seed):
        """Whatever an author writes as an example, ids can be made of it, the same for the same seed."""
        shape = IdShape(example)

        assert len(example) == len(shape.write(seed))
        assert shape.write(seed) == shape.write(seed)

    def test_ids_use_all_characters_of_a_kind(self):
        """No character of the alphabet is left out."""
        written = "".join(IdShape("x_00000000").write(bytes([n])) for n in range(100))

        assert set("0123456789") == set(written.replace("x_", ""))


def test_entropy_depends_on_every_part():
    """Parts cannot be shifted into each other."""
    assert entropy("ab", "c") != entropy("a", "bc")
    assert entropy(1, 2) == entropy("1", "2")


def test_an_account_does_not_report_its_key():
    """The name is short, the same for the same key, and another with another vendor."""
    assert account_of("a", "sk-1") == account_of("a", "sk-1")
    assert "sk-1" not in account_of("a", "sk-1")
    assert account_of("a", "sk-1") != account_of("b", "sk-1")


@given(st.binary(min_size=32, max_size=32), st.floats(0, 100), st.floats(0, 100))
def test_chance_stays_within_its_bounds(seed, low, width):
    """Eight draws from one seed all lie between the bounds."""
    chance = SeededChance(seed)

    assert all(low <= chance.uniform(low, low + width) <= low + width for _ in range(8))


@pytest.mark.parametrize("text", ["", "0x", "fast", "polls:", "polls:-1", "-1x", "x", "10", "nanx", "Instant"])
def test_what_is_no_pace_is_reported(text):
    """The value and the choice."""
    with pytest.raises(ValueError, match="polls:N"):
        parse(text)


@pytest.mark.parametrize(("text", "speed"), [("10x", 10.0), ("0.5x", 0.5), ("manual", 1.0), ("instant", None)])
def test_a_pace_divides_durations(text, speed):
    """The number before the x."""
    assert speed == parse(text).speed


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
