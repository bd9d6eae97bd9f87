from __future__ import annotations

import ast
import copy
import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pixpact.specs.catalogue import SpecCatalogue, SpecSource
from pixpact.specs.lint import lint
from pixpact.specs.lint.lint import MEANING, PARTS, REFERENCES, RULES, CheckedSpec, contract_of, lint_document, name_of
from pixpact.specs.openapi.document import parse, read
from pixpact.specs.openapi.problems import SpecError, SpecProblem

ROOT = Path(__file__).parents[3]
SPECS = ROOT / "fixtures/specs"
BROKEN = sorted((SPECS / "broken").glob("*.yaml"))
CATALOGUE = SpecCatalogue([SPECS])
NAMES = [
    name for vendor in CATALOGUE.names() for name in (vendor, *(f"{vendor}@{it}" for it in CATALOGUE.overlays(vendor)))
]
# `# expect: RULE: a part of the message`, at the end of the line where the problem is; several may follow each other.
EXPECTED = re.compile(r"# expect: ([a-z-]+): (.*?)\s*(?=# expect:|$)", re.MULTILINE)


def problems(path: Path) -> list[SpecProblem]:
    """What is wrong with a broken file; one that changes another spec is applied to the toy."""
    overlay = path.name.startswith("overlay")
    source = SpecSource("broken", SPECS / "toy.yaml", (path,)) if overlay else SpecSource("broken", path)
    return list(source.check().problems)


def expectations(path: Path) -> list[tuple[int, str, str]]:
    """(line, rule, part of the message) of every problem that the file announces."""
    text = path.read_bytes().decode("utf-8", "replace")
    return [(text.count("\n", 0, it.start()) + 1, it[1], it[2]) for it in EXPECTED.finditer(text)]


@pytest.mark.parametrize("path", BROKEN, ids=lambda path: path.stem)
def test_a_broken_file(path: Path) -> None:
    """Exactly the announced problems are found, each at its line with a remedy, all at once and of one rule."""
    found = sorted(problems(path), key=lambda it: (it.origin.line, it.rule, it.message))
    expected = sorted(expectations(path))

    assert [it[:2] for it in expected] == [(it.origin.line, it.rule) for it in found], "\n".join(map(str, found))
    assert [] == [part for line, rule, part in expected if not _said(found, line, rule, part)]
    assert {path.stem.split(".")[0]} == {it.rule for it in found}
    assert all(it.remedy and it.origin.path == path for it in found)


def _said(found: list[SpecProblem], line: int, rule: str, part: str) -> bool:
    return any((line, rule) == (it.origin.line, it.rule) and part in it.message for it in found)


def test_every_rule_has_a_broken_file() -> None:
    """Rules and broken files are named alike, and none is missing on either side."""
    assert set(RULES) == {path.stem.split(".")[0] for path in BROKEN}


def test_every_rule_is_registered() -> None:
    """Every public function of the rules' modules that yields faults is in a tuple of `lint`, and no name is twice.

    `unfolding` holds what the rule `too-large` is made of.
    """
    folder = ROOT / "specs/lint/rules"
    trees = [ast.parse(path.read_text()) for path in folder.glob("*.py") if path.stem not in ("subject", "unfolding")]
    written = {
        node.name.replace("_", "-")
        for tree in trees
        for node in tree.body
        if isinstance(node, ast.FunctionDef)
        and not node.name.startswith("_")
        and "LintFault" in ast.unparse(node.returns or node)
    }

    assert written == {name_of(rule) for rule in (*REFERENCES, *PARTS, *MEANING)}
    assert len(set(RULES)) == len(RULES)


@pytest.mark.parametrize("module", ["document", "grammar", "overlay"])
def test_ids_outside_the_rules(module: str) -> None:
    """The modules that find problems themselves use no id that they do not declare."""
    tree = ast.parse((ROOT / f"specs/openapi/{module}.py").read_text())
    calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call)]
    ids = {
        it.value
        for call in calls
        if _reports(call)
        for it in call.args
        if isinstance(it, ast.Constant) and _is_id(it.value)
    }

    assert ids <= set(RULES)


def _reports(call: ast.Call) -> bool:
    return ast.unparse(call.func).rpartition(".")[2] in ("SpecProblem", "_problem", "_refused", "_add")


def _is_id(value: Any) -> bool:
    return isinstance(value, str) and re.fullmatch("[a-z]+(-[a-z]+)*", value) is not None


@pytest.mark.parametrize("name", NAMES)
def test_what_is_shipped_is_clean(name: str) -> None:
    """Every vendor and the toy, alone and with each overlay, have no errors."""
    assert [] == [str(problem) for problem in CATALOGUE.source(name).check().errors]


def test_notes_stop_nothing() -> None:
    """A spec with nothing but notes makes a contract."""
    checked = SpecSource("noted", SPECS / "broken/unreachable-limit.yaml").check()

    assert checked.problems
    assert [] == checked.errors
    assert checked.contract is not None


def test_problems_of_several_rules_come_together(checked: Callable[[str], CheckedSpec]) -> None:
    """One look tells everything of a stage, in the order of the file, notes last."""
    schemas = "A: {pattern: '\\d'}, B: {type: array, x-total: {of: [a], maximum: 1}}, C: {x-value: $now}"

    assert ["derived-keyword", "expression", "portable-pattern"] == sorted(
        problem.rule for problem in checked(f"components: {{schemas: {{{schemas}}}}}").problems
    )


def test_a_contract_or_its_problems(checked: Callable[[str], CheckedSpec], document_of: Callable[[str], Any]) -> None:
    """Whoever asks for a contract gets one, or every problem."""
    text = "openapi: 3.1.0\ninfo: {}\nservers: []\npaths: {}\n"
    with pytest.raises(SpecError) as caught:
        contract_of(document_of(text), "small")

    assert ["wrong-shape"] * 3 == [problem.rule for problem in caught.value.problems]
    assert "small" == contract_of(document_of("paths: {}\n"), "small").name


# ---------------------------------------------------------------------- whatever an author does

TOY = read(SPECS / "toy.yaml").value
SCRAPS: list[Any] = [
    None,
    True,
    False,
    0,
    -1,
    2.5,
    "",
    "x",
    "$task.id",
    "$image.url",
    "$image",
    [],
    {},
    [1],
    {"a": 1},
    {"$ref": "#/components/schemas/Order"},
    {"$ref": "#/components/responses/NoKey"},
    {"type": "string"},
    {"$task.id": False},
]


def places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Every place of a JSON value."""
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [path, *(place for step, it in inner for place in places(it, (*path, step)))]


def at(value: Any, path: tuple[Any, ...]) -> Any:
    for step in path:
        value = value[step]
    return value


@st.composite
def damaged(draw: st.DrawFn) -> dict[str, Any]:
    """The toy after a few accidents: parts removed, replaced, moved over others, renamed."""
    document = copy.deepcopy(TOY)
    for _ in range(draw(st.integers(1, 3))):
        known = places(document)[1:]
        if not known:
            break
        place, other = draw(st.sampled_from(known)), draw(st.sampled_from(known))
        parent, step = at(document, place[:-1]), place[-1]
        match draw(st.sampled_from(["remove", "replace", "move", "rename"])):
            case "remove":
                del parent[step]
            case "replace":
                parent[step] = draw(st.sampled_from(SCRAPS))
            case "move":
                parent[step] = copy.deepcopy(at(document, other))
            case "rename" if isinstance(parent, dict) and isinstance(other[-1], str):
                parent[other[-1]] = parent.pop(step)
    return document


@pytest.mark.sweep
@settings(max_examples=150, deadline=None)
@given(damaged())
def test_any_damage_is_reported(document: dict[str, Any]) -> None:
    """However a spec is damaged, the response is problems with lines and remedies, or a contract; never a crash."""
    written = parse(json.dumps(document, indent=1, ensure_ascii=False), Path("damaged.yaml"))
    found = lint_document(written, "damaged")

    assert found.errors or found.contract is not None
    assert all(problem.remedy and problem.origin.line > 0 and problem.rule in lint.RULES for problem in found.problems)
