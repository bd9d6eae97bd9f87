"""Writes notices as GitHub Actions workflow commands, which GitHub shows beside the line of a file.

https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-commands
"""

from __future__ import annotations

from collections.abc import Iterable

from pixpact.contracts.findings import Severity
from pixpact.contracts.reports.notice import ReportNotice

_COMMANDS: dict[Severity, str] = {"breaking": "error", "warning": "warning", "info": "notice"}


def lines(notices: Iterable[ReportNotice]) -> str:
    """One command per line, in the given order. GitHub shows ten of each kind per step: pass the worst first."""
    return "".join(f"{line(notice)}\n" for notice in notices)


def line(notice: ReportNotice) -> str:
    """`::error file=…,line=…,title=…::message`; a finding that the baseline accepts is always a `notice`."""
    command = _COMMANDS[notice.severity if notice.accepted is None else "info"]
    properties = {"file": notice.file, "line": str(notice.line or ""), "title": notice.title}
    written = ",".join(f"{name}={escaped_property(value)}" for name, value in properties.items() if value)
    message = f"{notice.message}\nagain:\n{notice.command}" if notice.command else notice.message
    return f"::{command} {written}::{escaped(message)}"


def escaped(message: str) -> str:
    """The message of a command, escaped."""
    return message.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def escaped_property(value: str) -> str:
    """A property of a command, escaped: a comma or colon would end it."""
    return escaped(value).replace(":", "%3A").replace(",", "%2C")
