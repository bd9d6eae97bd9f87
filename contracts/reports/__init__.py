"""The formats of a report, a file each, all written from one view that holds no secret."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from pixpact.contracts.reports import check_formats, summary
from pixpact.contracts.reports.view import ReportView


def html(view: ReportView) -> str:
    """The page to look at; templates are read only where one is wanted."""
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
"""Every format of a check's report by the name that users give it."""
