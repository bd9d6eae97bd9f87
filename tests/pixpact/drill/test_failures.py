"""The tests that failed are named, whatever runner printed them."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from pixpact.drill.drifts import UnknownDrift, drifts_except, drifts_of
from pixpact.drill.failures import failed_tests
from pixpact.specs.catalogue import SpecCatalogue

ROOT = Path(__file__).parents[3]

PRINTED = {
    "pytest": ("FAILED tests/test_a.py::TestA::test_b[secret] - assert 1 == 2", "tests/test_a.py::TestA::test_b"),
    "unittest": ("FAIL: test_b (tests.test_a.TestA.test_b)", "tests.test_a.TestA.test_b"),
    "tap": ("not ok 3 - pays once # time=4", "pays once"),
    "nested tap": ("    not ok 1 - pays once", "pays once"),
    "node": ("\u2716 pays once (3.2ms)", "pays once"),
    "jest": ("  \u25cf shop \u203a pays once", "shop \u203a pays once"),
    "vitest": (" FAIL  src/shop.test.ts > shop > pays once", "src/shop.test.ts > shop > pays once"),
    "mocha": ("  1) pays once", "pays once"),
    "bun": ("(fail) shop > pays once [1.20ms]", "shop > pays once"),
    "deno": ("pays once ... FAILED (4ms)", "pays once"),
    "go": ("    --- FAIL: TestShop/pays_once (0.00s)", "TestShop/pays_once"),
    "maven": ("[ERROR]   ShopTest.paysOnce:12 expected: <1> but was: <2>", "ShopTest.paysOnce"),
    "gradle": ("ShopTest > paysOnce() FAILED", "ShopTest > paysOnce()"),
    "rspec": ("rspec ./spec/shop_spec.rb:12 # Shop pays once", "./spec/shop_spec.rb:12"),
    "phpunit": ("1) Tests\\ShopTest::testPaysOnce", "Tests\\ShopTest::testPaysOnce"),
    "dotnet": ("  Failed Shop.Tests.PaysOnce [12 ms]", "Shop.Tests.PaysOnce"),
}


@pytest.mark.parametrize("runner", sorted(PRINTED))
def test_a_failing_test_is_named(runner):
    """Once, by the name that its runner gives it, with any ends of lines."""
    line, name = PRINTED[runner]

    assert (name,) == failed_tests(f"running\r\n{line}\r\n{line}\r\n")


@pytest.mark.parametrize("line", ["ok 1 - not ok at all", "not ok 1 - shop.test.mjs", "12) ", "test a ... ok"])
def test_what_is_no_failing_test_is_not_named(line):
    """A test that passes, a whole file, a number."""
    assert () == failed_tests(line)


def test_drifts_are_left_out_by_name():
    """A pattern that fits none is refused: it would leave out nothing."""
    catalogue = SpecCatalogue()
    every = list(drifts_of(catalogue, catalogue.source("toapis")).values())
    kept = drifts_except(every, ["always-*", "n-*"])

    assert {"always-square", "n-as-float", "n-up-to-10"} == {it.name for it in every} - {it.name for it in kept}
    with pytest.raises(UnknownDrift, match="did you mean 'always-square'"):
        drifts_except(every, ["always-sqare"])


@pytest.mark.sweep
def test_a_suite_in_javascript_is_drilled(tmp_path):
    """It starts `pixpact serve` itself, which drifts: tests that notice are named, and a field that nobody reads."""
    if shutil.which("node") is None:
        pytest.fail("this test needs Node.js 20 or newer: `node` is not in PATH")
    report = tmp_path / "drill.json"
    words = [sys.executable, "-m", "pixpact", "drill", "apiyi", "--only", "one-picture", "--only", "usage-*"]
    words += ["--except", "usage-in-*", "--report", f"json={report}", "--", "node", "--test"]
    environ = {name: value for name, value in os.environ.items() if not name.startswith(("PYTEST_", "NODE_"))}
    environ["PATH"] = str(Path(sys.executable).parent) + os.pathsep + environ["PATH"]
    done = subprocess.run(words, cwd=ROOT / "examples/node", env=environ, capture_output=True, text=True, timeout=240)

    assert 0 == done.returncode, done.stdout + done.stderr
    drifts = {drift["name"]: drift for drift in json.loads(report.read_text())["drifts"]}
    assert {"one-picture": "noticed", "usage-renamed": "not-read"} == {
        name: it["verdict"] for name, it in drifts.items()
    }
    assert "text to image" in drifts["one-picture"]["tests"]
    assert "usage" in drifts["usage-renamed"]["seen"][0]["place"]
    assert "no source file names generated_images" == drifts["usage-renamed"]["reason"]
