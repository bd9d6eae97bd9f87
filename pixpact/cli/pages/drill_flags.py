"""The command `pixpact drill` and its flags."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from pixpact.cli.click_ext import QUIET, SPECS, ConfiguredCommand
from pixpact.cli.completion import VendorName
from pixpact.terminal.refusal import UsageRefused


class _DrillCommand(ConfiguredCommand):
    """Keeps everything after `--` unchanged: the command of the test suite."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        before, after = args, list[str]()
        if "--" in args:
            separator = args.index("--")
            before, after = args[:separator], args[separator + 1 :]
        ctx.meta["command"] = tuple(after)
        if not after and not {"--list", "--help", "-h"} & set(before):
            name = next((word for word in before if not word.startswith("-")), "VENDOR")
            raise UsageRefused(f"pixpact: no command to run; write: pixpact drill {name} -- pytest tests/")
        return super().parse_args(ctx, before)


@click.command(cls=_DrillCommand, options_metavar="")
@click.argument("vendor", metavar="VENDOR [OPTIONS] -- COMMAND...", type=VendorName())
@click.option(
    "--drift", multiple=True, metavar="OVERLAY", help="Add a drift of your own: the path or name of an overlay."
)
@click.option(
    "--drifts",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    multiple=True,
    help="Add all drifts in this folder, or in its subfolder for the vendor.",
)
@click.option("--only", multiple=True, metavar="GLOB", help="Run only drifts whose name matches: base64-*.")
@click.option("--except", "except_", multiple=True, metavar="GLOB", help="Run no drifts whose name matches.")
@click.option(
    "--source",
    type=click.Path(exists=True, path_type=Path),
    multiple=True,
    help="Your app's source [the current folder]: fields that it does not name count as not read.",
)
@click.option(
    "--baseline", type=click.Path(dir_okay=False, path_type=Path), help="File of drifts that you accept as let through."
)
@click.option("--update-baseline", is_flag=True, help="Accept what is let through now; write the baseline.")
@click.option("--list", "list_", is_flag=True, help="Print the available drifts; run nothing.")
@click.option("--jobs", type=click.IntRange(1), help="Parallel runs [number of processors].")
@click.option("--pace", default="instant", show_default=True, help="As for serve.")
@click.option("--seed", default=0, show_default=True, help="Random seed of the mock.")
@click.option(
    "--time-limit", metavar="TIME", help="Limit of each run: 90, 5m [5 times the run without a drift, at least 20 s]."
)
@click.option(
    "--resume",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Keep results in this file; run again to continue.",
)
@click.option(
    "--fail-under", type=click.FloatRange(0, 100), metavar="PERCENT", help="Exit with code 1 below this score."
)
@click.option("--report", "reports", multiple=True, metavar="FORMAT=PATH", help="html, json or markdown; - prints it.")
@QUIET
@SPECS
@click.pass_context
def drill(ctx: click.Context, /, vendor: str, specs: tuple[Path, ...], **options: Any) -> None:
    """Find out which changes of a vendor your own tests notice.

    For example: pixpact drill apimart -- pytest tests/

    COMMAND runs once against the mock as it is, then once for each drift. It finds the mock through PIXPACT_URL_ and
    the vendor's name in capitals, or through the fixture `pixpact_mock` and `pixpact.mock`.

    Exit code 0: every drift was tried; 1: the score is below --fail-under, or --baseline lacks a drift that is let
    through; 2: unusable input; 3: the command does not pass without a drift, or does not use the mock.
    """
    from pixpact.drill.command import DrillOptions
    from pixpact.drill.command import drill as run

    raise SystemExit(run(vendor, specs, DrillOptions(command=ctx.meta["command"], **options)))
