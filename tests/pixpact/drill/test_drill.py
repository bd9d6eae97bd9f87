"""`pixpact drill`: real suites, run against a vendor that changes."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import jsonschema_rs
import pytest
from click.testing import CliRunner

from pixpact.cli.main import main
from pixpact.drill.report import SCHEMA

ROOT = Path(__file__).parents[3]
TOY = str(ROOT / "fixtures/specs/toy.yaml")

CALLS = """
import json, os, sys, time
from urllib.error import HTTPError
from urllib.request import Request, urlopen

def call(path, body=None, url=None):
    headers = {"X-Api-Key": "sk-test", "Content-Type": "application/json"}
    data = None if body is None else json.dumps(body).encode()
    with urlopen(Request((url or os.environ["PIXPACT_URL_TOY"]) + path, data, headers)) as response:
        return response.status, json.load(response)

ORDER = {"model": "crayon-1", "prompt": "A kite", "size": "large"}
"""
STRICT = """
status, order = call("/v2/drawings", ORDER)
assert status == 202
drawing = call("/v2/drawings/" + order["drawing"])[1]
assert drawing["finished"]
assert urlopen(drawing["sheets"][0]["files"][0]).headers["content-type"] == "image/png"
assert call("/v2/purse")[1]["spent"] == 0.04
"""
BLIND = """
_, order = call("/v2/drawings", ORDER)
drawing = call("/v2/drawings/" + order["drawing"])[1]
urlopen(drawing["sheets"][0]["files"][0])
call("/v2/purse")
"""

DRIFTS = {
    "dearer": (
        "A large image costs six cents",
        [("$.components.schemas.Crayon", {"x-images": {"price": {"table": {"large": 0.06}}}})],
    ),
    "jpeg": ("Crayons give JPEG", [("$.components.schemas.Crayon", {"x-images": {"format": "jpeg"}})]),
    "never-finished": (
        "The time when it was finished is gone",
        [
            (
                "$.paths['/v2/drawings/{drawing}'].get.responses['200'].content.*.examples.done.value.finished",
                None,
            )
        ],
    ),
    "two-sketches": ("At most two sketches", [("$.components.schemas.Sketch.properties.most", {"maximum": 2})]),
    "currency": (
        "The purse names its currency",
        [
            ("$.paths['/v2/purse'].get.responses['200'].content.*.schema.properties", {"currency": {"type": "string"}}),
            ("$.paths['/v2/purse'].get.responses['200'].content.*.examples.purse.value", {"currency": "EUR"}),
        ],
    ),
}
NOTHING_NOTICED = ["dearer", "jpeg", "never-finished"]


def overlay(title, changes):
    actions = [
        {"target": target, **({"remove": True} if update is None else {"update": update})} for target, update in changes
    ]
    head = f"overlay: 1.0.0\ninfo: {{title: {title}, version: mutant}}\nactions:\n"
    return head + "".join(f"  - {json.dumps(action)}\n" for action in actions)


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """The folder of a project, the present one; its drifts are in `drifts`."""
    (tmp_path / "drifts").mkdir()
    monkeypatch.chdir(tmp_path)
    return tmp_path


def put(folder, *names):
    for name in names:
        (folder / f"drifts/{name}.yaml").write_text(overlay(*DRIFTS[name]))


def drill(folder, suite, *options, command=None):
    """Drill a suite; the exit code, the report, and what was printed."""
    (folder / "suite.py").write_text(CALLS + suite)
    words = ["drill", TOY, "--drifts", "drifts", "--report", "json=report.json", *options, "--"]
    done = CliRunner().invoke(main, [*words, *(command or [sys.executable, "suite.py"])])
    path = folder / "report.json"
    return done, json.loads(path.read_text()) if path.exists() else None


def verdicts(report):
    return {drift["name"]: drift["verdict"] for drift in report["drifts"]}


def test_a_suite_that_notices(folder):
    """What it asserts on is noticed, what it never asks for is not exercised, what harms nobody is let through."""
    put(folder, *DRIFTS)
    done, report = drill(folder, STRICT)

    assert 0 == done.exit_code, done.output
    assert verdicts(report) == {
        "currency": "let-through",
        "dearer": "noticed",
        "jpeg": "noticed",
        "never-finished": "noticed",
        "two-sketches": "not-exercised",
    }
    assert 100 == report["score"]
    assert {"(download)": 1, "getPurse": 1, "showDrawing": 1, "startDrawing": 1} == report["clean"]["called"]
    assert "the suite noticed 3 of the 3 drifts that it saw (100 %)" in done.stdout
    assert "call runSketch, which the suite never does" in done.stdout
    assert "Harmless, and rightly let through" in done.stdout
    assert "--pace polls:2 shows each state" in " ".join(done.stdout.split())


def test_a_suite_that_notices_nothing(folder):
    """Each drift that it saw is reported with what it saw, what to assert on, and the change in YAML."""
    put(folder, *NOTHING_NOTICED)
    done, report = drill(folder, BLIND)
    seen = {drift["name"]: [(one["operation"], one["place"]) for one in drift["seen"]] for drift in report["drifts"]}

    assert 0 == done.exit_code, done.output
    assert 0 == report["score"]
    assert {"let-through"} == set(verdicts(report).values())
    assert [("showDrawing", "finished")] == seen["never-finished"]
    assert [("getPurse", "left"), ("getPurse", "spent")] == seen["dearer"]
    assert ("(download)", "picture.format") in seen["jpeg"]
    assert "getPurse: spent was 0.06 instead of 0.04" in done.stdout
    assert "assert on finished of showDrawing" in done.stdout
    assert '{"x-images": {"format": "jpeg"}}' in done.stdout
    assert "Would have broken in production".lower() in done.stdout.lower()


def test_the_report_fits_its_schema(folder):
    """Programs can rely on the published schema, whatever the verdicts are."""
    put(folder, *DRIFTS)
    _, report = drill(folder, STRICT, "--fail-under", "50")

    jsonschema_rs.validator_for(json.loads(SCHEMA.read_text())).validate(report)
    assert {"counting", "harmless"} < set(report["summary"])
    assert 1 == report["summary"]["harmless"]["let-through"]


def test_a_score_that_is_asked_for(folder):
    """Below it the exit code is 1, and the reason is reported."""
    put(folder, "dearer", "never-finished")
    suite = BLIND + "assert drawing['finished']\n"
    done, report = drill(folder, suite, "--fail-under", "80")

    assert (1, 50.0, 1) == (done.exit_code, report["score"], report["exit_code"])
    assert "the score 50 % is below the 80 % required" in done.stderr
    assert 0 == drill(folder, suite, "--fail-under", "50")[0].exit_code


def test_a_score_of_nothing(folder):
    """Where the suite saw no drift there is no score to pass with."""
    put(folder, "two-sketches")
    done, report = drill(folder, BLIND, "--fail-under", "1")

    assert (3, None) == (done.exit_code, report["score"])
    assert "there is no score" in done.stderr


@pytest.mark.sweep
def test_a_suite_that_hangs(folder):
    """A drift that lets it run on and on is noticed by the time-out."""
    put(folder, "never-finished")
    suite = BLIND + "while 'finished' not in drawing: time.sleep(0.05)\n"
    done, report = drill(folder, suite, "--time-limit", "4")

    assert 0 == done.exit_code, done.output
    assert [("noticed", "time-out")] == [(drift["verdict"], drift["how"]) for drift in report["drifts"]]
    assert 4 == report["clean"]["time_limit"]


def test_a_suite_that_hangs_without_a_drift(folder):
    """The limit holds for that run too; it is reported before it begins, and where it came to."""
    put(folder, "jpeg")
    done, report = drill(folder, "print('it waits', flush=True); time.sleep(600)", "--time-limit", "1")

    assert (3, None) == (done.exit_code, report)
    assert done.stderr.startswith("pixpact: runs ")
    assert "does not end within 1 s without a drift" in done.stderr
    assert "it waits" in done.stderr


def test_a_suite_that_does_not_use_the_mock(folder):
    """It is told how it would; nothing is drilled."""
    put(folder, "jpeg")
    done, report = drill(folder, "")

    assert (3, None) == (done.exit_code, report)
    assert "sent nothing to the mock of toy" in done.stderr
    assert "PIXPACT_URL_TOY" in done.stderr
    assert 'pixpact.mock("toy")' in done.stderr


def test_a_suite_that_fails_without_a_drift(folder):
    """There is nothing to compare with; the end of what it printed is shown."""
    put(folder, "jpeg")
    done, report = drill(folder, "call('/v2/purse'); print('first'); sys.exit('no purse today')")

    assert (3, None) == (done.exit_code, report)
    assert "does not pass without a drift (exit code 1)" in done.stderr
    assert "no purse today" in done.stderr


def test_a_suite_that_fails_by_chance(folder):
    """A failure without any other response, that does not come again, says nothing of the drift."""
    put(folder, "two-sketches")
    suite = BLIND + "n = len(os.listdir('runs')); open(f'runs/{n}', 'w').close(); sys.exit(n == 1)\n"
    (folder / "runs").mkdir()
    done, report = drill(folder, suite)

    assert (3, {"two-sketches": "unsteady"}) == (done.exit_code, verdicts(report))
    assert "two-sketches could not be checked" in done.stderr


def test_a_suite_that_begins_to_fail(folder):
    """What fails without the drift as well, though it passed at first, is no merit of the suite."""
    put(folder, "two-sketches")
    suite = BLIND + "n = len(os.listdir('runs')); open(f'runs/{n}', 'w').close(); sys.exit(n >= 1)\n"
    (folder / "runs").mkdir()
    done, report = drill(folder, suite)

    assert (3, {"two-sketches": "unsteady"}) == (done.exit_code, verdicts(report))
    assert 4 == len(list((folder / "runs").iterdir()))


def test_a_suite_that_looks_into_the_mock(folder):
    """What fails twice was noticed, though no response shows it."""
    put(folder, "two-sketches")
    suite = BLIND + "sys.exit(bool(os.environ.get('PIXPACT_DRIFT')))\n"
    done, report = drill(folder, suite)

    assert (0, {"two-sketches": "noticed"}) == (done.exit_code, verdicts(report))
    assert "it failed twice, and passed without the drift" in " ".join(done.stdout.split())


PLUGIN = """
import json
from urllib.request import Request, urlopen
import pytest

def order(mock):
    body = json.dumps({{"model": "crayon-1", "prompt": "x", "copies": 2}}).encode()
    headers = {{"X-Api-Key": "sk-test", "Content-Type": "application/json"}}
    with urlopen(Request(mock.url("toy") + "/v2/drawings", body, headers)) as response:
        return json.load(response)["drawing"]

def show(mock, drawing):
    with urlopen(Request(mock.url("toy") + "/v2/drawings/" + drawing, None, {{"X-Api-Key": "sk-test"}})) as response:
        return json.load(response)

@pytest.mark.pixpact({toy!r})
def test_finished(pixpact_mock):
    assert "finished" in show(pixpact_mock, order(pixpact_mock))

@pytest.mark.pixpact({toy!r})
@pytest.mark.parametrize("size", ["sk-secret"])
def test_charged(pixpact_mock, size):
    order(pixpact_mock)
    assert pixpact_mock.charges[0].amount is not None
"""
CHEAP_NO_MORE = [("$.components.schemas.Crayon", {"x-images": {"price": {"table": {"small": 1}}}})]


@pytest.mark.sweep
def test_a_suite_that_uses_the_fixture(folder):
    """Mocks that the tests start themselves drift too, and tell what was seen; the tests that notice are named."""
    put(folder, "never-finished", "two-sketches")
    (folder / "drifts/dearer.yaml").write_text(overlay("Small images are dearer", CHEAP_NO_MORE))
    (folder / "test_toy.py").write_text(PLUGIN.format(toy=TOY))
    others = ["-p", "no:schemathesis", "-p", "no:hypothesispytest", "-p", "no:anyio", "-p", "no:cacheprovider"]
    done, report = drill(folder, "", command=[sys.executable, "-m", "pytest", *others, "-q", "test_toy.py"])
    found = {drift["name"]: drift for drift in report["drifts"]}

    assert 0 == done.exit_code, done.output
    assert {"dearer": "let-through", "never-finished": "noticed", "two-sketches": "not-exercised"} == verdicts(report)
    assert ["test_toy.py::test_finished"] == found["never-finished"]["tests"]
    assert [("startDrawing", "charge")] == [(it["operation"], it["place"]) for it in found["dearer"]["seen"]]
    assert "by test_toy.py::test_finished" in done.stdout
    assert {"showDrawing": 1, "startDrawing": 2} == report["clean"]["called"]


def test_what_a_test_asks_for_cannot_have_the_drift(folder):
    """A test of another variant of the vendor does not notice the drift: it could not be checked."""
    put(folder, "never-finished")
    other = "\n".join(line for line in Path(TOY).read_text().splitlines() if "finished: '2026" not in line)
    (folder / "old").mkdir()
    (folder / "old/toy.yaml").write_text(other)
    suite = BLIND + "import pixpact\nwith pixpact.mock('old/toy.yaml'): pass\n"
    done, report = drill(folder, suite)

    assert (3, {"never-finished": "unfit"}) == (done.exit_code, verdicts(report))
    assert "matches nothing" in report["drifts"][0]["reason"]


def test_nothing_of_the_environment_is_written(folder, monkeypatch):
    """A key in the environment of the tests, and what they print, is in no report and no file."""
    monkeypatch.setenv("MY_API_KEY", "sk-live-9f8e7d")
    put(folder, "never-finished", "dearer")
    suite = (
        "print(os.environ['MY_API_KEY'])\n"
        + BLIND.replace("ORDER", "{**ORDER, 'reference': os.environ['MY_API_KEY']}")
        + "assert 'finished' in drawing, os.environ['MY_API_KEY']\n"
    ).replace("ORDER)", "ORDER)")
    (folder / "suite.py").write_text(CALLS)
    done, _ = drill(folder, suite, "--resume", "state.jsonl", "--report", "markdown=report.md")
    written = [path.read_text() for path in (folder / name for name in ("report.json", "report.md", "state.jsonl"))]

    assert 0 == done.exit_code, done.output
    assert all("never-finished" in text or "dearer" in text for text in written)
    assert [] == [text for text in (*written, done.stdout, done.stderr) if "9f8e7d" in text]


def test_what_is_known_is_not_tried_again(folder):
    """With a state file only the run without a drift is repeated, and what changed."""
    put(folder, "never-finished", "two-sketches")
    (folder / "runs").mkdir()
    suite = BLIND + "open(f'runs/{len(os.listdir(\"runs\"))}', 'w').close()\n"
    first, before = drill(folder, suite, "--resume", "state.jsonl", "--jobs", "1")
    runs = [len(list(Path("runs").iterdir()))]
    (folder / "drifts/two-sketches.yaml").write_text(overlay("At most one", DRIFTS["two-sketches"][1]))
    with (folder / "state.jsonl").open("a") as file:
        file.write('{"pixpact-drill": 1, "drift": "cut o')
    second, after = drill(folder, suite, "--resume", "state.jsonl", "--jobs", "1")
    runs.append(len(list(Path("runs").iterdir())))
    drill(folder, suite, "--resume", "state.jsonl", "--jobs", "1")
    runs.append(len(list(Path("runs").iterdir())))

    assert (0, 0) == (first.exit_code, second.exit_code), second.output
    assert verdicts(before) == verdicts(after)
    assert [3, 5, 6] == runs


def test_an_interruption_reports_what_is_known(folder):
    """Ctrl-C ends what runs; the drifts that were not tried are reported, and the rest is kept for the next time."""
    put(folder, "dearer", "never-finished")
    (folder / "suite.py").write_text(CALLS + BLIND + "while 'finished' not in drawing: time.sleep(0.05)\n")
    words = [sys.executable, "-m", "pixpact", "drill", TOY, "--drifts", "drifts", "--jobs", "1", "--resume", "s.jsonl"]
    process = subprocess.Popen(
        [*words, "--", sys.executable, "suite.py"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    reported = [process.stderr.readline() for _ in range(3)]
    process.send_signal(signal.SIGINT)
    page, errors = process.communicate(timeout=30)

    assert 130 == process.returncode, errors
    assert "without a drift: passed" in reported[1]
    assert "1/2 let through   dearer" in reported[2]
    assert "Not run: interrupted before" in page
    assert ["dearer"] == [json.loads(line)["drift"] for line in Path("s.jsonl").read_text().splitlines()]


def test_a_drill_that_is_killed_goes_on(folder):
    """With nothing left to say goodbye: what was found out by then stands in the file, and is not tried again."""
    put(folder, "dearer", "jpeg")
    suite = (
        BLIND + "drift = os.environ.get('PIXPACT_DRIFT', 'none')\nprint(drift, file=open('runs', 'a'), flush=True)\n"
    )
    (folder / "suite.py").write_text(
        CALLS + suite + "if 'jpeg' in drift:\n    print(os.getpid(), file=open('group', 'w'))\n    time.sleep(60)\n"
    )
    words = ["drill", TOY, "--drifts", "drifts", "--jobs", "1", "--resume", "s.jsonl", "--", sys.executable, "suite.py"]
    process = subprocess.Popen([sys.executable, "-m", "pixpact", *words], stderr=subprocess.PIPE, text=True)
    reported = [process.stderr.readline() for _ in range(3)]
    while not (folder / "group").exists() or not (folder / "group").read_text():
        assert process.poll() is None
    process.kill()
    process.communicate()
    os.killpg(
        int((folder / "group").read_text()), signal.SIGKILL
    )  # its tests are a group of their own, and left behind
    done, report = drill(folder, suite, "--resume", "s.jsonl", "--jobs", "1")
    runs = [line.rpartition("/")[2] for line in (folder / "runs").read_text().splitlines()]

    assert "1/2 let through   dearer" in reported[2]
    assert (0, {"dearer": "let-through", "jpeg": "let-through"}) == (done.exit_code, verdicts(report)), done.output
    assert ["none", "dearer.yaml", "jpeg.yaml", "none", "jpeg.yaml"] == runs


def test_the_order_of_a_report_is_that_of_the_drifts(folder):
    """However many run at once, and whichever ends first."""
    put(folder, "jpeg", "never-finished", "two-sketches", "dearer")
    suite = "time.sleep(0.3 if 'dearer' in os.environ.get('PIXPACT_DRIFT', '') else 0)\n" + BLIND
    _, report = drill(folder, suite, "--jobs", "4")

    assert ["dearer", "jpeg", "never-finished", "two-sketches"] == [drift["name"] for drift in report["drifts"]]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["drill", TOY], "no command to run; write: pixpact drill"),
        (["drill", TOY, "pytest", "-q"], "no command to run; write: pixpact drill"),
        (["drill", TOY, "--"], "no command to run"),
        (["drill", "toyy", "--", "true"], "'toyy' is not a vendor"),
        (["drill", TOY, "--", "true"], "there are no drifts for toy; name your own"),
        (["drill", TOY, "--drift", "nope", "--", "true"], "'nope' is neither a file nor an overlay of toy"),
        (["drill", TOY, "--drifts", "drifts", "--only", "jpg", "--", "true"], "did you mean 'jpeg'?"),
        (["drill", TOY, "--drifts", "drifts", "--", "no-such-program"], "there is no program 'no-such-program'"),
        (["drill", TOY, "--drifts", "drifts", "--pace", "slow", "--", "true"], "'slow' is not a pace"),
        (["drill", TOY, "--drifts", "drifts", "--time-limit", "soon", "--", "true"], "'soon' is not a duration"),
        (["drill", TOY, "--drifts", "drifts", "--time-limit", "0", "--", "true"], "leaves no time to run"),
        (["drill", TOY, "--drifts", "drifts", "--report", "xml=x", "--", "true"], "'xml' is not a report format"),
        (
            ["drill", TOY, "--drifts", "drifts", "--resume", "drifts/jpeg.yaml", "--", "true"],
            "is not a state of a drill",
        ),
        (["drill", TOY, "--drift", "wrong.yaml", "--", "true"], "wrong.yaml:4 overlay: the target '$.nothing' matches"),
    ],
)
def test_what_cannot_be_used(folder, words, said):
    """The message names the value and the remedy; the exit code is 2."""
    put(folder, "jpeg")
    (folder / "wrong.yaml").write_text(overlay("Wrong", [("$.nothing", None)]))
    done = CliRunner().invoke(main, words)

    assert 2 == done.exit_code, done.output
    assert said in done.stderr


def test_a_drift_in_the_environment_is_refused(folder, monkeypatch):
    """It would be there in the run without one."""
    put(folder, "jpeg")
    monkeypatch.setenv("PIXPACT_DRIFT", "toy=2027")
    done, _ = drill(folder, BLIND)

    assert 2 == done.exit_code
    assert "PIXPACT_DRIFT is set in the environment; unset it" in done.stderr


def test_listing(folder):
    """`--list` prints each drift with its title, needs no command, and runs none."""
    put(folder, "jpeg", "dearer")
    done = CliRunner().invoke(main, ["drill", TOY, "--drifts", "drifts", "--only", "j*", "--drift", "2027", "--list"])

    assert 0 == done.exit_code, done.output
    assert ["jpeg  Crayons give JPEG"] == done.stdout.splitlines()


def test_quiet(folder):
    """Nothing is printed but what makes the drill fail."""
    put(folder, "never-finished")
    passed, _ = drill(folder, BLIND, "--quiet")
    failed, _ = drill(folder, BLIND, "--quiet", "--fail-under", "50")

    assert (0, "", "") == (passed.exit_code, passed.stdout, passed.stderr)
    assert (1, "") == (failed.exit_code, failed.stdout)
    assert "pixpact: the score 0 % is below the 50 % required\n" == failed.stderr


def test_markdown(folder):
    """The report for a comment names what was let through; nothing in it is taken for markup."""
    (folder / "drifts/odd.yaml").write_text(overlay('"<b>*gone*</b>"', DRIFTS["never-finished"][1]))
    drill(folder, BLIND, "--report", "markdown=report.md")
    text = (folder / "report.md").read_text()

    assert "### toy: the suite noticed 0 of the 1 drift that it saw (0 %)" in text
    assert "\\<b\\>\\*gone\\*\\</b\\>" in text
    assert "assert on finished of showDrawing" in text


def test_the_page_to_look_at(folder):
    """It shows the score, each drift with what was seen of it and its change; nothing in it is taken for markup."""
    (folder / "drifts/odd.yaml").write_text(overlay('"<b>*gone*</b>"', DRIFTS["never-finished"][1]))
    drill(folder, BLIND, "--report", "html=report.html")
    text = (folder / "report.html").read_text()

    assert "the suite noticed 0 of the 1 drift that it saw (0 %)" in text
    assert "&lt;b&gt;*gone*&lt;/b&gt;" in text
    assert "assert on finished of showDrawing" in text
    assert "content.*.examples.done.value.finished" in text.partition("The change")[2]


def test_every_flag_is_on_its_page():
    """No option is left unexplained."""
    page = (ROOT / "docs/drill.md").read_text()
    flags = [param.opts[-1] for param in main.commands["drill"].params if param.opts[-1].startswith("--")]

    assert [] == [flag for flag in flags if flag not in page]
