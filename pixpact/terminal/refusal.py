"""The error for unusable input."""

from __future__ import annotations

from typing import Any

import click

from pixpact.terminal.output import say


class UsageRefused(click.ClickException):
    """Something that the user gave cannot be used; exit code 2."""

    exit_code = 2

    def show(self, file: Any = None) -> None:
        """Print the message on standard error."""
        say(self.format_message(), err=True)
