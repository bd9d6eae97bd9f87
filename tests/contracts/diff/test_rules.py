"""The table of rules: each has its mirror or says why not, and its page tells it."""

from __future__ import annotations

from pixpact.contracts.diff.rules.rules import ORDER, TODO, Rule, rules

from .conftest import ROOT

RULES = rules()


def test_every_rule_has_its_mirror_or_a_waiver() -> None:
    """What is added can be removed, what is tightened loosened; a mirror of a mirror is the rule itself."""
    missing = [it.id for it in RULES.values() if not it.waiver and it.mirror not in RULES]
    crooked = [it.id for it in RULES.values() if it.mirror and RULES[it.mirror].mirror != it.id]

    assert [] == missing
    assert [] == crooked


def test_every_rule_about_schemas_has_its_twin() -> None:
    """What is told of requests is told of answers."""
    schemas = [it for it in RULES.values() if it.twin]

    assert [] == [it.id for it in schemas if it.twin not in RULES or RULES[it.twin].twin != it.id]
    assert len(schemas) > 100


def test_what_tightens_one_way_loosens_the_other() -> None:
    """A tightened request and a loosened answer can break; their mirrors cannot."""
    for it in RULES.values():
        if it.twin and it.mirror and it.severity == "breaking":
            assert "info" == RULES[it.mirror].severity == RULES[it.twin].severity, it.id


def test_every_rule_is_complete() -> None:
    """Severity, action and text are such as reports know."""
    assert [] == [it.id for it in RULES.values() if it.severity not in ORDER or it.action not in TODO or not it.text]


def test_the_page_is_the_table() -> None:
    """docs/upgrade.md lists every rule once, with its severity, its action and its mirror."""
    page = (ROOT / "docs/upgrade.md").read_text()
    table = page.partition("<!-- rules -->")[2].partition("<!-- /rules -->")[0].strip().splitlines()[2:]

    assert [row(it) for it in RULES.values()] == table


def row(rule: Rule) -> str:
    """The line of a rule on the page."""
    mirror = f"`{rule.mirror}`" if rule.mirror else "itself"
    return f"| `{rule.id}` | {rule.severity} | {rule.direction} | {rule.area} | {TODO[rule.action]} | {mirror} |"
