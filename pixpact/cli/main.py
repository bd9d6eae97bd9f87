"""The `pixpact` command: every flag, and where it goes."""

from __future__ import annotations

import gc
from pathlib import Path
from typing import Any

import click

import pixpact
from pixpact.cli.click_ext import QUIET, REPORT, SPECS, ConfiguredCommand, RefusingGroup
from pixpact.cli.completion import VendorName
from pixpact.cli.pages.adopt_flags import adopt
from pixpact.terminal.refusal import UsageRefused


@click.group(cls=RefusingGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(pixpact.__version__, prog_name="pixpact")
@click.option(
    "--config",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Flags from this file, those too that spend, send keys or write elsewhere [pixpact.toml, without them].",
)
def main(config: Path | None) -> None:
    """Mock servers and contract tests for image-generation APIs.

    VENDOR is a name (`pixpact list`), a name with overlays (apimart@2026-09), or the path of a spec.
    """


@main.command()
@click.argument("vendors", nargs=-1, metavar="[VENDOR]...", type=VendorName())
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option("--port", default=4747, show_default=True, type=click.IntRange(0, 65535), help="0: a free one.")
@click.option("--pace", default="10x", show_default=True, help="10x, 1x, instant, polls:N or manual.")
@click.option("--start-time", help="ISO 8601 time at which the mock's clock stands until it is advanced.")
@click.option("--seed", default=0, show_default=True, help="Chance of durations, ids and images.")
@click.option("--api-key", "api_keys", multiple=True, help="KEY or KEY=BALANCE: accept only these keys.")
@click.option(
    "--fault",
    "faults",
    multiple=True,
    help="NAME or NAME,FIELD=VALUE…: what goes wrong, such as rate-limited,times=2.",
)
@click.option(
    "--stub",
    "stubs",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    multiple=True,
    help="A file of what requests of your choice give: your own images, a status, the end of a task.",
)
@click.option("--rate-limit", help="Requests that each key may send: 5/s, 60/min.")
@click.option(
    "--webhook",
    "webhooks",
    multiple=True,
    help="VENDOR=ORIGIN[,SECRET]: where callbacks may be sent beside this machine, and what signs them.",
)
@click.option(
    "--answers",  # its name in 0.1
    "--responses",
    "responses",
    type=click.Choice(["usual", "extreme"]),
    default="usual",
    show_default=True,
    help="As the contract's examples, or as unusual as it allows.",
)
@click.option(
    "--images",
    type=click.Choice(["drawing", "photo"]),
    default="drawing",
    show_default=True,
    help="Drawings with the prompt on them, or photographs.",
)
@click.option(
    "--tls", is_flag=True, help="Speak https, with a certificate to throw away; the file to trust is printed."
)
@click.option("--token", envvar="PIXPACT_TOKEN", help="What the control side asks for [off this machine: a new one].")
@click.option("--strict", is_flag=True, help="Refuse requests with fields that their contract does not read.")
@click.option("--public-url", help="The address in result URLs, where clients reach the mock under another.")
@click.option(
    "--play",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    multiple=True,
    help="A HAR file: recorded requests get their recorded responses, all others those of the contract.",
)
@click.option("--recorded-only", is_flag=True, help="With --play: refuse what was not recorded.")
@click.option(
    "--store",
    metavar="STORE",
    help="What is remembered where: memory, sqlite:FILE or redis://HOST:6379/0 [memory; with --workers a file].",
)
@click.option(
    "--workers", default=1, show_default=True, type=click.IntRange(1, 64), help="Processes that serve the one port."
)
@SPECS
@click.option(
    "--reload",
    is_flag=True,
    help="Serve edited specs at once; a broken edit is reported and not served.",
)
@click.option("--log/--no-log", default=None, help="Print a line per request; the default on a terminal.")
@click.option("--json", "as_json", is_flag=True, help="Print one line of JSON when ready.")
@QUIET
def serve(**options: Any) -> None:
    """Serve mocks of the vendors' APIs (all of them when none is named)."""
    gc.disable()  # nothing that is imported is garbage: it is there sooner
    try:
        from pixpact.cli.serve import serve as run
    finally:
        gc.enable()
    run(**options)


@main.command()
@click.argument("files", nargs=-1, metavar="[FILE|VENDOR]...")
@SPECS
def lint(files: tuple[str, ...], specs: tuple[Path, ...]) -> None:
    """Check specs: every problem with file, line and remedy. Exit code 2 when there is one."""
    from pixpact.cli.pages.lint import lint as run

    raise SystemExit(run(files, specs))


@main.command("list")
@SPECS
def list_(specs: tuple[Path, ...]) -> None:
    """List the vendors and their overlays."""
    from pixpact.cli.pages.listing import listing as run

    run(specs)


@main.command()
@click.argument("vendor", type=VendorName())
@click.option("--add", metavar="MODEL", help="Print the overlay with which the contract takes this one too.")
@SPECS
def models(vendor: str, add: str | None, specs: tuple[Path, ...]) -> None:
    """List the models that a contract takes, and those that its overlays add."""
    from pixpact.cli.pages.models import models as run

    run(vendor, add, specs)


@main.command()
@click.argument("vendor", type=VendorName())
@click.argument("claim", required=False)
@SPECS
def show(vendor: str, claim: str | None, specs: tuple[Path, ...]) -> None:
    """Show a contract: operations, models, limits, lifecycle, evidence.

    With a CLAIM, one statement of it: its id as a check tells it, a part of it, or a pattern; '*' lists them all.
    """
    if claim is not None:
        from pixpact.cli.pages.claim import claim as run_claim

        return run_claim(vendor, claim, specs)
    from pixpact.cli.pages.show import show as run

    return run(vendor, specs)


main.add_command(adopt)


@main.command()
@click.argument("vendor", type=VendorName())
@click.option("--format", "form", type=click.Choice(["yaml", "json"]), default="yaml", show_default=True)
@SPECS
def export(vendor: str, form: str, specs: tuple[Path, ...]) -> None:
    """Print a contract as plain OpenAPI 3.1, without Pixpact's own keys."""
    from pixpact.specs.catalogue import SpecCatalogue
    from pixpact.specs.export import exported
    from pixpact.terminal.plain import say_what_is_missing

    contract = SpecCatalogue(specs).source(vendor).contract()
    say_what_is_missing(contract)
    click.echo(exported(contract, form), nl=False)


@main.command()
@click.argument("base", type=VendorName())
@click.argument("revision", type=VendorName())
@click.option(
    "--traffic",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="A HAR of your own calls: which of them break. The exit code is then theirs.",
)
@QUIET
@REPORT
@click.option(
    "--fail-on",
    type=click.Choice(["breaking", "warning", "info"]),
    default="warning",
    show_default=True,
    help="Exit code 1 from this severity on.",
)
@SPECS
def diff(base: str, revision: str, specs: tuple[Path, ...], **options: Any) -> None:
    """Say what a vendor change breaks, each with a proof.

    BASE and REVISION are VENDOR[@OVERLAY], a path to any OpenAPI file, or git:REV:PATH.
    """
    from pixpact.cli.diff import diff as run

    raise SystemExit(run(base, revision, specs, **options))


@main.command()
@click.argument("vendor", type=VendorName())
@click.option("--url", help="The endpoint, in place of the spec's server; without it, the mock in this process.")
@click.option("--api-key-env", metavar="NAME", help="Environment variable with the API key [PIXPACT_API_KEY].")
@click.option("--second-api-key-env", metavar="NAME", help="One of another account, to see that tasks are kept apart.")
@click.option(
    "--header", "headers", multiple=True, metavar="'NAME: VALUE'", help="Send it with every request to --url."
)
@click.option("--user-agent", metavar="TEXT", help="In place of our own.")
@click.option("--cookie", "cookies", multiple=True, metavar="NAME=VALUE", help="The same for a cookie.")
@click.option("--query", multiple=True, metavar="NAME=VALUE", help="The same for a parameter of the query.")
@click.option(
    "--cacert",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Trust the authorities in this PEM file too.",
)
@click.option("--insecure", is_flag=True, help="Trust any certificate.")
@click.option(
    "--include",
    multiple=True,
    metavar="PATTERN",
    help="Only claims, or an operation, of this name; * stands for any text.",
)
@click.option(
    "--exclude", multiple=True, metavar="PATTERN", help="None of these; they are listed and count for nothing."
)
@click.option("--max-images", type=click.IntRange(0), help="Buy no more images than this.")
@click.option("--max-requests", type=click.IntRange(1), help="Send no more requests than this [500].")
@click.option("--max-cost", metavar="AMOUNT", help="Spend no more than this, in the vendor's currency.")
@click.option("--price", metavar="AMOUNT", help="Of one image, where the contract states none.")
@click.option("--plan", is_flag=True, help="Print what would be sent and what it may cost; send nothing.")
@click.option(
    "--plan-file",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Keep plan and progress here; run again, it continues and buys nothing twice.",
)
@click.option(
    "--fuzz",
    metavar="N",
    type=click.IntRange(0),
    help="Requests generated beside the planned ones [200 in process, 0 for a URL].",
)
@click.option("--seed", default=0, show_default=True, help="Chance of generated requests.")
@click.option("--rate", type=click.FloatRange(0, min_open=True), help="Requests a second [1 unless on this machine].")
@click.option("--poll-every", type=click.FloatRange(0), help="Seconds between two looks at a task.")
@click.option("--deadline", default=300.0, show_default=True, type=click.FloatRange(0), help="Seconds a task may take.")
@click.option("--reference-url", help="An image of yours that the vendor may fetch.")
@REPORT
@click.option("--record", type=click.Path(dir_okay=False, path_type=Path), help="Write everything seen to this HAR.")
@click.option("--record-images", is_flag=True, help="With the images themselves, not only their facts.")
@click.option(
    "--traffic",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    multiple=True,
    help="Judge the exchanges of a HAR; send nothing.",
)
@click.option("--baseline", type=click.Path(dir_okay=False, path_type=Path), help="Findings that were accepted.")
@click.option("--update-baseline", is_flag=True, help="Accept today's findings for 90 days.")
@click.option(
    "--fail-on",
    type=click.Choice(["breaking", "warning", "info"]),
    default="warning",
    show_default=True,
    help="Exit code 1 from this severity on.",
)
@click.option(
    "--min-coverage",
    default=80.0,
    show_default=True,
    type=click.FloatRange(0, 100),
    help="Per cent of the checkable claims that must be judged.",
)
@click.option("--strict-coverage", is_flag=True, help="Per cent of all claims.")
@click.option(
    "--propose",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Write the overlay that would make the contract true again.",
)
@QUIET
@SPECS
def check(vendor: str, specs: tuple[Path, ...], **options: Any) -> None:
    """Prove that an endpoint keeps its contract, within a budget.

    Exit code 0: nothing new was found; 1: something; 2: something given cannot be used; 3: it could not be checked.
    """
    from pixpact.cli.check import CheckOptions, command

    raise SystemExit(command(vendor, specs, CheckOptions(**options)))


@main.command()
@click.argument("vendor", type=VendorName())
@click.option("--upstream", required=True, metavar="URL", help="The vendor's base URL, or a mock's.")
@click.option(
    "--record",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Write everything that passes to this HAR, without secrets; one of ours is continued.",
)
@click.option(
    "--rewrite-urls",
    is_flag=True,
    help="Let the app download result images through the proxy too; else bodies pass byte for byte.",
)
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option("--port", default=4748, show_default=True, type=click.IntRange(0, 65535), help="0: a free one.")
@SPECS
@click.option("--log/--no-log", default=True, help="Print a line per exchange; what is broken is always told.")
@click.option("--json", "as_json", is_flag=True, help="Print one line of JSON when ready.")
@QUIET
def proxy(**options: Any) -> None:
    """Stand between an app and a vendor: forward, judge and record what passes.

    It sends nothing of its own and nothing twice.
    """
    from pixpact.proxy.command import proxy as run

    run(**options)


class _DrillCommand(ConfiguredCommand):
    """Takes what stands after `--` as it is: the words of another program."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        before, after = args, list[str]()
        if "--" in args:
            separator = args.index("--")
            before, after = args[:separator], args[separator + 1 :]
        ctx.meta["command"] = tuple(after)
        if not after and not {"--list", "--help", "-h"} & set(before):
            name = next((word for word in before if not word.startswith("-")), "VENDOR")
            raise UsageRefused(f"pixpact: there is no command to run; write: pixpact drill {name} -- pytest tests/")
        return super().parse_args(ctx, before)


@main.command(cls=_DrillCommand, options_metavar="")
@click.argument("vendor", metavar="VENDOR [OPTIONS] -- COMMAND...", type=VendorName())
@click.option("--drift", multiple=True, metavar="OVERLAY", help="A drift of your own: an overlay's path, or name.")
@click.option(
    "--drifts",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    multiple=True,
    help="A folder of them, or with a folder of them for each vendor.",
)
@click.option("--only", multiple=True, metavar="GLOB", help="Only the drifts whose name fits: base64-*.")
@click.option("--except", "except_", multiple=True, metavar="GLOB", help="None of the drifts whose name fits.")
@click.option(
    "--source",
    type=click.Path(exists=True, path_type=Path),
    multiple=True,
    help="Where your program's source is [the present folder]: a field that it does not name is not read.",
)
@click.option("--baseline", type=click.Path(dir_okay=False, path_type=Path), help="Drifts let through and accepted.")
@click.option("--update-baseline", is_flag=True, help="Accept what is let through now.")
@click.option("--list", "list_", is_flag=True, help="Print the drifts there are; run nothing.")
@click.option("--jobs", type=click.IntRange(1), help="Runs at the same time [as many as processors].")
@click.option("--pace", default="instant", show_default=True, help="As for serve.")
@click.option("--seed", default=0, show_default=True, help="Chance of the mock.")
@click.option(
    "--time-limit", metavar="TIME", help="Of each run: 90, 5m [of a drifted one 5 clean runs, at least 20 s]."
)
@click.option(
    "--resume",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Keep what is found out here; run again, it continues.",
)
@click.option("--fail-under", type=click.FloatRange(0, 100), metavar="PERCENT", help="Exit code 1 below this score.")
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
    through; 2: something given cannot be used; 3: the command does not pass without a drift, or does not use the mock.
    """
    from pixpact.drill.command import DrillOptions
    from pixpact.drill.command import drill as run

    raise SystemExit(run(vendor, specs, DrillOptions(command=ctx.meta["command"], **options)))
