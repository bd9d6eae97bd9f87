"""What the proxy could not read is counted: silence would call it clean."""

from __future__ import annotations

import json

import pytest

WAITING = {"drawing": "dr_8fK2mQ", "state": "waiting", "percent": 0, "ordered": "2026-01-31T12:00:00Z"}
ORDER = {"model": "crayon-1", "prompt": "A red kite", "size": "large"}


def answering(body, *headers):
    async def script(connection):
        await connection.request()
        lines = ["HTTP/1.1 202 X", "Content-Type: application/json", f"Content-Length: {len(body)}", *headers]
        await connection.send("\r\n".join([*lines, "", ""]).encode() + body)

    return script


async def order(stand):
    async with stand.client.stream("POST", "/v2/drawings", json=ORDER) as response:
        async for _ in response.aiter_raw():
            pass
    return await stand.findings()


def test_a_body_in_a_coding_that_nobody_undoes_is_counted(standing):
    """An upstream may send it though it was not asked for."""
    found = standing(answering(b"\x8b\x03\x80{}\x03", "Content-Encoding: br"), order)

    assert [1] == list(found["not judged"].values())
    assert all("br" in reason for reason in found["not judged"])


def test_a_long_body_is_judged_to_its_end(standing):
    """Five million bytes are within the bound that the page names."""
    body = WAITING | {"state": 7, "note": "x" * 5_000_000}
    found = standing(answering(json.dumps(body).encode()), order)

    assert {} == found["not judged"]
    assert "/state" in [finding["pointer"] for finding in found["findings"]]


@pytest.mark.parametrize("most", [100])
def test_a_body_that_is_too_long_to_keep_is_counted(standing, most):
    """It passes whole, and nothing is said of it."""
    body = json.dumps(WAITING | {"note": "x" * 500}).encode()
    found = standing(answering(body), order, most_body=most)

    assert [] == found["findings"]
    assert [1] == list(found["not judged"].values())
