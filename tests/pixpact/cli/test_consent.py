"""A folder from elsewhere does not steer the command: what spends, sends a secret or writes elsewhere is the user's."""

from __future__ import annotations

import os
import pty
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from pixpact.cli.main import main

TOY = str(Path("fixtures/specs/toy.yaml").resolve())
CHECK = ("check", TOY, "--fuzz", "0", "--quiet")
NOBODY = "http://127.0.0.1:9"
"""No server is there: what is sent to it is refused at once."""


@pytest.fixture
def run(tmp_path, monkeypatch):
    """Run `pixpact` in a folder whose `pixpact.toml` is given."""
    folder = tmp_path / "stranger"
    folder.mkdir()
    monkeypatch.chdir(folder)

    def go(text, *words):
        (folder / "pixpact.toml").write_text(text)
        return CliRunner().invoke(main, words)

    return go


@pytest.mark.parametrize(
    ("text", "words", "told"),
    [
        (f'url = "{NOBODY}"', CHECK, "url: only you decide where requests and the key go"),
        ('api-key-env = "HOME"', (*CHECK, "--url", NOBODY), "which variable of the environment is sent as the key"),
        ('second-api-key-env = "HOME"', (*CHECK, "--url", NOBODY), "which variable of the environment is sent"),
        ("max-images = 1000", (*CHECK, "--url", NOBODY), "what may be bought"),
        ('max-cost = "1000"', (*CHECK, "--url", NOBODY), "what may be spent"),
        ('price = "0.001"', (*CHECK, "--url", NOBODY), "what is thought to be spent"),
        ("insecure = true", (*CHECK, "--url", NOBODY), "who may read what is sent"),
        ('specs = ["."]', (*CHECK, "--url", NOBODY), "what is sent, and what it is thought to cost"),
        ('report = ["json=../out.json"]', CHECK, "out.json is written"),
        ('record = "../out.har"', CHECK, "out.har is written"),
        ('propose = "/tmp/out.yaml"', CHECK, "out.yaml is written"),
        ('plan-file = "../out.plan"', CHECK, "out.plan is written"),
        (f'upstream = "{NOBODY}"', ("proxy", "toapis"), "where requests and their keys go"),
        ('host = "0.0.0.0"', ("serve", "toapis"), "who can reach it"),
        ('webhook = ["toapis=http://a.test,whsec-1"]', ("serve", "toapis"), "where callbacks go"),
    ],
)
def test_a_file_alone_decides_nothing_of_the_kind(run, tmp_path, text, words, told):
    """Exit code 2, the place, what it would do, and how to say yes; nothing is sent or written."""
    done = run(text, *words)

    assert 2 == done.exit_code
    assert told in done.output
    assert "pixpact --config pixpact.toml" in done.output
    assert "whsec-1" not in done.output
    assert ["stranger"] == [path.name for path in tmp_path.iterdir()]


def test_a_file_that_the_user_names_decides_everything(run, tmp_path):
    """It is named on the command line, and what it sets is shown all the same."""
    done = run('[check]\nfuzz = 0\nreport = ["json=../out.json"]', "--config", "pixpact.toml", *CHECK)

    assert 0 == done.exit_code
    assert "pixpact.toml sets --report json=../out.json" in done.output
    assert (tmp_path / "out.json").is_file()


@pytest.mark.parametrize("text", ["max-images = 5", 'report = ["json=a.json"]'])
def test_what_does_no_harm_here_needs_no_word(run, text):
    """Caps without an address, and reports in the folder itself."""
    done = run(text, *CHECK)

    assert 0 == done.exit_code, done.output
    assert f"pixpact.toml sets --{text.partition(' ')[0]}" in done.output


def test_a_link_out_of_the_folder_leads_outside(run, tmp_path):
    """The name of a file in the folder says nothing of where it is written."""
    (tmp_path / "stranger" / "a.json").symlink_to(tmp_path / "victim.json")
    done = run('report = ["json=a.json"]', *CHECK)

    assert 2 == done.exit_code
    assert not (tmp_path / "victim.json").exists()


def test_the_command_line_wins_and_needs_no_consent(run):
    """A flag that the user gives is the user's."""
    done = run(f'url = "{NOBODY}"\nmax-images = 9', "list")

    assert 0 == done.exit_code
    assert "sets" not in done.output


def test_secrets_of_a_file_are_not_shown(run):
    """That a key is set is shown, and not which."""
    done = run('api-key = ["sk-mine=3"]\nhost = "0.0.0.0"', "serve", "toapis")

    assert "sets --host 0.0.0.0; --api-key …" in done.output
    assert "sk-mine" not in done.output


def test_what_a_file_sets_cannot_play_tricks_with_the_terminal(run):
    """Control characters are shown as what they are."""
    done = run('pace = "\\u001b[2J"', "serve", "toapis")

    assert "\x1b" not in done.output
    assert "\\x1b[2J" in done.output


@pytest.mark.parametrize(("typed", "code"), [(b"y\n", 0), (b"\n", 2)])
def test_at_a_terminal_the_user_is_asked(tmp_path, typed, code):
    """Yes goes on; anything else is no."""
    (tmp_path / "pixpact.toml").write_text(f'record = "{tmp_path.parent}/{tmp_path.name}.har"')
    pid, terminal = pty.fork()
    if pid == 0:
        os.chdir(tmp_path)
        os.execvp(
            sys.executable,
            [sys.executable, "-c", "import sys\nfrom pixpact.cli.main import main\nmain(sys.argv[1:])", *CHECK],
        )
    seen = b""
    while b"Do you want that?" not in seen:
        seen += os.read(terminal, 4096)
    os.write(terminal, typed)
    while True:
        try:
            seen += os.read(terminal, 4096)
        except OSError:  # the other side is gone
            break
    os.close(terminal)

    assert b"only you decide that" in seen
    assert code == os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
