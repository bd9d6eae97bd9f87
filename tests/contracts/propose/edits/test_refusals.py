"""What is proposed where a request is taken that the contract says is refused."""

from __future__ import annotations

import pytest

from pixpact.contracts.propose.operations import RemoveItem, RemoveValue, SetValue

from .conftest import SCHEMAS, call, drawing, refused, submit

INVALID = {"expects": "invalid-request"}
INK = {"model": "ink-1", "note": INVALID}
COPIES = f"{SCHEMAS}/Ink/properties/copies/maximum"
UNENFORCED = "a rule that is not enforced is removed"


def unkeyed(**fields):
    return call("POST", "/v2/drawings", drawing(), {"model": "crayon-1", **fields}, status=202, role="start", **INVALID)


@pytest.mark.parametrize(
    ("claim", "exchange", "said", "operations"),
    [
        (
            "Crayon/size/enum",
            submit(size="huge", note=INVALID),
            ["huge is accepted too; any other is unknown", UNENFORCED],
            (SetValue(f"{SCHEMAS}/Crayon/properties/size/enum", ["small", "large", "huge"]),),
        ),
        (
            "Order/sign/type",
            submit(sign="yes", note=INVALID),
            ['it accepts "yes" too', UNENFORCED],
            (SetValue(f"{SCHEMAS}/Order/properties/sign/type", ["boolean", "string"]),),
        ),
        ("Order/required/prompt", unkeyed(), [UNENFORCED], (RemoveItem(f"{SCHEMAS}/Order/required", "prompt"),)),
        (
            "Order/call/pattern",
            submit(call="ftp://x", note=INVALID),
            [UNENFORCED],
            (RemoveValue(f"{SCHEMAS}/Order/properties/call/pattern"),),
        ),
        (
            "Order/x-total",
            submit(copies=4, pictures=["https://example.com/kite.jpg"] * 3, **INK),
            [UNENFORCED],
            (RemoveValue(f"{SCHEMAS}/Order/x-total"),),
        ),
    ],
)
def test_a_rule_is_loosened_or_removed(proposed, claim, exchange, said, operations):
    """To take in what was taken, the narrowest first."""
    proposals = proposed(f"startDrawing:refusal/{claim}", exchange)

    assert said == proposals.said
    assert operations == proposals.edits[0].operations


def test_a_limit_that_was_looked_for_is_known(proposed):
    """One value was taken, and the next one refused."""
    exchanges = (submit(copies=5, **INK), refused("copies", 6, **INK), submit(copies=4, model="ink-1"))
    proposals = proposed("startDrawing:refusal/Ink/copies/maximum", *exchanges)

    assert "maximum is 5" == proposals.said[0] == proposals.holding[0]
    assert (SetValue(COPIES, 5),) == proposals.edits[0].operations


@pytest.mark.parametrize(
    ("exchange", "said"),
    [
        (submit(copies=6, **INK), "maximum is 6; above that is unknown"),
        (refused("copies", 7, **INK), "maximum is 5; 7 is refused; in between is unknown"),
    ],
)
def test_a_limit_that_was_not_looked_for_is_what_was_taken(proposed, exchange, said):
    """Of what lies above it, the proposal says that nobody knows it."""
    exchanges = (submit(copies=5, **INK), exchange, submit(copies=4, model="ink-1"))
    changes = {f"{SCHEMAS}/Order/x-total/maximum": 99}  # otherwise seven would break two rules
    proposals = proposed("startDrawing:refusal/Ink/copies/maximum", *exchanges, changes=changes)

    assert [said, UNENFORCED] == proposals.said


def test_an_operation_that_takes_requests_without_a_key_needs_none(proposed):
    """It alone; the others still do."""
    body = {"model": "crayon-1", "prompt": "A kite"}
    exchange = call("POST", "/v2/drawings", drawing(), body, status=202, role="start", expects="unauthenticated")
    proposals = proposed("startDrawing:refusal/unauthenticated", exchange)

    assert ["startDrawing needs no key"] == proposals.said
    assert (SetValue("/paths/~1v2~1drawings/post/security", []),) == proposals.edits[0].operations


def test_several_rules_that_were_broken_at_once_have_no_edit(proposed):
    """Nothing shows which of them is not enforced."""
    assert [] == proposed("startDrawing:refusal/invalid-request", submit(size="4096x1024", **INK)).said
