"""Report formats, one per file, all written from one view without secrets."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from pixpact.contracts.reports import check_formats, summary
from pixpact.contracts.reports.view import ReportView


def html(view: ReportView) -> str:
    """The HTML report; templates are read only when one is written."""
    from pixpact.contracts.reports.html.check import html as page

    return page(view)


FORMATS: Mapping[str, Callable[[ReportView], str]] = {
    "html": html,
    "json": check_formats.json,
    "junit": check_formats.junit,
    "markdown": summary.markdown,
    "sarif": check_formats.sarif,
    "github": check_formats.github,
}
"""Format name → writer of a check's report."""
