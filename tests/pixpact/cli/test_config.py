"""Flags from `pixpact.toml` and `[tool.pixpact]`."""

from __future__ import annotations

import pytest
from click.testing import CliRunner

from pixpact.cli.click_ext import flags_of
from pixpact.cli.config import ConfigError, configuration
from pixpact.cli.main import main

COMMANDS = {name: flags_of(command) for name, command in main.commands.items()}


def read(folder):
    return configuration(folder, COMMANDS).defaults


def test_nothing_is_set_without_a_file(tmp_path):
    """No file, no defaults of ours."""
    assert {name: {} for name in COMMANDS} == read(tmp_path)


def test_a_flag_at_the_top_goes_to_every_command_that_has_it(tmp_path):
    """`specs` is a flag of several commands."""
    (tmp_path / "pixpact.toml").write_text('specs = "mine"\n')
    found = read(tmp_path)

    assert ["mine"] == found["serve"]["specs"] == found["lint"]["specs"] == found["show"]["specs"]


def test_a_table_is_for_one_command(tmp_path):
    """`[serve]` leaves the others alone."""
    (tmp_path / "pixpact.toml").write_text('[serve]\nspecs = ["a", "b"]\n')
    found = read(tmp_path)

    assert ["a", "b"] == found["serve"]["specs"]
    assert "specs" not in found["lint"]


def test_pyproject_will_do(tmp_path):
    """`[tool.pixpact]` is read when there is no `pixpact.toml`."""
    (tmp_path / "pyproject.toml").write_text('[tool.pixpact]\nstart-time = "2026-01-01T00:00:00Z"\n')
    assert "2026-01-01T00:00:00Z" == read(tmp_path)["serve"]["start_time"]

    (tmp_path / "pixpact.toml").write_text("")
    assert {} == read(tmp_path)["serve"]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("prot = 1", ["prot", "'port'"]),
        ("[serve]\nprot = 1", ["prot", "[serve]"]),
        ("format-of-nothing = 1", ["format-of-nothing"]),
        ("port = ", ["pixpact.toml", "TOML"]),
    ],
)
def test_what_is_no_flag_is_reported(tmp_path, text, words):
    """The file, the key and the nearest flag."""
    (tmp_path / "pixpact.toml").write_text(text)

    with pytest.raises(ConfigError) as caught:
        read(tmp_path)
    assert all(word in str(caught.value) for word in words)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("[serv]\nport = 1", ["[serv]", "is not a command", "did you mean 'serve'?"]),
        ("serve = 1", ["'serve' is a command", "[serve]"]),
        ("[[serve]]\nport = 1", ["'serve' is a command", "[serve]"]),
        ('[serve]\nport = "4800"', ["[serve]: port is a text", "a whole number"]),
        ("port = true", ["port is a boolean", "a whole number"]),
        ("seed = 1.5", ["seed is a number", "a whole number"]),
        ("[check]\nrate = [1]", ["[check]: rate is a list", "a number"]),
        ("[serve]\nlog = 5", ["[serve]: log is a whole number", "true or false"]),
        ("pace = {fast = true}", ["'pace' is a flag, and not a table"]),
        ("[serve]\napi-key = {sk-a = 1}", ["api-key is a table", "a text in quotes"]),
        ('[serve]\napi-key = ["sk-a", true]', ["api-key is a boolean", "a text in quotes"]),
    ],
)
def test_a_value_of_another_kind_is_reported(tmp_path, text, words):
    """File, table, key, what stands there and what should: nothing is silently made into something else."""
    (tmp_path / "pixpact.toml").write_text(text)

    with pytest.raises(ConfigError) as caught:
        read(tmp_path)
    assert [] == [word for word in [str(tmp_path / "pixpact.toml"), *words] if word not in str(caught.value)]


@pytest.mark.parametrize(
    ("text", "command", "name", "value"),
    [
        ("[check]\nmax-cost = 1.5", "check", "max_cost", "1.5"),
        ("[serve]\nstart-time = 2026-01-01T00:00:00Z", "serve", "start_time", "2026-01-01T00:00:00+00:00"),
        ("[drill]\ntime-limit = 90", "drill", "time_limit", "90"),
        ("[check]\ndeadline = 60", "check", "deadline", 60),
        ('[serve]\nplay = "app.har"', "serve", "play", ["app.har"]),
    ],
)
def test_numbers_and_times_do_for_texts(tmp_path, text, command, name, value):
    """TOML has kinds of its own for what a command line writes as a text."""
    (tmp_path / "pixpact.toml").write_text(text)

    assert value == read(tmp_path)[command][name]


def test_the_table_of_a_command_wins(tmp_path):
    """Whatever stands first in the file."""
    (tmp_path / "pyproject.toml").write_text('[tool.pixpact.serve]\npace = "1x"\n[tool.pixpact]\npace = "instant"\n')
    found = read(tmp_path)

    assert ("1x", "instant") == (found["serve"]["pace"], found["drill"]["pace"])


@pytest.mark.parametrize("text", ["tool = 1", '[project]\nname = "theirs"', "[tool.other]\npixpact = 1"])
def test_a_pyproject_that_says_nothing_of_us(tmp_path, text):
    """It sets nothing, whatever it holds."""
    (tmp_path / "pyproject.toml").write_text(text)

    assert {name: {} for name in COMMANDS} == read(tmp_path)


def test_a_pyproject_whose_table_is_none(tmp_path):
    """It is reported, not passed over."""
    (tmp_path / "pyproject.toml").write_text("[tool]\npixpact = 1\n")

    with pytest.raises(ConfigError, match=r"tool\.pixpact is not a table; write \[tool\.pixpact\]"):
        read(tmp_path)


@pytest.mark.parametrize(
    ("text", "words", "said"),
    [
        ("[serve]\nport = 99999", ["serve"], "pixpact.toml: [serve]: port: 99999 is not in the range"),
        ('specs = "nope"', ["list"], "pixpact.toml: specs: Directory 'nope' does not exist"),
        ('[check]\nfail-on = "x"', ["check", "apimart"], "pixpact.toml: [check]: fail-on: 'x' is not one of"),
        ('pace = "fast"', ["serve"], "--pace: 'fast' is not a pace"),
        ('pace = "fast"', ["serve"], "pixpact.toml)"),
    ],
)
def test_a_value_that_the_command_refuses_is_reported_with_its_place(tmp_path, monkeypatch, text, words, said):
    """Who did not write the flag on the command line is not left looking for it there."""
    (tmp_path / "pixpact.toml").write_text(text)
    monkeypatch.chdir(tmp_path)
    done = CliRunner().invoke(main, words)

    assert 2 == done.exit_code
    assert said in done.output


def test_a_flag_on_the_command_line_is_reported_as_such(tmp_path, monkeypatch):
    """The file is not blamed for it."""
    (tmp_path / "pixpact.toml").write_text('pace = "instant"')
    monkeypatch.chdir(tmp_path)
    done = CliRunner().invoke(main, ["serve", "--pace", "fast"])

    assert 2 == done.exit_code
    assert "pixpact.toml" not in done.output
