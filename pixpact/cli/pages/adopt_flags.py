"""The command `pixpact adopt`: its flags."""

from __future__ import annotations

from pathlib import Path

import click

from pixpact.cli.click_ext import ConfiguredCommand


@click.command(cls=ConfiguredCommand)
@click.argument("file", required=False, type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option(
    "--operation", "operations", multiple=True, metavar="ID", help="Only this one, by its id or as 'POST /path'."
)
@click.option("--example", is_flag=True, help="Print a whole spec of a made-up vendor, to begin with.")
def adopt(file: Path | None, operations: tuple[str, ...], example: bool) -> None:
    """Print any OpenAPI file as a draft of a spec that lints and can be served.

    What is not read is left out, what is missing is a placeholder, likely lifecycles are proposed as comments.
    """
    from pixpact.cli.pages.adopt import adopt as run

    run(file, operations, example)
