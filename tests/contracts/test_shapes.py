"""Contracts of shapes that the four vendors have not: whoever checks a mock of one finds nothing."""

from __future__ import annotations

SHAPES = "fixtures/specs/shapes.yaml"


def test_a_contract_of_other_shapes_checks_clean(checked, watched):
    """Nothing is broken, nothing is deleted, and required parameters go with every request, `Prefer` beside ours."""
    seen = watched()

    result = checked(SHAPES, seen)

    assert () == tuple(result.findings)
    assert () == result.failures
    assert result.coverage > 0.9
    deleted = [it for it in seen.asked if it.method == "DELETE"]
    assert {"/shapes/acme/jobs/pixpact-1"} == {it.path for it in deleted}
    assert all(it.headers.get("authorization") != "Key sk-pixpact-check" for it in deleted)

    started = [it for it in seen.asked if it.path == "/shapes/acme/jobs"]
    assert {"async", "pixpact-unknown"} == {it.headers.get("x-mode") for it in started}
    assert {"wait", "state=broken"} <= {it.headers.get("prefer") for it in started}


def test_an_address_that_leads_elsewhere_is_found(checked):
    """`$server` is the base URL in use, or a server of the contract."""

    def around(app):
        async def changed(scope, receive, send):
            async def sent(message):
                if message.get("body"):
                    body = message["body"].replace(b"/shapes/acme/jobs/", b"/other/acme/jobs/")
                    message = {**message, "body": body}
                await send(message)

            await app(scope, receive, lambda message: _without_length(message, sent))

        return changed

    result = checked(SHAPES, around)

    assert ["startJob:answer/Ordered/look/x-value"] == [
        finding.claim.id.partition(":")[2] for finding in result.findings
    ]


async def _without_length(message, send):
    if "headers" in message:
        kept = [header for header in message["headers"] if header[0] != b"content-length"]
        message = {**message, "headers": kept}
    await send(message)
