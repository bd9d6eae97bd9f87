"""The house rules that no reviewer should have to remember."""

from __future__ import annotations

import ast
import builtins
import re
import tomllib
from collections import Counter
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PACKAGES = ("pixpact", "mockserver", "contracts", "specs")
MOST_LINES = 400

# Imports run one way: what each part may import of Pixpact. `pixpact.wire` is the ground floor.
MAY_IMPORT = {
    "wire": {"wire"},
    "specs": {"specs", "wire"},
    "mockserver": {"mockserver", "specs", "wire"},
    "contracts": {"contracts", "specs", "wire"},
    "face": {"face", "mockserver", "contracts", "specs", "wire"},
}

# One door per third-party package and part: the modules that may import it.
DOORS = {
    "yaml": {"specs/openapi/yaml_nodes.py", "specs/openapi/document.py", "specs/export.py"},
    "jsonschema_rs": {"specs/openapi/schemas.py", "specs/openapi/containment.py"},
    "jsonpath_rfc9535": {"specs/openapi/overlay.py"},
    "python_multipart": {"pixpact/wire/bodies.py"},
    "hypothesis": {"contracts/fuzzing/strategies.py"},
    "schemathesis": {"contracts/fuzzing/from_schema.py"},
    "PIL": {
        "contracts/samples/reference_images.py",
        "mockserver/images/outlines.py",
        "mockserver/images/painting.py",
        "mockserver/images/photographs.py",
        "mockserver/images/writing.py",
        "pixpact/wire/images.py",
    },
    "jinja2": {"contracts/reports/html/page.py"},
    "markupsafe": {"contracts/reports/html/page.py"},
    "httpx2": {"contracts/transport/network.py", "pixpact/proxy/upstream.py"},
    "httptools": {"mockserver/webhooks/http.py", "mockserver/core/upgrades.py"},
    "uvicorn": {"mockserver/server.py", "mockserver/http_protocol.py"},
    "click": {
        "pixpact/cli/main.py",
        "pixpact/cli/click_ext.py",
        "pixpact/cli/completion.py",
        "pixpact/cli/pages/adopt.py",
        "pixpact/cli/pages/adopt_flags.py",
        "pixpact/cli/pages/drill_flags.py",
        "pixpact/cli/pages/models.py",
        "pixpact/terminal/refusal.py",
        "pixpact/terminal/output.py",
    },
    "rich": {
        "pixpact/cli/pages/check.py",
        "pixpact/terminal/console.py",
        "pixpact/drill/page.py",
        "pixpact/cli/pages/diff.py",
        "pixpact/cli/pages/plan.py",
        "pixpact/cli/pages/progress.py",
        "pixpact/cli/pages/show.py",
    },
    "msgspec": {"mockserver/stores/codec.py"},
    "redis": {"mockserver/stores/redis.py"},
    "trustme": {"pixpact/testing/certificates.py"},
    "pytest": {"pixpact/testing/pytest_plugin.py"},
}


def modules():
    """Every module of the four packages: (path from the root, part)."""
    for package in PACKAGES:
        for path in sorted((ROOT / package).rglob("*.py")):
            relative = path.relative_to(ROOT)
            if not (relative.parts[0] == "pixpact" and relative.parts[1] in PACKAGES):
                yield str(relative)


MODULES = list(modules())


@cache
def tree(module):
    return ast.parse((ROOT / module).read_text())


def part_of(module):
    if module.startswith("pixpact/wire/"):
        return "wire"
    return "face" if module.startswith("pixpact/") else module.partition("/")[0]


@cache
def imports(module):
    """The dotted names that a module imports, wherever in it."""
    return tuple(_imports(module))


def _imports(module):
    for node in ast.walk(tree(module)):
        if isinstance(node, ast.Import):
            yield from (name.name for name in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{module}: a relative import"
            yield node.module
            if node.module.startswith("pixpact"):
                yield from (f"{node.module}.{name.name}" for name in node.names)


def part_of_import(name):
    """The part of Pixpact that an imported name belongs to; None for others."""
    parts = name.split(".")
    if parts[0] != "pixpact":
        return None
    if name in ("pixpact", "pixpact.__version__"):
        return "version"
    return parts[1] if parts[1] in MAY_IMPORT else "face"


def test_there_are_modules():
    """The checks below look at something."""
    assert len(MODULES) > 40
    assert {"wire", "specs", "mockserver", "contracts", "face"} == {part_of(module) for module in MODULES}


@pytest.mark.parametrize("module", MODULES)
def test_imports_run_one_way(module):
    """Face → mockserver, contracts → specs → wire; everybody may ask for the version."""
    allowed = MAY_IMPORT[part_of(module)] | {None, "version"}
    wrong = [name for name in imports(module) if part_of_import(name) not in allowed]

    assert wrong == []


@pytest.mark.parametrize("package", sorted(DOORS))
def test_one_door_per_package(package):
    """A third-party package is imported where the design says, and nowhere else."""
    users = {module for module in MODULES if any(name.partition(".")[0] == package for name in imports(module))}

    assert DOORS[package] == users


def test_every_dependency_is_explained():
    """Each dependency in pyproject.toml has its line in docs/dependencies.md."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    listed = [
        *project["dependencies"],
        *(name for extra in project["optional-dependencies"].values() for name in extra),
    ]
    names = {re.match(r"[A-Za-z0-9-]+", text)[0].lower() for text in listed}
    page = (ROOT / "docs/dependencies.md").read_text().lower()

    assert set() == {name for name in names if f"`{name}`" not in page}


def test_no_vendor_is_named_in_python():
    """The spec file is the only thing that knows a vendor."""
    vendors = [path.stem for path in (ROOT / "specs/vendors").glob("*.yaml")]
    names = [rf"\b{vendor}\b" for vendor in vendors]
    words = re.compile("|".join([*names, "seedream", "seededit", "gpt-image", "doubao", "volc"]), re.IGNORECASE)
    found = {}
    for module in MODULES:
        text = (ROOT / module).read_text()
        code = "\n".join(line for line in text.splitlines())
        if module in EXAMPLES_IN_DOCSTRINGS:
            code = without_docstrings(module)
        if match := words.search(code):
            found[module] = match[0]

    assert found == {}


# Where users read how to call something, a vendor's name in the docstring is an example, not knowledge.
EXAMPLES_IN_DOCSTRINGS = {
    "pixpact/cli/main.py",
    "pixpact/cli/pages/drill_flags.py",
    "pixpact/testing/embedded_mock.py",
    "pixpact/testing/pytest_plugin.py",
}


def without_docstrings(module):
    copy = ast.parse((ROOT / module).read_text())
    for node in ast.walk(copy):
        documented = isinstance(node, (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef))
        if documented and ast.get_docstring(node) is not None:
            node.body[0].value.value = ""
    return ast.unparse(copy)


CLOCKS = {("time", "time"), ("time", "monotonic"), ("time", "sleep"), ("datetime", "now"), ("datetime", "utcnow")}


@pytest.mark.parametrize("module", [module for module in MODULES if module != "pixpact/wire/clock.py"])
def test_only_the_clock_reads_the_wall_clock(module):
    """Time is an argument everywhere else."""
    wrong = [
        ast.unparse(node)
        for node in ast.walk(tree(module))
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and (node.value.id, node.attr) in CLOCKS
    ]

    assert wrong == []


@pytest.mark.parametrize("module", [module for module in MODULES if module != "mockserver/control/guard.py"])
def test_chance_is_seeded(module):
    """Nobody uses the global random source; the guard's token is a secret, which no seed may give."""
    assert not {"random.random", "random.choice", "secrets", "uuid"} & set(imports(module))


def test_no_import_cycle():
    """The imports at the top of the modules form no circle."""
    edges = {name_of(module): {it for it in imports(module) if it in KNOWN} for module in MODULES}
    done, open_ = set(), []

    def visit(name):
        assert name not in open_, f"a circle of imports: {' → '.join([*open_[open_.index(name) :], name])}"
        if name in done:
            return
        open_.append(name)
        for other in edges[name] - {name}:
            visit(other)
        open_.pop()
        done.add(name)

    for module in list(edges):
        visit(module)


def name_of(module):
    dotted = module.removesuffix(".py").replace("/", ".").removesuffix(".__init__")
    return dotted if dotted.startswith("pixpact") else f"pixpact.{dotted}"


KNOWN = {name_of(module) for module in MODULES} - {"pixpact"}
MODULE_OF = {name_of(module): module for module in MODULES}


def test_rooms_form_no_circle():
    """A room is a folder, or a module that stands beside folders: what one imports of another never leads back to it.

    `pixpact/__init__.py` is left out: it holds the version that everybody reads, and imports on first use.
    """
    edges = {}
    for module in MODULES:
        imported = {MODULE_OF[name] for name in imports(module) if name in MODULE_OF}
        edges.setdefault(room_of(module), set()).update(room_of(other) for other in imported - {"pixpact/__init__.py"})
    done, open_ = set(), []

    def visit(room):
        assert room not in open_, f"a circle of rooms: {' → '.join([*open_[open_.index(room) :], room])}"
        if room in done:
            return
        open_.append(room)
        for other in sorted(edges.get(room, set()) - {room}):
            visit(other)
        open_.pop()
        done.add(room)

    for room in sorted(edges):
        visit(room)


FOLDERS = {str(Path(module).parent) for module in MODULES}


def room_of(module):
    """The folder of a module; in a folder that holds folders, the module itself."""
    folder = str(Path(module).parent)
    holds_folders = any(other.startswith(folder + "/") for other in FOLDERS)
    return module if holds_folders else folder


MOST_FILES = 15


@pytest.mark.parametrize("folder", sorted(FOLDERS))
def test_a_folder_is_taken_in_at_a_glance(folder):
    """At most fifteen modules beside `__init__.py`, and more than one."""
    files = [path for path in (ROOT / folder).glob("*.py") if path.name != "__init__.py"]

    assert len(files) <= MOST_FILES


@pytest.mark.parametrize("module", MODULES)
def test_modules_are_short_and_documented(module):
    """At most 400 lines; module, public classes and public functions say what they are."""
    assert len((ROOT / module).read_text().splitlines()) <= MOST_LINES
    assert ast.get_docstring(tree(module)), module


def test_functions_are_short():
    """The median function has less than ten lines, the longest is one screen."""
    lengths = sorted(
        node.end_lineno - node.lineno + 1
        for module in MODULES
        for node in ast.walk(tree(module))
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef))
    )

    assert lengths[len(lengths) // 2] < 10
    assert lengths[-1] <= 50


WORDS = re.compile(r"manager|handler|helper|util|processor|engine", re.IGNORECASE)


def test_names_are_the_fields_own():
    """No module, class or function is called after nothing."""
    named = [(module, module) for module in MODULES]
    named += [
        (module, node.name)
        for module in MODULES
        for node in ast.walk(tree(module))
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef))
    ]

    assert [pair for pair in named if WORDS.search(pair[1])] == []


RAISES = re.compile(r"Raises ((?:[A-Z]\w+(?:, | or | and )?)+)")


def test_docstrings_name_exceptions_that_there_are():
    """What a docstring says is raised is a class of ours, of a library that is imported, or of Python."""
    nodes = [(module, node) for module in MODULES for node in ast.walk(tree(module))]
    classes = {node.name for _, node in nodes if isinstance(node, ast.ClassDef)} | set(dir(builtins))
    classes |= {alias.name for _, node in nodes if isinstance(node, ast.ImportFrom) for alias in node.names}
    documented = [(module, node) for module, node in nodes if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef))]
    missing = [
        (module, node.name, name)
        for module, node in documented
        for raised in RAISES.findall(ast.get_docstring(node) or "")
        for name in re.findall(r"[A-Z]\w+", raised)
        if name not in classes
    ]

    assert missing == []


def test_a_class_name_stands_for_one_class():
    """A name found by grep is the one that was meant."""
    classes = Counter(
        node.name for module in MODULES for node in ast.walk(tree(module)) if isinstance(node, ast.ClassDef)
    )

    assert [name for name, count in classes.items() if count > 1] == []


def test_fixtures_are_data():
    """No Python below fixtures/, so that it can never be a package."""
    assert [str(path) for path in (ROOT / "fixtures").rglob("*.py")] == []


@pytest.mark.parametrize("package", PACKAGES[1:])
def test_the_folders_are_linked_into_the_package(package):
    """In the checkout `pixpact.specs` is the folder at the top."""
    assert (ROOT / "pixpact" / package).resolve() == ROOT / package


def test_every_suppression_has_its_reason():
    """`type: ignore` and `noqa` say why beside them."""
    pattern = re.compile(r"# (type: ignore(\[[\w-]+\])?|noqa(: [A-Z0-9, ]+)?)(.*)")
    bare = [
        f"{path.relative_to(ROOT)}: {line.strip()}"
        for folder in (*PACKAGES, "tests", "bench", "examples")
        for path in (ROOT / folder).rglob("*.py")
        for line in path.read_text().splitlines()
        if (match := pattern.search(line)) and "#" not in match[4] and "pattern = " not in line
    ]

    assert bare == []
