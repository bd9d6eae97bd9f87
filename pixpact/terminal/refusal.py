"""How the command says no."""

from __future__ import annotations

from typing import Any

import click

from pixpact.contracts.repro.visible import visible


class UsageRefused(click.ClickException):
    """Something the user gave cannot be used: said in plain lines, exit code 2."""

    exit_code = 2

    def show(self, file: Any = None) -> None:
        """Print the message on standard error: what it repeats may be a stranger's."""
        click.echo("\n".join(map(_harmless, self.format_message().split("\n"))), err=True)


def _harmless(line: str) -> str:
    return visible(line, "\t").replace("##[", "# #[") if not line.startswith("::") else ": :" + visible(line[2:])
