from __future__ import annotations

from dataclasses import FrozenInstanceError

import pytest

from pixpact.wire.exchange import Exchange, Trace, header, media_type

CALL = Exchange(
    started=100.0,
    method="POST",
    url="http://127.0.0.1/v1/images/generations",
    request_headers=(("Authorization", "Bearer k"), ("X-Twice", "one"), ("x-twice", "two")),
    status=200,
    response_headers=(("Content-Type", "Application/JSON; charset=utf-8"),),
    duration=0.25,
    note={"operation": "submit"},
)


@pytest.mark.parametrize("name", ["authorization", "Authorization", "AUTHORIZATION"])
def test_a_header_is_found_whatever_the_case_of_its_name(name: str) -> None:
    """Field names are case-insensitive (RFC 9110)."""
    assert CALL.request_header(name) == "Bearer k"


def test_of_a_repeated_header_the_first_value_counts() -> None:
    """The order on the wire decides, not the spelling."""
    assert header(CALL.request_headers, "x-twice") == "one"


def test_a_header_that_was_not_sent_is_none() -> None:
    """Absent is not empty."""
    assert CALL.response_header("Retry-After") is None


def test_a_media_type_is_plain() -> None:
    """Parameters and case do not matter to whoever asks what a body is."""
    assert media_type(CALL.response_headers) == "application/json"
    assert media_type(()) == ""


def test_an_exchange_cannot_be_changed() -> None:
    """A record stays what it was."""
    with pytest.raises(FrozenInstanceError):
        CALL.status = 500  # type: ignore[misc]  # that it is refused is the point


def test_a_note_is_added_to_a_new_exchange() -> None:
    """The old one keeps its own notes; a name that was there gets the new value."""
    noted = CALL.noted(task="t1", operation="show")

    assert noted.note == {"operation": "show", "task": "t1"}
    assert CALL.note == {"operation": "submit"}


def test_exchanges_with_notes_can_stand_in_a_set() -> None:
    """Notes are not part of the hash."""
    assert {CALL, CALL.noted()} == {CALL}


def test_an_exchange_ends_after_its_duration() -> None:
    """Both are in seconds."""
    assert CALL.ended == 100.25


def test_a_trace_keeps_the_order_and_finds_an_operation() -> None:
    """What belongs to one task, from the submission to the download."""
    poll = CALL.noted(operation="show")
    trace = Trace((CALL,)).followed_by(poll).followed_by(poll)

    assert list(trace) == [CALL, poll, poll]
    assert len(trace) == 3
    assert trace.of("show") == (poll, poll)
    assert trace.of("download") == ()
