"""The walks of ARCHITECTURE.md lead where the code leads."""

from __future__ import annotations

import ast
import re
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PAGE = (ROOT / "ARCHITECTURE.md").read_text(encoding="utf-8")
STEP = re.compile(r"^\d+\. `([\w/]+\.py):([\w.]+)`$", re.MULTILINE)
WALKS = {title: STEP.findall(text) for title, _, text in (part.partition("\n") for part in PAGE.split("\n## ")[1:])}


@cache
def functions(module: str) -> dict[str, ast.AST]:
    """The functions and methods of a module by their qualified names."""
    named = {}
    for node in ast.parse((ROOT / module).read_text(encoding="utf-8")).body:
        for inner in node.body if isinstance(node, ast.ClassDef) else [node]:
            if isinstance(inner, (ast.FunctionDef, ast.AsyncFunctionDef)):
                named[f"{node.name}.{inner.name}" if isinstance(node, ast.ClassDef) else inner.name] = inner
    return named


def mentioned(tree: ast.AST) -> set[str]:
    """Every name and attribute that a function reads."""
    names = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}
    return names | {node.attr for node in ast.walk(tree) if isinstance(node, ast.Attribute)}


@pytest.mark.parametrize("title", ["One request of the mock", "One check", "One diff"])
def test_a_walk_leads_from_function_to_function(title):
    """Each step exists, and its module or an earlier one of the walk calls it by its name."""
    steps = WALKS[title]

    assert len(steps) > 5
    assert [] == [f"{module}:{name}" for module, name in steps if name not in functions(module)]
    for place, (module, name) in enumerate(steps[1:], 1):
        short = name.rpartition(".")[2]
        callers = {earlier for earlier, _ in steps[:place]} | {module}
        reached = {word for caller in callers for tree in functions(caller).values() for word in mentioned(tree)}
        assert short == "__call__" or short in reached, f"nothing before it in the walk calls {module}:{name}"


def test_every_room_on_the_page_is_there():
    """A path in the table leads to a folder or a file."""
    rooms = PAGE.partition("## Folders")[2].partition("## Our own terms")[0]
    paths = re.findall(r"`((?:specs|mockserver|contracts|pixpact|fixtures)/[\w/.-]+)`", rooms)

    assert len(paths) > 25
    assert [] == [path for path in paths if not (ROOT / path).exists()]


def test_every_package_has_its_room_on_the_page():
    """No folder of code is left out."""
    rooms = PAGE.partition("## Folders")[2].partition("## Our own terms")[0]
    folders = {
        str(path.parent.relative_to(ROOT))
        for package in ("specs", "mockserver", "contracts")
        for path in (ROOT / package).glob("*/__init__.py")
    }

    assert [] == [folder for folder in sorted(folders) if f"{folder.partition('/')[2]}/`" not in rooms]
