"""How many random one-line changes of the source no test notices.

    python bench/mutations.py [SITES] [SEED] [SECONDS] [CHECKOUT]

Needs cosmic-ray, whose operators make the changes, and pytest-cov (`pip install cosmic-ray pytest-cov`). The sites are
drawn by the seed, a module as often as it has lines. Each change is made in a copy of the checkout (in CHECKOUT, where
the coverage of a run before is used again). First come the tests that run the changed line, the most direct ones first,
then those that mirror or import its module. A change that none of them notices has survived; one with which they do
not end within SECONDS is noticed. Nothing that only changes an annotation or a docstring counts. The sweeps are left
out. The figures, and the changes that survived, are written to `bench/results/mutations.txt` after each site.
"""

from __future__ import annotations

import ast
import os
import random
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from difflib import SequenceMatcher, unified_diff
from itertools import accumulate
from pathlib import Path

from cosmic_ray import plugins
from cosmic_ray.ast import ast_nodes, get_ast
from cosmic_ray.mutating import mutate_code
from coverage import CoverageData

ROOT = Path(__file__).parent.parent
RESULTS = ROOT / "bench" / "results" / "mutations.txt"
PACKAGES = ("specs", "contracts", "mockserver", "pixpact")
_SITES, _SEED, _SECONDS = 300, 1, 600
_NOTHING = 5
"""The exit code of pytest when there was no test to run."""
_OPPOSITES = {
    *("Eq_NotEq", "NotEq_Eq", "Lt_LtE", "LtE_Lt", "Gt_GtE", "GtE_Gt", "Is_IsNot", "IsNot_Is", "In_NotIn", "NotIn_In"),
    *(
        "Add_Sub",
        "Sub_Add",
        "Mul_Div",
        "Div_Mul",
        "FloorDiv_Div",
        "Mod_FloorDiv",
        "Pow_Mul",
        "BitOr_BitAnd",
        "BitAnd_BitOr",
    ),
}
"""What an operator of a comparison or of arithmetic is replaced with: `==` with `<=` or `+` with `<<` says nothing."""
_NEAREST, _MOST = 20, 300
"""Tests that run a changed line: how many are tried first, and how many altogether."""


@dataclass(frozen=True, slots=True)
class Mutation:
    """One change of one module: its path from the root, the operator that made it, and the source with it."""

    module: Path
    operator: str
    changed: str

    def lines(self) -> range:
        """The numbers of the lines that differ."""
        before, after = (ROOT / self.module).read_text().splitlines(), self.changed.splitlines()
        codes = [code for code in SequenceMatcher(None, before, after, False).get_opcodes() if code[0] != "equal"]
        return range(codes[0][1] + 1, max(codes[-1][2], codes[0][1] + 1) + 1)

    def diff(self) -> str:
        """The lines that differ, as `diff -u` shows them."""
        before = (ROOT / self.module).read_text().splitlines(keepends=True)
        after = self.changed.splitlines(keepends=True)
        return "".join(unified_diff(before, after, str(self.module), str(self.module), n=0))


def tracked() -> list[Path]:
    """Every file of the checkout, from its root."""
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True)
    return [Path(name) for name in listed.stdout.split("\0") if name]


def meaning(source: str) -> str:
    """The source as a tree without annotations and docstrings; two of the same tree behave alike."""
    tree = ast.parse(source)
    for node in ast.walk(tree):
        if isinstance(node, ast.AnnAssign | ast.arg):
            node.annotation = None if isinstance(node, ast.arg) else ast.Constant(None)
        elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            node.returns = None
        body = getattr(node, "body", None)
        if isinstance(body, list) and body and isinstance(body[0], ast.Expr):
            body[0] = ast.Expr(ast.Constant(None))
    return ast.dump(tree)


def is_other(changed: str, source: str) -> bool:
    """Whether a changed source can be read, and behaves unlike the one it came from."""
    try:
        return meaning(changed) != meaning(source)
    except SyntaxError:
        return False


def is_telling(operator: str) -> bool:
    """Whether an operator of cosmic-ray makes changes of which each should be noticed."""
    kind, _, change = operator.removeprefix("core/").partition("Operator_")
    return kind not in ("ReplaceComparison", "ReplaceBinary") or change in _OPPOSITES


def mutations(modules: list[Path], sites: int, seed: int) -> Iterator[Mutation]:
    """So many changes, drawn by the seed."""
    chance = random.Random(seed)
    lines = list(accumulate(len((ROOT / module).read_text().splitlines()) for module in modules))
    operators = {name: plugins.get_operator(name) for name in plugins.operator_names()}
    operators = {
        name: operator for name, operator in operators.items() if not operator.arguments() and is_telling(name)
    }
    while sites:
        (module,) = chance.choices(modules, cum_weights=lines)
        source = (ROOT / module).read_text()
        nodes = list(ast_nodes(get_ast(source)))
        counts = {
            name: sum(1 for node in nodes for _ in kind().mutation_positions(node)) for name, kind in operators.items()
        }
        if not sum(counts.values()):
            continue
        (name,) = chance.choices(list(counts), weights=list(counts.values()))
        try:
            changed = mutate_code(source, operators[name](), chance.randrange(counts[name]))
        except AttributeError:  # cosmic-ray 8.7: a handler of several exceptions has no one name to replace
            continue
        if changed is not None and is_other(changed, source):
            sites -= 1
            yield Mutation(module, name.removeprefix("core/"), changed)


class Coverage:
    """Which tests run which lines, by one run of all tests but the sweeps."""

    def __init__(self, path: Path, checkout: Path) -> None:
        data = CoverageData(str(path))
        data.read()
        self._lines: dict[Path, dict[int, list[str]]] = {}
        self._size = Counter[str]()
        for name in data.measured_files():
            lines = {
                line: [context.rpartition("|")[0] for context in contexts if context]
                for line, contexts in data.contexts_by_lineno(name).items()
            }
            self._lines[Path(name).resolve().relative_to(checkout.resolve())] = lines
            self._size.update(test for tests in lines.values() for test in tests)

    def tests(self, module: Path, lines: range) -> list[str]:
        """The tests that run any of the lines, those that run the fewest lines first: they are the most direct."""
        covered = self._lines.get(module, {})
        return sorted({test for line in lines for test in covered.get(line, ())}, key=lambda test: self._size[test])


def measured(checkout: Path) -> Path:
    """Run the tests of a checkout and keep which lines each of them runs; a run of before is taken up."""
    path = checkout / ".coverage"
    if not path.exists():
        words = ["--cov=pixpact", "--cov-context=test", "--cov-report=", "-q", "--numprocesses", "2"]
        words += ["--dist", "loadgroup"]
        subprocess.run([sys.executable, "-m", "pytest", *words], cwd=checkout, env=_environment(checkout), check=True)
    return path


def rungs(mutation: Mutation, coverage: Coverage, tests: list[Path]) -> Iterator[list[str]]:
    """The tests that may notice a change, the likeliest first; the last ones are for what runs in other processes."""
    covering = coverage.tests(mutation.module, mutation.lines())
    yield covering[:_NEAREST]
    yield covering[_NEAREST:_MOST]
    parts = mutation.module.parent.parts
    mirror = Path("tests", *parts, f"test_{mutation.module.stem}.py")
    dotted = ".".join((*(() if parts[0] == "pixpact" else ("pixpact",)), *parts, mutation.module.stem))
    yield [str(path) for path in tests if path == mirror or dotted in (ROOT / path).read_text()]


def is_noticed(mutation: Mutation, checkout: Path, coverage: Coverage, tests: list[Path], seconds: int) -> bool:
    """Whether any test fails, cannot be loaded, or does not end, with this change in the checkout."""
    before = (checkout / mutation.module).read_text()
    chosen = [rung for rung in rungs(mutation, coverage, tests) if rung]
    (checkout / mutation.module).write_text(mutation.changed)
    try:
        return any(_fails(rung, checkout, seconds) for rung in chosen)
    finally:
        (checkout / mutation.module).write_text(before)


def _environment(checkout: Path) -> dict[str, str]:
    return os.environ | {"PYTHONPATH": os.pathsep.join([str(checkout), os.environ.get("PYTHONPATH", "")])}


def _fails(tests: list[str], checkout: Path, seconds: int) -> bool:
    words = ["-m", "pytest", "-x", "-q", "--no-header", "--numprocesses", "0", "-p", "no:cacheprovider", *tests]
    try:
        run = subprocess.run(
            [sys.executable, *words],
            cwd=checkout,
            env=_environment(checkout),
            capture_output=True,
            timeout=seconds,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return True
    return run.returncode not in (0, _NOTHING)


def report(done: list[tuple[Mutation, bool]], seed: int) -> str:
    """A row for each package, and the changes that survived."""
    changed = Counter(mutation.module.parts[0] for mutation, _ in done)
    survived = Counter(mutation.module.parts[0] for mutation, noticed in done if not noticed)
    rows = [f"{len(done)} changes, seed {seed}", f"{'package':<12}{'changes':>8}{'survived':>10}{'share':>8}"]
    for name in [*PACKAGES, "all"]:
        all_of, left = (changed.total(), survived.total()) if name == "all" else (changed[name], survived[name])
        rows.append(f"{name:<12}{all_of:>8}{left:>10}{left / all_of if all_of else 0:>8.1%}")
    diffs = [f"{mutation.operator}\n{mutation.diff()}" for mutation, noticed in done if not noticed]
    return "\n".join([*rows, "", *diffs])


def main(sites: int, seed: int, seconds: int, folder: Path) -> None:
    files = tracked()
    modules = [path for path in files if path.suffix == ".py" and path.parts[0] in PACKAGES]
    tests = [path for path in files if path.parts[0] == "tests" and path.name.startswith("test_")]
    if not folder.exists():
        subprocess.run(["git", "clone", "--quiet", str(ROOT), str(folder)], check=True)
    coverage = Coverage(measured(folder), folder)
    done: list[tuple[Mutation, bool]] = []
    for mutation in mutations(modules, sites, seed):
        done.append((mutation, is_noticed(mutation, folder, coverage, tests, seconds)))
        print(f"{len(done)}: {mutation.module} {mutation.operator}: {done[-1][1]}", flush=True)
        RESULTS.write_text(report(done, seed))
    print(report(done, seed))


if __name__ == "__main__":
    numbers = [int(word) for word in sys.argv[1:4]]
    with tempfile.TemporaryDirectory() as temporary:
        checkout = Path(sys.argv[4]) if len(sys.argv) > 4 else Path(temporary, "checkout")
        main(*(numbers + [_SITES, _SEED, _SECONDS][len(numbers) :]), checkout.resolve())
