"""The table of rules: each has its mirror or says why not, and its page tells it."""

from __future__ import annotations

from pixpact.contracts.diff.rules.rules import ORDER, TODO, ChangeRule, rules

from .conftest import ROOT

RULES = rules()


def test_every_rule_has_its_mirror_or_a_waiver() -> None:
    """What is added can be removed, what is tightened loosened; a mirror of a mirror is the rule itself."""
    missing = [rule.id for rule in RULES.values() if not rule.waiver and rule.mirror not in RULES]
    crooked = [rule.id for rule in RULES.values() if rule.mirror and RULES[rule.mirror].mirror != rule.id]

    assert [] == missing
    assert [] == crooked


def test_every_rule_about_schemas_has_its_twin() -> None:
    """What is told of requests is told of responses."""
    schemas = [rule for rule in RULES.values() if rule.twin]

    assert [] == [schema.id for schema in schemas if schema.twin not in RULES or RULES[schema.twin].twin != schema.id]
    assert len(schemas) > 100


def test_what_tightens_one_way_loosens_the_other() -> None:
    """A tightened request and a loosened response can break; their mirrors cannot. What was required warns."""
    for rule in RULES.values():
        if rule.twin and rule.mirror and rule.severity == "breaking":
            others = {
                RULES[name].severity for name in (rule.mirror, rule.twin) if name != "request-required-field-removed"
            }
            assert {"info"} >= others, rule.id


def test_every_rule_is_complete() -> None:
    """Severity, action and text are such as reports know."""
    assert [] == [
        rule.id for rule in RULES.values() if rule.severity not in ORDER or rule.action not in TODO or not rule.text
    ]


def test_the_page_is_the_table() -> None:
    """docs/diff-rules.md lists every rule once, with its severity, its action and its mirror."""
    page = (ROOT / "docs/diff-rules.md").read_text()
    table = page.partition("<!-- rules -->")[2].partition("<!-- /rules -->")[0].strip().splitlines()[2:]

    assert [row(rule) for rule in RULES.values()] == table


def row(rule: ChangeRule) -> str:
    """The line of a rule on the page."""
    mirror = f"`{rule.mirror}`" if rule.mirror else "itself"
    return f"| `{rule.id}` | {rule.severity} | {rule.direction} | {rule.area} | {TODO[rule.action]} | {mirror} |"
