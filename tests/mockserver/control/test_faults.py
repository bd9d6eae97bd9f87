"""`/_pixpact/faults` and `/_pixpact/stubs`: what is accepted, what is refused, and what stands afterwards."""

from __future__ import annotations

import pytest

FAULTS, STUBS = "/_pixpact/faults", "/_pixpact/stubs"
PAIR = 'a stub is {"on": {"prompt": "A kite"}, "gives": {"status": 429}}'


def standing(client):
    return [fault["fault"] for fault in client.get(FAULTS, key=None).json["faults"]]


@pytest.mark.parametrize(
    ("content", "detail"),
    [
        ("", "the body is not JSON"),
        ("{", "the body is not JSON"),
        ("[]", f"{PAIR}: these two objects"),
        ("null", f"{PAIR}: these two objects"),
        ('["on", "gives"]', f"{PAIR}: these two objects"),
        ('{"on": {}}', f"{PAIR}: these two objects"),
        ('{"on": {}, "gives": {}, "times": 1}', f"{PAIR}: these two objects"),
        ('{"on": 1, "gives": {}}', f"{PAIR}: two objects"),
        ('{"on": {}, "gives": {}}', "a stub gives one of image, status, task, fault; it gives nothing"),
        ('{"on": {"body": 3, "prompt": "x"}, "gives": {"status": 429}}', "body is 3; write an object"),
        ('{"on": {}, "gives": {"task": "faild"}}', "task is 'faild'; did you mean 'failed'?"),
        ('{"on": {}, "gives": {"task": "zzz"}}', "or write how long it takes: 3m"),
    ],
)
def test_a_stub_that_makes_no_sense_is_refused_with_the_remedy(mocked, content, detail):
    """And nothing stands."""
    client = mocked("toapis")
    response = client.request("POST", STUBS, content=content.encode(), key=None)

    assert 400 == response.status
    assert detail in response.json["detail"]
    assert [] == standing(client)


@pytest.mark.parametrize(
    ("gives", "fault"),
    [
        ({"status": 429}, "response"),
        ({"status": 599}, "html"),
        ({"status": "rate-limited"}, "rate-limited"),
        ({"task": "failed"}, "failed"),
        ({"task": "3m"}, "takes"),
        ({"task": {"fault": "stuck"}}, "stuck"),
        ({"fault": "latency", "delay": "1s"}, "latency"),
    ],
)
def test_a_stub_stands_as_a_fault(mocked, gives, fault):
    """Under the name of what it gives."""
    client = mocked("toapis")
    response = client.post(STUBS, {"on": {"prompt": "A kite"}, "gives": gives}, key=None)

    assert 201 == response.status
    assert [fault] == standing(client)
    assert {"prompt": "A kite"} == response.json["faults"][0]["body"]


@pytest.mark.parametrize(
    ("content", "detail"),
    [
        ("{", "the body is not JSON"),
        ("3", "3 is not a fault: write an object"),
        ('[{"fault": "server-error"}, {"fault": "nothing"}]', "'nothing' is not a fault"),
    ],
)
def test_of_several_faults_none_stands_when_one_is_wrong(mocked, content, detail):
    """The message names the wrong one."""
    client = mocked("toapis")
    response = client.request("POST", FAULTS, content=content.encode(), key=None)

    assert 400 == response.status
    assert detail in response.json["detail"]
    assert [] == standing(client)


def test_a_fault_is_removed_by_its_number(mocked):
    """A number that stands for none is refused, and says where the active ones are listed."""
    client = mocked("toapis")
    client.post(FAULTS, [{"fault": "server-error"}, {"fault": "latency", "delay": "1s"}], key=None)
    removed = [client.request("DELETE", f"{FAULTS}/1", key=None) for _ in range(2)]

    assert [200, 404] == [response.status for response in removed]
    assert {"removed": 1} == removed[0].json
    assert "no fault 1 stands; GET /_pixpact/faults lists the active ones" == removed[1].json["detail"]
    assert ["latency"] == standing(client)


def test_every_fault_is_removed_at_once(mocked):
    """None at all is no mistake."""
    client = mocked("toapis")
    client.post(FAULTS, [{"fault": "server-error"}, {"fault": "server-error"}], key=None)

    assert [2, 0] == [client.request("DELETE", FAULTS, key=None).json["removed"] for _ in range(2)]
