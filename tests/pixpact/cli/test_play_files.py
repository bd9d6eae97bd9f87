"""`pixpact serve --play`: what it says at its start, what it answers, what it cannot use."""

from __future__ import annotations

import json
import subprocess
import sys
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import pytest

import pixpact

BODY = {"model": "doubao-seedream-5-0", "prompt": "A kite"}


def submit(url, body):
    headers = {"Authorization": "Bearer sk-test", "Content-Type": "application/json"}
    with urlopen(Request(url + "/v1/images/generations", json.dumps(body).encode(), headers), timeout=20) as response:
        return json.load(response)


@pytest.fixture
def recording(tmp_path):
    """A recording of one submission, one whose response was cut, and one exchange of somebody else."""
    path = tmp_path / "app.har"
    with pixpact.mock("toapis") as mock:
        submit(mock.url("toapis"), BODY)
        mock.save_har(path)
    document = json.loads(path.read_text())
    (entry,) = document["log"]["entries"]
    cut = entry | {"_pixpact": {"truncated": "response"}}
    foreign = entry | {"request": entry["request"] | {"url": "https://other.example/nothing"}}
    document["log"]["entries"] += [cut, foreign]
    path.write_text(json.dumps(document))
    return path


def test_a_recording_is_served_and_reported_of(recording):
    """The banner says what is played and what is not; what was not recorded is refused."""
    words = [sys.executable, "-m", "pixpact", "serve", "toapis", "--port", "0"]
    words += ["--play", str(recording), "--recorded-only"]
    process = subprocess.Popen(words, stdout=subprocess.PIPE, text=True)
    try:
        lines = [next(process.stdout)]
        while "not of a served vendor" not in lines[-1]:
            lines.append(next(process.stdout))
        url = next(line.split()[-1] for line in lines if "base URL" in line)

        assert "plays toapis: createImage 1\n" in lines
        assert any("not played: exchange 2" in line and "not recorded completely" in line for line in lines)
        assert lines[-1].startswith("1 of 3 exchanges")
        assert "queued" == submit(url, BODY)["status"]
        with pytest.raises(HTTPError, match="404"):
            submit(url, BODY | {"prompt": "A boat"})
    finally:
        process.kill()
        process.communicate(timeout=20)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["toapis", "--recorded-only"], "--play"),
        (["apimart", "--play", "{recording}"], "none of its 3 exchanges was sent to apimart"),
        (["toapis", "--play", "{tmp}/none.har"], "does not exist"),
    ],
)
def test_what_cannot_be_played_is_refused(command, recording, arguments, words):
    """Exit code 2, one plain line."""
    filled = [argument.format(recording=recording, tmp=recording.parent) for argument in arguments]
    done = command("serve", "--port", "0", *filled)

    assert 2 == done.returncode
    assert words in done.stderr
    assert "Traceback" not in done.stderr
