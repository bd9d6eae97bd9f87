"""The pytest plugin, in a pytest of its own."""

from __future__ import annotations

import subprocess
import sys

import pytest

PAGE = """
import json, os
from urllib.error import HTTPError
from urllib.request import Request, urlopen
import pytest

def submit(url, **fields):
    headers = {"Authorization": "Bearer sk-test", "Content-Type": "application/json"}
    body = json.dumps({"model": "doubao-seedream-5-0", "prompt": "x", **fields}).encode()
    with urlopen(Request(url + "/v1/images/generations", body, headers)) as response:
        return json.load(response)
"""

USES = (
    PAGE
    + """
@pytest.mark.pixpact("toapis", pace="manual", seed=3)
def test_marked(pixpact_mock):
    before = pixpact_mock.clock.now()
    pixpact_mock.clock.advance("25h")
    assert pixpact_mock.clock.now() == before + 90000
    assert submit(pixpact_mock.url("toapis"))["created_at"] == before + 90000
    assert [task.status for task in pixpact_mock.tasks] == ["queued"]
    with pytest.raises(KeyError, match="apimart"):
        pixpact_mock.url("apimart")

@pytest.mark.pixpact(vendors=["toapis"], pace="polls:2", rate_limit="1/s", start_time="2026-01-01")
def test_vendors_by_name(pixpact_mock):
    assert pixpact_mock.pace == "polls:2"
    submit(pixpact_mock.url("toapis"))
    with pytest.raises(HTTPError, match="429"):
        submit(pixpact_mock.url("toapis"))

@pytest.mark.pixpact(vendors="toapis")
def test_the_environment_leads_there(pixpact_mock):
    submit(os.environ["PIXPACT_URL_TOAPIS"])
    pixpact_mock.requests.assert_called_once(operation="createImage")

def test_the_environment_is_as_it_was():
    assert "PIXPACT_URL_TOAPIS" not in os.environ

@pytest.mark.pixpact("toapis")
def test_the_next_one_fails(pixpact_mock):
    pixpact_mock.fail_next("rate-limited", operation="createImage")
    with pytest.raises(HTTPError, match="429"):
        submit(pixpact_mock.url("toapis"))
    submit(pixpact_mock.url("toapis"))
    assert [charge.intent for charge in pixpact_mock.charges][:1] == ["reserve"]

def test_reset(pixpact_mock):
    submit(pixpact_mock.url("toapis"))
    pixpact_mock.reset("journal")
    assert (pixpact_mock.requests, len(pixpact_mock.tasks)) == ([], 1)
    pixpact_mock.reset()
    assert pixpact_mock.tasks == []
"""
)

ALONE = (
    PAGE
    + """
@pytest.mark.pixpact("toapis")
@pytest.mark.parametrize("number", range(200))
def test_alone(pixpact_mock, number):
    submit(pixpact_mock.url("toapis"), prompt=str(number))
    pixpact_mock.fail_next("server-error", times=200)
    pixpact_mock.clock.advance(number)
    (request,), (task,) = pixpact_mock.requests, pixpact_mock.tasks
    assert task.body["prompt"] == str(number)
    assert {charge.task for charge in pixpact_mock.charges} <= {task.id}
"""
)

FAILS = (
    PAGE
    + """
@pytest.mark.pixpact("toapis")
def test_fails(pixpact_mock):
    submit(pixpact_mock.url("toapis"), n=1)
    pixpact_mock.requests.assert_called(operation="createImage", body={"n": 2}, times=1)
"""
)


WRONG = """
import pytest
@pytest.mark.pixpact("apimrt")
def test_vendor(pixpact_mock): pass
@pytest.mark.pixpact(pase="10x")
def test_argument(pixpact_mock): pass
@pytest.mark.pixpact("toapis", pace="fast")
def test_pace(pixpact_mock): pass
@pytest.mark.pixpact(vendors=3)
def test_vendors(pixpact_mock): pass
@pytest.mark.pixpact("toapis", faults=[{"fault": "nope"}])
def test_fault(pixpact_mock): pass
@pytest.mark.pixpact("broken.yaml")
def test_spec(pixpact_mock): pass
@pytest.mark.pixpact("toapis", api_keys={"sk-hidden": "much"})
def test_key(pixpact_mock): pass
"""

SAID = [
    "test_page.py:3: @pytest.mark.pixpact: 'apimrt' is not a vendor; did you mean 'apimart'?",
    "test_page.py:5: @pytest.mark.pixpact: 'pase' is not an argument; did you mean 'pace'?",
    "test_page.py:7: @pytest.mark.pixpact: pace: 'fast' is not a pace: write 10x, 1x, instant, polls:N or manual",
    "test_page.py:9: @pytest.mark.pixpact: vendors: 3 is not a name; write names of vendors",
    "test_page.py:11: @pytest.mark.pixpact: 'nope' is not a fault",
    "test_page.py:13: @pytest.mark.pixpact: broken.yaml:1 not-openapi",
    "test_page.py:15: @pytest.mark.pixpact: api_keys: 'much' is not a balance; write a number from 0",
]

NESTED = """
import pytest
pytestmark = pytest.mark.pixpact("toapis", pace="manual")

class TestOfTheModule:
    def test_it_holds(self, pixpact_mock):
        assert (pixpact_mock.pace, list(pixpact_mock.environ)) == ("manual", ["PIXPACT_URL_TOAPIS"])

    @pytest.mark.pixpact("apiyi")
    def test_the_nearest_counts_alone(self, pixpact_mock):
        assert (pixpact_mock.pace, list(pixpact_mock.environ)) == ("instant", ["PIXPACT_URL_APIYI"])
"""

REFUSED = (
    PAGE
    + """
@pytest.mark.pixpact("toapis")
def test_refused(pixpact_mock):
    submit(pixpact_mock.url("toapis"), n=99)
"""
)


OWN = (
    PAGE
    + """
import pixpact

@pytest.fixture(scope="session")
def shared():
    with pixpact.mock("toapis") as mock:
        yield mock

@pytest.fixture
def vendor(shared):
    shared.reset()
    return shared

def test_first(vendor):
    submit(vendor.url("toapis"), prompt="the first one")

def test_second(vendor):
    assert vendor.requests == [] == vendor.tasks == vendor.charges
    submit(vendor.url("toapis"), prompt="the second one")
    raise SystemError
"""
)


def run(folder, page, *arguments):
    (folder / "test_page.py").write_text(page)
    others = ["-p", "no:schemathesis", "-p", "no:hypothesispytest", "-p", "no:anyio", "-p", "no:cacheprovider"]
    words = [sys.executable, "-m", "pytest", *others, "--strict-markers", "-W", "error", *arguments]
    return subprocess.run(words, cwd=folder, capture_output=True, text=True, timeout=120)


def test_what_a_test_can_do_with_its_mock(tmp_path):
    """The fixture and its marker work in a project that configures nothing."""
    done = run(tmp_path, USES)

    assert 0 == done.returncode, done.stdout + done.stderr
    assert "6 passed" in done.stdout


@pytest.mark.sweep
def test_two_hundred_tests_in_parallel_share_nothing(tmp_path):
    """Each has its own port, tasks, journal, clock, faults and charges, whichever worker it runs in."""
    done = run(tmp_path, ALONE, "-q", "-n", "3")

    assert 0 == done.returncode, done.stdout + done.stderr
    assert "200 passed" in done.stdout


def test_a_failure_shows_the_nearest_request_and_all_that_was_sent(tmp_path):
    """The message says which field differed; no frame of ours stands above it."""
    done = run(tmp_path, FAILS)

    assert "1 failed" in done.stdout
    assert "expected exactly 1 request" in done.stdout
    assert "body/n: expected 2, got 1" in done.stdout
    assert "Requests to pixpact_mock" in done.stdout
    assert "pixpact/testing/requests.py" not in done.stdout


def test_a_project_that_does_not_use_it_imports_nothing(tmp_path):
    """The plugin alone brings neither server nor specs into a test run."""
    page = (
        "import sys\n"
        "def test_nothing():\n"
        "    heavy = {'starlette', 'uvicorn', 'jsonschema_rs', 'yaml', 'PIL', 'pixpact.mockserver', 'pixpact.specs'}\n"
        "    assert not heavy & set(sys.modules)\n"
        "    own = {'pixpact', 'pixpact.testing', 'pixpact.testing.pytest_plugin'}\n"
        "    assert own == {name for name in sys.modules if 'pixpact' in name}\n"
    )
    done = run(tmp_path, page)

    assert 0 == done.returncode, done.stdout + done.stderr


def test_a_changed_spec_is_read_again(tmp_path):
    """Contracts are shared between mocks of one process only while their files stay as they are."""
    import os
    from pathlib import Path

    import pixpact

    text = (Path(__file__).parents[3] / "specs/vendors/toapis.yaml").read_text()
    path = tmp_path / "mine.yaml"
    titles = []
    for title in ("First", "Second"):
        path.write_text(text.replace("title: ToAPIs", f"title: {title}"))
        os.utime(path, ns=(len(titles), len(titles)))
        with pixpact.mock(str(path)) as mock:
            titles.append(mock._app.mounts["mine"].contract.title.split()[0])

    assert ["First", "Second"] == titles


def test_a_wrong_marker_says_where_and_what(tmp_path):
    """File and line of the test, the argument, the remedy: no frames of ours, and no key."""
    (tmp_path / "broken.yaml").write_text("openapi: 3\n")
    done = run(tmp_path, WRONG)

    assert [] == [words for words in SAID if words not in done.stdout]
    assert "7 errors" in done.stdout
    assert "pixpact/" not in done.stdout
    assert "sk-hidden" not in done.stdout


def test_the_nearest_marker_counts_alone(tmp_path):
    """As pytest's own do: one of a test takes the place of its module's, whatever that says."""
    done = run(tmp_path, NESTED)

    assert 0 == done.returncode, done.stdout + done.stderr
    assert "2 passed" in done.stdout


def test_a_failure_shows_why_a_request_was_refused(tmp_path):
    """The vendor's own words stand below the request."""
    done = run(tmp_path, REFUSED)
    shown = done.stdout.partition("Requests to pixpact_mock")[2]

    assert "1 failed" in done.stdout
    assert "POST /toapis/v1/images/generations → 400 createImage" in shown
    assert "n must be at most 15; got 99" in shown


UNREAD = (
    PAGE
    + """
@pytest.mark.pixpact("toapis")
def test_fails(pixpact_mock):
    submit(pixpact_mock.url("toapis"), siez="1:1")
    assert False

@pytest.mark.pixpact("toapis", strict=True)
def test_refused(pixpact_mock):
    with pytest.raises(HTTPError, match="400"):
        submit(pixpact_mock.url("toapis"), siez="1:1")
    assert [] == pixpact_mock.charges
"""
)


def test_a_failure_shows_what_was_not_read_and_strict_refuses_it(tmp_path):
    """Below the request; the marker makes it a refusal."""
    done = run(tmp_path, UNREAD)

    assert "1 failed, 1 passed" in done.stdout
    assert "  not read: siez; size is" in done.stdout.partition("Requests to pixpact_mock")[2]


def test_a_mock_of_a_fixture_of_ones_own(tmp_path):
    """One for a whole session, reset before each test; a failure shows what this test sent to it."""
    done = run(tmp_path, OWN)
    shown = done.stdout.partition("Requests to vendor")[2]

    assert "1 failed, 1 passed" in done.stdout
    assert "the second one" in shown
    assert "the first one" not in shown
