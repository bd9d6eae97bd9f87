"""What a shell offers for a contract: vendors, and their overlays once an `@` was typed."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click
from click.shell_completion import CompletionItem

if TYPE_CHECKING:
    NameParameter = click.ParamType[str]
else:
    NameParameter = click.ParamType  # generic since click 8.4


class VendorName(NameParameter):
    """The name of a contract, or the path of a spec: any text, of which a shell completes the beginning."""

    name = "vendor"

    def shell_complete(self, ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
        """The names that begin so; files besides."""
        from pixpact.specs.catalogue import SpecCatalogue

        catalogue = SpecCatalogue(ctx.params.get("specs") or ())
        base, at, _ = incomplete.rpartition("@")
        names = catalogue.names()
        if at and base.partition("@")[0] in names:
            names = [f"{base}@{overlay}" for overlay in catalogue.overlays(base.partition("@")[0])]
        names = [name for name in names if name.startswith(incomplete)]
        return [CompletionItem(name) for name in names] or [CompletionItem(incomplete, type="file")]
