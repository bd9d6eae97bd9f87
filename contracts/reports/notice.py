"""A notice about a line of a file: a result in SARIF, an annotation on GitHub."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from pixpact.contracts.findings import Severity


@dataclass(frozen=True, slots=True)
class NoticeRule:
    """What notices of one kind share. `id` is stable, such as `refusal/accepted`."""

    id: str
    title: str
    help: str


@dataclass(frozen=True, slots=True)
class ReportNotice:
    """A notice. `file` is relative with `/`, or absolute; empty, or line 0, if there is none.

    `accepted` is the reason of a baseline that accepts it; None: it is new.
    """

    rule: NoticeRule
    severity: Severity
    title: str
    message: str
    file: str = ""
    line: int = 0
    subject: str = ""
    """The full id of its subject: a claim, or an operation."""
    fingerprint: str = ""
    accepted: str | None = None
    command: str = ""
    """A shell command that reproduces it."""
    properties: Mapping[str, object] = field(default_factory=dict)
