"""How the command ends when something happens that it did not expect."""

from __future__ import annotations

import click
import pytest
from click.testing import CliRunner

from pixpact.cli.click_ext import TRACEBACK, RefusingGroup

SECRET = "sk-live-0123456789"


@pytest.fixture
def broken() -> click.Group:
    group = RefusingGroup("pixpact")

    @group.command("fail")
    def fail() -> None:
        raise LookupError(SECRET)

    return group


def test_an_unexpected_error_has_an_exit_code_of_its_own(broken: click.Group) -> None:
    """1 would say that a vendor changed, 2 that the user erred, 3 that nobody could look."""
    done = CliRunner().invoke(broken, ["fail"])

    assert 4 == done.exit_code
    assert "unexpected LookupError in test_click_ext.py:" in done.output
    assert "Please report it" in done.output


def test_an_unexpected_error_keeps_its_text_to_itself(broken: click.Group) -> None:
    """It may hold a key; the traceback is shown to who asks for it."""
    assert SECRET not in CliRunner().invoke(broken, ["fail"]).output
    assert "Traceback" in CliRunner().invoke(broken, ["fail"], env={TRACEBACK: "1"}).output
