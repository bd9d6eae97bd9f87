"""The wheel, beside a project that has packages of the same names as our folders."""

from __future__ import annotations

import os
import subprocess
import sys
import sysconfig
import tarfile
import zipfile
from pathlib import Path

import pytest

pytestmark = pytest.mark.sweep

ROOT = Path(__file__).parent.parent
THEIRS = ("specs", "contracts", "mockserver", "tests")


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    """A folder that holds what the wheel installs, and nothing of this checkout."""
    folder = tmp_path_factory.mktemp("wheel")
    words = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--no-build-isolation", "--wheel-dir"]
    subprocess.run([*words, str(folder), str(ROOT)], check=True, capture_output=True, timeout=110)
    (wheel,) = folder.glob("pixpact-*.whl")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(folder / "site")
    return folder / "site"


@pytest.fixture(scope="module")
def sdist(tmp_path_factory):
    """The source distribution, unpacked."""
    folder = tmp_path_factory.mktemp("sdist")
    code = "import sys, hatchling.build as backend; backend.build_sdist(sys.argv[1])"
    subprocess.run([sys.executable, "-c", code, str(folder)], cwd=ROOT, check=True, capture_output=True, timeout=110)
    (archived,) = folder.glob("pixpact-*.tar.gz")
    with tarfile.open(archived) as archive:
        archive.extractall(folder, filter="data")
    (unpacked,) = (path for path in folder.iterdir() if path.is_dir())
    return unpacked


@pytest.fixture
def project(tmp_path):
    """A project with packages of its own that happen to have our folders' names."""
    for name in THEIRS:
        (tmp_path / name).mkdir()
        (tmp_path / name / "__init__.py").write_text(f"OWNER = 'the project: {name}'\n")
    return tmp_path


def run(site, project, *words):
    """Python in the project's folder, with the wheel and the dependencies, without this checkout."""
    # A .pth file is only read from real site directories: on PYTHONPATH the checkout's is not.
    paths = [str(site), sysconfig.get_paths()["purelib"], sysconfig.get_paths()["platlib"]]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(paths)}
    interpreter = [sys.executable, "-S"]
    return subprocess.run(
        [*interpreter, *words], cwd=project, env=environment, capture_output=True, text=True, timeout=60
    )


def test_only_pixpact_is_installed(site):
    """Nothing but `pixpact` can be imported from the wheel."""
    names = {path.name for path in site.iterdir() if not path.name.endswith(".dist-info")}

    assert {"pixpact"} == names
    assert (site / "pixpact/specs/vendors/toapis.yaml").is_file()
    assert (site / "pixpact/specs/dialect.yaml").is_file()
    assert (ROOT / "fixtures/specs/toy.yaml").read_text() == (site / "pixpact/specs/example/toy.yaml").read_text()
    assert (site / "pixpact/py.typed").is_file()
    assert (site / "pixpact/mockserver/console/static/index.html").is_file()
    assert (site / "pixpact/mockserver/console/static/vendor/LICENSE-preact").is_file()
    assert (site / "pixpact/mockserver/reference/static/vendor/LICENSE-swagger-ui").is_file()
    assert (site / "pixpact/contracts/reports/html/templates/check.html").is_file()
    assert (site / "pixpact/mockserver/images/LICENSE-unifont").is_file()
    assert (site / "pixpact/mockserver/images/photos/LICENSES.md").is_file()


def test_the_source_distribution_has_what_the_repository_has(sdist):
    """But the scripts of its CI and the links inside `pixpact`, of which CONTRIBUTING.md tells."""
    names = {path.relative_to(sdist).as_posix() for path in sdist.rglob("*") if path.is_file()}
    words = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(words, cwd=ROOT, check=True, capture_output=True, text=True, timeout=60).stdout.split("\0")
    links = {name for name in listed if name.startswith("pixpact/") and (ROOT / name).is_symlink()}
    left_out = links | {name for name in listed if name.startswith(".ci/")}
    there = {name for name in listed if name and (ROOT / name).exists()}

    assert there - left_out == names - {"PKG-INFO"}
    assert {f"pixpact/{name}" for name in ("contracts", "mockserver", "mutants", "specs")} == links


def test_a_wheel_of_the_source_distribution_is_the_same(sdist, site, tmp_path):
    """An installation from source has all that one from the repository has."""
    code = "import sys, hatchling.build as backend; backend.build_wheel(sys.argv[1])"
    subprocess.run([sys.executable, "-c", code, str(tmp_path)], cwd=sdist, check=True, capture_output=True, timeout=110)
    (wheel,) = tmp_path.glob("pixpact-*.whl")
    installed = {path.relative_to(site).as_posix() for path in site.rglob("*") if path.is_file()}

    assert installed == {name for name in zipfile.ZipFile(wheel).namelist() if not name.endswith("/")}


def test_the_wheel_is_small(site):
    """Under 3 MB, renderer, console and templates included: it is installed in every CI run."""
    (wheel,) = site.parent.glob("pixpact-*.whl")

    assert wheel.stat().st_size < 3_000_000


def test_neither_sees_the_others(site, project):
    """The project imports its own packages, Pixpact its own, in one process."""
    code = (
        "import specs, contracts, mockserver, pixpact.specs, pixpact.mockserver, pixpact.contracts, pixpact\n"
        "print(specs.OWNER, contracts.OWNER, mockserver.OWNER)\n"
        "print(pixpact.specs.__file__)\n"
        "with pixpact.mock('toapis') as mock: print(mock.url('toapis'))\n"
    )
    done = run(site, project, "-c", code)

    assert 0 == done.returncode, done.stderr
    owners, place, url = done.stdout.splitlines()
    assert "the project: specs the project: contracts the project: mockserver" == owners
    assert place.startswith(str(site))
    assert url.startswith("http://127.0.0.1:")


def test_the_command_works_beside_them(site, project):
    """`pixpact lint` in the project's folder reads Pixpact's own specs."""
    done = run(site, project, "-m", "pixpact", "lint")

    assert 0 == done.returncode, done.stderr
    assert " 0 problems" in done.stdout


def test_the_drifts_are_installed(site, project):
    """`pixpact drill` finds what it is to try, and each fits the specs beside it."""
    done = run(site, project, "-m", "pixpact", "drill", "toapis", "--list")
    code = (
        "from pixpact.drill.drifts import drifts_of\n"
        "from pixpact.specs.catalogue import SpecCatalogue\n"
        "source = SpecCatalogue().source('toapis')\n"
        "found = drifts_of(SpecCatalogue(), source).values()\n"
        "print(len([it.applied(source).contract() for it in found]))\n"
    )
    loaded = run(site, project, "-c", code)

    assert 0 == done.returncode == loaded.returncode, done.stderr + loaded.stderr
    assert len(done.stdout.splitlines()) >= int(loaded.stdout) > 10
