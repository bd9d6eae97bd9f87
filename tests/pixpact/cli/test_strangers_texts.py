"""Whatever a stranger writes, in a document or in a response, does nothing to who reads it, in any form of output."""

from __future__ import annotations

import copy
import json
import re
import socket
import sys
import threading
from contextlib import suppress
from pathlib import Path
from xml.etree import ElementTree

import pytest
import yaml
from click.testing import CliRunner

from pixpact.cli.main import main
from pixpact.cli.serving.banner import ServedMock, banner
from pixpact.mockserver.context import MockSettings
from pixpact.mockserver.core.pace import parse
from pixpact.specs.catalogue import SpecCatalogue

TOY = Path(__file__).parents[3] / "fixtures/specs/toy.yaml"
NASTY = (
    "Pwned\x1b[2J\x9b31m\x07\u202e\u200b\n::error::a\r\n##[error]b ##vso[task.x]c [red]d[/red] :warning: "
    "<script>e</script> [f](http://evil.example) `g` | @user ]]> \u2028 \x00 \U000e0041 '; end"
)
"""What repaints terminals, turns text, commands a workflow, is markup of rich, an emoji, HTML, Markdown, XML, shell."""
UNSEEN = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\U000e0000-\U000e0fff]"
)
FORMATS = ("html", "json", "junit", "markdown", "sarif", "github")


def deeds(text, *, annotations=False):
    """What a text would do to a terminal or to the log of a workflow."""
    commands = [line for line in text.split("\n") if line.lstrip().startswith("::")]
    ours = [line for line in commands if annotations and re.match(r"::(error|warning|notice) (file|title)=", line)]
    found = [line for line in commands if line not in ours]
    return UNSEEN.findall(text) + re.findall(r"##\w*\[", text) + re.findall("\u26a0", text) + found


def at(document, *steps):
    for step in steps:
        document = document[step]
    return document


def put(*steps):
    """Plants a text as the value of a field."""

    def plant(document):
        at(document, *steps[:-1])[steps[-1]] = NASTY

    return plant


def rename(*steps):
    """Plants it as the name of a field."""

    def plant(document):
        inner = at(document, *steps[:-1])
        inner[NASTY] = inner.pop(steps[-1])

    return plant


def into(value, *steps):
    """Plants it as a new field, or item."""

    def plant(document):
        inner = at(document, *steps)
        inner.append(NASTY) if isinstance(inner, list) else inner.__setitem__(NASTY, value)

    return plant


def put_into(steps, **fields):
    """Plants what has it somewhere."""
    return lambda document: at(document, *steps).update(copy.deepcopy(fields))


SCHEMAS = ("components", "schemas")
PURSE = ("paths", "/v2/purse", "get")
SUCCESS = (*PURSE, "responses", "200")
JSON = ("content", "application/json")
TEXT = {"type": "string"}
GOOD = {
    "title": put("info", "title"),
    "version": put("info", "version"),
    "summary": put(*PURSE, "summary"),
    "description": put(*SUCCESS, "description"),
    "server": put("servers", 0, "url"),
    "enum value": into(None, *SCHEMAS, "Crayon", "properties", "size", "enum"),
    "request field": into({"type": "string", "enum": ["a", "b"]}, *SCHEMAS, "Order", "properties"),
    "response field": into(TEXT, *SCHEMAS, "Drawing", "properties"),
    "pattern": put(*SCHEMAS, "Picture", "pattern"),
    "field's description": put(*SCHEMAS, "Order", "properties", "reference", "description"),
    "example": rename(*SUCCESS, *JSON, "examples", "purse"),
    "error": put("components", "responses", "NoKey", *JSON, "examples", "unauthenticated", "value", "error"),
    "header": put_into(SUCCESS, headers={NASTY: {"schema": TEXT}}),
    "parameter": put_into(PURSE, parameters=[{"name": NASTY, "in": "query", "schema": TEXT}]),
    "state": rename("components", "x-lifecycles", "drawing", "states", "torn"),
    "word of a state": put(*SCHEMAS, "Drawing", "properties", "state", "enum", -1),
    "note": put("components", "x-lifecycles", "sketch", "x-evidence", "note"),
    "path": lambda document: document["paths"].update({"/v2/purse" + NASTY: document["paths"].pop("/v2/purse")}),
}
"""Where a document that is served may have it; the path last, which moves what others plant in."""
BAD = {
    "unknown key": into(1, *PURSE),
    "id": put(*PURSE, "operationId"),
    "type": put(*SCHEMAS, "Order", "properties", "prompt", "type"),
    "reference": put_into((*SCHEMAS, "Order", "properties"), prompt={"$ref": f"#/a/{NASTY}"}),
    "expression": put_into((*SCHEMAS, "Drawing", "properties", "percent"), **{"x-value": f"$task.{NASTY}"}),
    "default": put(*SCHEMAS, "Ink", "properties", "size", "default"),
    "currency": put("paths", "/v2/drawings", "post", "x-billing", "currency"),
    "name of a schema": rename(*SCHEMAS, "Sketch"),
}
"""Where lint has something to say of it."""


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A document with the text in every good place, and one in each bad place."""
    made = tmp_path_factory.mktemp("strangers")
    for name, plants in {"nasty": GOOD.values(), **{name: [plant] for name, plant in BAD.items()}}.items():
        document = copy.deepcopy(yaml.safe_load(TOY.read_text(encoding="utf-8")))
        for plant in plants:
            plant(document)
        made.joinpath(f"{name.replace(' ', '-')}.yaml").write_text(yaml.safe_dump(document), encoding="utf-8")
    document = json.loads(json.dumps(yaml.safe_load(TOY.read_text(encoding="utf-8")), default=str))
    strange = made / NASTY.replace("/", "").replace("\x00", "")[:40]
    strange.write_text(json.dumps(document))
    return made


def invoked(*words):
    done = CliRunner().invoke(main, list(map(str, words)), catch_exceptions=False)
    assert done.exit_code in (0, 1, 2, 3)
    return done.output


COMMANDS = {
    "lint": ("lint", "{nasty}"),
    "show": ("show", "{nasty}"),
    "claims": ("show", "{nasty}", "*"),
    "claim": ("show", "{nasty}", "*/enum/Pwned*"),
    "plan": ("check", "{nasty}", "--plan"),
    "diff": ("diff", "{toy}", "{nasty}"),
    "diff back": ("diff", "{nasty}", "{toy}"),
    "export": ("export", "{nasty}"),
    "export JSON": ("export", "{nasty}", "--format", "json"),
    "drifts": ("drill", "{toy}", "--drift", "{drift}", "--list"),
    "adopt": ("adopt", "{plain}"),
    "file name": ("diff", "{toy}", "{strange}"),
    "file that is not there": ("lint", NASTY.replace("\x00", "")),
    "vendor": ("check", NASTY.replace("\x00", "")),
    "model": ("models", "{toy}", "--add", NASTY.replace("\x00", "")),
}


def paths_of(folder):
    drift = {
        "overlay": "1.0.0",
        "info": {"title": NASTY, "version": "1"},
        "actions": [{"target": "$.components.schemas.Sketch.properties.most", "update": {"maximum": 2}}],
    }
    folder.joinpath("drift.yaml").write_text(yaml.safe_dump(drift), encoding="utf-8")
    plain = {
        "openapi": "3.1.0",
        "info": {"title": NASTY, "version": NASTY},
        "paths": {f"/a{NASTY}": {"post": {"summary": NASTY, "responses": {"200": {"description": NASTY}}}}},
    }
    folder.joinpath("plain.json").write_text(json.dumps(plain))
    strange = next(path for path in folder.iterdir() if path.name.startswith("Pwned"))
    names = {name: folder / f"{name}.yaml" for name in ("nasty", "drift")}
    return {**names, "plain": folder / "plain.json", "toy": TOY, "strange": strange}


def test_the_document_is_a_contract(folder):
    """So that all that follows is said of one that is read to its end."""
    assert "0 problems" in invoked("lint", folder / "nasty.yaml")


@pytest.mark.sweep
@pytest.mark.parametrize("words", COMMANDS.values(), ids=COMMANDS)
def test_what_commands_print(words, folder):
    """The text is shown, or counted, and does nothing."""
    output = invoked(*(word.format_map(paths_of(folder)) if word[0] == "{" else word for word in words))

    assert words[0] == "lint" or "Pwned" in output
    assert [] == deeds(output)


@pytest.mark.parametrize("name", BAD)
def test_what_lint_says(name, folder):
    """It names the value and the place, and nothing in it is a command."""
    output = invoked("lint", folder / f"{name.replace(' ', '-')}.yaml")

    assert "0 problems" not in output
    assert [] == deeds(output)


def reports_of(folder, *words):
    """The reports of a command by format."""
    for form in FORMATS:
        folder.joinpath(form).unlink(missing_ok=True)
    options = (word for form in FORMATS for word in ("--report", f"{form}={folder / form}"))
    output = invoked(*words, *options)
    return {"page": output, **{form: folder.joinpath(form).read_text(encoding="utf-8") for form in FORMATS}}


def check_reports(reports):
    """Each is what it claims to be, and nothing more."""
    assert {} == {name: found for name, text in reports.items() if (found := deeds(text, annotations=name == "github"))}
    ElementTree.fromstring(reports["junit"])
    assert isinstance(json.loads(reports["json"]), dict)
    assert isinstance(json.loads(reports["sarif"]), dict)
    assert [] == re.findall(r"<script>e", reports["html"])
    prose = re.sub(r"(?s)(`+).*?\1", "", reports["markdown"])  # in a code span nothing is markup
    assert [] == re.findall(r"<script|(?<!\\)\]\(http://evil|(?<!\w)@user", prose)
    assert all(re.match(r"::(error|warning|notice) ", line) for line in reports["github"].splitlines())


@pytest.mark.parametrize("sides", [("toy", "nasty"), ("nasty", "toy")])
def test_the_reports_of_diff(sides, folder):
    """Of a document that became a stranger's, and the other way round."""
    paths = paths_of(folder)
    reports = reports_of(folder, "diff", *(paths[side] for side in sides))

    assert [] == [name for name, text in reports.items() if "Pwned" not in text]
    check_reports(reports)


def endpoint(listening):
    """Responds with the text in each place that a server can write it to, until it is closed."""
    line = NASTY.replace("\r", "").replace("\n", " ").replace("\x00", "")
    body = json.dumps({NASTY: [NASTY], "drawing": NASTY, "state": NASTY, "left": NASTY, "error": NASTY, "file": NASTY})
    fields = f"HTTP/1.1 200 {line}\r\nX-Strange: {line}\r\nContent-Type: application/json; a={line}\r\nLocation: {line}"
    text = fields.encode() + f"\r\nContent-Length: {len(body)}\r\nConnection: close\r\n\r\n{body}".encode()
    with suppress(OSError):
        while True:
            connection, _ = listening.accept()
            with connection, suppress(OSError):
                connection.recv(65536)
                connection.sendall(text)


@pytest.fixture
def hostile():
    listening = socket.create_server(("127.0.0.1", 0))
    thread = threading.Thread(target=endpoint, args=(listening,))
    thread.start()
    yield f"http://127.0.0.1:{listening.getsockname()[1]}"
    listening.shutdown(socket.SHUT_RDWR)
    listening.close()
    thread.join(10)


def test_the_reports_of_a_check(hostile, folder, monkeypatch):
    """Of a server that answers with it everywhere; and its recording, played through a check, and the proposal."""
    monkeypatch.chdir(folder)
    once = ("--fuzz", "0", "--deadline", "0.2", "--poll-every", "0.01", "--max-requests", "40")
    reports = reports_of(
        folder, "check", TOY, "--url", hostile, *once, "--record", "a.har", "--propose", folder / "proposal.yaml"
    )
    again = reports_of(folder, "check", TOY, "--url", hostile, "--traffic", "a.har")

    for found in (reports, again):
        assert "Pwned" in found["json"]
        check_reports(found)
    assert [] == deeds((folder / "proposal.yaml").read_text(encoding="utf-8"))


FINISHED = "content.*.examples.done.value.finished"
SUITE = """
import json, os, sys
from urllib.request import Request, urlopen

def call(path, *body):
    headers = {"X-Api-Key": "sk-a", "Content-Type": "application/json"}
    data = json.dumps(*body).encode() if body else None
    return json.load(urlopen(Request(os.environ["PIXPACT_URL_TOY"] + path, data, headers)))

print("FAILED " + sys.argv[1])
call("/v2/drawings/" + call("/v2/drawings", {"model": "crayon-1", "prompt": "A kite"})["drawing"])
"""


def test_the_reports_of_a_drill(folder):
    """Of a drift with such a title that a suite lets through, which prints such a line."""
    drift = {
        "overlay": "1.0.0",
        "info": {"title": NASTY, "version": "1"},
        "actions": [
            {"target": f"$.paths['/v2/drawings/{{drawing}}'].get.responses['200'].{FINISHED}", "remove": True},
        ],
    }
    folder.joinpath("titled.yaml").write_text(yaml.safe_dump(drift), encoding="utf-8")
    forms = [word for form in ("html", "json", "markdown") for word in ("--report", f"{form}={folder / form}")]
    options = ["--drift", folder / "titled.yaml", "--jobs", 1]
    command = ["--", sys.executable, "-c", SUITE, NASTY.replace("\x00", "")]
    reports = {"page": invoked("drill", TOY, *options, *forms, *command)}
    reports |= {form: folder.joinpath(form).read_text(encoding="utf-8") for form in ("html", "json", "markdown")}

    assert [] == [name for name, text in reports.items() if "Pwned" not in text]
    assert {} == {name: found for name, text in reports.items() if (found := deeds(text))}


def test_what_serve_prints_when_it_begins(folder, capsys):
    """The banner names contracts and shows a call to try."""
    contract = SpecCatalogue(()).source(str(folder / "nasty.yaml")).contract()
    banner(ServedMock("http://127.0.0.1:1", [contract], MockSettings(parse("10x")), False, None, None))
    printed = capsys.readouterr().out

    assert "Pwned" in printed
    assert [] == deeds(printed)


def test_what_a_proposal_or_an_export_holds_is_the_text_itself(folder):
    """Escapes are of the language: whoever reads the YAML or the JSON has what the stranger wrote."""
    path = folder / "nasty.yaml"

    assert NASTY == yaml.safe_load(invoked("export", path))["info"]["title"]
    assert NASTY == json.loads(invoked("export", path, "--format", "json"))["info"]["title"]


@pytest.mark.parametrize(
    ("name", "text", "options"),
    [
        ("pixpact.toml", "[check]\nfuzz = 0x" + "f" * 5000, ["--config", "pixpact.toml", "check", TOY, "--plan"]),
        ("pixpact.toml", "[check]\nprice = '1e999999999'", ["--config", "pixpact.toml", "check", TOY, "--plan"]),
        ("plan.jsonl", '{"plan": {"a": 1}}\n', ["check", TOY, "--plan-file", "plan.jsonl"]),
    ],
    ids=["TOML integer", "TOML amount", "plan line"],
)
def test_files_that_nobody_would_write_are_refused(name, text, options, tmp_path, monkeypatch):
    """With exit code 2 and a line that names the file or the flag: no such file is a bug of ours."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / name).write_text(text)
    done = CliRunner().invoke(main, list(map(str, options)), catch_exceptions=False)

    assert 2 == done.exit_code
    assert name in done.output
