"""What `pixpact diff` says of the test cases of other tools: agreed, open, or otherwise, the last ones listed.

Usage: python bench/suites.py SUITE REPOSITORY

SUITE is one of jsonsubschema, is-json-schema-subset, optic (both need `node` and `esbuild` on the path), oasdiff,
openapi-diff; REPOSITORY its clone. Only inputs and the expected relation are read, and nothing of them is kept. A tool
may call something breaking that no validator refuses: what is said otherwise is to be judged by hand.
"""

from __future__ import annotations

import ast
import json
import re
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any, NamedTuple

from pixpact.contracts.diff.read.contract_version import ContractVersion, read_version
from pixpact.contracts.diff.report import comparison
from pixpact.specs.openapi.document import parse
from pixpact.specs.openapi.problems import SpecError

COLLECT = Path(__file__).parent / "suites.cjs"
SPOKEN = {True: "compatible", False: "breaking"}


class Case(NamedTuple):
    """Two documents, and whether the other tool calls the second compatible with the first."""

    name: str
    before: str
    after: str
    compatible: bool


def repository(*words: str) -> str:
    return subprocess.run(["git", "-C", sys.argv[2], *words], capture_output=True, check=False).stdout.decode()


def files(pattern: str) -> list[str]:
    return [path for path in repository("ls-tree", "-r", "--name-only", "HEAD").split("\n") if re.search(pattern, path)]


def of_schemas(name: str, narrow: Any, wide: Any, expected: bool) -> Case:
    """Whether one schema takes all that another does, asked as a request whose body was the narrow one."""
    return Case(name, *(json.dumps(_asking(schema)) for schema in (narrow, wide)), expected)


def _asking(schema: Any) -> dict[str, Any]:
    kept: dict[str, Any] = {}
    body = {"required": True, "content": {"application/json": {"schema": _moved(schema, kept)}}}
    paths = {"/things": {"post": {"requestBody": body, "responses": {"200": {"description": "Done."}}}}}
    return {
        "openapi": "3.1.0",
        "info": {"title": "Things", "version": "1"},
        "paths": paths,
        "components": {"schemas": kept},
    }


def _moved(schema: Any, kept: dict[str, Any]) -> Any:
    """The schema with its definitions where a document has them."""
    if isinstance(schema, list):
        return [_moved(inner, kept) for inner in schema]
    if not isinstance(schema, dict):
        return schema
    for key in ("definitions", "$defs"):
        kept |= {name: _moved(inner, kept) for name, inner in schema.get(key, {}).items()}
    if isinstance(schema.get("$ref"), str):
        return {"$ref": re.sub(r"^#/(definitions|\$defs)/", "#/components/schemas/", schema["$ref"])}
    return {key: _moved(inner, kept) for key, inner in schema.items() if key not in ("definitions", "$defs", "$schema")}


# ---------------------------------------------------------------------- suites


def jsonsubschema() -> Iterator[Case]:
    """Runs the tests with another `isSubschema`, which only remembers what it is asked."""
    asked: list[tuple[str, Any, Any, bool]] = []

    class Test:
        def subTest(self, *_: Any) -> Test:  # noqa: N802  # unittest's own name
            return self

        def __enter__(self) -> None: ...
        def __exit__(self, *_: Any) -> None: ...
        def assertTrue(self, asking: Any) -> None:  # noqa: N802  # unittest's own name
            self._remembered(asking, True)

        def assertFalse(self, asking: Any) -> None:  # noqa: N802  # unittest's own name
            self._remembered(asking, False)

        def _remembered(self, asking: Any, expected: bool) -> None:
            if isinstance(asking, list):
                asked.extend((self.name, *json.loads(pair), expected) for pair in asking)

    stub = ModuleType("jsonsubschema")
    stub.__dict__["isSubschema"] = lambda one, other: [json.dumps([one, other])]
    for path in files(r"^test/test_(?!checkers|schema_errors|api).*\.py$"):
        tree = ast.parse(repository("show", f"HEAD:{path}"))
        for family in (node for node in tree.body if isinstance(node, ast.ClassDef)):
            for test in (node for node in family.body if isinstance(node, ast.FunctionDef)):
                held: dict[str, Any] = {"isSubschema": stub.isSubschema, "copy": __import__("copy")}
                made = Test()
                made.name = f"{path} {test.name}"  # type: ignore[attr-defined]  # the stub's own
                try:
                    exec(compile(ast.Module([test], []), path, "exec"), held)
                    held[test.name](made)
                except Exception as error:  # a stranger's test may raise anything; it is named as not read
                    print(f"not read: {path} {test.name}: {error!r}")
    return (of_schemas(*it) for it in asked)


def _collected(pattern: str) -> Iterator[tuple[str, Any, Any, bool]]:
    """What tests written in TypeScript ask, collected by `suites.cjs`."""
    with tempfile.TemporaryDirectory() as folder:
        for path in files(pattern):
            source = Path(folder, "case.ts")
            source.write_text(repository("show", f"HEAD:{path}"))
            plain = subprocess.run(["esbuild", str(source), "--format=cjs"], capture_output=True, check=True).stdout
            source.with_suffix(".js").write_bytes(plain)
            run = subprocess.run(
                ["node", str(COLLECT), str(source.with_suffix(".js"))], capture_output=True, text=True, check=False
            )
            if run.stderr:
                print(f"{path}: {run.stderr[:300]}")
            yield from ((f"{path} {name}", *rest) for name, *rest in json.loads(run.stdout or "[]"))


def is_json_schema_subset() -> Iterator[Case]:
    return (of_schemas(*it) for it in _collected(r"^test/.*\.test\.ts$"))


def optic() -> Iterator[Case]:
    return (
        Case(name, json.dumps(before), json.dumps(after), expected)
        for name, before, after, expected in _collected(
            r"standard-rulesets/src/breaking-changes/__tests__/.*\.test\.ts$"
        )
    )


def oasdiff() -> Iterator[Case]:
    """Tests that only open two files and name the rules that the changes between them fall under."""
    rules = re.findall(
        r"newBackwardCompatibilityRule\((\w+), (ERR|WARN|INFO)", repository("show", "HEAD:checker/rules.go")
    )
    breaking = {name for name, level in rules if level == "ERR"}
    tests = re.compile(r"func (Test\w+)\(t \*testing\.T\) \{\n(.*?)\n\}", re.DOTALL)
    for path in files(r"^checker/.*_test\.go$"):
        for name, body in tests.findall(repository("show", f"HEAD:{path}")):
            opened = re.findall(r'open\("\.\./(data/checker/[^"]+)"\)', body)
            named = set(re.findall(r"checker\.(\w+Id)\b", body))
            if len(opened) == 2 and named and not re.search(r"^\s*s[12]\.", body, re.MULTILINE):
                texts = [repository("show", f"HEAD:{opened_path}") for opened_path in opened]
                yield Case(f"{path} {name}", *texts, not named & breaking)


def openapi_diff() -> Iterator[Case]:
    """Tests that assert something of two resources."""
    relations = {
        "assertSpecUnchanged": True,
        "assertSpecChangedButCompatible": True,
        "assertSpecIncompatible": False,
        "assertOpenApiAreEquals": True,
        "assertOpenApiBackwardCompatible": True,
        "assertOpenApiBackwardIncompatible": False,
    }
    root = "core/src/test/resources/"
    for path in files(r"^core/src/test/java/.*Test\.java$"):
        text = repository("show", f"HEAD:{path}")
        names = dict(re.findall(r'String (\w+) =\s*"([^"]+)"', text))
        for word, one, other in re.findall(r"(assert\w+)\(\s*(\"[^\"]+\"|\w+),\s*(\"[^\"]+\"|\w+)", text):
            found = [names.get(it, it.strip('"')) for it in (one, other)]
            texts = [repository("show", f"HEAD:{root}{it}") for it in found]
            if word in relations and all(texts):
                yield Case(f"{path} {found[0]} {found[1]}", *texts, relations[word])


SUITES: dict[str, Callable[[], Iterator[Case]]] = {
    "jsonsubschema": jsonsubschema,
    "is-json-schema-subset": is_json_schema_subset,
    "optic": optic,
    "oasdiff": oasdiff,
    "openapi-diff": openapi_diff,
}


# ---------------------------------------------------------------------- judging


def read(text: str) -> ContractVersion:
    return read_version(parse(text, Path("case.yaml"), aliases=True), "case")


def judged(case: Case) -> tuple[str, list[str]]:
    """The worst that is said of a case, and every change."""
    changes = comparison(read(case.before), read(case.after)).changes
    said = [
        f"{it.rule}: {it.message}. {it.undecided or (it.witness and it.witness.content) or it.reason}" for it in changes
    ]
    if any(change.severity == "breaking" for change in changes):
        return "breaking", said
    return "open" if any(change.undecided for change in changes) else "compatible", said


def main() -> None:
    counts: Counter[tuple[str, str]] = Counter()
    for case in SUITES[sys.argv[1]]():
        try:
            verdict, said = judged(case)
        except SpecError as error:
            verdict, said = "refused", [str(error)]
        counts[SPOKEN[case.compatible], verdict] += 1
        if verdict != SPOKEN[case.compatible]:
            print(f"\n{verdict}, elsewhere {SPOKEN[case.compatible]}: {case.name}")
            print("\n".join(f"    {line[:400]}" for line in said[:4]))
    print(f"\n{counts.total()} cases; elsewhere, here, how many:")
    for (elsewhere, here), count in sorted(counts.items()):
        print(f"  {elsewhere:10} {here:10} {count}")


if __name__ == "__main__":
    main()
