"""`pixpact show VENDOR CLAIM`."""

from __future__ import annotations

from fnmatch import fnmatchcase
from pathlib import Path

import pytest
from click.testing import CliRunner

from pixpact.cli.main import main
from pixpact.cli.pages.claim import IN_PROCESS, page
from pixpact.contracts.claims.contract_claims import ContractClaims
from pixpact.contracts.plan.plan import plan
from pixpact.specs.catalogue import SpecCatalogue

TOY = str(Path(__file__).parents[3] / "fixtures" / "specs" / "toy.yaml")


def show(asked, vendor=TOY):
    return CliRunner().invoke(main, ["show", vendor, asked])


@pytest.fixture(scope="module")
def contract():
    return SpecCatalogue().source(TOY).contract()


@pytest.fixture(scope="module")
def claims(contract):
    return ContractClaims(contract).all


SIZES = "toy:startDrawing:refusal/Crayon/size/enum"


@pytest.mark.parametrize(
    "asked", [SIZES, "startDrawing:refusal/Crayon/size/enum", "refusal/Crayon/size/enum", "Crayon/size/enum"]
)
def test_one_claim_is_a_page(contract, claims, asked):
    """Its sentence, the line that says so, what that rests on, and what a check sends; by its id or the end of it."""
    found = next(claim for claim in claims if claim.id == SIZES)
    name, promised, line, pointer, source, probe = show(asked).stdout.splitlines()

    assert (SIZES, f"  promised  {found.text}") == (name, promised)
    assert line.endswith(f"toy.yaml:{found.origin.line}")
    assert f"            #{found.pointer}" == pointer
    assert source.startswith("  evidence  seed: the page the spec was written from")
    assert probe.startswith("  checked   startDrawing {")
    assert probe.endswith(": must be refused (invalid-request)")


def test_the_line_is_that_of_the_statement(claims):
    """What stands there is what the claim is about."""
    found = next(claim for claim in claims if claim.id == SIZES)

    assert "enum: [small, large]" in Path(TOY).read_text().splitlines()[found.origin.line - 1]


@pytest.mark.parametrize("asked", ["*", "*:refusal/*", "image/form"])
def test_several_claims_are_a_list(claims, asked):
    """A line for each, id first: all of them, those of a pattern, those with a text in their ids."""
    wanted = [claim.id for claim in claims if fnmatchcase(claim.id, asked) or asked in claim.id]

    assert len(wanted) > 1
    assert wanted == [line.partition("  ")[0] for line in show(asked).stdout.splitlines()]


def test_each_claim_says_how_it_is_checked(contract, claims):
    """By a probe, in responses, or why not."""
    planned = plan(ContractClaims(contract), IN_PROCESS)
    for found in claims:
        lines = list(page(contract, found, planned))

        assert any(line.startswith("  checked   ") and len(line) > 20 for line in lines)
        assert (found.id in planned.beyond) == any("not possible: " in line for line in lines)


@pytest.mark.parametrize("asked", ["refusal/Crayon/sise/enum", "size/enm", "refusal/unauthentcated"])
def test_a_claim_that_there_is_not(claims, asked):
    """Exit code 2, with the nearest one."""
    done = show(asked)

    assert 2 == done.exit_code
    assert f"{asked!r} is not a claim of toy; did you mean '" in done.stderr
    assert done.stderr.rpartition("mean '")[2].partition("'")[0] in {claim.id for claim in claims}


def test_nothing_like_it():
    """How to see them all."""
    assert "'*' lists them all" in show("qqq").stderr
