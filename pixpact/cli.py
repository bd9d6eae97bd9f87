"""The `pixpact` command. The door to click."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

import pixpact
from pixpact.config import ConfigError, defaults
from pixpact.refusal import Refused

SPECS = click.option(
    "--specs",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    multiple=True,
    help="A folder with your own vendors (NAME.yaml) and overlays (overlays/NAME/*.yaml).",
)


class _Group(click.Group):
    """Turns our own refusals into exit code 2, whatever command they come from."""

    def invoke(self, ctx: click.Context) -> Any:
        from pixpact.specs.catalogue import UnknownVendor
        from pixpact.specs.problems import SpecError

        try:
            ctx.default_map = defaults(Path.cwd(), {name: _flags(it) for name, it in self.commands.items()})
            return super().invoke(ctx)
        except SpecError as error:
            raise Refused(str(error)) from None
        except (UnknownVendor, ConfigError) as error:
            raise Refused(f"pixpact: {error}") from None


def _flags(command: click.Command) -> dict[str, click.Option]:
    """The options of a command by the name a user writes: `start-time`."""
    options = (parameter for parameter in command.params if isinstance(parameter, click.Option))
    return {option.opts[-1].lstrip("-"): option for option in options}


@click.group(cls=_Group, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(pixpact.__version__, prog_name="pixpact")
def main() -> None:
    """Mock servers and contract tests for image-generation APIs.

    VENDOR is a name (`pixpact list`), a name with overlays (apimart@2026-09), or the path of a spec.
    """


@main.command()
@click.argument("vendors", nargs=-1, metavar="[VENDOR]...")
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option("--port", default=4747, show_default=True, type=click.IntRange(0, 65535), help="0: a free one.")
@click.option("--pace", default="10x", show_default=True, help="10x, 1x, instant, polls:N or manual.")
@click.option("--start-time", help="ISO 8601 time at which the mock's clock stands until it is advanced.")
@click.option("--seed", default=0, show_default=True, help="Chance of durations, ids and pictures.")
@click.option("--api-key", "api_keys", multiple=True, help="KEY or KEY=BALANCE: accept only these keys.")
@click.option("--public-url", help="The address in result URLs, where clients reach the mock under another.")
@SPECS
@click.option(
    "--reload",
    is_flag=True,
    help="Serve edited specs at once; a broken edit is told and not served.",
)
@click.option("--log/--no-log", default=None, help="Print a line per request; the default on a terminal.")
@click.option("--json", "as_json", is_flag=True, help="Print one line of JSON when ready.")
@click.option("--quiet", is_flag=True, help="Print nothing but errors.")
def serve(**options: Any) -> None:
    """Serve mocks of the vendors' APIs (all of them when none is named)."""
    from pixpact.serving import serve as run

    run(**options)


@main.command()
@click.argument("files", nargs=-1, metavar="[FILE|VENDOR]...")
@SPECS
def lint(files: tuple[str, ...], specs: tuple[Path, ...]) -> None:
    """Check specs: every problem with file, line and remedy. Exit code 2 when there is one."""
    from pixpact.pages.lint import lint as run

    raise SystemExit(run(files, specs))


@main.command("list")
@SPECS
def list_(specs: tuple[Path, ...]) -> None:
    """List the vendors and their overlays."""
    from pixpact.pages.listing import listing as run

    run(specs)


@main.command()
@click.argument("vendor")
@SPECS
def show(vendor: str, specs: tuple[Path, ...]) -> None:
    """Show a contract: operations, models, limits, lifecycle, evidence."""
    from pixpact.pages.show import show as run

    run(vendor, specs)


@main.command()
@click.argument("vendor")
@click.option("--format", "form", type=click.Choice(["yaml", "json"]), default="yaml", show_default=True)
@SPECS
def export(vendor: str, form: str, specs: tuple[Path, ...]) -> None:
    """Print a contract as plain OpenAPI 3.1, without Pixpact's own keys."""
    from pixpact.specs.catalogue import Catalogue
    from pixpact.specs.export import exported

    click.echo(exported(Catalogue(specs).source(vendor), form), nl=False)
