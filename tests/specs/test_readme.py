"""The page for spec authors says what is so."""

from __future__ import annotations

import re
from pathlib import Path

from pixpact.specs.expressions import NAMED
from pixpact.specs.lint import RULES
from pixpact.specs.model import CAUSES

ROOT = Path(__file__).parent.parent.parent
PAGE = (ROOT / "specs/README.md").read_text()
TOY = (ROOT / "fixtures/specs/toy.yaml").read_text()


def test_every_example_is_of_the_toy():
    """What the page shows is served and linted with the toy vendor."""
    blocks = re.findall(r"<!-- from the toy -->\n```yaml\n(.*?)```", PAGE, re.DOTALL)

    assert len(blocks) >= 10
    assert [] == [block for block in blocks if block not in TOY]


def test_every_key_is_explained_and_used_by_the_toy():
    """Ten keys, one row each."""
    keys = re.findall(r"^\| `(x-[a-z]+)` \|", PAGE, re.MULTILINE)

    assert 10 == len(keys)
    assert [] == [key for key in keys if f"{key}:" not in TOY]


def test_every_root_is_named():
    """The closed list of the code is the list of the page."""
    table = PAGE.partition("<!-- roots -->")[2].partition("<!-- /roots -->")[0]
    rows = {name: set(re.findall(r"`([a-zA-Z0-9]+)`", rest)) for name, rest in re.findall(r"\| `\$(\w+)\.` \|(.*)", table)}

    assert {group: set(names) for group, names in NAMED.items()} == rows


def test_every_cause_is_named():
    """A cause that is not on the page cannot be used by an author."""
    assert [] == [cause for cause in CAUSES if f"`{cause}`" not in PAGE]


def test_every_rule_is_in_the_table():
    """The rules that lint knows are the rows of the table, and nothing else."""
    table = PAGE.partition("<!-- rules -->")[2]

    assert sorted(RULES) == sorted(re.findall(r"^\| `([a-z-]+)` \|", table, re.MULTILINE))
