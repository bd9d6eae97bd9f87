"""What is proposed where a request is refused that the contract says is taken."""

from __future__ import annotations

import pytest

from pixpact.contracts.propose.operations import AppendItem, RemoveItem, RemoveValue, SetValue

from .conftest import SCHEMAS, refused, submit

CRAYON, INK, ORDER = (f"{SCHEMAS}/{name}/properties" for name in ("Crayon", "Ink", "Order"))
LIMITED = {"type": "integer", "minimum": 1, "maximum": 4}


@pytest.mark.parametrize(
    ("claim", "exchanges", "said", "operations"),
    [
        (
            "Crayon/size/enum/large",
            (refused("size", "large"), submit(size="small")),
            "large is not accepted",
            (RemoveItem(f"{CRAYON}/size/enum", "large"),),
        ),
        (
            "Order/sign/type/true",
            (refused("sign", True), submit(sign=False)),
            "only false is accepted",
            (SetValue(f"{ORDER}/sign/enum", [False]),),
        ),
        (
            "Order/call/pattern/http",
            (refused("call", "http://a.example/"), submit(call="https://a.example/")),
            "it must match ^https://",
            (SetValue(f"{ORDER}/call/pattern", "^https://"),),
        ),
        (
            "Crayon/size/left-out",
            (refused(), submit(size="small"), submit(size="large")),
            "size is required",
            (AppendItem(f"{SCHEMAS}/Crayon/required", "size"),),
        ),
    ],
)
def test_what_is_refused_is_not_promised(proposed, claim, exchanges, said, operations):
    """The narrowest rule with which everything agrees that was taken."""
    proposals = proposed(f"startDrawing:request/{claim}", *exchanges)

    assert [said] == proposals.said
    assert operations == proposals.operations(said)


def test_the_default_goes_with_its_word(proposed):
    """A field that is left out has no value that would be refused."""
    changes = {f"{CRAYON}/size": {"enum": ["small", "large"], "default": "large"}}
    exchanges = (refused("size", "large"), submit(size="small"))
    proposals = proposed("startDrawing:request/Crayon/size/enum/large", *exchanges, changes=changes)

    assert (RemoveItem(f"{CRAYON}/size/enum", "large"), RemoveValue(f"{CRAYON}/size/default")) == proposals.operations(
        "large is not accepted"
    )


def test_a_field_whose_only_word_is_refused_is_not_accepted(proposed):
    """Nothing may stand there."""
    changes = {f"{CRAYON}/mood": {"enum": ["calm"]}}
    exchanges = (refused("mood", "calm"), submit())
    proposals = proposed("startDrawing:request/Crayon/mood/enum/calm", *exchanges, changes=changes)

    assert ["mood is not accepted"] == proposals.said
    assert (SetValue(f"{CRAYON}/mood", False),) == proposals.operations("mood is not accepted")


@pytest.mark.parametrize(
    ("taken", "said"),
    [
        ((3,), "maximum is 3"),
        ((2,), "maximum is 2; 4 is refused; in between is unknown"),
        ((1, 2), "maximum is 2; 4 is refused; in between is unknown"),
    ],
)
def test_a_limit_is_the_outermost_value_that_was_taken(proposed, taken, said):
    """What lies between it and the one that was refused is said to be unknown."""
    exchanges = (refused("copies", 4), *(submit(copies=number) for number in taken))
    proposals = proposed(
        "startDrawing:request/Crayon/copies/maximum", *exchanges, changes={f"{CRAYON}/copies": LIMITED}
    )

    assert [said] == proposals.said
    assert (SetValue(f"{CRAYON}/copies/maximum", max(taken)),) == proposals.operations(said)


def test_a_value_that_is_refused_instead_of_clamped_breaks_a_rule(proposed):
    """The bound is a limit; the one that still clamps stays."""
    exchanges = (refused("copies", 5), submit(copies=4), submit(size="small"))
    proposals = proposed("startDrawing:normalisation/Crayon/copies/x-clamp/maximum", *exchanges)

    assert ["maximum 4 is a rule, and values are not clamped to it"] == proposals.said == proposals.holding
    assert (
        RemoveValue(f"{CRAYON}/copies/x-clamp/maximum"),
        SetValue(f"{CRAYON}/copies/maximum", 4),
    ) == proposals.edits[0].operations


def test_a_clamp_with_one_bound_goes_with_it(proposed):
    """Nothing is left that would be clamped."""
    changes = {f"{CRAYON}/copies": {"x-clamp": {"maximum": 4}}}
    exchanges = (refused("copies", 5), submit(copies=4), submit(size="small"))
    proposals = proposed("startDrawing:normalisation/Crayon/copies/x-clamp/maximum", *exchanges, changes=changes)

    assert RemoveValue(f"{CRAYON}/copies/x-clamp") == proposals.edits[0].operations[0]


def test_an_unbroken_pattern_that_is_refused_has_no_edit(proposed):
    """It has no alternatives of which one could be gone."""
    exchanges = (refused("size", "512x512", model="ink-1"), submit(model="ink-1"))

    assert [] == proposed("startDrawing:request/Ink/size/pattern", *exchanges).said
