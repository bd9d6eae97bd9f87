"""A limit of tasks under way: what a vendor refuses while enough of them are not over."""

from __future__ import annotations

import pytest

from pixpact.mockserver.faults.connection import NoResponse
from pixpact.mockserver.faults.parsing import from_text, read
from pixpact.mockserver.state.active_faults import BadFault

SUBMIT = "/apimart/v1/images/generations"
BODY = {"model": "doubao-seedream-5-0-lite", "prompt": "A kite"}
WAITS = "/apiyi/v1/images/generations"
WAITED = {"model": "seedream-5-0-260128", "prompt": "A kite"}


def limited(client, **fault):
    client.context.faults.add({"fault": "rate-limited", "under-way": 2, "retry-after": 7, **fault})
    return client


def statuses(client, count, body=BODY, url=SUBMIT, **options):
    return [client.post(url, body, **options).status for _ in range(count)]


class TestTasks:
    def test_a_submission_beyond_the_limit_is_refused_until_a_task_is_over(self, mocked):
        """Two tasks go on, the third is refused without a charge; when they ended there is room again."""
        client = limited(mocked("apimart"))
        assert statuses(client, 2) == [200, 200]
        refused = client.post(SUBMIT, BODY)
        assert (refused.status, refused.headers["retry-after"]) == (429, "7")
        assert refused.headers["preference-applied"] == "fault=rate-limited"
        assert len(client.context.ledger.charges()) == 2

        client.advance(3600)
        assert statuses(client, 3) == [200, 200, 429]

    def test_each_key_has_a_limit_of_its_own(self, mocked):
        """The tasks of one account take no room from another."""
        client = limited(mocked("apimart"))
        assert statuses(client, 3, key="sk-a") == [200, 200, 429]
        assert statuses(client, 2, key="sk-b") == [200, 200]

    def test_polls_are_answered_whatever_is_under_way(self, mocked):
        """Only what begins a task is limited."""
        client = limited(mocked("apimart"), **{"under-way": 1})
        task = client.post(SUBMIT, BODY).json["data"][0]["task_id"]
        assert client.get(f"/apimart/v1/tasks/{task}").status == 200

    def test_a_task_of_counted_polls_is_under_way_until_its_last(self, mocked):
        """At `polls:1` the second poll completes it, and makes room."""
        client = limited(mocked("apimart", pace="polls:1"), **{"under-way": 1})
        task = client.post(SUBMIT, BODY).json["data"][0]["task_id"]
        assert client.post(SUBMIT, BODY).status == 429
        for _ in range(2):
            client.get(f"/apimart/v1/tasks/{task}")
        assert client.post(SUBMIT, BODY).status == 200

    def test_a_model_narrows_what_is_counted_too(self, mocked):
        """Tasks of other models neither fill the room nor are refused."""
        client = limited(mocked("apimart"), model="gpt-image-1-official", **{"under-way": 1})
        assert statuses(client, 3) == [200, 200, 200]
        assert statuses(client, 2, {**BODY, "model": "gpt-image-1-official"}) == [200, 429]

    def test_it_is_a_condition_of_any_fault_of_a_submission(self, mocked):
        """A lost response, or a task that fails, strikes from the third task on as well."""
        client = mocked("apimart")
        client.context.faults.add({"fault": "failed", "under-way": 2})
        applied = [client.post(SUBMIT, BODY).headers.get("preference-applied") for _ in range(3)]
        assert applied == [None, None, "fault=failed"]


class TestWaitingClients:
    def test_what_is_answered_at_once_takes_no_room(self, mocked):
        """On a standing clock nobody waits for images, so nothing is under way."""
        client = limited(mocked("apiyi"), **{"under-way": 1})
        assert statuses(client, 3, WAITED, WAITS) == [200, 200, 200]

    def test_a_request_that_waits_for_its_images_takes_room(self, mocked):
        """The client gave up; the vendor is at it still."""
        client = limited(mocked("apiyi"), **{"under-way": 1})
        client.context.faults.add({"fault": "stuck", "times": 1})
        with pytest.raises(NoResponse):
            client.post(WAITS, WAITED)
        assert client.post(WAITS, WAITED).status == 429


class TestReading:
    def test_text_and_json_are_one_vocabulary(self):
        """What the command line reads is what the control side lists."""
        written = {"fault": "rate-limited", "under-way": 3}
        assert from_text("rate-limited,under-way=3") == read(written)
        assert read(written).json() == written

    @pytest.mark.parametrize(
        ("fault", "said"),
        [
            ({"fault": "rate-limited", "under-way": 0}, "under-way is 0; write a whole number from 1"),
            ({"fault": "rate-limited", "under-way": 2, "stage": "poll"}, "no stage 'poll'; there are submit"),
            ({"fault": "no-cors", "under-way": 2}, "under-way does not apply to 'no-cors'"),
            ({"fault": "webhook-lost", "under-way": 2}, "under-way does not apply to 'webhook-lost'"),
        ],
    )
    def test_what_can_never_strike_is_refused(self, fault, said):
        """The limit is of submissions alone."""
        with pytest.raises(BadFault, match=said):
            read(fault)
