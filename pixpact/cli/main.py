"""The `pixpact` command: all flags, and the modules that run them."""

from __future__ import annotations

import gc
from pathlib import Path
from typing import Any

import click

import pixpact
from pixpact.cli.click_ext import QUIET, REPORT, SPECS, RefusingGroup
from pixpact.cli.completion import VendorName
from pixpact.cli.pages.adopt_flags import adopt
from pixpact.cli.pages.drill_flags import drill


@click.group(cls=RefusingGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(pixpact.__version__, prog_name="pixpact")
@click.option(
    "--config",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Read flags from this file, also those that spend, send keys or write elsewhere [pixpact.toml without them].",
)
def main(config: Path | None) -> None:
    """Mock servers and contract tests for image-generation APIs.

    VENDOR is a name (`pixpact list`), a name with overlays (apimart@2026-09), or the path of a spec.
    """


@main.command()
@click.argument("vendors", nargs=-1, metavar="[VENDOR]...", type=VendorName())
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option(
    "--port",
    default=4747,
    show_default=True,
    type=click.IntRange(0, 65535),
    help="Port to listen on; 0 picks a free one.",
)
@click.option(
    "--pace", default="10x", show_default=True, help="How fast tasks run: 10x, 1x, instant, polls:N or manual."
)
@click.option("--start-time", help="Start the clock at this ISO 8601 time; it stands until you advance it.")
@click.option("--seed", default=0, show_default=True, help="Random seed of durations, ids and images.")
@click.option("--api-key", "api_keys", multiple=True, help="KEY or KEY=BALANCE: accept only these keys.")
@click.option(
    "--fault",
    "faults",
    multiple=True,
    help="A fault to inject, NAME or NAME,FIELD=VALUE…, such as rate-limited,times=2.",
)
@click.option(
    "--stub",
    "stubs",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    multiple=True,
    help="A file of stubs: which requests get your own images, a status, or an outcome.",
)
@click.option("--rate-limit", help="Limit the requests of each key: 5/s, 60/min.")
@click.option(
    "--webhook",
    "webhooks",
    multiple=True,
    help="VENDOR=ORIGIN[,SECRET]: where else callbacks may be sent, and the secret that signs them.",
)
@click.option(
    "--answers",  # its name in 0.1
    "--responses",
    "responses",
    type=click.Choice(["usual", "extreme"]),
    default="usual",
    show_default=True,
    help="Respond like the contract's examples, or as unusually as it allows.",
)
@click.option(
    "--images",
    type=click.Choice(["drawing", "photo"]),
    default="drawing",
    show_default=True,
    help="Drawings with the prompt on them, or photographs.",
)
@click.option("--tls", is_flag=True, help="Serve https with a throwaway certificate; the file to trust is printed.")
@click.option(
    "--token",
    envvar="PIXPACT_TOKEN",
    help="Token that the control API requires [none on this machine, else a new one].",
)
@click.option("--strict", is_flag=True, help="Refuse requests with fields that their contract does not read.")
@click.option("--public-url", help="Base URL of result URLs, if clients reach the mock under another address.")
@click.option(
    "--play",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    multiple=True,
    help="A HAR file: recorded requests get their recorded responses.",
)
@click.option("--recorded-only", is_flag=True, help="With --play: refuse requests that were not recorded.")
@click.option(
    "--store",
    metavar="STORE",
    help="Where to keep tasks: memory, sqlite:FILE or redis://HOST:6379/0 [memory; with --workers a file].",
)
@click.option(
    "--workers",
    default=1,
    show_default=True,
    type=click.IntRange(1, 64),
    help="Number of processes that share the port.",
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
    gc.disable()  # faster start: imported modules contain no garbage
    try:
        from pixpact.cli.serve import serve as run
    finally:
        gc.enable()
    run(**options)


@main.command()
@click.argument("files", nargs=-1, metavar="[FILE|VENDOR]...")
@SPECS
def lint(files: tuple[str, ...], specs: tuple[Path, ...]) -> None:
    """Check specs: every problem with file, line and remedy. Exit code 2 if there is one."""
    from pixpact.cli.pages.lint import lint as run

    raise SystemExit(run(files, specs))


@main.command("list")
@SPECS
def list_(specs: tuple[Path, ...]) -> None:
    """List the vendors and their overlays."""
    from pixpact.cli.pages.listing import print_vendors as run

    run(specs)


@main.command()
@click.argument("vendor", type=VendorName())
@click.option("--add", metavar="MODEL", help="Print an overlay that adds this model.")
@SPECS
def models(vendor: str, add: str | None, specs: tuple[Path, ...]) -> None:
    """List the models of a contract, and those that its overlays add."""
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
    from pixpact.terminal.plain_openapi_note import say_what_is_missing

    contract = SpecCatalogue(specs).source(vendor).contract()
    say_what_is_missing(contract)
    click.echo(exported(contract, form), nl=False)


@main.command()
@click.argument("base", type=VendorName())
@click.argument("revision", type=VendorName())
@click.option(
    "--traffic",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="A HAR file of your own calls: show which break. They then decide the exit code.",
)
@QUIET
@REPORT
@click.option(
    "--fail-on",
    type=click.Choice(["breaking", "warning", "info"]),
    default="warning",
    show_default=True,
    help="Exit with code 1 from this severity on.",
)
@SPECS
def diff(base: str, revision: str, specs: tuple[Path, ...], **options: Any) -> None:
    """Show what a vendor change breaks, with proof.

    BASE and REVISION are VENDOR[@OVERLAY], a path to any OpenAPI file, or git:REV:PATH.
    """
    from pixpact.cli.diff import diff as run

    raise SystemExit(run(base, revision, specs, **options))


@main.command()
@click.argument("vendor", type=VendorName())
@click.option("--url", help="The endpoint, instead of the spec's server [the mock in this process].")
@click.option("--api-key-env", metavar="NAME", help="Environment variable with the API key [PIXPACT_API_KEY].")
@click.option(
    "--second-api-key-env",
    metavar="NAME",
    help="Environment variable with a key of another account, to check isolation.",
)
@click.option(
    "--header", "headers", multiple=True, metavar="'NAME: VALUE'", help="Send this header with every request to --url."
)
@click.option("--user-agent", metavar="TEXT", help="Send this User-Agent instead of Pixpact's.")
@click.option(
    "--cookie", "cookies", multiple=True, metavar="NAME=VALUE", help="Send this cookie with every request to --url."
)
@click.option(
    "--query", multiple=True, metavar="NAME=VALUE", help="Add this query parameter to every request to --url."
)
@click.option(
    "--cacert",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Also trust the authorities in this PEM file.",
)
@click.option("--insecure", is_flag=True, help="Trust any certificate.")
@click.option(
    "--include",
    multiple=True,
    metavar="PATTERN",
    help="Check only this operation, or claims that match; * matches any text.",
)
@click.option(
    "--exclude", multiple=True, metavar="PATTERN", help="Leave these out; they are listed but do not affect the result."
)
@click.option("--max-images", type=click.IntRange(0), help="Buy no more images than this.")
@click.option("--max-requests", type=click.IntRange(1), help="Send no more requests than this [500].")
@click.option("--max-cost", metavar="AMOUNT", help="Spend no more than this, in the vendor's currency.")
@click.option("--price", metavar="AMOUNT", help="Price of one image, if the contract states none.")
@click.option("--plan", is_flag=True, help="Print what would be sent and what it may cost; send nothing.")
@click.option(
    "--plan-file",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Keep plan and progress in this file; run again to continue without buying twice.",
)
@click.option(
    "--fuzz",
    metavar="N",
    type=click.IntRange(0),
    help="Generated requests, in addition to the planned ones [200 in process, 0 for a URL].",
)
@click.option("--seed", default=0, show_default=True, help="Random seed of generated requests.")
@click.option(
    "--rate", type=click.FloatRange(0, min_open=True), help="Requests per second [1; on this machine unlimited]."
)
@click.option("--poll-every", type=click.FloatRange(0), help="Seconds between two polls of a task.")
@click.option("--deadline", default=300.0, show_default=True, type=click.FloatRange(0), help="Seconds a task may take.")
@click.option("--reference-url", help="An image of yours that the vendor may fetch.")
@REPORT
@click.option(
    "--record",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Record all requests and responses to this HAR file.",
)
@click.option("--record-images", is_flag=True, help="Record the images too, not only facts about them.")
@click.option(
    "--traffic",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    multiple=True,
    help="Judge the exchanges in this HAR file; send nothing.",
)
@click.option("--baseline", type=click.Path(dir_okay=False, path_type=Path), help="File of accepted findings.")
@click.option("--update-baseline", is_flag=True, help="Accept today's findings for 90 days.")
@click.option(
    "--fail-on",
    type=click.Choice(["breaking", "warning", "info"]),
    default="warning",
    show_default=True,
    help="Exit with code 1 from this severity on.",
)
@click.option(
    "--min-coverage",
    default=80.0,
    show_default=True,
    type=click.FloatRange(0, 100),
    help="Percentage of the checkable claims that must be judged.",
)
@click.option("--strict-coverage", is_flag=True, help="Apply --min-coverage to all claims, not only checkable ones.")
@click.option(
    "--propose",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Write the overlay that would make the contract true again.",
)
@QUIET
@SPECS
def check(vendor: str, specs: tuple[Path, ...], **options: Any) -> None:
    """Prove that an endpoint keeps its contract, within a budget.

    Exit code 0: no new finding; 1: a new finding; 2: unusable input; 3: the check is incomplete.
    """
    from pixpact.cli.check import CheckOptions, run_check

    raise SystemExit(run_check(vendor, specs, CheckOptions(**options)))


@main.command()
@click.argument("vendor", type=VendorName())
@click.option("--upstream", required=True, metavar="URL", help="The vendor's base URL, or a mock's.")
@click.option(
    "--record",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Record all traffic to this HAR file, without secrets; an existing recording is continued.",
)
@click.option(
    "--rewrite-urls",
    is_flag=True,
    help="Rewrite result URLs so that the app downloads images through the proxy too.",
)
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option(
    "--port",
    default=4748,
    show_default=True,
    type=click.IntRange(0, 65535),
    help="Port to listen on; 0 picks a free one.",
)
@SPECS
@click.option("--log/--no-log", default=True, help="Print a line per exchange; broken claims are always printed.")
@click.option("--json", "as_json", is_flag=True, help="Print one line of JSON when ready.")
@QUIET
def proxy(**options: Any) -> None:
    """Judge and record the traffic between an app and a vendor.

    It sends no requests of its own and repeats none.
    """
    from pixpact.proxy.command import proxy as run

    run(**options)


main.add_command(drill)
