"""The command `pixpact adopt` and its flags."""

from __future__ import annotations

from pathlib import Path

import click

from pixpact.cli.click_ext import ConfiguredCommand


@click.command(cls=ConfiguredCommand)
@click.argument("file", required=False, type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option(
    "--operation",
    "operations",
    multiple=True,
    metavar="ID",
    help="Keep only this operation, by its id or as 'POST /path'.",
)
@click.option("--example", is_flag=True, help="Print the complete spec of a made-up vendor, to start from.")
def adopt(file: Path | None, operations: tuple[str, ...], example: bool) -> None:
    """Print an OpenAPI file as the draft of a spec.

    The draft passes lint and can be served. Missing parts are placeholders; likely lifecycles are proposed as comments.
    """
    from pixpact.cli.pages.adopt import adopt as run

    run(file, operations, example)
