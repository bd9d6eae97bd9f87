"""The prompts that are sent."""

from __future__ import annotations

import pytest

from pixpact.contracts.samples.prompts import PROMPTS, is_ours, long_prompt, prompt


def test_prompts_are_told_apart_by_number():
    """Beyond the last one the list begins again."""
    assert [*PROMPTS, PROMPTS[0]] == [prompt(number) for number in range(len(PROMPTS) + 1)]


@pytest.mark.parametrize("length", [0, 1, 50, 51, 4000])
@pytest.mark.parametrize("number", range(len(PROMPTS)))
def test_a_prompt_of_any_length_is_ours(length, number):
    """It has exactly so many characters."""
    text = long_prompt(length, number)

    assert (length, True) == (len(text), is_ours(text))


@pytest.mark.parametrize(
    "text", ["Draw something", prompt(0) + "!", prompt(0) + " and a wolf", prompt(0) + prompt(1), prompt(0)[1:]]
)
def test_anything_else_is_not(text):
    """Neither other words nor ours with others behind them."""
    assert not is_ours(text)
