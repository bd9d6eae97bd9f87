"""Which drifts there are."""

from __future__ import annotations

from pathlib import Path

import pytest

from pixpact.drill.drifts import SHIPPED, UnknownDrift, drifts_named, drifts_of
from pixpact.specs.catalogue import SpecCatalogue

ROOT = Path(__file__).parents[3]
TEXT = """# Why this one.
overlay: 1.0.0
info: {{title: {0}, version: mutant}}
x-breaks: toy:getPurse:answer/left/type
actions:
  # a line of its own
  - target: $.info
    update: {{title: {0}}}
"""


@pytest.fixture
def toy():
    return SpecCatalogue().source(str(ROOT / "fixtures/specs/toy.yaml"))


def put(folder, *names):
    folder.mkdir(parents=True, exist_ok=True)
    for name in names:
        (folder / f"{name}.yaml").write_text(TEXT.format(name))
    return folder


def test_shipped_and_own(tmp_path, toy):
    """Ours come first; of two with one name the user's counts; a folder may hold one for each vendor."""
    shipped = put(tmp_path / "ours/toy", "a", "b").parent
    plain, by_vendor = put(tmp_path / "plain", "b", "c"), put(tmp_path / "many/toy", "d").parent
    put(tmp_path / "many/other", "e")
    found = drifts_of(SpecCatalogue(), toy, folders=[plain, by_vendor], shipped=shipped)

    assert {"a": False, "b": True, "c": True, "d": True} == {name: it.own for name, it in found.items()}
    assert ["a", "b", "c", "d"] == list(found)
    assert plain / "b.yaml" == found["b"].path


def test_an_overlay_of_the_vendor_can_be_a_drift(tmp_path, toy):
    """By its name, as in a contract's; or any file by its path."""
    own = put(tmp_path, "mine") / "mine.yaml"
    found = drifts_of(SpecCatalogue(), toy, [str(own), "2027"], shipped=tmp_path / "none")

    assert [own, ROOT / "fixtures/specs/overlays/toy/2027.yaml"] == [it.path for it in found.values()]
    assert "Toy Pictures in 2027" == found["2027"].title


def test_what_a_drift_says(tmp_path, toy):
    """Its title, the claim it breaks, and its actions as they are written."""
    found = drifts_of(SpecCatalogue(), toy, folders=[put(tmp_path, "mine")], shipped=tmp_path / "none")["mine"]

    assert ("mine", "toy:getPurse:answer/left/type") == (found.title, found.breaks)
    assert "  # a line of its own\n  - target: $.info\n    update: {title: mine}" == found.change
    assert "mine" == found.applied(toy).contract().title
    assert "toy" == found.applied(toy).contract().name


def test_choosing(tmp_path, toy):
    """By patterns; one that fits none is an error that names the nearest."""
    drifts = drifts_of(SpecCatalogue(), toy, folders=[put(tmp_path, "a-1", "a-2", "b")], shipped=tmp_path / "none")

    assert ["a-1", "a-2"] == [it.name for it in drifts_named(drifts, ["a-*"])]
    assert ["a-1", "a-2", "b"] == [it.name for it in drifts_named(drifts, [])]
    with pytest.raises(UnknownDrift, match="'a_1' matches no drift; did you mean 'a-1'"):
        drifts_named(drifts, ["b", "a_1"])


def test_what_holds_no_drift(tmp_path, toy):
    """An empty folder and a name that leads nowhere are errors."""
    with pytest.raises(UnknownDrift, match="has no overlay"):
        drifts_of(SpecCatalogue(), toy, folders=[tmp_path])
    with pytest.raises(
        UnknownDrift, match="'2028' is neither a file nor an overlay of toy; the overlays there are: 2027"
    ):
        drifts_of(SpecCatalogue(), toy, ["2028"])


@pytest.mark.parametrize("vendor", SpecCatalogue().names())
def test_every_vendor_has_drifts(vendor):
    """They are found where they are shipped, and each says what it is."""
    found = drifts_of(SpecCatalogue(), SpecCatalogue().source(vendor))

    assert len(found) >= 10
    assert all(SHIPPED.resolve() in it.path.parents and it.title != it.name and it.change for it in found.values())
