"""What breaks nobody who sends what is named, and is worth a warning all the same."""

from __future__ import annotations

import pytest

from .conftest import answered, asked, compared

NAMED = {"type": "object", "properties": {"a": {"type": "string"}}}
RULES = {
    "other-fields-narrowed": {"additionalProperties": {"type": "string"}},
    "pattern-fields-added": {"patternProperties": {"^x-": {"type": "string"}}},
    "field-names-added": {"propertyNames": {"maxLength": 3}},
    "unevaluated-added": {"unevaluatedProperties": {"type": "string"}},
}


@pytest.mark.parametrize("rule", RULES)
def test_a_rule_about_fields_that_were_ignored_is_a_warning(rule):
    """A client that sends more than the contract names is refused now; one that sends what it names is not."""
    [change] = compared(asked(NAMED), asked(NAMED | RULES[rule])).changes

    assert (f"request-{rule}", "warning", "") == (change.rule, change.severity, change.undecided)
    assert "fields that were ignored before are refused" in change.reason


@pytest.mark.parametrize("rule", ["field-names-added", "unevaluated-added"])
def test_the_same_rule_of_a_closed_object_is_none(rule):
    """What it refuses was refused before."""
    closed = NAMED | {"additionalProperties": False}
    [change] = compared(asked(closed), asked(closed | RULES[rule])).changes

    assert ("info", "") == (change.severity, change.undecided)


@pytest.mark.parametrize("rule", RULES)
def test_a_response_that_says_more_of_other_fields_breaks_nobody(rule):
    """A client is told more of what it receives."""
    [change] = compared(answered(NAMED), answered(NAMED | RULES[rule])).changes

    assert "info" == change.severity


def form(name):
    return {"type": "object", "properties": {name: {"type": "string"}}}


@pytest.mark.parametrize(("gone", "severity"), [(form("b"), "warning"), (form("a") | {"minProperties": 1}, "info")])
def test_a_form_that_is_gone_and_was_the_only_one_to_name_a_field_is_a_warning(gone, severity):
    """Another form accepts its objects; the field is ignored there."""
    before, after = {"anyOf": [form("a"), gone]}, {"anyOf": [form("a")]}
    [change] = compared(asked(before), asked(after)).changes

    assert ("request-alternative-removed", severity, "") == (change.rule, change.severity, change.undecided)
