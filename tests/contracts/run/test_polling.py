"""From a submit to its outcome."""

from __future__ import annotations

import asyncio

import pytest

from pixpact.contracts.claims.contract_claims import ContractClaims
from pixpact.contracts.plan.capabilities import Capabilities
from pixpact.contracts.run.polling import PollingLimits, TaskPolling
from pixpact.contracts.run.retrying import RetryingSender
from pixpact.contracts.traffic.case import CaseReader
from pixpact.wire.exchange import Exchange

TOY = "fixtures/specs/toy.yaml"
MEANS = Capabilities(second_key=True)
ORDER = "toy:startDrawing:request/example/crayon"


@pytest.fixture
def followed(checked, watched):
    """What is asked when one order is sent and followed, and the result; `act` answers in place of the mock."""

    def run(act=lambda _: None, patience=None, claim=ORDER):
        before = watched(act)
        wanted = lambda probe: probe.kind == "take" and claim in probe.claims  # noqa: E731  # read where it is used
        result = checked(TOY, before, means=MEANS, only=wanted, patience=patience or PollingLimits())
        return before.asked, result

    return run


def polls(asked):
    return [it for it in asked if it.method == "GET" and "/v2/drawings/" in it.path]


def shown(asked, state, percent):
    """A task that stands in this state for ever; None for anything but a poll with the own key."""
    if asked.method != "GET" or "/drawings/" not in asked.path or asked.headers["x-api-key"] != "sk-pixpact-own":
        return None
    name = asked.path.rpartition("/")[2]
    return 200, {"drawing": name, "state": state, "percent": percent, "ordered": "2026-01-01T00:00:00Z"}


def test_a_task_is_followed_to_its_outcome_and_once_more(followed):
    """Looks until the outcome, one more to see that it stays, one with another key; then the images."""
    asked, result = followed()
    paths = {poll.path for poll in polls(asked)}
    keys = [poll.headers["x-api-key"] for poll in polls(asked)]

    assert 1 == len(paths)
    assert ["sk-pixpact-second"] == list(dict.fromkeys(keys))[1:] == [keys[-1]]
    assert 1 == len([it for it in asked if "/_files/" in it.path])
    assert not result.findings


def test_each_link_to_a_task_is_used(followed):
    """A vendor that takes the client's own reference is asked by it too, once."""
    asked, result = followed(claim="toy:startDrawing:request/example/ink")
    by_reference = [poll for poll in polls(asked) if "/dr_" not in poll.path]

    assert 1 == len(by_reference)
    assert not result.findings


@pytest.mark.parametrize(("every", "least"), [(1.0, 10), (5.0, 3)])
def test_polls_are_as_far_apart_as_is_said(followed, every, least):
    """On the clock of the target."""
    asked, _ = followed(patience=PollingLimits(poll_every=every))

    assert least <= len(polls(asked)) <= 45 / every + 4


def test_a_task_without_an_outcome_is_a_finding_at_the_deadline(followed):
    """The polls end soon after it, however long the task would go on."""
    asked, result = followed(lambda it: shown(it, "drawing", 40), PollingLimits(poll_every=10.0, deadline=60.0))

    assert ["toy::lifecycle/drawing/outcome"] == [finding.claim.id for finding in result.findings]
    assert 7 <= len(polls(asked)) <= 10


def test_an_unknown_word_is_a_finding_and_no_reason_to_wait(followed):
    """A state that nobody documented is not polled until the deadline."""
    asked, result = followed(lambda it: shown(it, "drying", 99))

    assert len(polls(asked)) <= 4
    assert any("drying" in finding.observed for finding in result.findings)


@pytest.mark.parametrize(("status", "most"), [(404, 5), (500, 40), (503, 90)])
def test_polls_that_fail_end(followed, status, most):
    """A refusal ends them after a few, a server error at the deadline; the order is not sent again."""
    asked, _ = followed(
        lambda it: (status, {"error": "no"}) if it.method == "GET" and "/drawings/" in it.path else None
    )
    own = [poll for poll in polls(asked) if poll.headers["x-api-key"] == "sk-pixpact-own"]

    assert 5 <= len(own) <= most
    assert 1 == len([it for it in asked if it.method == "POST" and it.path.endswith("/drawings")])


def test_images_are_fetched_without_the_key(followed):
    """Result URLs work for whoever has them; the key goes nowhere else."""
    asked, _ = followed()

    assert [None] == [it.headers.get("x-api-key") for it in asked if "/_files/" in it.path]


class Downloads:
    """A transport whose downloads end as they are told to; the waits between them cost no time."""

    def __init__(self, *ends: int | str) -> None:
        self.ends = list(ends)
        self.slept: list[float] = []

    async def download(self, url: str) -> Exchange:
        end = self.ends.pop(0)
        fault = {"fault": end} if isinstance(end, str) else {}
        return Exchange(0.0, "GET", url, status=end if isinstance(end, int) else 0, note=fault)

    def now(self) -> float:
        return 0.0

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)


@pytest.fixture
def downloaded(contract):
    """The tries of one download after another, and the seconds waited, where downloads end like this."""

    def run(*ends):
        transport = Downloads(*ends)
        retrying = RetryingSender(transport, transport, lambda _: None)
        polling = TaskPolling(CaseReader(ContractClaims(contract(TOY))), retrying, PollingLimits())

        async def all_of_them():
            tries = []
            while transport.ends:
                tries.append(int((await polling._downloaded("http://files.toy.example/a")).note["tries"]))
            return tries

        return asyncio.run(all_of_them()), transport.slept

    return run


@pytest.mark.parametrize(
    ("ends", "tries"),
    [
        ((200,), [1]),
        ((503, 200), [2]),
        ((500, 503, 200), [3]),
        ((404, 404, 404), [3]),
        (("connection", "connection", 200), [3]),
        (("forbidden-url",), [1]),
        (("too-large", 200), [1, 1]),
    ],
)
def test_a_download_is_tried_three_times(downloaded, ends, tries):
    """Unless a further try would change nothing."""
    assert tries == downloaded(*ends)[0]


def test_downloads_that_fail_again_and_again_are_tried_once(downloaded):
    """Three in a row are given up on; one that succeeds makes the next ones worth their tries again."""
    lost = (404, 404, 404) * 3

    assert [3, 3, 3, 1, 1, 3, 3, 3, 1] == downloaded(*lost, 404, 200, *lost, 404)[0]


def test_the_waits_between_downloads_grow(downloaded):
    """From one second on."""
    assert [1, 2] == downloaded(503, 503, 200)[1]
