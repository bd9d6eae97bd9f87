"""Flags from `pixpact.toml` and `[tool.pixpact]`."""

from __future__ import annotations

import pytest

from pixpact.cli import _flags, main
from pixpact.config import ConfigError, defaults

COMMANDS = {name: _flags(command) for name, command in main.commands.items()}


def read(folder):
    return defaults(folder, COMMANDS)


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
def test_what_is_no_flag_is_told(tmp_path, text, words):
    """The file, the key and the nearest flag."""
    (tmp_path / "pixpact.toml").write_text(text)

    with pytest.raises(ConfigError) as caught:
        read(tmp_path)
    assert all(word in str(caught.value) for word in words)
