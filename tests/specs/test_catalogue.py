from __future__ import annotations

from pathlib import Path

import pytest

from pixpact.specs.catalogue import SpecCatalogue, UnknownVendor
from pixpact.specs.openapi.problems import SpecError

FIXTURES = Path(__file__).parent.parent.parent / "fixtures/specs"
TOY = str(FIXTURES / "toy.yaml")
VENDORS = SpecCatalogue().names()


def test_the_package_has_vendors() -> None:
    """Every file in specs/vendors is a vendor under its own name."""
    folder = Path(__file__).parent.parent.parent / "specs/vendors"

    assert sorted(path.stem for path in folder.glob("*.yaml")) == VENDORS


@pytest.mark.parametrize("vendor", VENDORS)
def test_a_vendor_by_its_name(vendor: str) -> None:
    """A name leads to one file; with overlays to several, and the name says so."""
    catalogue = SpecCatalogue()
    source = catalogue.source(vendor)

    assert (vendor, f"{vendor}.yaml", 1) == (source.name, source.path.name, len(source.files))
    for overlay, path in catalogue.overlays(vendor).items():
        assert (f"{vendor}@{overlay}", (source.path, path)) == (
            catalogue.source(f"{vendor}@{overlay}").name,
            catalogue.source(f"{vendor}@{overlay}").files,
        )


def test_a_folder_of_ones_own() -> None:
    """A user's folder adds vendors and their overlays, beside those of the package."""
    catalogue = SpecCatalogue([FIXTURES])

    assert {*VENDORS, *(path.stem for path in FIXTURES.glob("*.yaml"))} == set(catalogue.names())
    assert ["2027"] == list(catalogue.overlays("toy"))
    assert "toy@2027" == catalogue.source("toy@2027").name


def test_a_users_vendor_wins(tmp_path: Path) -> None:
    """A file of the same name as one of the package takes its place."""
    (tmp_path / f"{VENDORS[0]}.yaml").write_text(Path(TOY).read_text())

    assert tmp_path / f"{VENDORS[0]}.yaml" == SpecCatalogue([tmp_path]).source(VENDORS[0]).path


@pytest.mark.parametrize(
    ("reference", "name"),
    [
        (TOY, "toy"),
        (f"{TOY}@2027", "toy@2027"),
        (f"{TOY}@{FIXTURES / 'overlays/toy/2027.yaml'}", "toy@2027"),
    ],
)
def test_a_path(reference: str, name: str) -> None:
    """A path is a vendor too, and overlays stand beside it, or are paths themselves."""
    source = SpecCatalogue().source(reference)

    assert name == source.name
    assert name == source.contract().name


def test_a_path_with_an_at_sign(tmp_path: Path) -> None:
    """A file is a file, whatever its folder is called."""
    path = tmp_path / "me@home.yaml"
    path.write_text(Path(TOY).read_text())

    assert (path, ()) == (SpecCatalogue().source(str(path)).path, SpecCatalogue().source(str(path)).overlays)


@pytest.mark.parametrize(
    ("reference", "words"),
    [
        ("nobody", ["'nobody' is not a vendor", "there are:"]),
        (VENDORS[0] + "x", ["did you mean", VENDORS[0]]),
        (f"{VENDORS[0]}@1999", ["'1999' is not an overlay of"]),
        (f"{TOY}@2028", ["'2028' is not an overlay of toy", "did you mean '2027'"]),
        ("none.yaml", ["there is no spec file 'none.yaml'"]),
        ("", ["'' is not a vendor"]),
    ],
)
def test_unknown_names(reference: str, words: list[str]) -> None:
    """Who asks for something unknown is told what there is."""
    with pytest.raises(UnknownVendor) as caught:
        SpecCatalogue().source(reference)

    assert [] == [word for word in words if word not in str(caught.value)]


def test_a_broken_spec(tmp_path: Path) -> None:
    """A file with faults has problems to read and no contract to serve."""
    path = tmp_path / "broken.yaml"
    path.write_text("openapi: 3.1.0\nopenapi: 3.1.0\n")
    source = SpecCatalogue().source(str(path))

    assert ["duplicate-key"] == [problem.rule for problem in source.check().problems]
    with pytest.raises(SpecError):
        source.contract()


@pytest.mark.parametrize(
    ("name", "plain"),
    [("acme 1", "acme-1"), ("图片", "vendor"), ("acme#1", "acme-1"), ("a?b", "a-b"), ("a%20b", "a-20b")],
)
def test_a_name_that_no_url_can_begin_with_is_refused(tmp_path, name, plain):
    """A contract's name is the prefix of its URLs: what would be escaped there is refused, with a better name."""
    path = tmp_path / f"{name}.yaml"
    path.write_text("openapi: 3.1.0\n", encoding="utf-8")

    with pytest.raises(UnknownVendor, match=f"rename it to '{plain}.yaml'"):
        SpecCatalogue([]).source(str(path))
