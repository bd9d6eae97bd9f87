"""Recordings: what is kept of an exchange, and a file that is whole at every moment."""

from __future__ import annotations

import base64
import json
import signal
import subprocess
import sys

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pixpact.contracts.traffic.images import facts_of
from pixpact.contracts.traffic.recording import MOST_BODY, HarRecorder, RecordingError, compact, recorded_exchange
from pixpact.wire.exchange import Exchange
from pixpact.wire.har import from_har

URL = "https://api.example/v1/images"
JSON = (("Content-Type", "application/json"),)
KEYED = (("Authorization", "Bearer sk-very-secret"), *JSON)


def image():
    """A PNG of one pixel and a chunk of text, so that its base64 is long enough to be shortened."""
    start = base64.b64decode(
        "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8DEQAICADIBAR/gNlhXAAAAAElFTkSuQmCC"
    )
    return start + b"\0" * 600


def exchange(number=0, **more):
    facts = {
        "request_headers": KEYED,
        "request_body": json.dumps({"prompt": f"A lighthouse {number} 灯塔", "webhook_secret": "hunter22"}).encode(),
        "status": 200,
        "response_headers": JSON,
        "response_body": b'{"echo": "sk-very-secret"}',
        "duration": 0.25,
        "url": URL,
    }
    return Exchange(1_790_000_000.0 + number, "POST", **{**facts, **more})


def entries(path):
    return from_har(json.loads(path.read_bytes()))


class TestWhatIsKept:
    def test_no_secret_is_recorded(self, tmp_path):
        """Not the key, not where it comes back, not a secret field, not with the images' bytes either."""
        value = {"a": "sk-very-secret", "b": base64.b64encode(image()).decode()}
        for images in (False, True):
            path = tmp_path / f"{images}.har"
            with HarRecorder(path, images=images) as recorder:
                recorder.add(exchange(response_body=json.dumps(value).encode()))
            text = path.read_text()

            assert "sk-very-secret" not in text
            assert "hunter22" not in text

    def test_what_is_recorded_comes_back(self, tmp_path):
        """An exchange read from the file is the one that was kept, notes and all."""
        path = tmp_path / "a.har"
        made = [exchange(n, note={"operation": "createImage"}) for n in range(3)]
        made.append(exchange(9, response_headers=(("content-type", "image/png"),), response_body=image()))
        with HarRecorder(path) as recorder:
            recorder.extend(made)

        assert [recorded_exchange(it) for it in made] == entries(path)
        assert facts_of(made[-1]) == facts_of(entries(path)[-1])

    def test_recording_twice_changes_nothing(self):
        """What was recorded and read again can be recorded again."""
        made = exchange(response_body=json.dumps({"b": base64.b64encode(image()).decode()}).encode())

        assert recorded_exchange(made) == recorded_exchange(recorded_exchange(made))

    def test_images_bytes_only_where_asked(self, tmp_path):
        """With `images` the same bytes come back, in a download and in JSON, and their facts beside them."""
        value = {"data": [{"b64_json": base64.b64encode(image()).decode()}]}
        made = [exchange(1, response_body=json.dumps(value).encode()), exchange(2, response_body=image())]
        for images in (False, True):
            path = tmp_path / f"{images}.har"
            with HarRecorder(path, images=images) as recorder:
                recorder.extend(made)
            inner, whole = entries(path)

            assert images == (value == json.loads(inner.response_body))
            assert images == (image() == whole.response_body)
            assert any(name.startswith("image ") for name in whole.note)

    def test_long_bodies_are_cut(self):
        """And noted, so that nobody takes the rest for missing."""
        kept = recorded_exchange(exchange(response_body=b"x" * (MOST_BODY + 1), request_body=b"y" * (MOST_BODY + 1)))

        assert (MOST_BODY, MOST_BODY) == (len(kept.request_body), len(kept.response_body))
        assert "request response" == kept.note["truncated"]

    def test_megabytes_of_images_are_not_long(self):
        """They are out before anything is cut: the response around them stays whole."""
        value = {"data": [{"b64_json": base64.b64encode(image() + bytes(MOST_BODY)).decode()}] * 3, "created": 5}
        kept = recorded_exchange(exchange(response_body=json.dumps(value).encode()))

        assert 5 == json.loads(kept.response_body)["created"]
        assert "truncated" not in kept.note


class TestTheFile:
    def test_it_is_whole_at_every_moment(self, tmp_path):
        """Before the first entry and after each one, without being closed."""
        path = tmp_path / "a.har"
        recorder = HarRecorder(path)
        found = [len(entries(path))]
        for number in range(4):
            recorder.add(exchange(number))
            found.append(len(entries(path)))
        recorder.close()
        recorder.close()

        assert [0, 1, 2, 3, 4] == found
        assert "1.2" == json.loads(path.read_text())["log"]["version"]

    def test_a_new_recording_replaces_an_old_one(self, tmp_path):
        """Unless it is told to go on with it."""
        path = tmp_path / "a.har"
        for append, count in ((False, 1), (False, 1), (True, 2), (True, 3)):
            with HarRecorder(path, append=append) as recorder:
                recorder.add(exchange())

            assert count == len(entries(path))

    def test_append_begins_a_file_that_is_not_there(self, tmp_path):
        """Also one that is empty."""
        (tmp_path / "b.har").touch()
        for name in ("a.har", "b.har"):
            with HarRecorder(tmp_path / name, append=True) as recorder:
                recorder.add(exchange())

            assert 1 == len(entries(tmp_path / name))

    @pytest.mark.parametrize(
        "text", ['{"log": {"entries": []}}', "x", '{"log": {"version": "1.2", "creator": {"name": "pixpact"']
    )
    def test_a_file_of_others_is_not_continued(self, tmp_path, text):
        """It stays as it was."""
        path = tmp_path / "a.har"
        path.write_text(text)
        with pytest.raises(RecordingError, match=r"a\.har.*name a new file"):
            HarRecorder(path, append=True)

        assert text == path.read_text()

    def test_a_place_that_cannot_be_written_is_reported(self, tmp_path):
        """With the name of the file and what to do."""
        with pytest.raises(RecordingError, match=r"nowhere.*name a file"):
            HarRecorder(tmp_path / "nowhere" / "a.har")

    def test_a_write_that_fails_leaves_the_file_whole(self, tmp_path):
        """As when the disk is full: the entries before it are there, and the next one can follow."""
        path = tmp_path / "a.har"
        recorder = HarRecorder(path)
        recorder.add(exchange(1))
        recorder._file = Full(recorder._file)
        with pytest.raises(RecordingError, match="only a part could be written"):
            recorder.add(exchange(2))
        recorder._file = recorder._file.file

        assert 1 == len(entries(path))
        recorder.add(exchange(3))
        recorder.close()
        assert 2 == len(entries(path))

    @settings(deadline=None)
    @given(st.text(max_size=30), st.binary(max_size=60))
    def test_any_exchange_can_be_recorded(self, tmp_path_factory, text, body):
        """Whatever is in it, the file can be read; what UTF-8 cannot hold comes back as JSON can hold it."""
        path = tmp_path_factory.getbasetemp() / "any.har"
        made = exchange(response_body=body, note={"word": text}, url="https://api.example/\ud800")
        with HarRecorder(path) as recorder:
            recorder.add(made)

        assert [recorded_exchange(made)] == entries(path)

    @pytest.mark.sweep
    def test_an_interrupt_leaves_the_file_whole(self, tmp_path):
        """Ctrl-C in the middle of recording: what was added is there, and the file is a HAR document."""
        path = tmp_path / "a.har"
        code = f"""
import sys
from pathlib import Path
from pixpact.contracts.traffic.recording import HarRecorder
from pixpact.wire.exchange import Exchange
recorder = HarRecorder(Path({str(path)!r}))
print("ready", flush=True)
for number in range(1, 100_000):  # ends by itself where nobody interrupts it
    recorder.add(Exchange(float(number), "GET", "https://api.example/", response_body=b"x" * (number % 977)))
    if number == 50:
        print("on the way", flush=True)
"""
        child = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        assert child.stdout is not None
        assert [b"ready", b"on the way"] == [child.stdout.readline().strip() for _ in range(2)]
        child.send_signal(signal.SIGINT)
        child.wait(30)
        child.stdout.close()
        found = entries(path)

        assert len(found) >= 50
        assert [float(number) for number in range(1, len(found) + 1)] == [it.started for it in found]


class Full:
    """A file on a disk that has room for seven bytes only, once."""

    def __init__(self, file):
        self.file = file
        self.writes = 0

    def __getattr__(self, name):
        return getattr(self.file, name)

    def write(self, data):
        self.writes += 1
        return self.file.write(data[:7] if self.writes == 1 else data)


class TestWhatARunKeeps:
    def test_a_short_exchange_stays_as_it_is(self):
        """With its secrets: a command to repeat it needs the key that was sent."""
        sent = exchange()

        assert compact(sent) is sent

    def test_of_a_long_response_the_facts_of_its_images_stay(self):
        """And the request as it was sent; the bytes go."""
        encoded = base64.b64encode(image() + bytes(2 * MOST_BODY)).decode()
        sent = exchange(response_body=json.dumps({"b64": encoded, "id": "x"}).encode())
        kept = compact(sent)

        assert len(kept.response_body) < 1000
        assert sent.request_headers == kept.request_headers
        assert "x" == json.loads(kept.response_body)["id"]
        assert facts_of(sent, encoded) == facts_of(kept, json.loads(kept.response_body)["b64"])

    def test_a_long_text_is_cut(self):
        """And says so."""
        kept = compact(exchange(response_body=b"a" * 3 * MOST_BODY))

        assert len(kept.response_body) < 2 * MOST_BODY
        assert "response" == kept.note["truncated"]
