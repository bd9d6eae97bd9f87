"""Shell completion for contracts: vendor names, and overlays after an `@`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click
from click.shell_completion import CompletionItem

if TYPE_CHECKING:
    NameParameter = click.ParamType[str]
else:
    NameParameter = click.ParamType  # generic since click 8.4


class VendorName(NameParameter):
    """The name of a contract or the path of a spec: accepts any text, and completes names."""

    name = "vendor"

    def shell_complete(self, ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
        """The names that start with `incomplete`; if there are none, files."""
        from pixpact.specs.catalogue import SpecCatalogue

        catalogue = SpecCatalogue(ctx.params.get("specs") or ())
        base, at, _ = incomplete.rpartition("@")
        names = catalogue.names()
        if at and base.partition("@")[0] in names:
            names = [f"{base}@{overlay}" for overlay in catalogue.overlays(base.partition("@")[0])]
        names = [name for name in names if name.startswith(incomplete)]
        return [CompletionItem(name) for name in names] or [CompletionItem(incomplete, type="file")]
