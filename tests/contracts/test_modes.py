"""A contract with modes, ended tasks and one word for two states, checked against its own mock and others."""

from __future__ import annotations

import json

MODES = "fixtures/specs/modes.yaml"


def test_a_contract_with_modes_checks_clean(checked, watched):
    """Both modes are asked for, and one task alone is ended: the one that was begun for that."""
    seen = watched()
    result = checked(MODES, seen)

    assert () == tuple(result.findings)
    assert () == result.failures
    assert result.coverage > 0.95
    asked = [it.headers.get("x-async") for it in seen.asked if it.path == "/modes/prints"]
    assert {None, "enable"} <= set(asked)
    enlarged = [json.loads(it.body) for it in seen.asked if it.path == "/modes/enlargements" and it.body[-1:] == b"}"]
    shown = [it.path for it in seen.asked]
    assert any(f"/modes/prints/{body.get('print')}" in shown for body in enlarged)
    stopped = [it.path for it in seen.asked if it.path.endswith("/stop") and "no-such" not in it.path]
    assert {2} == {stopped.count(path) for path in stopped if "pixpact-" not in path}


def changed(path, body):
    """An application that answers requests to this path by itself, and does nothing."""

    def around(app):
        async def answered(scope, receive, send):
            if not scope["path"].endswith(path) or "pixpact-" in scope["path"]:
                await app(scope, receive, send)
                return
            headers = [(b"content-type", b"application/json")]
            await send({"type": "http.response.start", "status": 200, "headers": headers})
            name = scope["path"].split("/")[-2]
            await send({"type": "http.response.body", "body": body.replace(b"NAME", name.encode())})

        return answered

    return around


def test_a_service_that_does_not_end_tasks_is_found(checked):
    """It says so, and goes on."""
    result = checked(MODES, changed("/stop", b'{"id": "NAME", "state": "STOPPED"}'))

    assert ["modes:stopPrint:lifecycle/ended"] == [finding.claim.id for finding in result.findings]
