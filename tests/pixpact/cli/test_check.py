"""`pixpact check`, as users run it: what it prints, writes and refuses, and how it ends."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import threading
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from xml.etree import ElementTree

import jsonschema_rs
import pytest
import yaml
from click.testing import CliRunner

from pixpact.cli.main import main

ROOT = Path(__file__).parents[3]
TOY = str(ROOT / "fixtures/specs/toy.yaml")
KEY = "sk-live-3f9a8b7c6d5e4f3a2b1c"
PLAIN = ("--fuzz", "0")
BUSY = (*PLAIN, "--deadline", "1")
"""Of a service that is busy for ever: what it turns away is not waited out for long."""


@pytest.fixture
def check(tmp_path, monkeypatch):
    """Run the command in this process, in an empty folder; `env` are further environment variables."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("PIXPACT_API_KEY", raising=False)

    def run(*arguments, **env):
        words = ["check", *map(str, arguments)]
        return CliRunner().invoke(main, words, env={"COLUMNS": "120", **env}, catch_exceptions=False)

    return run


@pytest.fixture
def reported(check, tmp_path):
    """The same; gives the exit code and the JSON report."""

    def run(*arguments, **env):
        done = check(*arguments, "--quiet", "--report", f"json={tmp_path / 'report.json'}", **env)
        assert "" == done.stdout
        return done.exit_code, json.loads((tmp_path / "report.json").read_text())

    return run


class _Purse(BaseHTTPRequestHandler):
    """Answers for the purse as it was told to, and is busy otherwise; or says nothing at all."""

    def do_GET(self):
        self.do_POST()

    def do_POST(self):
        if self.server.silent and not self.path.startswith("/_pixpact"):
            self.server.reached.set()
            self.server.over.wait(30)
            return
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        found = self.path == "/v2/purse"
        content = json.dumps(self.server.purse if found else {"error": "busy"}).encode()
        self.send_response(200 if found else 503)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_):
        """Nothing is printed."""


@pytest.fixture
def purse():
    """A service on 127.0.0.1 of which only the purse works: `serve(what it holds)` gives its URL."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Purse)
    server.purse, server.silent, server.reached, server.over = None, False, threading.Event(), threading.Event()
    thread = threading.Thread(target=server.serve_forever)
    thread.start()

    def serve(holds, silent=False):
        server.purse, server.silent = holds, silent
        return f"http://127.0.0.1:{server.server_port}"

    serve.reached = server.reached
    yield serve
    server.over.set()
    server.shutdown()
    server.server_close()
    thread.join()


def test_every_flag_is_on_its_page():
    """No option is left unexplained."""
    page = (ROOT / "docs/check.md").read_text()
    flags = [param.opts[-1] for param in main.commands["check"].params if param.opts[-1].startswith("--")]

    assert [] == [flag for flag in flags if flag not in page]


# ---- in process


@pytest.mark.sweep
def test_a_contract_is_proven_in_process(command):
    """Nothing but a name is needed: a page that says what was kept, what it took, and why it ends with 0."""
    done = command("check", "toapis", *PLAIN)

    assert (0, "") == (done.returncode, done.stderr)
    assert done.stdout.startswith("toapis: contract kept\nthe mock in this process · ")
    assert re.search(r"^claims about +kept +broken +unchecked +not checkable$", done.stdout, re.MULTILINE)
    assert re.search(r"^all +\d{3} +· +· +\d+$", done.stdout, re.MULTILINE)
    spent = re.search(r"^\d+ of at most 4000 requests · (\d+) of at most (\d+) images$", done.stdout, re.MULTILINE)
    assert spent
    assert 0 < int(spent[1]) <= int(spent[2])
    assert "Not checkable: " in done.stdout
    assert done.stdout.rstrip().endswith(
        "Exit code 0: all probes were carried out, no new finding is at or above warning."
    )


def test_the_page_and_the_reports_say_the_same(check, tmp_path):
    """Each format is written as it was asked for, and is what its readers read."""
    done = check(
        *(TOY, *PLAIN),
        *("--report", "json=check.json", "--report", "junit=check.xml", "--report", "sarif=check.sarif"),
        *("--report", "markdown=check.md"),
    )
    report = json.loads((tmp_path / "check.json").read_text())
    schema = json.loads((ROOT / "contracts/reports/schema.json").read_text())
    suites = ElementTree.fromstring((tmp_path / "check.xml").read_text())

    assert 0 == done.exit_code
    assert [] == [str(error) for error in jsonschema_rs.Draft202012Validator(schema).iter_errors(report)]
    assert str(report["summary"]["claims"]["kept"]) in done.stdout
    assert len(list(suites.iter("testcase"))) >= report["summary"]["claims"]["total"]
    assert "2.1.0" == json.loads((tmp_path / "check.sarif").read_text())["version"]
    assert "toy" in (tmp_path / "check.md").read_text()


def test_a_report_on_standard_output_leaves_the_page_to_the_other(check):
    """So that it can be piped."""
    done = check(TOY, *PLAIN, "--report", "json=-")

    assert "toy" == json.loads(done.stdout)["contract"]
    assert "contract kept" in done.stderr


def test_quiet_says_nothing(check):
    """The exit code is enough."""
    done = check(TOY, *PLAIN, "--quiet")

    assert (0, "", "") == (done.exit_code, done.stdout, done.stderr)


def test_a_cap_makes_claims_not_checkable(reported):
    """What does not fit is known beforehand, and is no failure of the run."""
    _, report = reported(TOY, *PLAIN, "--max-images", "2")

    assert report["summary"]["images"] <= 2
    assert report["summary"]["claims"]["not_checkable"] > 20
    assert [] == report["failures"]
    assert "beyond the caps" in {it["reason"] for it in report["not_checkable"]}


def test_strict_coverage_counts_what_is_not_checkable(reported):
    """Who wants all of the contract proven says so."""
    options = (TOY, *PLAIN, "--max-images", "2", "--min-coverage", "70")

    assert [0, 3] == [reported(*options)[0], reported(*options, "--strict-coverage")[0]]


# ---- the plan


def test_the_plan_is_printed_and_nothing_is_sent(check):
    """Operations, what each probe tries, how many claims, and the ceiling."""
    done = check(TOY, *PLAIN, "--plan")

    assert 0 == done.exit_code
    assert "21" in done.stdout
    assert "startDrawing" in done.stdout
    assert "Not checkable" in done.stdout
    assert not list(Path.cwd().iterdir())


def test_the_plan_for_a_live_target_sends_nothing_either(check):
    """Its host need not exist."""
    done = check(TOY, *PLAIN, "--plan", "--url", "https://api.toy.invalid", "--max-images", "5")

    assert 0 == done.exit_code
    assert "https://api.toy.invalid" in done.stdout


# ---- what is refused before anything is sent


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (
            ("apimart", "--max-cost", "5"),
            "gpt-image-1.5-official, gpt-image-2-official, seedream-5-0-pro, z-image-turbo; give --price",
        ),
        ((TOY, "--max-cost", "5"), "no price is known for runSketch; give --price"),
        ((TOY, "--max-cost", "much"), "--max-cost 'much' is not an amount of money"),
        ((TOY, "--rate", "2"), "--rate needs --url URL"),
        ((TOY, "--api-key-env", "KEY"), "--api-key-env needs --url URL"),
        ((TOY, "--plan", "--report", "json=a.json"), "--plan sends nothing, so that --report has nothing to do"),
        (
            (TOY, "--traffic", __file__, "--max-cost", "3"),
            "--traffic sends nothing, so that --max-cost has nothing to do",
        ),
        ((TOY, "--price", "-1"), "--price '-1' is not an amount of money"),
        ((TOY, "--url", "https://api.toy.invalid"), "limit what it may cost with --max-images or --max-cost"),
        ((TOY, "--url", "https://api.toy.invalid", "--max-images", "3"), "there is no API key: set PIXPACT_API_KEY"),
        (
            (TOY, "--url", "http://127.0.0.1:9", "--api-key-env", "NOT_THERE"),
            "environment variable NOT_THERE is not set",
        ),
        (
            (TOY, "--url", "http://127.0.0.1:9", "--second-api-key-env", "NOR_IT"),
            "environment variable NOR_IT is not set",
        ),
        ((TOY, "--url", "ftp://127.0.0.1"), "--url cannot be used"),
        ((TOY, "--url", "http://me:secret@127.0.0.1"), "--url cannot be used: it has a user name"),
        ((TOY, "--url", "http://127.0.0.1/?key=secret"), "--url cannot be used: it has a query"),
        (("nobody",), "nobody"),
        ((TOY, "--report", "pdf=a"), "'pdf' is not a report format"),
        ((TOY, "--report", "json=nowhere/a.json"), "the folder nowhere does not exist"),
        ((TOY, "--record", "nowhere/a.har"), "nowhere/a.har: No such file or directory"),
        ((TOY, "--plan-file", "nowhere/a.plan"), "nowhere/a.plan cannot be written"),
        ((TOY, "--plan-file", TOY), "this line cannot be read"),
        ((TOY, "--traffic", TOY), "HAR"),
        ((TOY, "--baseline", "none.yaml"), "there is no such file"),
        ((TOY, "--update-baseline"), "--update-baseline needs --baseline FILE"),
        ((TOY, "--update-baseline", "--baseline", "nowhere/b.yaml"), "the folder nowhere does not exist"),
        ((TOY, "--record-images"), "--record-images needs --record FILE"),
        ((TOY, "--plan", "--plan-file", "a.plan"), "--plan sends nothing, so that --plan-file has nothing to do"),
        ((TOY, "--traffic", TOY, "--record", "a.har"), "--traffic sends nothing, so that --record has nothing to do"),
    ],
)
def test_what_cannot_be_used_is_said(check, arguments, said):
    """Exit code 2 and a line that names it; no traceback, no request, no file."""
    done = check(*arguments, *PLAIN)

    assert 2 == done.exit_code
    assert said in " ".join(done.stderr.split())
    assert "secret" not in done.stderr
    assert "" == done.stdout
    assert not list(Path.cwd().iterdir())


# ---- findings


def test_a_drift_is_found_with_its_line_and_a_command(reported, check, purse):
    """What was promised, where it stands, what was seen, and how to see it again."""
    url = purse({"left": "9.90", "spent": 0.1})
    code, report = reported(TOY, *BUSY, "--url", url, "--api-key-env", "TOY_KEY", TOY_KEY=KEY)
    found = next(finding for finding in report["findings"] if finding["pointer"] == "/left")
    page = check(TOY, *BUSY, "--url", url, "--api-key-env", "TOY_KEY", TOY_KEY=KEY)
    line = 1 + next(n for n, text in enumerate(Path(TOY).read_text().splitlines()) if "left: {type: number" in text)

    assert 1 == code == page.exit_code
    assert ("toy.yaml", line) == (Path(found["source"]["file"]).name, found["source"]["line"])
    assert "breaking" == found["severity"]
    assert f"{url}/v2/purse" in page.stdout
    assert '"X-Api-Key: $TOY_KEY"' in page.stdout
    assert "Exit code 1: " in page.stdout


def test_a_baseline_goes_round(check, reported, purse):
    """What is accepted today does not count tomorrow; what is found no more is said to be unused."""
    url = purse({"left": "9.90", "spent": 0.1})
    options = (TOY, *BUSY, "--url", url, "--baseline", "known.yaml")
    first = check(*options, "--update-baseline")
    entries = yaml.safe_load(Path("known.yaml").read_text())["accepted"]
    second = reported(*options)
    clean = check(TOY, *PLAIN, "--baseline", "known.yaml")

    assert (3, 3) == (first.exit_code, second[0])  # not 1: what this service cannot do was not judged, that is all
    assert {entry["claim"] for entry in entries} == {finding["claim"] for finding in second[1]["findings"]}
    assert entries[0]["expires"] == (datetime.now(UTC).date() + timedelta(days=90)).isoformat()
    assert [False] == list({finding["counts"] for finding in second[1]["findings"]})
    assert "is unused" in " ".join(clean.stdout.split())


@pytest.mark.sweep
def test_what_an_overlay_describes_is_labelled(reported):
    """A mock of what was observed, checked against the plain contract: old news, and said to be."""
    import pixpact

    with pixpact.mock("apimart@observed") as mock:
        _, report = reported(
            "apimart", *PLAIN, "--url", mock.url("apimart"), "--max-images", "1", "--poll-every", "0.01"
        )

    assert report["findings"]
    assert "apimart@observed" in {finding["known"] for finding in report["findings"]}
    assert all(finding["known"] for finding in report["findings"])


# ---- recordings


def test_a_recording_is_judged_like_the_run(reported):
    """What was recorded gives the same verdicts; nothing is sent."""
    _, run = reported(TOY, *PLAIN, "--record", "toy.har")
    code, again = reported(TOY, "--traffic", "toy.har", "--url", "http://127.0.0.1:4747/toy")

    assert ([], []) == (run["findings"], again["findings"])
    assert again["summary"]["claims"]["kept"] > 0.9 * run["summary"]["claims"]["kept"]
    assert (0, 0) == (code, again["summary"]["requests"])


def test_images_are_recorded_when_asked_for(check):
    """Else their facts are enough."""
    sizes = []
    for options in ((), ("--record-images",)):
        check("fasttoken", *PLAIN, "--max-images", "1", "--record", "a.har", *options)
        sizes.append(Path("a.har").stat().st_size)

    assert sizes[1] > 2 * sizes[0]


# ---- a plan file


@pytest.mark.sweep
def test_a_task_that_was_begun_is_followed_further(reported):
    """Whoever is cut off while a paid task is made, gets its outcome with the next run: nothing is bought again."""
    import pixpact

    with pixpact.mock("toapis", pace="polls:2") as mock:
        limits = ("--max-images", "2", "--poll-every", "0.01", "--plan-file", "run.plan")
        options = ("toapis", *PLAIN, "--url", mock.url("toapis"), *limits)
        first = reported(*options)
        begun = [json.loads(line)["heard"] for line in Path("run.plan").read_text().splitlines() if '{"heard"' in line]
        bought = [task.id for task in mock.tasks]
        cut_before_the_outcome(begun[-1])
        asked = len(mock.requests)
        second = reported(*options)
        polls = {(request.method, request.url.rpartition("/")[2]) for request in mock.requests[asked:]}
        again = [task.id for task in mock.tasks]

    assert (0, 0) == (first[0], second[0])
    assert bought == again
    assert "GET" in {method for method, _ in polls}  # a POST is the base URL asked first: nothing is bought
    assert bought[-1] in {name for _, name in polls}
    assert first[1]["summary"]["claims"] == second[1]["summary"]["claims"]
    assert first[1]["summary"]["images"] == second[1]["summary"]["images"]


@pytest.mark.sweep
def test_a_task_of_a_mock_that_is_gone_is_not_looked_for(reported):
    """In process every run has its own mock: what the last one bought counts, and nobody blames this one."""
    options = ("toapis", *PLAIN, "--max-images", "2", "--plan-file", "run.plan")
    first = reported(*options)
    begun = [json.loads(line)["heard"] for line in Path("run.plan").read_text().splitlines() if '{"heard"' in line]
    cut_before_the_outcome(begun[-1])
    second = reported(*options)

    assert (0, 3) == (first[0], second[0])
    assert [] == second[1]["findings"]
    assert ["interrupted before its end" in failure for failure in second[1]["failures"]] == [True]
    assert first[1]["summary"]["images"] == second[1]["summary"]["images"]


def cut_before_the_outcome(probe):
    """As if the run had been killed while it followed this probe's task."""
    lines = Path("run.plan").read_text().splitlines(keepends=True)
    Path("run.plan").write_text("".join(line for line in lines if not line.startswith(f'{{"answered":"{probe}"')))


def test_a_plan_file_is_carried_on(reported, check):
    """The second run judges what the first one saw, and sends nothing."""
    options = (TOY, *PLAIN, "--plan-file", "toy.plan")
    first, second = reported(*options), reported(*options)
    other = check("fasttoken", *PLAIN, "--plan-file", "toy.plan")

    assert first[1]["summary"]["images"] == second[1]["summary"]["images"]
    assert [] == second[1]["findings"]
    assert 2 == other.exit_code
    assert "toy.plan:1" in other.stderr
    assert "this is a plan for the contract toy" in other.stderr


def test_polls_without_a_pause_end_in_process_too(reported):
    """The clock of the mock in this process moves between polls; with no time between them no task would ever end."""
    code, report = reported(TOY, *PLAIN, "--poll-every", "0")

    assert (0, []) == (code, report["findings"])


# ---- against a URL


def test_a_mock_on_a_socket_keeps_its_contract(reported, live):
    """The whole contract over HTTP, with looks that follow closely."""
    code, report = reported("fasttoken", *PLAIN, "--url", live.url("fasttoken"), "--poll-every", "0.02")

    assert (0, []) == (code, report["findings"])
    assert report["summary"]["claims"]["kept"] > 160
    assert live.url("fasttoken") == report["target"]


def test_nobody_there_is_no_clean_run(reported):
    """A port that nobody listens at: nothing was judged, and the code says so."""
    code, report = reported(TOY, *PLAIN, "--url", "http://127.0.0.1:9")

    assert (3, 0, []) == (code, report["summary"]["claims"]["kept"], report["findings"])


def test_no_key_is_told_to_anybody(check, purse, tmp_path):
    """Page, reports, recording and plan file of a run against a server that repeats the key everywhere."""
    url = purse({"left": KEY, "spent": f"Bearer {KEY}"})
    done = check(
        *(TOY, *BUSY, "--url", url, "--record", "a.har", "--plan-file", "a.plan"),
        *(
            "--report",
            "json=a.json",
            "--report",
            "junit=a.xml",
            "--report",
            "sarif=a.sarif",
            "--report",
            "markdown=a.md",
        ),
        *("--report", "github=a.txt"),
        PIXPACT_API_KEY=KEY,
    )
    written = {path.name: path.read_text() for path in tmp_path.iterdir() if path.is_file()}

    assert {"a.har", "a.plan", "a.json", "a.xml", "a.sarif", "a.md", "a.txt"} == written.keys()
    assert [] == [name for name, text in written.items() if KEY in text or KEY.encode().hex() in text]
    assert KEY not in done.stdout + done.stderr


@pytest.mark.skipif(os.name == "nt", reason="signals of POSIX")  # reason: SIGINT cannot be sent to one process there
def test_an_interrupt_ends_it_cleanly_and_reports(tmp_path, purse):
    """Ctrl-C: what was seen until then is reported, with code 130."""
    url = purse(None, silent=True)
    words = [sys.executable, "-m", "pixpact", "check", TOY, *PLAIN, "--url", url, "--report", "json=a.json"]
    process = subprocess.Popen(words, cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert purse.reached.wait(30)
    process.send_signal(signal.SIGINT)
    output, errors = process.communicate(timeout=30)
    report = json.loads((tmp_path / "a.json").read_text())

    assert 130 == process.returncode
    assert "Traceback" not in errors
    assert "Exit code 130: " in output
    assert report["interrupted"]
