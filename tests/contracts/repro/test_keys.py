"""Which key a command carries, what it sends before, and that nothing in it is read as a pattern."""

from __future__ import annotations

import json
import shlex

import pytest

from pixpact.contracts.repro.curl import CredentialWriter, curl
from pixpact.contracts.run.check import RunOptions, judge_recording
from pixpact.specs.catalogue import SpecCatalogue
from pixpact.wire.exchange import Exchange

HOST = "https://toapis.com/v1/images/generations"
KEYED = ("Authorization", "Bearer [redacted]")
JSON = ("Content-Type", "application/json")
ORDER = json.dumps({"model": "doubao-seedream-5-0", "prompt": "A kite"}).encode()
TASK = {"id": "task_img_1a2b3c4d5e6f", "object": "generation.task", "model": "doubao-seedream-5-0", "status": "queued"}
QUEUED = TASK | {"progress": 0, "created_at": 1_790_000_000, "metadata": {}}


@pytest.mark.parametrize(
    ("key", "header"),
    [
        ("own", '"Authorization: Bearer $PIXPACT_API_KEY"'),
        ("second", '"Authorization: Bearer $PIXPACT_SECOND_API_KEY"'),
        ("wrong", "'Authorization: Bearer sk-pixpact-no-such-key'"),
    ],
)
def test_the_key_is_the_one_that_was_used(key, header):
    """One that was made up is no secret: with the right one the command would show something else."""
    sent = Exchange(0.0, "POST", HOST, (KEYED, JSON), ORDER, note={"key": key})

    assert f"-H {header}" in curl(sent, CredentialWriter())


def test_brackets_in_an_address_are_no_pattern():
    """An id comes from the server; curl would ask for a hundred addresses."""
    words = shlex.split(curl(Exchange(0.0, "GET", f"{HOST}/task[1-100]{{a,b}}")))

    assert ["curl", "-g", "-i", f"{HOST}/task[1-100]{{a,b}}"] == words


def test_a_long_prompt_is_packed():
    """Nobody reads ten thousand characters of it."""
    body = json.dumps({"prompt": "A kite " * 1500}).encode()
    command = curl(Exchange(0.0, "POST", HOST, (JSON,), body))

    assert len(command) < 600
    assert "base64 -d | gunzip" in command


def test_a_finding_of_a_poll_is_shown_from_the_submission():
    """The task of the recording is gone when somebody tries."""
    response = {"status": 200, "response_headers": (JSON,)}
    submit = Exchange(
        1_790_000_000.0, "POST", HOST, (KEYED, JSON), ORDER, response_body=json.dumps(QUEUED).encode(), **response
    )
    broken = json.dumps({name: value for name, value in QUEUED.items() if name != "metadata"} | {"progress": "7"})
    poll = Exchange(1_790_000_001.0, "GET", f"{HOST}/{TASK['id']}", (KEYED,), response_body=broken.encode(), **response)
    found = judge_recording(SpecCatalogue().source("toapis").contract(), [submit, poll], RunOptions()).findings

    assert found
    for finding in found:
        assert [f"RESPONSE=$(curl -i -sS {HOST} \\", f'curl -i "{HOST}/$FOUND" \\'] == [
            line for line in finding.repro.splitlines() if "curl" in line
        ]
