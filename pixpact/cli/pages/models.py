"""`pixpact models`: the models that a contract accepts, and an overlay that adds one."""

from __future__ import annotations

from pathlib import Path

import click

from pixpact.specs.catalogue import SpecCatalogue
from pixpact.specs.contract.model import Contract
from pixpact.specs.models import AcceptedModel, model_overlay, models_of
from pixpact.terminal.console import console, table
from pixpact.terminal.plain_openapi_note import say_what_is_missing
from pixpact.terminal.refusal import UsageRefused


def models(vendor: str, add: str | None, folders: tuple[Path, ...]) -> None:
    """Print the models of a contract, or an overlay that adds one. Raises UnknownVendor, SpecError or UsageRefused."""
    catalogue = SpecCatalogue(folders)
    contract = catalogue.source(vendor).contract()
    say_what_is_missing(contract)
    if add is None:
        _print_models(catalogue, contract)
    else:
        _print_addition(contract, add)


def _print_models(catalogue: SpecCatalogue, contract: Contract) -> None:
    taken = list(models_of(contract))
    rows = table("model", "operation", "schema", title=f"Models of {contract.name}")
    for model in taken:
        rows.add_row(model.value, model.operation, model.schema)
    out = console()
    out.print(rows)
    for name, more in _by_overlay(catalogue, contract, taken).items():
        out.print(f"{name} also accepts: {', '.join(more)}")
    out.print(f"pixpact models {contract.name} --add MODEL prints an overlay that adds a model.")


def _print_addition(contract: Contract, add: str) -> None:
    try:
        click.echo(model_overlay(contract, add), nl=False)
    except ValueError as error:
        raise UsageRefused(f"pixpact: {error}: it accepts any value") from None


def _by_overlay(catalogue: SpecCatalogue, contract: Contract, taken: list[AcceptedModel]) -> dict[str, list[str]]:
    """The models that each overlay of the vendor adds."""
    models, by_overlay = {model.value for model in taken}, {}
    for name in catalogue.overlays(contract.vendor):
        if name in contract.name.split("@"):
            continue
        more = models_of(catalogue.source(f"{contract.vendor}@{name}").contract())
        if values := [model.value for model in more if model.value not in models]:
            by_overlay[f"{contract.vendor}@{name}"] = list(dict.fromkeys(values))
    return by_overlay
