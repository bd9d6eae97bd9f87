"""Commands that send a request again: run by a real shell, with the real curl, against a server that remembers."""

from __future__ import annotations

import json
import os
import random
import shlex
import subprocess
import threading
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from pixpact.contracts.repro.curl import CredentialText, CredentialWriter, curl, script
from pixpact.contracts.repro.shell import ShellWord, joined_word
from pixpact.contracts.transport.multipart import parts, safe_name
from pixpact.specs.contract.model import CredentialPlace
from pixpact.wire.exchange import Exchange

SECRET = "sk-secret-0123456789"
HOST = "https://api.toy.example"
JSON = ("Content-Type", "application/json")
PNG = b"\x89PNG\r\n\x1a\n" + bytes(range(256))


class Remembering(BaseHTTPRequestHandler):
    """Answers every request with nothing, and keeps it."""

    def do_any(self):
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        self.server.seen.append(Exchange(0.0, self.command, self.path, tuple(self.headers.items()), body))
        response = self.server.responses.get(self.command, b"")
        self.send_response(200 if response else 204)
        self.end_headers()
        self.wfile.write(response)

    do_GET = do_POST = do_DELETE = do_HEAD = do_PUT = do_any  # noqa: N815  # the names that http.server looks for

    def log_message(self, *_):
        pass


@pytest.fixture(scope="module")
def server():
    with HTTPServer(("127.0.0.1", 0), Remembering) as made:
        made.seen, made.responses = [], {}
        thread = threading.Thread(target=made.serve_forever, daemon=True)
        thread.start()
        yield made
        made.shutdown()
        thread.join()


@pytest.fixture
def sent(server, tmp_path):
    """What arrives when a command is run in a POSIX shell with the key in its variable."""

    def run(command, shell="sh"):
        server.seen.clear()
        here = f"http://127.0.0.1:{server.server_port}"
        environment = {"PATH": os.environ["PATH"], "PIXPACT_API_KEY": SECRET, "FOUND": "dr_9", "no_proxy": "*"}
        done = subprocess.run(
            [shell, "-ec", command.replace(HOST, here)], cwd=tmp_path, env=environment, capture_output=True, timeout=30
        )
        assert 0 == done.returncode, done.stderr.decode()
        return server.seen[-1]

    return run


def post(body=b"", *headers, path="/v2/drawings", method="POST", response=()):
    return Exchange(0.0, method, HOST + path, headers, body, 200, response)


def test_the_key_stands_in_a_variable(sent):
    """The scheme stays; the key is what the shell has."""
    command = curl(post(b'{"a": 1}', JSON, ("Authorization", f"Bearer {SECRET}")))

    assert SECRET not in command
    assert '-H "Authorization: Bearer $PIXPACT_API_KEY"' in command
    assert f"Bearer {SECRET}" == sent(command).request_header("authorization")


@pytest.mark.parametrize(
    ("exchange", "sender"),
    [
        (post(path=f"/v2/purse?a=1&api_key={SECRET}&b=%20"), CredentialWriter()),
        (post(path=f"/v2/purse?a=1&key={SECRET}&b=%20"), CredentialWriter()),
        (post(path=f"/v2/purse?a=1&who={SECRET}&b=%20"), CredentialWriter((CredentialPlace("who", "query", ""),))),
    ],
)
def test_a_key_in_the_query(sent, exchange, sender):
    """By its usual names, or by the one that the contract gives; the rest of the query stays."""
    command = curl(exchange, sender)

    assert SECRET not in command
    assert exchange.url.removeprefix(HOST) == sent(command).url


def test_a_key_in_a_header_of_the_contracts_own(sent):
    """Whatever its name and what stands before the key."""
    sender = CredentialWriter((CredentialPlace("X-Who", "header", "Key "),), CredentialText("TOY_KEY"))
    command = curl(post(b"", ("X-Who", f"Key {SECRET}")), sender)

    assert '-H "X-Who: Key $TOY_KEY"' in command
    assert f"Key {SECRET}" == sent(f"TOY_KEY={SECRET}\n{command}").request_header("x-who")


def test_a_request_without_a_key_stays_one(sent):
    """The refusal is what it shows."""
    assert (
        sent(curl(post(b"{}", JSON), CredentialWriter((CredentialPlace("X-Who", "header", ""),)))).request_header(
            "x-who"
        )
        is None
    )


def test_a_wrong_key_is_written_out(sent):
    """It is no secret."""
    command = curl(
        post(b"{}", JSON, ("Authorization", "Bearer nobody")),
        CredentialWriter(key=CredentialText(literal="it's wrong")),
    )

    assert "Bearer it's wrong" == sent(command).request_header("authorization")


@pytest.mark.parametrize("shell", ["sh", "bash"])
@pytest.mark.parametrize(
    "value",
    [
        'it\'s $HOME and `id` and \\ and "quotes" and !x',
        "漢字 🎨 é",
        "@file",
        "a\nb\tc",
        "seen\u202eneeS \u200b\x7f",
        "%0A +&=",
        "-d x; rm -rf .",
    ],
)
def test_a_json_body_arrives_as_it_was(sent, shell, value):
    """Compact, quoted for the shell, with escapes for what cannot be seen."""
    body = {"prompt": value, value: [1.50, True, None, {"deep": value}]}
    command = curl(post(json.dumps(body, indent=4, ensure_ascii=False).encode(), JSON))

    assert body == json.loads(sent(command, shell).request_body)
    assert all(character.isprintable() or character == "\n" for character in command)
    assert 3 == len(command.splitlines())


@pytest.mark.parametrize(
    "body",
    [b'{"a": 1, "a": 2}', b'{"n": 1.0, "m": 1e400}', b'{"half": "\\ud800"}', b'[" : ", "token", " b : c "]', b'"x"'],
)
def test_compact_json_says_the_same(sent, body):
    """No field is lost, no number rewritten, no text touched: only the space between them goes."""
    arrived = sent(curl(post(body, JSON))).request_body
    pairs = {"object_pairs_hook": tuple, "parse_float": str}

    assert json.loads(body, **pairs) == json.loads(arrived, **pairs)


@pytest.mark.parametrize(
    "body",
    [
        b'{"a": ',
        b"{'a': 1}  ",
        b"@not-a-file",
        b"line\r\nline\n",
        b"\x00\xff binary \x1b",
        b"a" * 40_000,
        json.dumps({"prompt": "x" * 32_000}).encode(),
        "🎨\u202e".encode(),
    ],
    ids=["cut", "spaces", "at", "lines", "binary", "long", "long-json", "unseen"],
)
def test_any_other_body_arrives_byte_by_byte(sent, body):
    """Malformed JSON stays malformed; what a command line cannot carry is piped in."""
    command = curl(post(body, JSON))
    arrived = sent(command)

    assert body.replace(b'": "', b'":"') == arrived.request_body
    assert ["application/json"] == [value for name, value in arrived.request_headers if name == "Content-Type"]
    assert len(command) < 5000


def test_a_body_without_a_media_type_keeps_having_none(sent):
    """Curl would call it a form."""
    assert sent(curl(post(b"{}"))).request_header("content-type") is None


def test_a_body_too_long_to_paste_is_named(sent, tmp_path):
    """By its length and SHA-256, so that it can be found in the recording."""
    body = bytes(random.Random(0).randbytes(40_000))
    command = curl(post(body, ("Content-Type", "application/octet-stream")))
    (tmp_path / "request-body").write_bytes(body)

    assert command.startswith("# request-body: 40000 bytes, sha256 ")
    assert body == sent(command).request_body


def test_secrets_in_a_body_are_not_written():
    """By the names of fields and of parameters of addresses."""
    body = {"webhook": f"https://me:{SECRET}@hook.invalid/?token={SECRET}", "password": SECRET, "n": ["token", "plain"]}
    command = curl(post(json.dumps(body).encode(), JSON))
    form = curl(post(f"a=1&password={SECRET}".encode(), ("Content-Type", "application/x-www-form-urlencoded")))

    assert SECRET not in command + form
    assert '"n":["token","plain"]' in command


@pytest.mark.parametrize("method", ["GET", "POST", "DELETE", "PUT", "HEAD"])
@pytest.mark.parametrize("body", [b"", b"{}"])
def test_the_method_is_that_of_the_request(sent, method, body):
    """Said only where curl would choose another."""
    assert method == sent(curl(post(body if method != "HEAD" else b"", JSON, method=method))).method


def test_headers_that_belong_to_a_client_are_left_out(sent):
    """What the contract may be about stays, also when it is empty."""
    dull = ["Host", "User-Agent", "Cookie", "Accept-Encoding", "Content-Length", "sec-ch-ua", ":authority", "Referer"]
    command = curl(
        post(b"", *((name, "x") for name in dull), ("Prefer", "code=429"), ("X-Empty", ""), ("Accept", "*/*"))
    )
    arrived = sent(command)

    assert ["Prefer: code=429", "X-Empty;"] == [it for it in shlex.split(command) if it.startswith(("Prefer", "X-"))]
    assert ("code=429", "") == (arrived.request_header("prefer"), arrived.request_header("x-empty"))
    assert not any(f"{name}:" in command for name in dull)


def form(*pieces, boundary="BB"):
    body = b"".join(b"--BB\r\nContent-Disposition: form-data; " + piece + b"\r\n" for piece in pieces) + b"--BB--\r\n"
    return post(body, ("Content-Type", f"multipart/form-data; boundary={boundary}"), path="/v2/files")


UPLOAD = b'name="file"; filename="../a b.png"\r\nContent-Type: image/png\r\n\r\n' + PNG


def test_a_form_is_sent_as_a_form(sent, tmp_path):
    """Files are made in the working directory and nowhere else, fields are taken literally."""
    command = curl(form(UPLOAD, b'name="note"\r\n\r\n@it\'s <fine>', b'name="two"\r\n\r\na\r\nb'))
    arrived = {part.name: part for part in parts(sent(command))}

    assert {"file": PNG, "note": b"@it's <fine>", "two": b"a\r\nb"} == {
        name: part.content for name, part in arrived.items()
    }
    assert ("a_b.png", "image/png") == (arrived["file"].filename, arrived["file"].kind)
    assert {"a_b.png", "two"} == {path.name for path in tmp_path.iterdir()}


def test_a_large_file_is_named(tmp_path):
    """The user has an image of his own."""
    command = curl(form(UPLOAD + bytes(20_000)))

    assert command.startswith("# a_b.png: 20264 bytes, sha256 ")


def test_a_form_that_is_none_is_sent_as_it_was(sent):
    """A missing end or boundary may be what the probe is about."""
    broken = form(UPLOAD, boundary="other")
    arrived = sent(curl(broken))

    assert broken.request_body == arrived.request_body
    assert broken.request_header("content-type") == arrived.request_header("content-type")


@pytest.mark.parametrize(
    ("given", "name"), [("../../etc/passwd", "passwd"), ("-rf", "rf"), ("..", "file"), ("a;b$c.png", "a_b_c.png")]
)
def test_a_file_name_is_harmless(given, name):
    """It is part of a command and of a path."""
    assert name == safe_name(given)


def test_an_image_goes_to_a_file():
    """And not to the terminal."""
    command = curl(post(method="GET", path="/x.png", response=(("Content-Type", "image/png"),)))

    assert f"curl -sS -D - -o image {HOST}/x.png" == command


def trace(task):
    submitted = Exchange(0.0, "POST", f"{HOST}/v2/drawings", (JSON,), b"{}", 202, (), json.dumps({"id": task}).encode())
    poll = post(method="GET", path=f"/v2/drawings/{task}")
    done = Exchange(
        0.0, "GET", poll.url, (), b"", 200, (), b'{"sheets":[{"file":"https://files.example/1.png?sig=ab"}]}'
    )
    return submitted, poll, done, Exchange(0.0, "GET", "https://files.example/1.png?sig=ab")


def test_a_trace_is_a_script():
    """What a response gave is caught in a variable; polls of the same address are a loop that takes as long."""
    submitted, poll, done, image = trace("dr_8fK2")
    commands = script([submitted, poll, replace(done, started=2.5), image])

    assert [
        f"RESPONSE=$(curl -i -sS {HOST}/v2/drawings \\",
        "  -H 'Content-Type: application/json' \\",
        "  -d '{}' | tee /dev/stderr)",
        f"FOUND=$({TAKEN.format('id', '')})",
        f'for poll in 1 2; do sleep 2; RESPONSE=$(curl -i -sS "{HOST}/v2/drawings/$FOUND" | tee /dev/stderr); done',
        f"FOUND2=$({TAKEN.format('file', '')})",
        'curl -i "$FOUND2"',
    ] == commands.splitlines()


TAKEN = (
    "printf %s \"$RESPONSE\" | tr -d '\\r\\n' | "
    'grep -o \'"{}"[[:space:]]*:[[:space:]]*{}"[^"]*"\' | sed -n 1p | cut -d\'"\' -f4'
)


@pytest.mark.parametrize(
    "response",
    [
        '{"id": "dr_9"}',
        '{"other": "x", "data": [{"name": "first"}, {"id":\n "dr_9"}]}',
        '{"parent": {"id": "dr_1"}, "id":"dr_9"}',
        '{"ids":[ "dr_9", "dr_8"]}',
    ],
    ids=["plain", "later", "second", "list"],
)
def test_the_script_follows_the_task_that_it_submits(server, sent, response):
    """The id of the run is gone: that of the new submission is polled, wherever the response says it."""
    submitted = replace(trace("")[0], response_body=response.replace("dr_9", "dr_8fK2").encode())
    server.responses["POST"] = response.encode()
    try:
        arrived = sent(script([submitted, post(method="GET", path="/v2/drawings/dr_8fK2")]))
    finally:
        server.responses.clear()

    assert "/v2/drawings/dr_9" == arrived.url


def test_an_address_with_escaped_slashes_is_followed(server, sent):
    """Some writers of JSON put a backslash before each slash."""
    here = f"http://127.0.0.1:{server.server_port}"
    response = json.dumps({"url": f"{here}/a.png"}).replace("/", "\\/").encode()
    server.responses["POST"] = response
    try:
        submitted = replace(trace("")[0], response_body=response)
        arrived = sent(script([submitted, Exchange(0.0, "GET", f"{here}/a.png")]))
    finally:
        server.responses.clear()

    assert "/a.png" == arrived.url


def test_a_response_cannot_write_a_command():
    """A name of a field goes into a remark, an id into an address: neither can leave it."""
    evil = "x\nrm -rf ~ #'\"; $(id)"
    submitted = Exchange(0.0, "POST", HOST, (), b"", 200, (), json.dumps({evil: "task-1"}).encode())
    commands = script([submitted, post(method="GET", path="/v2/task-1"), post(method="GET", path=f"/v2/{evil}")])
    lines = [line for line in commands.splitlines() if not line.startswith("#")]

    assert ["curl", "-i", f"{HOST}/v2/{evil}"] == shlex.split("\n".join(lines))[-3:]
    assert "# set FOUND to /x\\nrm -rf ~ #'\"; $(id) of the response" in commands.splitlines()


@pytest.mark.parametrize(
    "texts", [["Bearer ", "K"], ["a$b`c\"d\\e!f'g", "K", "\n"], ["", "K", "tail"], ["only text"], ["K"], ["K", "_x"]]
)
def test_words_of_a_shell(texts):
    """Whatever stands around a variable, the shell puts it together as it should."""
    written = joined_word([ShellWord(text, variable=text == "K") for text in texts])
    done = subprocess.run(["sh", "-c", f"printf %s {written}"], env={"K": "a  'b"}, capture_output=True, text=True)

    assert "".join("a  'b" if text == "K" else text for text in texts) == done.stdout


def test_a_packed_body_is_gzip():
    """The same request gives the same command on every machine and day."""
    command = curl(post(b"\x00" * 10))

    assert curl(post(b"\x00" * 10)) == command
    assert command.startswith("printf %s H4sIA")
