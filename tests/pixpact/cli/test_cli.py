"""The command, from outside: what it prints, how it ends."""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import click
import pytest
import yaml

from pixpact.cli.main import main
from pixpact.specs.catalogue import SpecCatalogue

ROOT = Path(__file__).parents[3]
OURS = {
    *("x-lifecycles", "x-lifecycle", "x-value", "x-images", "x-image"),
    *("x-total", "x-clamp", "x-when", "x-billing", "x-evidence"),
}
VENDORS = SpecCatalogue().names()
MINIMAL = (ROOT / "specs/vendors/toapis.yaml").read_text()


@contextmanager
def serving(*arguments, cwd=None):
    """`pixpact serve` in a process of its own; gives its ready line and the process."""
    words = [sys.executable, "-m", "pixpact", "serve", "--port", "0", "--json", *arguments]
    process = subprocess.Popen(words, cwd=cwd, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    try:
        line = process.stdout.readline()
        assert line, process.stderr.read()
        yield json.loads(line), process
    finally:
        if process.poll() is None:
            process.kill()
        process.communicate(timeout=20)


def ask(url, body=None, key="sk-test"):
    headers = {"Authorization": f"Bearer {key}", "Content-Type": "application/json"}
    data = None if body is None else json.dumps(body).encode()
    try:
        with urlopen(Request(url, data, headers), timeout=20) as response:
            return response.status, json.load(response)
    except HTTPError as error:
        with error:
            return error.code, json.load(error)


def test_serve_prints_a_ready_line_and_serves():
    """With `--json` a program learns where the vendors are; they are there."""
    with serving("--pace", "instant") as (ready, _):
        assert set(VENDORS) == set(ready["vendors"])
        status, body = ask(
            ready["vendors"]["toapis"] + "/v1/images/generations", {"model": "doubao-seedream-5-0", "prompt": "x"}
        )

    assert 200 == status
    assert "queued" == body["status"]


def test_serve_reports_fields_that_nobody_reads_and_strict_refuses_them():
    """On the line of the request; with `--strict` nothing is bought."""
    body = {"model": "doubao-seedream-5-0", "prompt": "x", "siez": "1:1"}
    with serving("toapis", "--log", "--quiet", "--json") as (ready, process):
        assert 200 == ask(ready["vendors"]["toapis"] + "/v1/images/generations", body)[0]
        assert "not read: siez; size is" in process.stdout.readline()
    with serving("toapis", "--strict") as (ready, _):
        status, problem = ask(ready["vendors"]["toapis"] + "/v1/images/generations", body)

    assert (400, "createImage does not read siez; size is") == (status, problem["detail"])


@pytest.mark.parametrize("kind", [signal.SIGINT, signal.SIGTERM])
def test_serve_ends_cleanly(kind):
    """A signal ends it with exit code 0 and without a traceback."""
    with serving("toapis") as (_, process):
        process.send_signal(kind)
        _, errors = process.communicate(timeout=20)

    assert 0 == process.returncode
    assert "" == errors


def test_serve_prints_curls_that_work_when_pasted():
    """The banner's commands are run as they are."""
    words = [sys.executable, "-m", "pixpact", "serve", "--port", "0", "--pace", "instant"]
    process = subprocess.Popen(words, stdout=subprocess.PIPE, text=True)
    try:
        lines = []
        while sum(line.strip().startswith("-d ") for line in lines) < len(VENDORS):
            lines.append(process.stdout.readline())
            assert lines[-1], "the server ended before it was ready"
        text = "".join(lines)
        curls = ["curl " + part.partition("\n\n")[0].strip() for part in text.split("curl")[1:]]
        responses = [
            subprocess.run(["bash", "-c", curl + " -sS --fail"], capture_output=True, text=True, timeout=20)
            for curl in curls
        ]
    finally:
        process.kill()
        process.communicate()

    assert len(VENDORS) == len(responses)
    assert all(response.returncode == 0 and json.loads(response.stdout) for response in responses), responses


def test_a_port_in_use_is_one_clear_line(command):
    """Exit code 2, the address, the remedy."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        done = command("serve", "toapis", "--port", str(port))

    assert 2 == done.returncode
    assert 1 == len(done.stderr.strip().splitlines())
    assert str(port) in done.stderr
    assert "choose another port (0: a free one)" in done.stderr


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["serve", "apimrt"], ["apimrt", "apimart"]),
        (["serve", "apimart@2026-10"], ["2026-10", "2026-09"]),
        (["serve", "nowhere.yaml"], ["nowhere.yaml"]),
        (["show", "nobody"], ["nobody", "apimart"]),
        (["export", "nobody"], ["nobody"]),
        (["serve", "--pace", "fast"], ["fast", "instant"]),
        (["serve", "--start-time", "noon"], ["noon", "ISO 8601"]),
        (["serve", "--api-key", "sk-a=rich"], ["rich", "KEY=10.00"]),
        (["serve", "--host", "no.such.host.invalid"], ["no.such.host.invalid"]),
        (["serve", "--port", "99999"], ["99999"]),
        (["serve", "--public-url", "nonsense"], ["nonsense", "http://"]),
        (["serve", "--api-key", "sk-a=-5"], ["KEY=10.00"]),
        (["lint", "."], ["'.' is a folder", "--specs"]),
        (
            ["check", "apimart", "--url", "apimart.ai"],
            ["--url cannot be used", "it has no scheme", "write https://HOST"],
        ),
        (["check", "apimart", "--reference-url", "kite.png"], ["--reference-url", "it has no scheme", "https://HOST"]),
        (["drill", "apimart", "--pace", "fast", "--", "true"], ["--pace: 'fast' is not a pace"]),
        (["drill", "apimart", "--time-limit", "long", "--", "true"], ["--time-limit: 'long' is not a duration"]),
    ],
)
def test_what_cannot_be_used_is_reported(command, arguments, words):
    """Exit code 2, the value and the remedy, no traceback."""
    done = command(*arguments)

    assert 2 == done.returncode
    assert all(word in done.stderr for word in words), done.stderr
    assert "Traceback" not in done.stderr


def test_a_broken_spec_is_reported_with_file_and_line(command, tmp_path):
    """Every problem on its line, exit code 2."""
    (tmp_path / "broken.yaml").write_text("openapi: 3.1.0\ninfo: {title: X, version: 1.0}\npathz: {}\n")
    done = command("serve", "broken.yaml")

    assert 2 == done.returncode
    assert "broken.yaml:3 unknown-key" in done.stderr
    assert "did you mean 'paths'" in done.stderr


def test_lint_is_silent_about_nothing(command, tmp_path):
    """Clean specs end with 0 and a count, broken ones with 2 and their problems."""
    clean = command("lint", "toapis")
    (tmp_path / "broken.yaml").write_text("a: 1\na: 2\n")
    broken = command("lint", "broken.yaml")

    assert (0, 2) == (clean.returncode, broken.returncode)
    assert "0 problems" in clean.stdout
    assert "broken.yaml:2 duplicate-key" in broken.stdout


@pytest.mark.parametrize(
    "words", [["show", "toapis"], ["check", "fasttoken", "--fuzz", "0"], ["diff", "toapis", "toapis"]]
)
def test_a_terminal_without_our_signs(words, monkeypatch, command):
    """An encoding that lacks a sign gets its number; the exit code stays what it was."""
    monkeypatch.setenv("PYTHONIOENCODING", "ascii")
    done = command(*words)

    assert 0 == done.returncode, done.stderr
    assert done.stdout.isascii()
    assert "Traceback" not in done.stderr


def test_list_names_vendors_and_overlays(command):
    """A paragraph for each vendor, that fits a terminal of 80 columns and breaks no name or address."""
    done = command("list")

    assert 0 == done.returncode
    assert max(map(len, done.stdout.splitlines())) <= 100
    assert all(name in done.stdout for name in [*VENDORS, "@2026-09", "@observed"])


@pytest.mark.parametrize("name", ["apimart", "apiyi", "ark", "fasttoken", "toapis", "apimart@2026-09"])
def test_show_is_a_page(command, name):
    """Operations, fields, limits, lifecycle and evidence of any contract."""
    done = command("show", name)

    assert 0 == done.returncode
    assert all(word in done.stdout for word in ["createImage", "prompt", "Lifecycle image", "inferred"])


@pytest.mark.sweep
@pytest.mark.parametrize("name", VENDORS)
def test_show_fits_a_terminal(command, name):
    """80 columns, and no word is cut: what is wider is one word that is wider itself."""
    wide = [line for line in command("show", name).stdout.splitlines() if len(line) > 80]

    assert [] == [line for line in wide if len(line.split()) > 1]


def test_show_has_what_a_poll_is_written_from(command):
    """The field with the id and where it goes, the words of the state, where the image is, and an example of each."""
    page = command("show", "toapis").stdout
    shown = page.partition("\ngetImage ")[2].partition("\nuploadImage ")[0]
    text = " ".join(shown.split())

    assert "then getImage with id = id of this response" in " ".join(page.split())
    assert "status the state of the task; one of queued, in_progress, completed, failed" in text
    assert "url the URL of an image; string; uri" in text
    assert '"status": "completed"' in text
    assert ["queued", "in_progress", "completed", "failed"] == re.findall(r"(?m)^  example (\w+)$", shown)
    assert '404 {"error": {"code": 404, "message": "Task not found"' in text


def test_quiet_is_one_flag(command):
    """Its help is the same sentence wherever it is."""
    helps = {
        name: option.help
        for name, it in main.commands.items()
        for option in it.params
        if isinstance(option, click.Option) and "--quiet" in option.opts
    }

    assert {"serve", "check", "diff", "drill", "proxy"} == set(helps)
    assert 1 == len(set(helps.values()))


@pytest.mark.sweep
@pytest.mark.parametrize("name", VENDORS)
def test_export_is_plain_openapi(command, name):
    """Valid YAML and JSON of the same document, without any key of ours."""
    texts = [command("export", name, "--format", form).stdout for form in ("yaml", "json")]
    document = json.loads(texts[1])

    assert document == yaml.safe_load(texts[0])
    assert set() == OURS & set(keys_of(document))


def keys_of(value):
    if isinstance(value, dict):
        for key, inner in value.items():
            yield key
            yield from keys_of(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from keys_of(inner)


def test_a_folder_of_your_own_adds_vendors(tmp_path):
    """`--specs` serves NAME.yaml as /NAME, beside the others, and its overlays."""
    (tmp_path / "mine.yaml").write_text(MINIMAL.replace("title: ToAPIs", "title: Mine"))
    overlays = tmp_path / "overlays" / "toapis"
    overlays.mkdir(parents=True)
    (overlays / "tight.yaml").write_text(
        "overlay: 1.0.0\ninfo: {title: Tight, version: '1'}\nactions:\n"
        "  - {target: $.components.schemas.SeedreamRequest.properties.n, update: {maximum: 2}}\n"
    )
    body = {"model": "doubao-seedream-5-0", "prompt": "x", "n": 3}
    with serving("mine", "toapis", "toapis@tight", "--specs", str(tmp_path)) as (ready, _):
        statuses = {name: ask(url + "/v1/images/generations", body)[0] for name, url in ready["vendors"].items()}

    assert {"mine": 200, "toapis": 200, "toapis@tight": 400} == statuses


def test_reload_survives_a_broken_edit(tmp_path):
    """An edit is served, a broken one is reported and changes nothing, the next good one is served."""
    path = tmp_path / "mine.yaml"
    path.write_text(MINIMAL)
    tight = MINIMAL.replace("n: {type: integer, minimum: 1, maximum: 15", "n: {type: integer, minimum: 1, maximum: 2")
    assert tight != MINIMAL
    body = {"model": "doubao-seedream-5-0", "prompt": "x", "n": 3}
    with serving("mine", "--specs", str(tmp_path), "--reload") as (ready, process):
        url = ready["vendors"]["mine"] + "/v1/images/generations"
        assert 200 == ask(url, body)[0]
        path.write_text(MINIMAL + "\nbroken: true\n")
        reported = [process.stderr.readline() for _ in range(2)]
        assert 200 == ask(url, body)[0]
        path.write_text(tight)
        assert "reloaded\n" == process.stderr.readline()
        assert 400 == ask(url, body)[0]

    assert "not reloaded" in reported[0]
    assert "mine.yaml" in reported[1]
    assert "unknown-key" in reported[1]


def test_reload_follows_the_files_that_a_spec_refers_to(tmp_path):
    """An edit of a part in a file beside the spec is served as one of the spec is."""
    part = tmp_path / "parts" / "limits.yaml"
    part.parent.mkdir()
    part.write_text("Prompt: {type: string, minLength: 1}\n")
    written = re.sub(r"prompt: \{type: string[^{}]*\}", "prompt: {$ref: 'parts/limits.yaml#/Prompt'}", MINIMAL)
    (tmp_path / "mine.yaml").write_text(written)
    body = {"model": "doubao-seedream-5-0", "prompt": "Kite"}
    with serving("mine", "--specs", str(tmp_path), "--reload") as (ready, process):
        url = ready["vendors"]["mine"] + "/v1/images/generations"
        taken = ask(url, body)[0]
        part.write_text("Prompt: {type: string, minLength: 6}\n")
        assert "reloaded\n" == process.stderr.readline()
        refused = ask(url, body)[0]

    assert (200, 400) == (taken, refused)


def test_keys_and_balances_come_from_the_command_line():
    """`--api-key KEY=BALANCE` is the only key, and has that balance."""
    with serving("toapis", "--api-key", "sk-a=7.5") as (ready, _):
        url = ready["vendors"]["toapis"] + "/v1/balance"
        accepted, refused = ask(url, key="sk-a"), ask(url, key="sk-b")

    assert 7.5 == accepted[1]["remain_balance"]
    assert "remain_balance" not in refused[1]


def test_what_goes_wrong_comes_from_the_command_line():
    """Faults, a rate limit and extreme responses, each by its flag."""
    flags = ["--pace", "instant", "--fault", "server-error,operation=createImage,times=1", "--rate-limit", "2/day"]
    with serving("toapis", *flags, "--answers", "extreme", "--webhook", "toapis=http://127.0.0.1:1,whsec-1") as (
        ready,
        _,
    ):
        url = ready["vendors"]["toapis"] + "/v1/images/generations"
        responses = [ask(url, {"model": "doubao-seedream-5-0", "prompt": "x"}) for _ in range(3)]

    assert [500, 200, 429] == [status for status, _ in responses]
    assert "not_in_the_contract" in responses[1][1]


@pytest.mark.parametrize(
    ("flags", "said"),
    [
        (["--fault", "rate-limit"], "--fault: 'rate-limit' is not a fault; did you mean 'rate-limited'?"),
        (["--fault", "hang,vendor=apiyi"], "--fault: vendor 'apiyi' is not served; there are toapis"),
        (["--rate-limit", "5"], "--rate-limit: '5' is not a rate: write 5/s"),
        (["--webhook", "apiyi=http://127.0.0.1:1"], "--webhook: 'apiyi' is not served; there are toapis"),
        (["--webhook", "toapis=x,whsec-1"], "--webhook: write VENDOR=ORIGIN[,SECRET]"),
        (["--answers", "odd"], "'odd' is not one of 'usual', 'extreme'"),
    ],
)
def test_what_cannot_go_wrong_is_reported(command, flags, said):
    """Exit code 2, one line, the remedy, and no secret in it."""
    done = command("serve", "toapis", "--port", "0", *flags)

    assert 2 == done.returncode
    assert said in done.stderr
    assert "Traceback" not in done.stderr
    assert "whsec-1" not in done.stderr


def test_flags_come_from_a_file_too(tmp_path):
    """`pixpact.toml` sets flags by name; the command line wins."""
    (tmp_path / "pixpact.toml").write_text('pace = "polls:7"\n[serve]\napi-key = "sk-a=3"\n')
    with serving("toapis", cwd=tmp_path) as (ready, _):
        health = ask(ready["url"] + "/_pixpact/health")[1]
        balance = ask(ready["vendors"]["toapis"] + "/v1/balance", key="sk-a")[1]
    with serving("toapis", "--pace", "instant", cwd=tmp_path) as (ready, _):
        overruled = ask(ready["url"] + "/_pixpact/health")[1]

    assert ("polls:7", 3, "instant") == (health["pace"], balance["remain_balance"], overruled["pace"])


def test_the_command_without_the_extra_works(command):
    """Nothing of `pixpact[check]` is imported by the commands of the plain installation."""
    code = (
        "import sys; sys.modules.update(dict.fromkeys(['hypothesis', 'schemathesis', 'jsonschema']));"
        "from pixpact.cli.main import main; main(['lint', 'toapis'])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60)

    assert 0 == done.returncode, done.stderr


def test_a_line_per_request_when_asked_for():
    """`--log` prints what happened, without keys."""
    with serving("toapis", "--log") as (ready, process):
        ask(ready["vendors"]["toapis"] + "/v1/balance?api_key=sk-hidden", key="sk-hidden")
        line = process.stdout.readline()

    assert re.search(
        r"^\d{4}-\d\d-\d\d \d\d:\d\d:\d\dZ GET /toapis/v1/balance\S* 200 \d+ ms  getBalance  not read: \?api_key$", line
    )
    assert "hidden" not in line


BASH = """
eval "$(_PIXPACT_COMPLETE=bash_source pixpact)"
COMP_WORDS=({words}); COMP_CWORD=$((${{#COMP_WORDS[@]}} - 1))
_pixpact_completion pixpact
printf '%s\\n' "${{COMPREPLY[@]}}"
"""


@pytest.mark.parametrize(
    ("words", "offered"),
    [
        ("pixpact che", ["check"]),
        ("pixpact show toap", ["toapis"]),
        ("pixpact diff apimart apimart@", ["apimart@2026-09", "apimart@observed"]),
        ("pixpact check toapis --fail-on wa", ["warning"]),
    ],
)
def test_bash_completes(tmp_path, words, offered):
    """Commands, vendors with their overlays, and values of options, in a real shell, as its page says."""
    script = f"#!{sys.executable}\nfrom pixpact.cli.main import main\nmain()\n"
    (tmp_path / "pixpact").write_text(script)  # as the installer writes it
    (tmp_path / "pixpact").chmod(0o755)
    environment = {**os.environ, "PATH": f"{tmp_path}:{os.environ['PATH']}"}
    done = subprocess.run(
        ["bash", "-c", BASH.format(words=words)], env=environment, capture_output=True, text=True, timeout=60
    )

    assert (offered, "") == ([word for word in done.stdout.split() if word], done.stderr)
