"""How many requests a key may send."""

from __future__ import annotations

import openai
import pytest

from pixpact.mockserver.core.rate_limit import RateLimit, parse

SUBMIT = "/apimart/v1/images/generations"
BODY = {"model": "doubao-seedream-5-0-lite", "prompt": "A kite"}


@pytest.mark.parametrize(
    ("text", "most", "seconds"),
    [("5/s", 5, 1.0), ("60/min", 60, 60.0), ("60/minute", 60, 60.0), ("10/h", 10, 3600.0), ("9/day", 9, 86400.0)],
)
def test_a_rate_is_a_number_per_unit(text, most, seconds):
    """Seconds, minutes, hours and days."""
    assert RateLimit(text, most, seconds) == parse(text)


@pytest.mark.parametrize("text", ["5", "0/s", "5/x", "-1/s", "1.5/s", "5 / s", ""])
def test_other_texts_are_reported(text):
    """The text, and what would be a rate."""
    with pytest.raises(ValueError, match="is not a rate: write 5/s"):
        parse(text)


def test_a_window_slides_on_the_mocks_clock(mocked):
    """Within any minute at most three requests are served; who is refused is reported when to come again."""
    client = mocked("apimart", rate_limit=parse("3/min"))
    found = []
    for seconds in (0, 10, 10, 10, 29.5, 0.5, 0):
        client.advance(seconds)
        response = client.post(SUBMIT, BODY)
        found.append((response.status, response.headers.get("retry-after")))

    assert [(200, None)] * 3 + [(429, "30"), (429, "1"), (200, None), (429, "10")] == found


def test_the_refusal_is_the_vendors(mocked):
    """Its body, nothing charged, counted for each key by itself, polls counted too."""
    client = mocked("apimart", rate_limit=parse("1/s"))
    task = client.post(SUBMIT, BODY).json["data"][0]["task_id"]
    refused = client.get(f"/apimart/v1/tasks/{task}")

    assert {"error": {"code": 429, "message": "Too many requests", "type": "rate_limit_error"}} == refused.json
    assert 200 == client.post(SUBMIT, BODY, key="sk-other").status
    assert 2 == len(client.get("/_pixpact/ledger").json["charges"])


def test_an_operation_without_such_a_response_has_no_limit(mocked):
    """What the contract does not say the mock does not invent."""
    client = mocked("apimart", rate_limit=parse("1/day"))

    assert [200] * 3 == [client.get("/apimart/v1/balance").status for _ in range(3)]


def test_the_sdk_sees_its_own_error(served):
    """The `openai` SDK raises its class of a 429, and can read how long to wait."""
    mock = served("apiyi", rate_limit=parse("1/day"))
    with openai.OpenAI(base_url=f"{mock.url}/apiyi/v1", api_key="sk-test", max_retries=0) as client:
        client.images.generate(model="seedream-5-0-260128", prompt="x")
        with pytest.raises(openai.RateLimitError) as caught:
            client.images.generate(model="seedream-5-0-260128", prompt="x")

    assert "86400" == caught.value.response.headers["retry-after"]
