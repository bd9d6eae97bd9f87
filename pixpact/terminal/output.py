"""Printing lines: every text of a command that is no page and no report goes out here."""

from __future__ import annotations

import click

from pixpact.wire.control_characters import harmless_lines


def say(text: str, *, err: bool = False) -> None:
    """Print lines on standard output, or on standard error: what they repeat may be a stranger's."""
    click.echo(harmless_lines(text), err=err)
