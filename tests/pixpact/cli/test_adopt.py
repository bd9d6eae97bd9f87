"""`pixpact adopt`, and plain OpenAPI files where a vendor is expected."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from pixpact.cli.main import main
from pixpact.cli.serving.contracts import served_contracts
from pixpact.specs.catalogue import SpecCatalogue, UnknownVendor
from pixpact.specs.openapi.problems import SpecError

FILES = Path(__file__).parents[3] / "fixtures/openapi"
PREDICTIONS = str(FILES / "predictions.yaml")


def run(*words: str):
    return CliRunner().invoke(main, words)


def test_a_draft_is_printed_and_can_be_linted(tmp_path):
    """What is printed is a spec that lints."""
    draft = tmp_path / "acme.yaml"
    draft.write_text(run("adopt", PREDICTIONS).stdout)

    assert "1 contract checked: 0 problems, 0 notes" in run("lint", str(draft)).stdout


def test_only_these_operations():
    """By id, as often as it is given."""
    text = run("adopt", PREDICTIONS, "--operation", "predictions.get", "--operation", "GET /health").stdout

    assert ["  /predictions/{prediction_id}:", "  /health:"] == [it for it in text.splitlines() if it.startswith("  /")]


def test_the_example_is_shipped():
    """It is printed, and served and shown to who names it; it is none of the vendors that are served to everyone."""
    text = run("adopt", "--example").stdout

    assert (FILES.parent / "specs/toy.yaml").read_text() == text
    assert "startDrawing" in run("show", "toy").stdout
    assert "toy" not in SpecCatalogue().names()


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ((), "name an OpenAPI file, or give --example"),
        ((PREDICTIONS, "--example"), "name an OpenAPI file, or give --example"),
        ((PREDICTIONS, "--operation", "predictions.gett"), "--operation: 'predictions.gett' is not an operation"),
        ((str(FILES.parent / "specs/toy.yaml"),), "is already a Pixpact spec"),
    ],
)
def test_what_cannot_be_adopted(words, message):
    """One line, exit code 2."""
    done = run("adopt", *words)

    assert 2 == done.exit_code
    assert message in done.stderr
    assert "Traceback" not in done.output


@pytest.mark.parametrize("words", [("show", PREDICTIONS), ("export", PREDICTIONS), ("models", PREDICTIONS)])
def test_what_a_plain_file_lacks_is_told_once(words):
    """On standard error, beside what was asked for."""
    done = run(*words)

    assert 0 == done.exit_code, done.output
    assert 1 == done.stderr.count("is plain OpenAPI, taken as it is")
    assert "example of a success: predictions_create, predictions_get" in done.stderr
    assert "made up" not in done.stdout


def test_a_plain_file_checks_clean():
    """Against its own mock, in process."""
    done = run("check", PREDICTIONS, "--fuzz", "0", "--min-coverage", "50")

    assert 0 == done.exit_code, done.output


@pytest.mark.parametrize("form", ["yaml", "json"])
def test_an_export_of_a_plain_file_lints(tmp_path, form):
    """As every export does."""
    path = tmp_path / f"plain.{form}"
    path.write_text(run("export", PREDICTIONS, "--format", form).stdout)

    assert "0 problems" in run("lint", str(path)).stdout


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A folder with a sound spec and one that cannot be served, in the place of all others."""
    (tmp_path / "fine.yaml").write_text((FILES / "split/parts/../../predictions.yaml").read_text())
    (tmp_path / "broken.yaml").write_text("openapi: 3.1.0\npaths: [\n")
    (tmp_path / "bad name.json").write_text(json.dumps({"openapi": "3.1.0"}))
    catalogue = SpecCatalogue([tmp_path])
    monkeypatch.setattr(catalogue, "names", lambda: sorted(path.stem for path in tmp_path.iterdir()))
    return catalogue


def test_one_broken_file_leaves_the_others(folder, capsys):
    """Each that cannot be served is told with its line, and named."""
    sources, contracts = served_contracts(folder, [])

    assert ["fine"] == [source.name for source in sources] == [contract.name for contract in contracts]
    told = capsys.readouterr().err
    assert "broken.yaml:3 yaml-syntax" in told
    assert "broken is not served; the others are" in told
    assert "bad name is not served" in told


def test_a_broken_file_that_was_asked_for_is_an_error(folder, tmp_path):
    """And so is a folder in which nothing is sound."""
    with pytest.raises(SpecError):
        served_contracts(folder, ["fine", "broken"])
    (tmp_path / "fine.yaml").unlink()
    with pytest.raises((SpecError, UnknownVendor)):
        served_contracts(folder, [])
