"""Images just before they expire, where the run can move the server's clock."""

from __future__ import annotations

from dataclasses import replace

import pytest

from pixpact.cli.in_process import IN_PROCESS

TOY = "fixtures/specs/toy.yaml"
AVAILABLE = "toy:startDrawing:image/Order/available"


def is_order(probe):
    return "toy:startDrawing:request/example/crayon" in probe.claims


def verdict(result):
    return next(judgement for judgement in result.judgements if judgement.claim.id == AVAILABLE)


def test_an_image_is_there_until_its_end(checked, watched):
    """The clock is moved to just before it, and the image fetched once more."""
    before = watched()
    result = checked(TOY, before, means=IN_PROCESS, only=is_order)

    assert "kept" == verdict(result).verdict
    assert 2 == len([it for it in before.asked if "/_files/" in it.path])


def test_an_image_that_is_gone_too_early_is_a_finding(checked, watched):
    """What can be fetched at first, and not for as long as promised."""
    seen = []

    def act(asked):
        if "/_files/" in asked.path:
            seen.append(asked)
            return (404, {"error": "gone"}) if len(seen) > 1 else None
        return None

    result = checked(TOY, watched(act), means=IN_PROCESS, only=is_order)

    assert [(AVAILABLE, "expired")] == [(finding.claim.id, finding.kind) for finding in result.findings]


@pytest.mark.parametrize("means", [replace(IN_PROCESS, can_wait=False)])
def test_without_the_means_it_is_not_checkable(checked, watched, means):
    """Against a URL nobody waits for a day."""
    before = watched()
    result = checked(TOY, before, means=means, only=is_order)

    assert ("not-checkable", "needs a wait of a day") == (verdict(result).verdict, verdict(result).reason)
    assert 1 == len([it for it in before.asked if "/_files/" in it.path])
