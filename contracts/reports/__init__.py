"""How a result is said: one file per format, all written from one view that holds no secret."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from pixpact.contracts.reports import checked, summary
from pixpact.contracts.reports.view import ReportView

FORMATS: Mapping[str, Callable[[ReportView], str]] = {
    "json": checked.json,
    "junit": checked.junit,
    "markdown": summary.markdown,
    "sarif": checked.sarif,
    "github": checked.github,
}
"""Every format of a check's report by the name that users give it."""
