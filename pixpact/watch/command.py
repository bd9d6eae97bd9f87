"""The step of `action.yml`: runs a check, writes the step summary, and updates the issue.

All inputs come from the environment. The exit code is that of `pixpact check`: 0 clean, 1 new findings, 2 unusable
inputs, 3 could not check.
"""

from __future__ import annotations

import sys
import tempfile
import traceback
from collections.abc import Mapping
from pathlib import Path

from pixpact.cli.main import main as command
from pixpact.contracts.reports.annotations import escaped
from pixpact.contracts.reports.markdown import code, escape_markdown
from pixpact.contracts.run.verdict import CLEAN, FOUND, UNSURE
from pixpact.terminal.refusal import UsageRefused
from pixpact.watch import page as page
from pixpact.watch.github import GitHub, GitHubError
from pixpact.watch.issues import CloseIssue, OpenIssue, UpdateIssue, WatchIssue, actions
from pixpact.watch.marker import mark_in
from pixpact.watch.report_reader import CheckReport, read_report
from pixpact.watch.settings import WatchSettings, settings


def run_watch(environ: Mapping[str, str]) -> int:
    """Check, report, update the issue, and return the exit code."""
    try:
        wanted = settings(environ)
    except UsageRefused as error:
        error.show()
        return error.exit_code
    folder = Path(tempfile.mkdtemp(prefix="pixpact-", dir=environ.get("RUNNER_TEMP")))
    exit_code = _checked(wanted, folder)
    report = read_report(folder / "report.json")
    if report is None and exit_code in (CLEAN, FOUND):  # the check broke before it wrote its report
        exit_code = UNSURE
    _write(environ.get("GITHUB_STEP_SUMMARY"), _summary(wanted, report, exit_code, folder))
    _print(_read(folder / "annotations.txt"))
    issue = ""
    if report is not None and wanted.issues:
        try:
            issue = _kept(wanted, report, environ)
        except GitHubError as error:
            _print(f"::error title=Pixpact could not update the issue::{escaped(str(error))}\n")
            exit_code = exit_code or UNSURE
    _write(environ.get("GITHUB_OUTPUT"), _outputs(exit_code, report, issue, folder))
    return exit_code


def _checked(wanted: WatchSettings, folder: Path) -> int:
    """Run the check with its reports in `folder`; return the exit code. An unexpected exception gives UNSURE."""
    reports = {"html": "report.html", "json": "report.json", "markdown": "summary.md", "github": "annotations.txt"}
    words = [*(["--config", wanted.config] if wanted.config else []), "check", wanted.vendor, *wanted.options]
    for form, name in reports.items():
        words += ["--report", f"{form}={folder / name}"]
    try:
        command(words, prog_name="pixpact")
    except SystemExit as end:
        return end.code if isinstance(end.code, int) else UNSURE
    except Exception:
        traceback.print_exc()
        return UNSURE
    return CLEAN


# ------------------------------------------------------------------------------------- what is reported


def _summary(wanted: WatchSettings, report: CheckReport | None, exit_code: int, folder: Path) -> str:
    written = _read(folder / "summary.md")
    if report is not None and written:
        return page.summary(written)
    reason = (
        "The log of the step says why. This run says nothing about the vendor: it does not mean that nothing is wrong."
    )
    title = f"## {escape_markdown(wanted.name)}: could not check"
    return f"{title}\n\n{code(wanted.vendor)}, exit code {exit_code}. {reason}\n"


def _outputs(exit_code: int, report: CheckReport | None, issue: str, folder: Path) -> str:
    reported = {
        "exit-code": str(exit_code),
        "findings": str(len(report.found)) if report else "",
        "issue": issue,
        "reports": str(folder),
    }
    return "".join(f"{name}={value}\n" for name, value in reported.items())


def _write(path: str | None, written: str) -> None:
    """Append to a file of the runner; without a path do nothing."""
    if path:
        with Path(path).open("a", encoding="utf-8") as file:
            file.write(written)


def _print(text: str) -> None:
    sys.stdout.write(text)
    sys.stdout.flush()


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except OSError:
        return ""


# ------------------------------------------------------------------------------------------- issues


def _kept(wanted: WatchSettings, report: CheckReport, environ: Mapping[str, str]) -> str:
    """Update the issues; return the number of the issue that is open now, or an empty text. Raises GitHubError."""
    repository, token = environ.get("GITHUB_REPOSITORY"), environ.get("GITHUB_TOKEN")
    if not repository or not token:
        raise GitHubError("there is no GITHUB_REPOSITORY or no GITHUB_TOKEN: give github-token, or issues: false")
    github = GitHub(repository, token, environ.get("GITHUB_API_URL") or "https://api.github.com")
    listed = [
        WatchIssue(issue["number"], issue["state"] == "open", mark)
        for issue in github.listed(wanted.label)
        if (mark := mark_in(issue["body"])) is not None
    ]
    run = _run_url(environ)
    current: int | None = None
    for action in actions(wanted.name, report, listed):
        match action:
            case OpenIssue(mark):
                written = page.body(wanted.name, mark, report, run)
                current = github.open(page.title(wanted.name, mark), written, wanted.label)["number"]
            case UpdateIssue(number, mark, reopened):
                current = number
                github.edit(number, state="open", body=page.body(wanted.name, mark, report, run))
                if reopened:
                    github.comment(number, page.why_reopened(run))
            case CloseIssue(number, clean):
                github.comment(number, page.closed(clean, run, current))
                github.edit(number, state="closed", state_reason="completed" if clean else "not_planned")
    return "" if current is None else str(current)


def _run_url(environ: Mapping[str, str]) -> str:
    server, repository, number = (
        environ.get(f"GITHUB_{variable}", "") for variable in ("SERVER_URL", "REPOSITORY", "RUN_ID")
    )
    return f"{server}/{repository}/actions/runs/{number}" if server and repository and number else ""
