"""The journal keeps the last exchanges, cut and without secrets."""

from __future__ import annotations

from pixpact.mockserver.state.journal import MOST_BODY, ExchangeJournal
from pixpact.wire.exchange import Exchange


def exchange(**changes):
    values = {
        "started": 1.0,
        "method": "POST",
        "url": "http://mock.test/a?api_key=hidden",
        "request_headers": (("authorization", "Bearer hidden"),),
        "request_body": b'{"secret": "hidden", "prompt": "seen"}',
        "status": 200,
        "response_headers": (("set-cookie", "hidden"),),
        "response_body": b"{}",
        "duration": 0.1,
        "note": {},
    }
    return Exchange(**(values | changes))


def test_nothing_secret_is_read_from_it():
    """Headers, query and secret fields are taken out; the rest stays."""
    journal = ExchangeJournal()
    journal.add(exchange())
    (kept,) = journal

    assert "hidden" not in str(kept)
    assert b"seen" in kept.request_body


def test_what_was_read_once_has_lost_its_keys():
    """Nothing is left of what was on the wire."""
    journal = ExchangeJournal()
    journal.add(exchange())
    (place,) = journal.places()
    held = place.read()

    assert "hidden" not in str(held.request_headers) + held.url
    assert place.unread is None


def test_a_key_that_comes_back_in_a_body_is_taken_out():
    """The API key of a request is not kept even where a client wrote it into its prompt."""
    journal = ExchangeJournal()
    journal.add(exchange(request_body=b'{"prompt": "my key is sk-abc123"}'), "sk-abc123")

    assert "sk-abc123" not in str(next(journal.places()).read())


def test_long_bodies_are_cut_and_marked():
    """A body beyond the limit is kept in part, and the note says so."""
    journal = ExchangeJournal()
    journal.add(exchange(response_body=b"x" * (MOST_BODY * 3)))
    (kept,) = journal

    assert len(kept.response_body) <= MOST_BODY
    assert kept.note["truncated"] == "response"


def test_the_oldest_make_room():
    """Only so many are kept; the total goes on."""
    journal = ExchangeJournal(most=2)
    for status in (200, 400, 500):
        journal.add(exchange(status=status))

    assert [kept.status for kept in journal] == [400, 500]
    assert journal.total == 3


IMAGE = b"iVBORw0KGgo" * 9000


def test_a_long_body_keeps_what_identifies_its_images():
    """A request with megabytes of base64 is still JSON, and each image is told from another."""
    journal = ExchangeJournal()
    journal.add(exchange(request_body=b'{"image": "data:image/png;base64,' + IMAGE + b'", "n": 2}'))
    (kept,) = journal

    assert b"sha256" in kept.request_body
    assert kept.request_body.endswith(b'"n": 2}')
    assert "truncated" not in kept.note


def test_a_long_form_keeps_its_other_parts():
    """The bytes of its files are replaced by what identifies them."""
    file = b'--x\r\nContent-Disposition: form-data; name="image"; filename="a.png"\r\n\r\n' + IMAGE
    text = b'\r\n--x\r\nContent-Disposition: form-data; name="prompt"\r\n\r\nA kite\r\n--x--\r\n'
    headers = (("content-type", 'multipart/form-data; boundary="x"'),)
    journal = ExchangeJournal()
    journal.add(exchange(request_headers=headers, request_body=file + text))
    (kept,) = journal

    assert b"[99000 bytes, sha256 " in kept.request_body
    assert kept.request_body.endswith(text)


def test_long_bodies_make_room_for_each_other():
    """Only so many bytes are kept whole; the oldest are cut first, and say so."""
    journal = ExchangeJournal(most_whole=250_000)
    for _ in range(3):
        journal.add(exchange(request_body=b'{"image": "' + IMAGE + b'"}'))
    kept = list(journal)

    assert ["request", None, None] == [it.note.get("truncated") for it in kept]
    assert len(kept[0].request_body) <= MOST_BODY


def begun(journal, *, lasting, **changes):
    journal.add(exchange(**changes), place=journal.keep_place(lasting=lasting))


def test_polls_make_room_for_each_other_and_not_for_what_they_look_at():
    """Half of the room is for what begins something; the order stays that of arrival."""
    journal = ExchangeJournal(most=4)
    begun(journal, lasting=True, status=202)
    for status in range(200, 210):
        begun(journal, lasting=False, status=status)

    assert [202, 207, 208, 209] == [kept.status for kept in journal]
    assert 7 == journal.forgotten


def test_submissions_leave_polls_their_half():
    """However many come, and they may have the whole room while there are no polls."""
    journal = ExchangeJournal(most=4)
    for status in range(200, 206):
        begun(journal, lasting=True, status=status)
    alone = [kept.status for kept in journal]
    for status in (400, 401, 402):
        begun(journal, lasting=False, status=status)

    assert [202, 203, 204, 205] == alone
    assert [204, 205, 401, 402] == [kept.status for kept in journal]


def test_an_exchange_under_way_stands_at_the_place_where_it_began():
    """It is pending until it is over, without its secrets, and is reported once."""
    journal, reported = ExchangeJournal(), []
    journal.report = reported.append
    place = journal.keep_place(lambda: exchange(status=0))
    journal.add(exchange(status=404))
    before = [(kept.status, kept.note.get("pending")) for kept in journal]
    hidden = [kept for kept in journal if "hidden" in str(kept)]
    journal.add(exchange(status=200), place=place)

    assert [(0, "true"), (404, None)] == before
    assert [] == hidden
    assert [(200, None), (404, None)] == [(kept.status, kept.note.get("pending")) for kept in journal]
    assert [404, 200] == [it.status for it in reported]


def test_what_made_room_while_it_was_under_way_is_counted_once():
    """Whoever looks for it later learns that it cannot be reported any more."""
    journal = ExchangeJournal(most=2)
    place = journal.keep_place(lambda: exchange(status=0))
    for _ in range(2):
        journal.add(exchange(status=404))
    journal.add(exchange(status=200), place=place)

    assert [(200, 1)] == [(kind.common.status, kind.count) for kind in journal.read().forgotten]
