"""How many random one-line changes of the source no test notices: `python bench/mutations.py [SITES] [SEED] [SECONDS]`.

Needs cosmic-ray (`pip install cosmic-ray`), whose operators make the changes. The sites are drawn by the seed, a module
as often as it has lines. Each change is made in a copy of the checkout; the tests that mirror its module run first,
then those that import it, then those of its folder and of the folders above, up to its package. A change that none
of them notices within so many seconds each has survived. Nothing that only changes an annotation or a docstring counts.
The figures, and the changes that survived, are written to `bench/results/mutations.txt` after each site.
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
from difflib import unified_diff
from itertools import accumulate
from pathlib import Path

from cosmic_ray import plugins
from cosmic_ray.ast import ast_nodes, get_ast
from cosmic_ray.mutating import mutate_code

ROOT = Path(__file__).parent.parent
RESULTS = ROOT / "bench" / "results" / "mutations.txt"
PACKAGES = ("specs", "contracts", "mockserver", "pixpact")
_SITES, _SEED, _SECONDS = 300, 1, 600
_NOTHING = 5
"""The exit code of pytest when there was no test to run."""


@dataclass(frozen=True, slots=True)
class Mutation:
    """One change of one module: its path from the root, the operator that made it, and the source with it."""

    module: Path
    operator: str
    changed: str

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


def mutations(modules: list[Path], sites: int, seed: int) -> Iterator[Mutation]:
    """So many changes, drawn by the seed."""
    chance = random.Random(seed)
    lines = list(accumulate(len((ROOT / module).read_text().splitlines()) for module in modules))
    operators = {name: plugins.get_operator(name) for name in plugins.operator_names()}
    operators = {name: operator for name, operator in operators.items() if not operator.arguments()}
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


def rungs(module: Path, tests: list[Path]) -> Iterator[list[str]]:
    """The tests of a module, nearest first: each is named once."""
    room = Path("tests", *module.parent.parts)
    dotted = ".".join((module if module.parts[0] == "pixpact" else "pixpact" / module).with_suffix("").parts)
    importing = [path for path in tests if dotted in (ROOT / path).read_text()]
    yield [str(path) for path in tests if path == room / f"test_{module.stem}.py"]
    yield [str(path) for path in importing]
    for folder in (room, *room.parents):
        if (ROOT / folder).is_dir() and folder != Path("tests"):
            yield [str(folder)]
        if len(folder.parts) <= 2:
            return


def is_noticed(mutation: Mutation, checkout: Path, tests: list[Path], seconds: int) -> bool:
    """Whether any test fails, cannot be loaded, or does not end, with this change in the checkout."""
    before = (checkout / mutation.module).read_text()
    (checkout / mutation.module).write_text(mutation.changed)
    try:
        return any(_fails(rung, checkout, seconds) for rung in rungs(mutation.module, tests) if rung)
    finally:
        (checkout / mutation.module).write_text(before)


def _fails(tests: list[str], checkout: Path, seconds: int) -> bool:
    words = ["-m", "pytest", "-x", "-q", "--no-header", "--numprocesses", "2", "-p", "no:cacheprovider", *tests]
    environment = os.environ | {"PYTHONPATH": str(checkout), "PYTHONDONTWRITEBYTECODE": "1"}
    try:
        run = subprocess.run(
            [sys.executable, *words], cwd=checkout, env=environment, capture_output=True, timeout=seconds, check=False
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


def main(sites: int, seed: int, seconds: int) -> None:
    files = tracked()
    modules = [path for path in files if path.suffix == ".py" and path.parts[0] in PACKAGES]
    tests = [path for path in files if path.parts[0] == "tests" and path.name.startswith("test_")]
    done: list[tuple[Mutation, bool]] = []
    with tempfile.TemporaryDirectory() as folder:
        checkout = Path(folder, "checkout")
        subprocess.run(["git", "clone", "--quiet", str(ROOT), str(checkout)], check=True)
        for mutation in mutations(modules, sites, seed):
            done.append((mutation, is_noticed(mutation, checkout, tests, seconds)))
            print(f"{len(done)}: {mutation.module} {mutation.operator}: {done[-1][1]}", flush=True)
            RESULTS.write_text(report(done, seed))
    print(report(done, seed))


if __name__ == "__main__":
    numbers = [int(word) for word in sys.argv[1:]]
    main(*(numbers + [_SITES, _SEED, _SECONDS][len(numbers) :]))
