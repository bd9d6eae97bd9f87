"""The page for spec authors says what is so."""

from __future__ import annotations

import re
from pathlib import Path
from textwrap import dedent

import pytest

from pixpact.cli.main import main
from pixpact.specs.contract.model import CAUSES
from pixpact.specs.dialect.expressions import NAMED
from pixpact.specs.evidence import SOURCES
from pixpact.specs.lint.lint import RULES

ROOT = Path(__file__).parent.parent.parent
PAGE = (ROOT / "specs/README.md").read_text()
SOURCE = "\n".join(
    (ROOT / "fixtures/specs" / name).read_text()
    for name in ("toy.yaml", "overlays/toy/2027.yaml", "modes.yaml", "foreign/inkwell.yaml")
)
BLOCKS = [dedent(block) for block in re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL)]
KEYS = [
    "x-lifecycles",
    "x-lifecycle",
    "x-value",
    "x-when",
    "x-images",
    "x-image",
    "x-total",
    "x-clamp",
    "x-billing",
    "x-idempotency",
    "x-delivery",
    "x-signature",
    "x-files",
    "x-evidence",
]


def table(heading: str) -> list[list[str]]:
    """The rows of the first table below a heading, its own heading left out."""
    text = PAGE.split(f"\n## {heading}\n")[1]
    rows = re.findall(r"^\|(.+)\|$", text.split("\n## ")[0], re.MULTILINE)
    first = rows[: next((at for at, row in enumerate(rows[2:], 2) if set(row) <= set("- |")), len(rows))]
    return [[cell.strip() for cell in row.split(" | ")] for row in first[2:]]


@pytest.mark.parametrize("block", BLOCKS, ids=lambda block: block.splitlines()[0].strip()[:40])
def test_examples_are_pieces_of_the_toy(block: str) -> None:
    """Every example stands in the toy, its overlay or the second vendor, which lint and the mock take."""
    lines = [line.strip() for line in block.splitlines()]
    known = [line.strip() for line in SOURCE.splitlines()]

    assert any(lines == known[at : at + len(lines)] for at in range(len(known)))


@pytest.mark.parametrize("key", KEYS)
def test_every_key_has_an_example(key: str) -> None:
    """Each of the keys has a row, a part of its own, and an example in it."""
    part = PAGE.split(f"\n### `{key}`\n")[1].split("\n### ")[0]

    assert [1, True] == [[row[0] for row in table("The keys")].count(f"`{key}`"), f"{key}:" in part]


def test_the_roots() -> None:
    """The table of expressions names every root, and every name of it."""
    written = {row[0].strip("`.$"): row[1] for row in table("Expressions")}

    assert {name: list(inner) for name, inner in NAMED.items()} == {
        name: [word for word in re.findall(r"`([a-zA-Z0-9]+)`", written[name]) if word != "request"] for name in NAMED
    }


def test_the_causes() -> None:
    """Every cause is named."""
    assert [] == [cause for cause in CAUSES if f"`{cause}`" not in PAGE]


def test_the_sources() -> None:
    """The table of evidence is the one that is counted by."""
    assert SOURCES == {row[0].strip("`"): row[1] for row in table("Evidence")}


def test_the_rules() -> None:
    """Every rule of lint has its row, in the order of the stages, and no other has one."""
    rows = table("What lint says")

    assert list(RULES) == [row[0].strip("`") for row in rows]
    assert all(len(row) == 3 and all(row) for row in rows)


def test_the_commands() -> None:
    """Every command shown exists."""
    shown = re.findall(r"^pixpact (\w+)", PAGE, re.MULTILINE)

    assert shown
    assert set(shown) <= set(main.commands)


@pytest.mark.parametrize("target", sorted(set(re.findall(r"\]\(([^)]+)\)", PAGE))))
def test_links(target: str) -> None:
    """Links lead to a heading of the page, or to a file."""
    headings = {
        re.sub("[^a-z- ]", "", line.lower()).strip().replace(" ", "-")
        for line in re.findall(r"^#+ (.+)$", PAGE, re.MULTILINE)
    }

    assert target.startswith("https://") or target.removeprefix("#") in headings or (ROOT / "specs" / target).is_file()
