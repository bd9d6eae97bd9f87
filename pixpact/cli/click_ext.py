"""How every command reads its flags, and how it says no: exit code 2, in plain lines."""

from __future__ import annotations

import errno
import re
import sys
from pathlib import Path
from typing import Any

import click
from click.core import ParameterSource

from pixpact.cli.config import ConfigError, configuration
from pixpact.terminal.refusal import UsageRefused

_EXTRA = ("httpx2", "hypothesis", "jsonschema", "schemathesis")
"""What the extra `check` installs."""


class ConfiguredCommand(click.Command):
    """Tells of a value that cannot be used where it stands, if that is a file of configuration."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Read the flags; a value of the configuration that cannot be used is told as one. Raises Refused."""
        try:
            return super().parse_args(ctx, args)
        except click.BadParameter as error:
            place = _place(ctx, error.param.name if error.param else None)
            if place is None:
                raise
            raise UsageRefused(f"pixpact: {place}: {error.message}") from None

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command; a refusal that names a flag says so where the configuration set it. Raises Refused."""
        try:
            return super().invoke(ctx)
        except UsageRefused as error:
            for flag, option in flags_of(self).items():
                place = _place(ctx, option.name)
                if place is not None and re.search(rf"--{flag}(?![\w-])", error.message):
                    raise UsageRefused(f"{error.message} (--{flag} stands in {place.rpartition(': ')[0]})") from None
            raise


def _place(ctx: click.Context, name: str | None) -> str | None:
    """The file, table and key that a parameter's value comes from; None where it comes from elsewhere."""
    if name is None or ctx.get_parameter_source(name) is not ParameterSource.DEFAULT_MAP:
        return None
    places: dict[tuple[str, str], str] = ctx.meta["places"]
    return places[str(ctx.info_name), name]


class RefusingGroup(click.Group):
    """Turns our own refusals into exit code 2, whatever command they come from."""

    command_class = ConfiguredCommand

    def invoke(self, ctx: click.Context) -> Any:
        """Read the configuration and run the command. Raises Refused for what cannot be used."""
        from pixpact.specs.catalogue import UnknownVendor
        from pixpact.specs.openapi.problems import SpecError

        _let_speak(sys.stdout, sys.stderr)
        try:
            found = configuration(Path.cwd(), {name: flags_of(it) for name, it in self.commands.items()})
            ctx.default_map, ctx.meta["places"] = found.defaults, found.places
            return super().invoke(ctx)
        except SpecError as error:
            raise UsageRefused(str(error)) from None
        except (UnknownVendor, ConfigError) as error:
            raise UsageRefused(f"pixpact: {error}") from None
        except KeyboardInterrupt:
            click.echo("pixpact: interrupted before there was anything to tell", err=True)
            raise SystemExit(130) from None
        except OSError as error:
            if error.errno == errno.EPIPE:  # the reader has seen enough, which click knows
                raise
            raise UsageRefused(f"pixpact: {error.filename or 'the output'}: {error.strerror or error}") from None
        except ModuleNotFoundError as error:
            if (error.name or "").partition(".")[0] not in _EXTRA:
                raise
            raise UsageRefused(f"pixpact: this needs {error.name}; install pixpact[check]") from None


def _let_speak(*streams: Any) -> None:
    """Give a terminal or a file that lacks a sign its number: a page must not end a command."""
    for stream in streams:
        if hasattr(stream, "reconfigure") and stream.errors in ("strict", "surrogateescape"):
            stream.reconfigure(errors="backslashreplace")


def flags_of(command: click.Command) -> dict[str, click.Option]:
    """The options of a command by the name a user writes: `start-time`."""
    options = (parameter for parameter in command.params if isinstance(parameter, click.Option))
    return {option.opts[-1].lstrip("-"): option for option in options}
