"""The texts of a watch: title, body and comments of an issue, and the step summary."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from pixpact.contracts.reports.markdown import code, escape_markdown, fenced_block
from pixpact.watch.marker import WatchMark
from pixpact.watch.report_reader import CheckReport

_MOST_FINDINGS = 20
_MOST_BODY = 60_000
"""Characters; GitHub accepts 65,536."""
_MOST_SUMMARY = 2**20
"""Bytes; the runner drops a longer summary."""
_FINDING = "\n### "
"""How each finding in a report begins."""


def title(watch: str, mark: WatchMark) -> str:
    """The title: the name of the watch, and the number of findings."""
    number = len(mark.findings)
    return f"Pixpact: {watch} differs from its contract ({number} finding{'s' * (number != 1)})"


def body(watch: str, mark: WatchMark, report: CheckReport, run: str) -> str:
    """The body, with the hidden mark. `run` is the URL of the run, or empty."""
    parts = [mark.written(), *_parts(watch, mark, report, run)]
    while len("\n\n".join(parts)) > _MOST_BODY:
        parts.pop()
    return "\n\n".join(parts) + "\n"


def summary(written: str) -> str:
    """The report for the step summary, cut before a finding if it is too long for the runner."""
    if len(written.encode()) <= _MOST_SUMMARY:
        return written
    cut = written.encode()[: _MOST_SUMMARY - 1000].decode(errors="ignore")
    more = "The summary is too long: the rest is in the folder of the output `reports`."
    return f"{cut[: cut.rfind(_FINDING)]}\n\n{more}\n"


def closed(clean: bool, run: str, number: int | None) -> str:
    """The comment on an issue that is closed; `number` is the issue that replaces it."""
    where = f" ([run]({run}))" if run else ""
    if clean:
        return f"None of this is found any more{where}."
    return f"The findings changed{where}: see #{number}."


def why_reopened(run: str) -> str:
    """The comment on an issue that is reopened."""
    return f"Found again{f' ([run]({run}))' if run else ''}."


def _parts(watch: str, mark: WatchMark, report: CheckReport, run: str) -> Iterator[str]:
    last = f"[a run]({run})" if run else "a run"
    yield (
        f"The watch {code(watch)} compares {code(report.target)} with the contract {code(report.contract)}. "
        f"Last checked by {last}, started at {report.started}."
    )
    for finding in report.found[:_MOST_FINDINGS]:
        yield _finding(finding)
    if len(report.found) > _MOST_FINDINGS:
        yield f"{len(report.found) - _MOST_FINDINGS} more are in the summary of the run."
    now = {finding["fingerprint"] for finding in report.found}
    if old := [fingerprint for fingerprint in mark.findings if fingerprint not in now]:
        yield "### Found before, not checked this time"
        yield "\n".join(
            f"- {code(mark.findings[fingerprint][0])}, fingerprint {code(fingerprint)}"
            for fingerprint in old[:_MOST_FINDINGS]
        )
    yield (
        "The first run that finds none of this closes this issue. To accept a finding instead, add it to the baseline: "
        "`pixpact check … --baseline FILE --update-baseline`, then write down why."
    )


def _finding(finding: dict[str, Any]) -> str:
    source = finding["source"]
    lines = [
        f"### {finding['severity']}: {code(finding['claim'])}",
        "",
        f"- promised: {escape_markdown(finding['promised'])} ({code(_file_and_line(source))})",
        f"- seen: {code(finding['observed'])}" + (f" at {code(finding['pointer'])}" if finding["pointer"] else ""),
        f"- means: {escape_markdown(finding['effect'])}",
        f"- fingerprint: {code(finding['fingerprint'])}",
    ]
    if finding["repro"] and len(finding["repro"]) < 2000:
        lines += ["", fenced_block(finding["repro"], "sh")]
    return "\n".join(lines)


def _file_and_line(source: dict[str, Any]) -> str:
    return f"{source['file']}:{source['line']}" if source["line"] else str(source["file"])
