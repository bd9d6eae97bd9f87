"""Extensions of click: flags from configuration files, and errors as plain lines with exit code 2."""

from __future__ import annotations

import errno
import os
import re
import sys
import traceback
from contextlib import suppress
from pathlib import Path
from typing import IO, Any

import click
from click.core import ParameterSource

from pixpact.cli.config import ConfigError, ConfigurationFile, configuration
from pixpact.cli.consent import ConfiguredFlag, check_consent, file_settings_line
from pixpact.terminal.output import say
from pixpact.terminal.refusal import UsageRefused

TRACEBACK = "PIXPACT_TRACEBACK"
"""The environment variable that makes unexpected errors show a traceback."""
_CLOSED_PIPE = 141
"""Exit code of a command whose reader closed the pipe, as shells count SIGPIPE: 1 would say that a vendor changed."""
_EXTRA = ("httpx2", "hypothesis", "jsonschema", "schemathesis")
"""The packages of the extra `check`."""

SPECS = click.option(
    "--specs",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    multiple=True,
    help="A folder with your own vendors (NAME.yaml) and overlays (overlays/NAME/*.yaml).",
)

REPORT = click.option(
    "--report",
    "reports",
    multiple=True,
    metavar="FORMAT=PATH",
    help="html, json, junit, markdown, sarif or github; - prints it.",
)
QUIET = click.option("--quiet", is_flag=True, help="Print only what is wrong, and that on standard error.")


class ConfiguredCommand(click.Command):
    """A command whose flags may come from a file; errors in such a value name its place in the file."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Read the flags. Raises UsageRefused for a bad value in a file."""
        try:
            return super().parse_args(ctx, args)
        except click.BadParameter as error:
            source = _configured_at(ctx, error.param.name if error.param else None)
            if source is None:
                raise
            raise UsageRefused(f"pixpact: {source}: {error.message}") from None

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command; a refusal that names a flag from a file also names the file. Raises UsageRefused."""
        _consented(self, ctx)
        try:
            return super().invoke(ctx)
        except UsageRefused as error:
            for flag, option in flags_of(self).items():
                source = _configured_at(ctx, option.name)
                if source is not None and re.search(rf"--{flag}(?![\w-])", error.message):
                    raise UsageRefused(f"{error.message} (--{flag} stands in {source.rpartition(': ')[0]})") from None
            raise


def _consented(command: click.Command, ctx: click.Context) -> None:
    """Print what a file sets, and refuse what only the user may decide. Raises UsageRefused."""
    file: ConfigurationFile | None = ctx.meta.get("configuration")
    if file is None:
        return
    flags = {str(option.name): flag for flag, option in flags_of(command).items()}
    given = {flag: ctx.params.get(name) for name, flag in flags.items()}
    of_file = [
        ConfiguredFlag(flag, given[flag], source)
        for name, flag in flags.items()
        if (source := _configured_at(ctx, name)) is not None
    ]
    if of_file:
        say(file_settings_line(of_file, file.path), err=True)
    if not ctx.meta["named"]:
        check_consent(of_file, given, file.path, Path.cwd(), _asked)


def _asked(text: str) -> bool:
    """Ask for a yes at the terminal; False if there is no terminal."""
    if not (sys.stdin.isatty() and sys.stderr.isatty()):
        return False
    say(text, err=True)
    return click.confirm("Do you want that?", default=False, err=True)


def _configured_at(ctx: click.Context, name: str | None) -> str | None:
    """The file, table and key from which a parameter's value comes; None if it comes from elsewhere."""
    if name is None or ctx.get_parameter_source(name) is not ParameterSource.DEFAULT_MAP:
        return None
    file: ConfigurationFile = ctx.meta["configuration"]
    return file.places[str(ctx.info_name), name]


class RefusingGroup(click.Group):
    """Turns Pixpact's errors into exit code 2, in all commands."""

    command_class = ConfiguredCommand

    def make_context(self, *words: Any, **extra: Any) -> click.Context:
        """Read the words before the command, and print help or version where they ask for it. Raises UsageRefused."""
        _open_missing_streams()
        _let_speak(sys.stdout, sys.stderr)
        try:
            return super().make_context(*words, **extra)
        except OSError as error:
            raise _ended(error) from None

    def invoke(self, ctx: click.Context) -> Any:
        """Read the configuration and run the command. Raises UsageRefused for unusable input."""
        from pixpact.specs.catalogue import UnknownVendor
        from pixpact.specs.openapi.problems import SpecError

        try:
            named: Path | None = ctx.params.get("config")
            configured = configuration(
                _current_folder(), {name: flags_of(command) for name, command in self.commands.items()}, named
            )
            ctx.default_map, ctx.meta["configuration"], ctx.meta["named"] = configured.defaults, configured, named
            return super().invoke(ctx)
        except SpecError as error:
            raise UsageRefused(str(error)) from None
        except (UnknownVendor, ConfigError) as error:
            raise UsageRefused(f"pixpact: {error}") from None
        except KeyboardInterrupt:
            say("pixpact: interrupted before there was anything to report", err=True)
            raise SystemExit(130) from None
        except OSError as error:
            raise _ended(error) from None
        except ModuleNotFoundError as error:
            if (error.name or "").partition(".")[0] not in _EXTRA:
                raise
            raise UsageRefused(f"pixpact: this needs {error.name}; install pixpact[check]") from None
        except (click.ClickException, click.Abort, click.exceptions.Exit):
            raise
        except Exception as error:  # exit code 1 would tell CI that a vendor changed
            raise UnexpectedError(error) from error


def _ended(error: OSError) -> UsageRefused | SystemExit:
    """How a command ends that could not read or write; a reader that closed the pipe has seen enough."""
    if error.errno != errno.EPIPE:
        return UsageRefused(f"pixpact: {error.filename or 'the output'}: {error.strerror or error}")
    nowhere = os.open(os.devnull, os.O_WRONLY)
    for stream in (sys.stdout, sys.stderr):
        with suppress(OSError, ValueError):
            os.dup2(nowhere, stream.fileno())  # what is still in its buffer goes there
    return SystemExit(_CLOSED_PIPE)


def _current_folder() -> Path:
    """The folder of this process. Raises UsageRefused if it was removed."""
    try:
        return Path.cwd()
    except FileNotFoundError:
        raise UsageRefused("pixpact: the current folder no longer exists; change to another one") from None


def _open_missing_streams() -> None:
    """Give a process that was started without standard streams ones that lead nowhere."""
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:
            stream = Path(os.devnull).open(mode, encoding="utf-8")  # noqa: SIM115  # open as long as the process
            setattr(sys, name, stream)


class UnexpectedError(click.ClickException):
    """An unexpected error: one line, how to report it, exit code 4.

    The text of the error is not shown, because it may contain secrets.
    """

    exit_code = 4

    def __init__(self, error: Exception) -> None:
        super().__init__(f"unexpected {type(error).__name__} in {_innermost(error)}")

    def show(self, file: IO[Any] | None = None) -> None:
        """Print what happened and where; the traceback only if TRACEBACK is set."""
        say(f"pixpact: {self.message}; this is a bug in Pixpact and says nothing about the vendor", err=True)
        if os.environ.get(TRACEBACK):
            say("".join(traceback.format_exception(self.__cause__)), err=True)
        else:
            say(f"Please report it with the command; {TRACEBACK}=1 shows the traceback to add.", err=True)


def _innermost(error: BaseException) -> str:
    """`module:line` of the innermost frame in Pixpact's code."""
    frames = traceback.extract_tb(error.__traceback__)
    ours = [frame for frame in frames if "pixpact" in frame.filename] or frames
    last = ours[-1] if ours else None
    return f"{Path(last.filename).name}:{last.lineno}" if last else "pixpact"


def _let_speak(*streams: Any) -> None:
    """Make streams escape characters that they cannot encode, so that no page ends in an error."""
    for stream in streams:
        if hasattr(stream, "reconfigure") and stream.errors in ("strict", "surrogateescape"):
            stream.reconfigure(errors="backslashreplace")


def flags_of(command: click.Command) -> dict[str, click.Option]:
    """The options of a command by their names on the command line, including former names."""
    options = (parameter for parameter in command.params if isinstance(parameter, click.Option))
    return {name.lstrip("-"): option for option in options for name in option.opts if name.startswith("--")}
