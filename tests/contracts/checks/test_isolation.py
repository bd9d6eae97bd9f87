"""Isolation: another account's key must not show a task."""

from __future__ import annotations

import pytest

from pixpact.contracts.checks.isolation import isolation

from .conftest import poll, submit, task

CLAIM = "getImage:isolation/task"
ERROR = {"error": {"code": 500, "message": "oops", "type": "server_error"}}


@pytest.mark.parametrize(
    ("response", "status", "verdict"),
    [
        (task("completed"), 200, "broken"),
        ({"id": "task_1", "more": 1}, 200, "broken"),
        (ERROR, 404, "kept"),
        (ERROR, 500, "unjudged"),
        (ERROR, 200, "unjudged"),
        (b"", 200, "unjudged"),
        (b"<html>", 200, "unjudged"),
    ],
)
def test_what_another_key_is_shown(said, response, status, verdict):
    """The task is a leak; a refusal keeps it; what shows no task tells nothing."""
    seen = poll(response, after=40, status=status, isolation="yes", expects="unknown-task")

    assert verdict == said(isolation, "toapis", submit(), poll(task("completed"), after=31), seen)[CLAIM]
