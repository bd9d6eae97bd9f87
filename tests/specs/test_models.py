"""Which models contracts take, and the overlays that add one."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from pixpact.specs.catalogue import SpecCatalogue, SpecSource
from pixpact.specs.contract.model import Contract
from pixpact.specs.models import model_overlay, models_by_overlay, models_of


def reader_of(contract: Contract):
    body = contract.operation("createImage").body
    assert body is not None
    return body.media[0].reader


def test_every_model_with_its_schema(contract: Callable[[str], Contract]) -> None:
    """In the order of the spec."""
    taken = [
        (model.operation, model.key, model.value, model.schema)
        for model in models_of(contract("fixtures/specs/toy.yaml"))
    ]

    assert ("startDrawing", "model", "ink-1", "Ink") in taken
    assert {"startDrawing"} == {operation for operation, _, _, _ in taken if operation == "startDrawing"}


def test_what_overlays_take(contract: Callable[[str], Contract]) -> None:
    """Those that are not applied yet, by the name that applies them."""
    base, later = contract("apimart"), contract("apimart@2026-09")
    taken = models_by_overlay(base, reader_of(base))

    assert {"apimart@2026-09", "apimart@observed"} == set(taken)
    assert "seedream-5-0-lite" in taken["apimart@2026-09"]
    assert "seedream-5-0-lite" not in taken["apimart@observed"]
    assert {"apimart@2026-09@observed"} == set(models_by_overlay(later, reader_of(later)))


WITH_MODELS = [it for it in SpecCatalogue().names() if list(models_of(SpecCatalogue().source(it).contract()))]


@pytest.mark.parametrize("vendor", WITH_MODELS)
@pytest.mark.parametrize("model", ["another-model-9", "it's: a 'name'"])
def test_an_addition_adds_the_model(
    vendor: str, model: str, contract: Callable[[str], Contract], tmp_path: Path
) -> None:
    """Applied as it is printed, the contract lints and takes the model."""
    path = tmp_path / "more.yaml"
    path.write_text(model_overlay(contract(vendor), model), encoding="utf-8")
    source = SpecCatalogue().source(vendor)

    more = SpecSource(f"{vendor}@more", source.path, (path,)).contract()

    assert {model} == {it.value for it in models_of(more)} - {it.value for it in models_of(contract(vendor))}


def test_a_contract_without_models_has_no_addition(contract: Callable[[str], Contract]) -> None:
    """There is nothing to add to."""
    plain = contract("fixtures/specs/toy.yaml")
    without = Contract(**{name: getattr(plain, name) for name in plain.__slots__} | {"operations": ()})

    with pytest.raises(ValueError, match="does not distinguish models"):
        model_overlay(without, "x")
