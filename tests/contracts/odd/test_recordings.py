"""Recordings as real tools write them, one oddity each, with the verdict that a careful person gives.

The base is one order of an image: the submit, two polls, the download, and a request that is refused. Each row changes
one thing of it and says how `pixpact check toapis --traffic FILE` must end: the exit code, the claims of its findings,
and words of what is listed as not judged. Unless a row says so there are no findings, and the rest is judged as ever.
"""

from __future__ import annotations

import base64
import gzip
import json
import zlib
from copy import deepcopy
from functools import cache
from io import BytesIO
from pathlib import Path

import pytest
from PIL import Image

from pixpact.cli.check import CheckOptions, _recorded
from pixpact.contracts.run.verdict import outcome
from pixpact.specs.catalogue import SpecCatalogue
from pixpact.terminal.refusal import UsageRefused

HOST = "https://toapis.com"
PATH = "/v1/images/generations"
IMAGE_URL = "https://files.toapis.com/g/x-0.jpg"
BEGAN = 1_790_000_000
WHEN = "2026-09-21T14:13:{:02}.000Z"
TASK = {"id": "task_img_98632b2716b5", "object": "generation.task", "model": "doubao-seedream-5-0", "status": "queued"}
QUEUED = TASK | {"progress": 0, "created_at": BEGAN, "metadata": {}}
DONE = TASK | {
    "status": "completed",
    "progress": 100,
    "created_at": BEGAN,
    "completed_at": BEGAN + 1,
    "expires_at": BEGAN + 1 + 86400,
    "metadata": {},
    "result": {"type": "image", "data": [{"url": IMAGE_URL}]},
}
WRONG = {"error": {"code": 400, "message": "n must be at most 15; got 99", "type": "invalid_request_error"}}
BUSY = {"error": {"code": 429, "message": "Too many requests", "type": "rate_limit_error"}}
ORDER = {"model": "doubao-seedream-5-0", "prompt": "A cute panda", "size": "16:9", "n": 1}
SUBMIT, POLL, END, IMAGE, REFUSED = range(5)
ANSWERED = (SUBMIT, POLL, END, REFUSED)
BODY, OF_REQUEST = "not recorded: the body of the response", "not recorded: the body of the request"
TIME, KEY = "not recorded: the time of the request", "not recorded: the API key"
READ = "read all the same"


@cache
def contract():
    return SpecCatalogue().source("toapis").contract()


@cache
def image():
    file = BytesIO()
    Image.new("RGB", (2848, 1600), "teal").save(file, "JPEG")
    return file.getvalue()


def named(headers):
    return [{"name": name, "value": value} for name, value in headers.items()]


def entry(second, method, url, status, body, sent=None, kind="application/json", keyed=True):
    """One entry as a proxy writes it; `body` is JSON, or bytes."""
    headers = {"Host": "toapis.com", **({"Authorization": "Bearer sk-test"} if keyed else {})}
    headers |= {"Content-Type": "application/json"} if sent is not None else {}
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    text = {"text": raw.decode()} if kind.endswith("json") else {"text": base64.b64encode(raw).decode()}
    text |= {} if kind.endswith("json") else {"encoding": "base64"}
    posted = {} if sent is None else {"postData": {"mimeType": "application/json", "text": json.dumps(sent)}}
    return {
        "startedDateTime": WHEN.format(20 + second),
        "time": 50,
        "request": {"method": method, "url": url, "headers": named(headers), "bodySize": -1, **posted},
        "response": {
            "status": status,
            "headers": named({"Content-Type": kind}),
            "content": {"size": len(raw), "mimeType": kind, **text},
            "bodySize": -1,
        },
    }


@cache
def _base():
    task = f"{HOST}{PATH}/{TASK['id']}"
    return [
        entry(0, "POST", HOST + PATH, 200, QUEUED, ORDER),
        entry(1, "GET", task, 200, QUEUED),
        entry(2, "GET", task, 200, DONE),
        entry(3, "GET", IMAGE_URL, 200, image(), kind="image/jpeg", keyed=False),
        entry(4, "POST", HOST + PATH, 400, WRONG, ORDER | {"n": 99}),
    ]


def stranger(**more):
    return {"startedDateTime": WHEN.format(20), "request": {"method": "POST", "url": "https://a.example/g"}, **more}


# ---- changes, each of some entries


def content(where=ANSWERED, **fields):
    """Fields of the responses' content; None takes one away."""

    def change(entries):
        for index in where:
            found = entries[index]["response"]["content"]
            found.update(fields)
            for name in [name for name, value in fields.items() if value is None]:
                del found[name]

    return change


def text(turn, where=ANSWERED, encoding="base64", **fields):
    """The text of bodies, made from the bytes that it stood for."""

    def change(entries):
        for index in where:
            found = entries[index]["response"]["content"]
            raw = base64.b64decode(found["text"]) if found.get("encoding") else found["text"].encode()
            found["text"] = turn(raw)
            found.pop("encoding", None)
            found |= {"encoding": encoding} if encoding else {}
            found |= fields

    return change


def of(part, where=range(5), **fields):
    """Fields of entries, or of a part of them; None is null, ... takes one away."""

    def change(entries):
        for index in where:
            found = entries[index][part] if part else entries[index]
            for name, value in fields.items():
                if value is ...:
                    found.pop(name, None)
                else:
                    found[name] = value

    return change


def header(part, name, value, where=ANSWERED):
    """One header field; None takes it away."""

    def change(entries):
        for index in where:
            kept = [it for it in entries[index][part]["headers"] if it["name"] != name]
            entries[index][part]["headers"] = kept + ([] if value is None else [{"name": name, "value": value}])

    return change


def posted(where=(SUBMIT, REFUSED), **fields):
    """Fields of the requests' postData; None takes one away."""

    def change(entries):
        for index in where:
            found = entries[index]["request"]["postData"]
            found.update(fields)
            for name in [name for name, value in fields.items() if value is None]:
                del found[name]

    return change


def response(index, status, body, kind="application/json"):
    """Another response at one place."""

    def change(entries):
        before = entries[index]
        made = entry(0, "GET", "", status, body, kind=kind)["response"]
        entries[index] = before | {"response": made}

    return change


def added(place, made):
    return lambda entries: entries.insert(place, deepcopy(made))


def every(*changes):
    def change(entries):
        for each in changes:
            each(entries)

    return change


def based(raw):
    return base64.b64encode(raw).decode()


def in_lines(raw):
    return base64.encodebytes(raw).decode()


def without(*indices):
    def change(entries):
        for index in sorted(indices, reverse=True):
            del entries[index]

    return change


def poll(status, body, second=1):
    return entry(second, "GET", f"{HOST}{PATH}/{TASK['id']}", status, body)


FAILED_FETCH = entry(3, "GET", IMAGE_URL, 503, b"<html>busy</html>", kind="text/html", keyed=False)
FIELDS = {"Authorization": "Bearer sk-test", "Content-Type": "application/json"}

ROWS = {
    # name: (change, exit code, claims of findings, words of what is listed)
    "as it is": (lambda _: None, 0, [], []),
    # bodies of responses that were left out
    "no content": (of("response", ANSWERED, content=...), 3, [], [BODY]),
    "content null": (of("response", ANSWERED, content=None), 3, [], [BODY]),
    "no text, size 0 (Chrome, evicted)": (content(text=None, size=0), 3, [], [BODY]),
    "no text, size -1 (Playwright omit)": (content(text=None, size=-1), 3, [], [BODY]),
    "no text, no size": (content(text=None, size=None), 3, [], [BODY]),
    "no text, size as sent": (content(text=None), 3, [], [BODY]),
    "text null": (every(content(text=None), of("response", ANSWERED)), 3, [], [BODY]),
    "empty text, size as sent (Fiddler)": (content(text=""), 3, [], [BODY]),
    "empty text, no size": (content(text="", size=None), 3, [], [BODY]),
    "in a file of its own (Playwright attach)": (content(text=None, _file="a.json"), 3, [], [BODY]),
    "text is an object": (content(text={"id": "x"}), 3, [], [BODY]),
    "blacked out by a sanitizer": (content(text="[application/json redacted]"), 3, [], [BODY]),
    "only the last poll was left out": (content([END], text=None), 0, [], [BODY]),
    "only the image was left out": (content([IMAGE], text=None), 0, [], [BODY]),
    "only the image was left out, size 0": (content([IMAGE], text=None, encoding=None, size=0), 0, [], [BODY]),
    # bodies that are written otherwise
    "base64 of everything": (text(based), 0, [], []),
    "base64 in lines (MIME)": (text(in_lines), 0, [], []),
    "base64 for URLs, without padding": (
        text(lambda raw: base64.urlsafe_b64encode(raw).decode().rstrip("="), range(5)),
        0,
        [],
        [],
    ),
    "encoding in capitals": (text(based, encoding="BASE64"), 0, [], []),
    "encoding utf-8": (content(encoding="utf-8"), 0, [], []),
    "encoding empty": (content(encoding=""), 0, [], []),
    "encoding unknown": (content(encoding="quoted-printable"), 3, [], [BODY]),
    "base64 that does not say so": (text(based, range(5), None), 0, [], [READ]),
    "base64 image that does not say so": (text(based, [IMAGE], None), 0, [], [READ]),
    "base64 that does not say so, no size": (text(based, ANSWERED, None, size=-1), 3, [], [BODY]),
    "base64 image that does not say so, no size": (text(based, [IMAGE], None, size=-1), 0, [], [BODY]),
    "base64 said of plain text": (content(encoding="base64"), 0, [], [READ]),
    "base64 that cannot be decoded": (content([IMAGE], text="/9j/4AA*QSk"), 0, [], [BODY]),
    "an image read as Latin-1": (text(lambda raw: raw.decode("latin-1"), [IMAGE], None), 0, [], [BODY]),
    "an image read as UTF-8": (text(lambda raw: raw.decode("utf-8", "replace"), [IMAGE], None), 0, [], [BODY]),
    "still gzip, in base64": (
        every(text(lambda raw: based(gzip.compress(raw))), header("response", "Content-Encoding", "gzip")),
        0,
        [],
        [READ],
    ),
    "still gzip, nothing says so": (text(lambda raw: based(gzip.compress(raw))), 0, [], [READ]),
    "still deflate": (
        every(text(lambda raw: based(zlib.compress(raw))), header("response", "Content-Encoding", "deflate")),
        0,
        [],
        [READ],
    ),
    "still br": (
        every(text(lambda _: based(b"\x8b\x03\x80\xff\xfe")), header("response", "Content-Encoding", "br")),
        3,
        [],
        [BODY],
    ),
    "undone, with its Content-Encoding": (
        every(header("response", "Content-Encoding", "br"), header("response", "Content-Length", "60")),
        0,
        [],
        [],
    ),
    # bodies that were cut
    "JSON cut, size as sent": (text(lambda raw: raw[:60].decode(), encoding=None), 3, [], [BODY]),
    "JSON cut, size of what is left": (text(lambda raw: raw[:60].decode(), encoding=None, size=60), 3, [], [BODY]),
    "JSON cut, no size": (text(lambda raw: raw[:60].decode(), encoding=None, size=-1), 3, [], [BODY]),
    "image cut": (text(lambda raw: based(raw[: len(raw) // 2]), [IMAGE]), 0, [], [BODY]),
    "size counts the base64": (
        lambda entries: content([IMAGE], size=len(entries[3]["response"]["content"]["text"]))(entries),
        0,
        [],
        [],
    ),
    # requests
    "no body of requests": (of("request", (SUBMIT, REFUSED), postData=...), 0, [], [OF_REQUEST]),
    "postData null, size known": (of("request", (SUBMIT, REFUSED), postData=None, bodySize=83), 0, [], [OF_REQUEST]),
    "postData without text (Chrome, long)": (posted(text=None), 0, [], [OF_REQUEST]),
    "postData empty, with a length": (
        every(posted(text=""), header("request", "Content-Length", "83", (SUBMIT, REFUSED))),
        0,
        [],
        [OF_REQUEST],
    ),
    "postData in base64": (
        every(posted([SUBMIT], text=based(json.dumps(ORDER).encode()), encoding="base64"), without(REFUSED)),
        0,
        [],
        [],
    ),
    "postData in an unknown encoding": (posted(encoding="zip"), 0, [], [OF_REQUEST]),
    "postData cut": (
        every(posted([SUBMIT], text='{"model": "doubao'), header("request", "Content-Length", "83", [SUBMIT])),
        0,
        [],
        [OF_REQUEST],
    ),
    "prompt blacked out": (posted([SUBMIT], text=json.dumps(ORDER | {"prompt": "[redacted]"})), 0, [], []),
    # headers
    "no headers of requests": (of("request", headers=[]), 0, [], ["not recorded: the headers of the request", KEY]),
    "headers of requests null": (of("request", headers=None), 0, [], ["not recorded: the headers of the request", KEY]),
    "no headers of requests, no media type": (
        every(of("request", headers=[]), posted(mimeType="")),
        0,
        [],
        ["not recorded: the headers of the request", KEY],
    ),
    "no headers of responses": (of("response", headers=[]), 0, [], ["not recorded: the headers of the response"]),
    "no headers, no media type": (
        every(of("response", headers=[]), content(range(5), mimeType="x-unknown")),
        0,
        [],
        ["not recorded: the headers of the response"],
    ),
    "headers as an object": (of("request", ANSWERED, headers=FIELDS), 0, [], []),
    "a header without a name": (lambda entries: entries[0]["response"]["headers"].append({"value": "x"}), 0, [], []),
    "a header with a number": (
        lambda entries: entries[0]["response"]["headers"].append({"name": "n", "value": 5}),
        0,
        [],
        [],
    ),
    "key removed (sanitizer)": (header("request", "Authorization", None), 0, [], [KEY]),
    "key blacked out": (header("request", "Authorization", "***"), 0, [], []),
    "browser, without keys": (
        every(of("", _initiator={"type": "script"}), header("request", "Authorization", None)),
        0,
        [],
        [KEY],
    ),
    # times
    "no times": (of("", startedDateTime=...), 0, [], [TIME]),
    "times null": (of("", startedDateTime=None), 0, [], [TIME]),
    "times that are none": (of("", startedDateTime="yesterday"), 0, [], [TIME]),
    "times of the year 1": (of("", startedDateTime="0001-01-01T00:00:00"), 0, [], [TIME]),
    "times of 1970": (of("", startedDateTime="1970-01-01T00:00:00.000Z"), 0, [], [TIME]),
    "local times without a zone": (of("", startedDateTime="2026-09-21T22:13:20.000"), 0, [], [TIME]),
    "the recorder's clock is a day off": (
        every(
            of("", startedDateTime="2026-09-20T14:13:20.000Z"),
            header("response", "Date", "Mon, 21 Sep 2026 14:13:20 GMT"),
        ),
        0,
        [],
        [TIME],
    ),
    "times in milliseconds": (of("", startedDateTime=BEGAN * 1000), 0, [], []),
    "times with an offset without a colon": (of("", startedDateTime="2026-09-21T16:13:20.000+0200"), 0, [], []),
    "no durations": (of("", time=-1), 0, [], []),
    "durations null": (of("", time=None), 0, [], []),
    "newest first": (lambda entries: entries.reverse(), 0, [], []),
    "newest first, two in one second": (
        every(of("", [POLL, END], startedDateTime=WHEN.format(21)), lambda entries: entries.reverse()),
        0,
        [],
        [],
    ),
    # odd entries
    "an entry null": (added(0, None), 0, [], ["left out of"]),
    "an entry that is a text": (added(0, "x"), 0, [], ["left out of"]),
    "a request null": (added(1, stranger(request=None)), 0, [], ["left out of"]),
    "no method": (added(0, stranger(request={"url": "https://a.example"})), 0, [], ["left out of"]),
    "a URL that is a number": (added(0, stranger(request={"method": "GET", "url": 5})), 0, [], ["left out of"]),
    "a status that is a word": (added(0, stranger(response={"status": "OK"})), 0, [], ["left out of"]),
    "a status that is a text": (of("response", status="200", where=[SUBMIT]), 0, [], []),
    "another host, bad base64": (
        added(0, stranger(response={"status": 204, "content": {"text": "R0 *", "encoding": "base64"}})),
        0,
        [],
        [],
    ),
    "another host, no response": (added(0, stranger(response=None)), 0, [], []),
    "a method in small letters": (lambda entries: entries[0]["request"].update(method="post"), 0, [], []),
    "a path in place of a URL": (lambda entries: entries[0]["request"].update(url=PATH), 0, [], []),
    # what happened on the way, and is no fault of the vendor's
    "429 in place of a poll": (every(response(END, 429, BUSY), without(IMAGE)), 0, [], []),
    "429 in place of every poll": (every(response(POLL, 429, BUSY), without(END, IMAGE)), 0, [], []),
    "429 between polls": (added(2, poll(429, BUSY)), 0, [], []),
    "503 in place of the first poll": (response(POLL, 503, b"<html>busy</html>", "text/html"), 0, [], []),
    "304 between polls": (added(2, poll(304, b"")), 0, [], []),
    "a poll that got no response": (added(2, poll(0, b"")), 0, [], []),
    "the image after a 503": (added(3, FAILED_FETCH), 0, [], []),
    "the image with a 503 only": (lambda entries: entries.__setitem__(3, FAILED_FETCH), 0, [], []),
    "the image two days later": (
        every(response(IMAGE, 404, b"gone", "text/plain"), of("", [IMAGE], startedDateTime="2026-09-23T15:00:00Z")),
        0,
        [],
        [],
    ),
    # what is the vendor's fault stays one
    "JSON that is none, as it was sent": (
        every(
            text(lambda _: "{'id': 1}", [END], None, size=9),
            header("response", "Content-Length", "9", [END]),
            without(IMAGE),
        ),
        1,
        ["getImage:answer/200/content-type"],
        [],
    ),
    "a task that is not found": (
        every(response(POLL, 404, WRONG), without(END, IMAGE)),
        1,
        ["createImage:answer/link/task"],
        [],
    ),
    "a field that is missing": (
        response(POLL, 200, {k: v for k, v in QUEUED.items() if k != "id"}),
        1,
        [":answer/Task/required/id"],
        [],
    ),
    "the image is not there": (response(IMAGE, 404, b"gone", "text/plain"), 1, ["createImage:image/open"], []),
    "an image that is none, as it was sent": (
        response(IMAGE, 200, b"<html>not here</html>", "image/jpeg"),
        1,
        ["createImage:image/complete"],
        [],
    ),
    # files that are no recording
    "nothing in it": (lambda entries: entries.clear(), 3, [], []),
    "another service only": (
        lambda entries: entries.__setitem__(slice(None), [stranger(response={"status": 200})]),
        3,
        [],
        [],
    ),
}


def judged(path: Path):
    """(exit code, claims of the findings, everything listed as not judged) of a recording."""
    result = _recorded(contract(), CheckOptions(traffic=(path,)), None)
    claims = [finding.claim.id.partition(":")[2] for finding in result.findings]
    return (
        outcome(result).code,
        claims,
        [*result.notes, *(judgement.reason for judgement in result.judgements if judgement.reason)],
    )


def written(folder: Path, entries, creator="other") -> Path:
    path = folder / "app.har"
    path.write_text(json.dumps({"log": {"version": "1.2", "creator": {"name": creator}, "entries": entries}}))
    return path


def test_there_are_enough_cases():
    """Each is something that real recorders, or those who clean their files, do."""
    assert len(ROWS) >= 60


@pytest.mark.sweep
@pytest.mark.parametrize("name", ROWS)
def test_a_recording_is_judged_as_a_careful_person_would(tmp_path, name):
    """The exit code, the findings and none elsewhere, and what is listed as not judged."""
    change, code, findings, listed = ROWS[name]
    entries = deepcopy(_base())
    change(entries)
    found_code, found_claims, lines = judged(written(tmp_path, entries))

    assert (code, sorted(findings)) == (found_code, sorted(found_claims))
    assert [] == [words for words in listed if not any(words in line for line in lines)]


def test_a_file_that_breaks_off_is_judged_so_far(tmp_path):
    """What came before is there; where it ends is listed."""
    path = written(tmp_path, _base())
    path.write_text(path.read_text()[:-40])
    code, claims, lines = judged(path)

    assert (0, []) == (code, claims)
    assert any("left out of app.har: HAR /log/entries/4" in line for line in lines)


def test_an_entry_that_is_nested_too_deeply_is_left_out(tmp_path):
    """No traceback, and the others are judged."""
    path = written(tmp_path, _base())
    deep = '{"_stack": ' + "[" * 100_000 + "]" * 100_000 + "}, "
    path.write_text(path.read_text().replace('"entries": [', '"entries": [' + deep))
    code, claims, lines = judged(path)

    assert (0, []) == (code, claims)
    assert any("nested too deeply" in line for line in lines)


@pytest.mark.parametrize("text", ["", "{}", "not JSON", '{"log": {}}', '{"log": {"entries": 5}}', "[" * 5000])
def test_a_file_that_is_no_recording_is_refused(tmp_path, text):
    """With exit code 2, by one plain line that names it."""
    path = tmp_path / "app.har"
    path.write_text(text)

    with pytest.raises(UsageRefused, match=r"app\.har"):
        _recorded(contract(), CheckOptions(traffic=(path,)), None)
