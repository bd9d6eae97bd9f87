"""One thing to tell about one line of a file: what SARIF calls a result, and GitHub an annotation."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from pixpact.contracts.findings import Severity


@dataclass(frozen=True, slots=True)
class NoticeRule:
    """What notices of one kind have in common. `id` is stable, such as `refusal/accepted`."""

    id: str
    title: str
    help: str


@dataclass(frozen=True, slots=True)
class ReportNotice:
    """A notice. `file` is relative with `/`, or absolute; empty, or line 0: there is none to point at.

    `accepted` is the reason of a baseline that holds it; None: it is new.
    """

    rule: NoticeRule
    severity: Severity
    title: str
    message: str
    file: str = ""
    line: int = 0
    subject: str = ""
    """The full name of what it is about: a claim, an operation."""
    fingerprint: str = ""
    accepted: str | None = None
    command: str = ""
    """A shell command that shows it."""
    properties: Mapping[str, object] = field(default_factory=dict)
