"""Reports of contracts that came with Pixpact point at a file that the user's repository has."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from pixpact.contracts.reports import FORMATS
from pixpact.contracts.reports.annotation_file import annotation_file
from pixpact.contracts.reports.view import view

WORKFLOW = {"GITHUB_WORKFLOW_REF": "me/app/.github/workflows/check.yml@refs/heads/main"}


@pytest.mark.parametrize(
    ("there", "recordings", "environ", "path"),
    [
        (["seen.har", "pixpact.toml"], ["seen.har"], WORKFLOW, "seen.har"),
        ([".github/workflows/check.yml", "pixpact.toml"], [], WORKFLOW, ".github/workflows/check.yml"),
        (["pixpact.toml", "pyproject.toml"], [], WORKFLOW, "pixpact.toml"),
        (["pyproject.toml"], ["../elsewhere.har"], {}, "pyproject.toml"),
        ([], [], WORKFLOW, ""),
    ],
)
def test_a_file_of_the_user(tmp_path: Path, there, recordings, environ, path) -> None:
    """The recording, the workflow, the configuration: the first that is there, and below the folder."""
    (tmp_path / ".github/workflows").mkdir(parents=True)
    for name in there:
        (tmp_path / name).touch()

    assert path == annotation_file(map(Path, recordings), environ, tmp_path)


def test_a_result_of_a_shipped_contract_stands_in_that_file(toy, full) -> None:
    """The message still names the line of the contract."""
    shipped = [replace(it, statement=replace(it.statement, shipped=True)) for it in full.findings]
    seen = replace(full, findings=tuple(shipped), own_file=".github/workflows/check.yml")
    place = json.loads(FORMATS["sarif"](seen))["runs"][0]["results"][0]["locations"][0]["physicalLocation"]

    assert ".github/workflows/check.yml" == place["artifactLocation"]["uri"]
    assert 1 == place["region"]["startLine"]
    assert FORMATS["github"](seen).startswith("::error file=.github/workflows/check.yml,line=1,")


def test_without_such_a_file_there_is_no_place(full) -> None:
    """A path that nobody has would make viewers fail."""
    shipped = [replace(it, statement=replace(it.statement, shipped=True)) for it in full.findings]
    location = json.loads(FORMATS["sarif"](replace(full, findings=tuple(shipped))))["runs"][0]["results"][0][
        "locations"
    ][0]

    assert "physicalLocation" not in location


def test_no_report_holds_the_path_of_an_installation(toy, monkeypatch, tmp_path) -> None:
    """A contract that came with Pixpact is named as a part of it, wherever that is installed."""
    monkeypatch.chdir(tmp_path)
    from pixpact.contracts.claims.contract_claims import ContractClaims
    from pixpact.specs.catalogue import SpecCatalogue

    claim = ContractClaims(SpecCatalogue().source("fasttoken").contract()).all[0]
    text = FORMATS["json"](view(toy.result(toy.finding(claim))))

    assert "pixpact/specs/vendors/fasttoken.yaml" in text
    assert str(Path(claim.origin.path).resolve().parent) not in text
