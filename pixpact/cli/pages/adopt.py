"""`pixpact adopt`: drafts a spec from a plain OpenAPI file, or prints the example spec."""

from __future__ import annotations

from pathlib import Path

import click

from pixpact.specs.adopt.adopt import adopted_document, is_foreign
from pixpact.specs.adopt.shape import UnknownOperation
from pixpact.specs.adopt.text import draft_text
from pixpact.specs.catalogue import SpecCatalogue
from pixpact.specs.openapi.bundle import document_of
from pixpact.specs.openapi.problems import relative_path
from pixpact.terminal.refusal import UsageRefused


def adopt(file: Path | None, operations: tuple[str, ...], example: bool) -> None:
    """Print the draft of a file, or the example. Raises UsageRefused; SpecError if it is not OpenAPI."""
    if example == (file is not None):
        raise UsageRefused("pixpact: name an OpenAPI file, or give --example")
    if file is None:
        click.echo(SpecCatalogue().example().read_text(encoding="utf-8"), nl=False)
        return
    document = document_of(file, aliases=True)
    if not is_foreign(document):
        raise UsageRefused(f"pixpact: {relative_path(file)} is already a Pixpact spec; check it with pixpact lint")
    try:
        draft = adopted_document(document, file.stem, operations)
    except UnknownOperation as error:
        raise UsageRefused(f"pixpact: --operation: {error}") from None
    click.echo(draft_text(draft, file.name), nl=False)
