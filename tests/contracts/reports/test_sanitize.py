"""Texts of strangers, wherever they are shown: no command to a terminal, a log or a shell, and still readable."""

from __future__ import annotations

import json
import subprocess
from xml.etree import ElementTree

import pytest

from pixpact.contracts.repro.shell import ShellWord, joined_word, quoted_word

EVIL = "x\n::error::y ##[error]z ##vso[task.x]w \x1b[2J \u202e \x07"
FORMATS = ("junit", "markdown", "github", "html")
"""Those that are shown as they are; JSON and SARIF are data, whose readers write it out."""


def document(values):
    """An OpenAPI document whose every text is a stranger's."""
    field = {"type": "string", "description": EVIL, "enum": values}
    body = {"content": {"application/json": {"schema": {"type": "object", "properties": {f"f{EVIL}": field}}}}}
    said = {"operationId": f"op{EVIL}", "summary": EVIL, "requestBody": body}
    operation = said | {"responses": {"200": {"description": EVIL}}}
    return {"openapi": "3.1.0", "info": {"title": EVIL, "version": "1"}, "paths": {"/a": {"post": operation}}}


def harms(text):
    """What a text would do where it is shown."""
    lines = [line for line in text.splitlines() if line.startswith(("::error::", "::warning::"))]
    marks = [mark for mark in ("\x1b", "\x07", "\u202e", "##[", "##vso[") if mark in text]
    return lines + marks


def test_a_comparison_of_strangers_documents_is_harmless(tmp_path, monkeypatch, capfd):
    """The page and every report of `pixpact diff`."""
    from pixpact.cli.main import main

    monkeypatch.chdir(tmp_path)
    (tmp_path / "a.json").write_text(json.dumps(document([f"a{EVIL}", "b"])))
    (tmp_path / "b.json").write_text(json.dumps(document(["b"])))
    reports = [text for form in FORMATS for text in ("--report", f"{form}={form}.out")]
    with pytest.raises(SystemExit) as ended:
        main(["diff", "a.json", "b.json", *reports])
    printed = capfd.readouterr()
    written = {form: (tmp_path / f"{form}.out").read_text() for form in FORMATS}

    assert 1 == ended.value.code
    assert {} == {name: found for name, text in written.items() if (found := harms(text))}
    assert [] == harms(printed.out) + harms(printed.err)
    assert "\\x1b" in printed.out
    ElementTree.fromstring(written["junit"])


@pytest.mark.parametrize("text", ["##[error]x", "a '##[x]' b", "##vso[task.setvariable]x", "## [x]", "$HOME ##[x]"])
def test_a_word_of_a_shell_is_the_same_without_being_a_command(text):
    """A log shows nothing to obey; the shell reads the same word."""
    words = [quoted_word(text), joined_word([ShellWord(text), ShellWord("KEY", variable=True)])]
    said = [subprocess.run(["sh", "-c", f"printf %s {it}"], capture_output=True, text=True).stdout for it in words]

    assert [text, text] == said
    assert [] == [mark for it in words for mark in ("##[", "##vso[") if mark in it]
