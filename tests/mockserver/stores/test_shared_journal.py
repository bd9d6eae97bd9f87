"""The journal that several processes share."""

from __future__ import annotations

from dataclasses import replace

import pytest

from pixpact.mockserver.state.journal import MOST_BODY
from pixpact.mockserver.stores.choice import StoreChoice
from pixpact.mockserver.stores.journal import SharedJournal
from pixpact.wire.exchange import Exchange


class Recorded:
    """An exchange of a client, over the wire."""

    key = "sk-secret"

    def __init__(self, exchange: Exchange) -> None:
        self._exchange = exchange

    def made(self) -> Exchange:
        return self._exchange


@pytest.fixture
def backend(run, tmp_path):
    backend = StoreChoice("sqlite", str(tmp_path / "store.db")).opened().backend
    yield backend
    run(backend.close())


def exchange(number: int, **changes: object) -> Exchange:
    return replace(Exchange(float(number), "GET", f"http://mock.test/{number}", status=200), **changes)


async def recorded(journal: SharedJournal, number: int, *, lasting: bool = False, **changes: object) -> None:
    under_way = exchange(number, status=0)
    place = await journal.arrive(lambda: under_way, lasting=lasting)
    await journal.record(Recorded(exchange(number, **changes)), place)


def paths(snapshot) -> list[str]:
    return [it.url.rpartition("/")[2] for it in snapshot.exchanges]


def test_polls_and_other_exchanges_are_kept_in_one_order(run, backend):
    """Whichever process reads them."""
    one, another = SharedJournal(backend), SharedJournal(backend)
    for number, lasting in enumerate([True, False, False, True], 1):
        run(recorded(one, number, lasting=lasting))

    assert ["1", "2", "3", "4"] == paths(run(another.kept()))
    assert ["3", "4"] == [place.read().url.rpartition("/")[2] for place in run(another.following(2))]
    assert [1, 3, 4] == [place.number for place in run(another.following(2, under_way=(1,)))]


@pytest.mark.parametrize("lasting", [False, True])
def test_an_exchange_is_read_by_its_number(run, backend, lasting):
    """None where there is none."""
    journal = SharedJournal(backend)
    run(recorded(journal, 1, lasting=lasting))

    assert "http://mock.test/1" == run(journal.at(1)).url
    assert run(journal.at(2)) is None


def test_forgetting_leaves_no_record_in_the_store(run, backend):
    """Polls, other exchanges and the counts of those that made room are removed, not only hidden."""
    journal = SharedJournal(backend, most=2)
    for number in range(1, 5):
        run(recorded(journal, number, lasting=number % 2 == 0))
    run(journal._make_room(0))  # what happens once in a while
    kinds = ("passing:0", "lasting:0", "forgotten:0")
    before = [run(backend.reading.size(kind)) for kind in kinds]
    run(journal.forget())

    assert [1, 1, 1] == before
    assert [0, 0, 0] == [run(backend.reading.size(kind)) for kind in kinds]
    assert (1, [], 0) == (journal.resets, paths(run(journal.kept())), run(journal.kept()).total)


def test_what_made_room_is_counted(run, backend):
    """The total says how many there were."""
    journal = SharedJournal(backend, most=2)
    for number in range(1, 6):
        run(recorded(journal, number))
    run(journal._make_room(0))
    snapshot = run(journal.kept())

    assert (["4", "5"], 5, 3) == (paths(snapshot), snapshot.total, snapshot.gone)


def test_an_exchange_that_ends_after_a_reset_is_not_part_of_what_comes_after(run, backend):
    """It belongs to what was forgotten."""
    journal = SharedJournal(backend)

    async def late() -> None:
        place = await journal.arrive(lambda: exchange(1, status=0))
        await journal.forget()
        await journal.record(Recorded(exchange(1)), place)

    run(late())

    assert [] == run(journal.kept()).exchanges


def test_no_key_reaches_the_store(run, backend):
    """Not even inside of a body."""
    journal = SharedJournal(backend)
    run(recorded(journal, 1, request_body=b'{"prompt": "sk-secret"}', request_headers=(("x-key", "sk-secret"),)))
    (row,) = run(backend.reading.rows("passing:0"))

    assert b"sk-secret" not in row.value
    assert ("sk-secret",) == journal.keys


def test_a_body_that_is_too_long_is_shortened(run, backend):
    """A store keeps no file of any size."""
    journal = SharedJournal(backend)
    run(recorded(journal, 1, response_body=b"x" * (MOST_BODY + 1)))

    assert len(run(journal.at(1)).response_body) <= MOST_BODY


def test_each_exchange_is_reported_once_it_is_over(run, backend):
    """For the log of this process."""
    journal, reported = SharedJournal(backend), []
    journal.report = reported.append
    run(recorded(journal, 1))

    assert [200] == [it.status for it in reported]
