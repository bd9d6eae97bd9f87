"""Billing: the balance decreases by what was charged."""

from __future__ import annotations

import pytest

from pixpact.contracts.checks.billing import billing

from .conftest import FILE, START, call

CLAIM = "getBalance:billing/balance"


def balance(left, after):
    value = {"success": True, "remain_balance": left, "used_balance": 0, "unlimited_quota": False}
    return call("GET", "/v1/balance", value, after=after, role="other", expects="", balance="yes")


def bought(cost=None):
    body = {"model": "doubao-seedream-5-0-lite", "prompt": "A kite"}
    start = {"code": 200, "data": [{"status": "submitted", "task_id": "task_1"}]}
    reported = {
        "id": "task_1",
        "status": "completed",
        "progress": 100,
        "created": int(START),
        "completed": int(START) + 20,
    }
    reported |= {"result": {"images": [{"url": [FILE], "expires_at": int(START) + 259220}]}}
    reported |= {} if cost is None else {"cost": cost}
    yield call("POST", "/v1/images/generations", start, body, role="start", expects="")
    yield call("GET", "/v1/tasks/task_1", {"code": 200, "data": reported}, after=20, role="show", expects="")


@pytest.mark.parametrize(
    ("cost", "left", "verdict"),
    [
        (0.0228, 9.9772, "kept"),
        (None, 9.9772, "kept"),
        (0.0456, 9.9772, "kept"),  # what is wrong is the stated cost: `images` says it
        (0.0228, 9.9, "broken"),
        (None, 10, "broken"),
    ],
)
def test_the_balance_falls_by_the_cost(said, cost, left, verdict):
    """As the responses state it, else the images times their price."""
    assert {CLAIM: verdict} == said(billing, "apimart", balance(10, -1), *bought(cost), balance(left, 40))


def test_an_account_without_a_limit_is_not_judged(said):
    """Its balance stays at -1."""
    assert {CLAIM: "unjudged"} == said(billing, "apimart", balance(-1, -1), *bought(), balance(-1, 40))


def test_one_poll_reports_nothing(said):
    """Both sides of the task are needed."""
    assert {} == said(billing, "apimart", balance(10, -1), *bought())
