"""Prints lines: every text of a command except pages and reports."""

from __future__ import annotations

import click

from pixpact.wire.control_characters import harmless_lines


def say(text: str, *, err: bool = False) -> None:
    """Print a text on standard output or standard error, without control characters: it may quote strangers."""
    click.echo(harmless_lines(text), err=err)
