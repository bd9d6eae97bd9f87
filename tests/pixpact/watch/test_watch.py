"""The watch: a check in CI whose findings are one issue, opened once, kept up to date, closed when they are gone."""

from __future__ import annotations

import json
import os
import re
import subprocess
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest

from pixpact.terminal.refusal import UsageRefused
from pixpact.watch.command import run_watch
from pixpact.watch.issues import CloseIssue, OpenIssue, UpdateIssue, WatchIssue, actions
from pixpact.watch.marker import WatchMark, mark_in
from pixpact.watch.page import body, summary
from pixpact.watch.report_reader import CheckReport
from pixpact.watch.settings import settings
from pixpact.wire.exchange import Exchange
from pixpact.wire.har import to_har

TOY = str(Path(__file__).parents[3] / "fixtures/specs/toy.yaml")
NOON = 1_769_860_800.0
TOKEN = "ghs_the-token-of-the-job"
WAITING = {"drawing": "dr_8fK2mQ", "state": "waiting", "percent": 0, "ordered": "2026-01-31T12:00:00Z"}
GOOD, GONE, TEXTUAL = WAITING, WAITING | {"state": "gone"}, WAITING | {"percent": "0"}


class GitHub:
    """The part of the API that is used, on loopback: issues in memory, and every request that came."""

    def __init__(self):
        self.issues, self.comments, self.requests, self.refuses = [], [], [], None
        self.headers, self.says = {}, {"message": "no"}

    def response(self, method, path, query, sent, headers):
        self.requests.append((method, path, headers["Authorization"]))
        if self.refuses:
            return self.refuses, self.says
        parts = path.strip("/").split("/")[3:]
        if method == "GET":
            wanted = [it for it in self.issues if query["labels"][0] in [label["name"] for label in it["labels"]]]
            page = int(query["page"][0])
            return 200, wanted[(page - 1) * 100 : page * 100]
        if method == "POST" and len(parts) == 1:
            labels = [{"name": name} for name in sent.pop("labels")]
            self.issues.append({"number": len(self.issues) + 1, "state": "open", "labels": labels, **sent})
            return 201, self.issues[-1]
        issue = self.issues[int(parts[1]) - 1]
        if method == "PATCH":
            issue.update(sent)
            return 200, issue
        self.comments.append((issue["number"], sent["body"]))
        return 201, {}

    def states(self):
        return [(issue["number"], issue["state"]) for issue in self.issues]


@pytest.fixture
def github():
    """The API, and its URL."""
    api = GitHub()

    class Answering(BaseHTTPRequestHandler):
        def _any(self):
            parts = urlsplit(self.path)
            length = int(self.headers.get("Content-Length") or 0)
            sent = json.loads(self.rfile.read(length)) if length else None
            status, value = api.response(self.command, parts.path, parse_qs(parts.query), sent, self.headers)
            content = json.dumps(value).encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(content)))
            for name, text in api.headers.items():
                self.send_header(name, text)
            self.end_headers()
            self.wfile.write(content)

        do_GET = do_POST = do_PATCH = _any  # noqa: N815  # names that the library looks for

        def log_message(self, *args):
            """Nothing is logged."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Answering) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        api.url = f"http://127.0.0.1:{server.server_address[1]}"
        yield api
        server.shutdown()
        thread.join()


@pytest.fixture
def run(github, tmp_path):
    """Run the watch on recorded responses of `startDrawing`; its exit code."""

    def runs(*responses, **inputs):
        order = json.dumps({"model": "crayon-1", "prompt": "A kite", "size": "large"}).encode()
        kind = (("content-type", "application/json"), ("x-api-key", "sk-a-secret-of-the-app"))
        exchanges = [
            Exchange(NOON, "POST", "https://api.toy.example/v2/drawings", kind, order, status, kind[:1], text)
            for status, text in (
                (402 if "error" in response else 202, json.dumps(response).encode()) for response in responses
            )
        ]
        path = tmp_path / "app.har"
        path.write_text(json.dumps(to_har(exchanges, creator_version="0")))
        environ = {
            "WATCH_VENDOR": TOY,
            "WATCH_TRAFFIC": str(path),
            "WATCH_NAME": "toy",
            "GITHUB_API_URL": github.url,
            "GITHUB_REPOSITORY": "me/app",
            "GITHUB_SERVER_URL": "https://github.example",
            "GITHUB_RUN_ID": "7",
            "GITHUB_TOKEN": TOKEN,
            "GITHUB_STEP_SUMMARY": str(tmp_path / "summary.md"),
            "GITHUB_OUTPUT": str(tmp_path / "output"),
            "RUNNER_TEMP": str(tmp_path),
        }
        return run_watch(environ | {f"WATCH_{name.upper()}": text for name, text in inputs.items()})

    return runs


# ---- a run


def test_nothing_found_is_green(run, github, tmp_path):
    """A summary, outputs, no issue."""
    assert 0 == run(GOOD)
    assert [] == github.issues
    assert (tmp_path / "summary.md").read_text().startswith("## toy: contract kept")
    assert {"exit-code=0", "findings=0", "issue="} <= set((tmp_path / "output").read_text().splitlines())


def test_a_finding_opens_one_issue(run, github, tmp_path):
    """It names the claim, what was promised and seen, and the run; running again opens no other."""
    assert [1, 1, 1] == [run(GONE) for _ in range(3)]
    (issue,) = github.issues

    assert ("open", ["pixpact"]) == (issue["state"], [label["name"] for label in issue["labels"]])
    assert "Pixpact: toy differs from its contract (1 finding)" == issue["title"]
    assert "toy::answer/Drawing/state/enum" in issue["body"]
    assert "https://github.example/me/app/actions/runs/7" in issue["body"]
    assert [] == github.comments
    assert "issue=1" in (tmp_path / "output").read_text()


def test_another_set_of_findings_is_another_issue(run, github):
    """The old one is closed and names the new one; a set that comes back has its own issue again."""
    run(GONE)
    run(GONE, TEXTUAL)
    between = github.states()
    run(GONE)

    assert [(1, "closed"), (2, "open")] == between
    assert [(1, "open"), (2, "closed")] == github.states()
    assert ["see #2", "Found again", "see #1"] == [
        next(words for words in ("see #2", "see #1", "Found again") if words in text) for _, text in github.comments
    ]


def test_what_is_gone_closes_its_issue(run, github):
    """With a word of why; the run is green."""
    run(GONE)

    assert 0 == run(GOOD)
    assert [(1, "closed")] == github.states()
    assert [(1, "None of this is found any more ([run](https://github.example/me/app/actions/runs/7)).")] == (
        github.comments
    )


def test_what_was_not_looked_at_is_not_gone(run, github):
    """A recording without such a response says nothing of it: the issue stays open and says so."""
    run(GONE)

    assert 0 == run({"error": "The purse is too light."})
    assert [(1, "open")] == github.states()
    assert "Found before, not checked this time" in github.issues[0]["body"]


def test_only_new_findings_are_red(run, github, tmp_path):
    """What the baseline accepts neither fails the step nor keeps an issue open."""
    from pixpact.cli.main import main

    run(GONE)
    words = ["check", TOY, "--traffic", str(tmp_path / "app.har"), "--baseline", str(tmp_path / "known.yaml")]
    with pytest.raises(SystemExit):
        main([*words, "--update-baseline", "--quiet"])

    assert 0 == run(GONE, baseline=str(tmp_path / "known.yaml"))
    assert [(1, "closed")] == github.states()


@pytest.mark.parametrize(
    ("inputs", "code"),
    [({"vendor": "no-such-vendor"}, 2), ({"traffic": "missing.har"}, 2), ({"baseline": "missing.yaml"}, 2)],
)
def test_what_cannot_be_used_is_red(run, github, tmp_path, inputs, code):
    """The summary says that nothing was learned; issues stay as they are."""
    run(GONE)

    assert code == run(GOOD, **inputs)
    assert [(1, "open")] == github.states()
    assert "could not check" in (tmp_path / "summary.md").read_text()


def test_a_recording_of_something_else_is_red(run, github):
    """Could not look is not clean."""
    run(GONE)

    assert 3 == run()
    assert [(1, "open")] == github.states()


def test_what_breaks_is_red(run, monkeypatch, tmp_path, capsys):
    """A fault of ours is no finding about the vendor."""

    def broken(*words, **options):
        raise RuntimeError("a fault of ours")

    monkeypatch.setattr("pixpact.watch.command.command", broken)

    assert 3 == run(GOOD)
    assert "exit-code=3" in (tmp_path / "output").read_text()
    assert "a fault of ours" in capsys.readouterr().err


@pytest.mark.parametrize(("status", "remedy"), [(403, "issues: write"), (410, "turned off"), (500, "status page")])
def test_an_issue_that_cannot_be_kept_is_red(run, github, capsys, status, remedy):
    """Also where nothing was found: an old issue might be open. The message says what to do."""
    github.refuses = status

    assert (3, 1) == (run(GOOD), run(GONE))
    reported = capsys.readouterr().out
    assert remedy in reported
    assert TOKEN not in reported


@pytest.mark.parametrize("headers", [{"x-ratelimit-remaining": "0"}, {"retry-after": "60"}])
def test_a_limit_of_requests_is_not_taken_for_a_lack_of_rights(run, github, capsys, headers):
    """Both are 403; only the header fields tell them apart."""
    github.refuses, github.headers = 403, headers

    assert 3 == run(GOOD)
    reported = capsys.readouterr().out
    assert "run it again later" in reported
    assert "issues: write" not in reported


def test_a_redirect_is_not_followed(run, github, capsys):
    """The token would go where it leads: it reaches nobody but the API."""
    elsewhere = []

    class Other(BaseHTTPRequestHandler):
        def do_GET(self):  # a name that the library looks for
            elsewhere.append(self.headers["Authorization"])

    with ThreadingHTTPServer(("127.0.0.1", 0), Other) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        github.refuses, github.headers = 301, {"location": f"http://127.0.0.1:{server.server_address[1]}/"}
        code = run(GOOD)
        server.shutdown()

    assert (3, []) == (code, elsewhere)
    assert "was renamed" in capsys.readouterr().out


@pytest.mark.parametrize("says", [{"message": "maintenance"}, [{"title": "x"}], ["x"], None, "x"])
def test_a_response_that_is_no_list_of_issues_is_red(run, github, capsys, says):
    """Nothing is opened on the strength of it."""
    github.refuses, github.says = 200, says

    assert (3, 1) == (run(GOOD), run(GONE))
    assert {"GET"} == {method for method, _, _ in github.requests}
    assert "::error title=Pixpact could not update the issue::" in capsys.readouterr().out


def test_more_issues_than_can_be_looked_through_are_red(run, github, capsys, monkeypatch):
    """Its own might be beyond them, and would be opened again."""
    monkeypatch.setattr("pixpact.watch.github._MOST_PAGES", 2)
    github.issues += [
        {"number": number, "state": "closed", "labels": [{"name": "pixpact"}], "title": "x", "body": None}
        for number in range(1, 202)
    ]

    assert 1 == run(GONE)
    assert 201 == len(github.issues)
    assert "another label" in capsys.readouterr().out


def test_issues_of_runs_at_the_same_time_become_one(run, github):
    """Two runs that do not see each other each open one; the next run keeps the older."""
    run(GONE)
    github.issues.append({**github.issues[0], "number": 2})
    run(GONE)

    assert [(1, "open"), (2, "closed")] == github.states()


@pytest.mark.parametrize("inputs", [{"issues": "false"}, {"issues": "False"}])
def test_issues_can_be_left_alone(run, github, inputs):
    """Then nothing is asked of the API."""
    assert (1, []) == (run(GONE, **inputs), github.requests)


def test_no_secret_leaves(run, github, tmp_path, capsys):
    """The token goes to the API alone, the app's key nowhere."""
    run(GONE)
    said = capsys.readouterr()
    everything = said.out + said.err + (tmp_path / "summary.md").read_text() + json.dumps(github.issues)

    assert [False, False] == [secret in everything for secret in (TOKEN, "sk-a-secret-of-the-app")]
    assert {f"Bearer {TOKEN}"} == {sent for _, _, sent in github.requests}


def test_many_issues_are_looked_through(run, github):
    """Those of other watches, and of people, are left alone."""
    for number in range(1, 131):
        mark = WatchMark("another", {"0" * 16: ("x",)}).written() if number % 2 else "mine"
        github.issues.append(
            {"number": number, "state": "open", "labels": [{"name": "pixpact"}], "title": "x", "body": mark}
        )
    run(GONE)
    run(GONE)

    assert 131 == len(github.issues)
    assert {"open"} == {issue["state"] for issue in github.issues}


# ---- settings


def test_a_live_target_needs_its_costs_said():
    """A cap on images and on money, each time; one on the runner needs neither."""
    live = {"WATCH_VENDOR": "toy", "WATCH_URL": "https://api.toy.example"}
    with pytest.raises(UsageRefused, match="max-images and max-cost must be given"):
        settings(live)
    with pytest.raises(UsageRefused, match="max-cost must be given"):
        settings(live | {"WATCH_MAX_IMAGES": "3"})
    wanted = settings(live | {"WATCH_MAX_IMAGES": "3", "WATCH_MAX_COST": "0.50"})
    here = settings({"WATCH_VENDOR": "toy", "WATCH_URL": "http://127.0.0.1:4747/toy"})

    assert ("--url", "https://api.toy.example", "--max-images", "3", "--max-cost", "0.50") == wanted.options
    assert ("toy (live)", "toy (live)") == (wanted.name, here.name)


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({}, "no vendor is named"),
        ({"VENDOR": "--specs"}, "is not a vendor"),
        ({"VENDOR": "toy", "ISSUES": "perhaps"}, "write true or false"),
        ({"VENDOR": "toy", "LABEL": "api, watch"}, "write one label"),
        ({"VENDOR": "toy", "URL": "http://127.0.0.1:1", "TRAFFIC": "app.har"}, "give one"),
    ],
)
def test_inputs_that_cannot_be_used_are_refused(given, said):
    """With what to write instead."""
    with pytest.raises(UsageRefused, match=said):
        settings({f"WATCH_{name}": text for name, text in given.items()})


def test_several_recordings_are_given_a_line_each():
    """Spaces in a path are part of it."""
    wanted = settings({"WATCH_VENDOR": "toy", "WATCH_TRAFFIC": "a b.har\n\n c.har \n", "WATCH_FAIL_ON": ""})

    assert ("--traffic", "a b.har", "--traffic", "c.har") == wanted.options


def test_a_pull_request_touches_no_issue():
    """What a branch breaks is for its own run to say."""
    given = {"WATCH_VENDOR": "toy"}

    assert [False, True] == [settings(given | {"GITHUB_EVENT_NAME": it}).issues for it in ("pull_request", "schedule")]


# ---- marks and decisions


def seen(found=(), unjudged=(), judged=()):
    findings = tuple({"fingerprint": it, "claim": f"claim {it}", "also": []} for it in found)
    broken = {f"claim {it}" for it in found}
    return CheckReport("toy", "x", "now", 0, (), findings, frozenset(judged) | broken, frozenset(unjudged))


def mark(*fingerprints):
    return WatchMark("toy", {fingerprint: (f"claim {fingerprint}",) for fingerprint in fingerprints})


@pytest.mark.parametrize("claim", ["a --> b", "<!-- x", "}--> {", "凧"])
def test_a_mark_is_read_as_it_was_written(claim):
    """Whatever a claim is called: nothing in it ends the comment."""
    written = WatchMark("toy", {"0a": (claim,)})

    assert written == mark_in(f"before\n{written.written()}\nafter")
    assert 1 == written.written().count("-->")


@pytest.mark.parametrize("body", [None, "", "<!-- pixpact-watch {} -->", '<!-- pixpact-watch {"watch": 1 -->'])
def test_what_is_no_mark_is_left_alone(body):
    """An issue that people wrote is none of ours."""
    assert mark_in(body) is None


def test_decisions():
    """One issue is open for what is found; what was not judged is still found; others are closed."""
    one, two = WatchIssue(1, True, mark("a")), WatchIssue(2, False, mark("a", "b"))

    def decided(run, *issues):
        return list(actions("toy", run, issues))

    assert [] == decided(seen())
    assert [OpenIssue(mark("a"))] == decided(seen("a"))
    assert [UpdateIssue(1, mark("a"))] == decided(seen("a"), one)
    assert [UpdateIssue(2, mark("a", "b"), again=True), CloseIssue(1, clean=False)] == decided(seen("ab"), one, two)
    assert [CloseIssue(1, clean=True)] == decided(seen(judged=["claim a"]), one, two)
    assert [UpdateIssue(1, mark("a"))] == decided(seen(unjudged=["claim a"]), one, two)
    assert [CloseIssue(1, clean=True)] == decided(seen(), one)
    assert [] == decided(seen(), WatchIssue(3, True, WatchMark("other", {"a": ("x",)})))
    assert [UpdateIssue(1, mark("a")), CloseIssue(4, clean=False)] == decided(
        seen("a"), WatchIssue(4, True, mark("a")), one
    )


@pytest.mark.parametrize(
    ("code", "printed"),
    [
        (0, ""),
        (1, "# the report\n"),
        (3, "could not check (exit code 3)\nno response\n"),
        (2, "could not check (exit code 2)"),
    ],
)
def test_the_recipe_for_cron(tmp_path, code, printed):
    """As it stands on the page: nothing is printed on a green night, for what is printed is mailed."""
    page = (Path(__file__).parents[3] / "docs/watch.md").read_text()
    script = re.search(r"```sh\n(# ./watch:.*?)```", page, re.DOTALL)[1]
    (tmp_path / "pixpact").write_text(
        f"#!/usr/bin/env bash\necho '# the report' > report.md; echo 'no response' >&2; exit {code}\n"
    )
    (tmp_path / "pixpact").chmod(0o755)
    environ = {"PATH": f"{tmp_path}:{os.environ['PATH']}"}
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", script],
        cwd=tmp_path,
        env=environ,
        capture_output=True,
        text=True,
        check=True,
    )

    assert done.stdout.startswith(printed)
    assert bool(printed) is bool(done.stdout)


def test_a_long_issue_is_cut():
    """GitHub takes 65,536 characters; the mark stands first."""
    source = {"file": "x.yaml", "line": 3}
    many = tuple(
        {
            "fingerprint": f"{number:016x}",
            "claim": "c" * 300,
            "also": [],
            "severity": "breaking",
            "promised": "p" * 400,
            "observed": "o" * 400,
            "pointer": "/x",
            "effect": "e" * 4000,
            "source": source,
            "repro": "curl",
        }
        for number in range(40)
    )
    run = CheckReport("toy", "x", "now", 1, (), many, frozenset(), frozenset())
    written = body("toy", WatchMark("toy", {it["fingerprint"]: (it["claim"],) for it in many}), run, "")

    assert len(written) < 65_000
    assert mark_in(written) is not None


def test_a_long_summary_is_cut_between_findings():
    """Of more than a mebibyte the runner takes nothing: what is left is whole, and says where the rest is."""
    finding = f"\n### breaking: `{'凧' * 1000}`\n\n- seen: x\n"
    short, long = f"## toy\n{finding}", f"## toy\n{finding * 400}"
    cut = summary(long)

    assert short == summary(short)
    assert 1_000_000 < len(cut.encode()) <= 2**20
    assert cut.startswith("## toy\n" + finding * 300)
    assert "`reports`" in cut.removeprefix("## toy\n").replace(finding, "").replace(finding.rstrip(), "")


def test_a_claim_that_others_keep_is_no_sign_that_a_finding_is_gone() -> None:
    """What a request showed is gone when that very request was judged again, and shows it no more."""
    mark = WatchMark("toy", {"a": ("claim",)}, {"a": "0123456789abcdef"})
    elsewhere = CheckReport("toy", "x", "now", 0, (), (), frozenset(["claim"]), frozenset(), frozenset(["f" * 16]))
    again = CheckReport("toy", "x", "now", 0, (), (), frozenset(["claim"]), frozenset(), frozenset(mark.cases.values()))

    assert [UpdateIssue(7, mark)] == list(actions("toy", elsewhere, [WatchIssue(7, True, mark)]))
    assert [CloseIssue(7, clean=True)] == list(actions("toy", again, [WatchIssue(7, True, mark)]))
    assert mark == mark_in(mark.written())
