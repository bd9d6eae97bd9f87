"""What `pixpact serve` makes of its flags."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest

from pixpact.cli.serve import keys_of, store_of
from pixpact.drill.twins.twin_log import FOLDER
from pixpact.mockserver.stores.choice import MEMORY, StoreChoice
from pixpact.terminal.refusal import UsageRefused

SQLITE = "sqlite:store.db"


@pytest.mark.parametrize(
    ("text", "workers", "choice"),
    [
        (None, 1, MEMORY),
        ("memory", 1, MEMORY),
        (SQLITE, 1, StoreChoice("sqlite", "store.db")),
        (SQLITE, 4, StoreChoice("sqlite", "store.db")),
        ("redis://localhost:6379/0", 4, StoreChoice("redis", "redis://localhost:6379/0")),
    ],
)
def test_a_store_is_the_one_that_is_named(text, workers, choice):
    """One process needs none."""
    with store_of(text, workers) as chosen:
        assert choice == chosen


def test_several_workers_share_a_file_that_does_not_outlive_them():
    """Where no store is named."""
    with store_of(None, 2) as choice:
        assert "sqlite" == choice.kind
        folder = Path(choice.place).parent
        assert folder.is_dir()
    assert not folder.exists()


@pytest.mark.parametrize(
    ("text", "workers", "message"),
    [
        ("memory", 2, "memory belongs to one process; with --workers use sqlite:FILE or redis://HOST"),
        ("postgres://me:secret@host", 1, "'postgres:…' is not a store: write memory, sqlite:FILE or redis://"),
        ("sqlite:", 1, "'sqlite:' is not a store"),
    ],
)
def test_a_store_that_cannot_be_used_is_refused(text, workers, message):
    """With the remedy, and without a password."""
    with pytest.raises(UsageRefused) as refused, store_of(text, workers):
        pass

    assert f"pixpact: --store: {message}" in str(refused.value)


@pytest.mark.parametrize(("text", "workers"), [(SQLITE, 1), (None, 2), (SQLITE, 2)])
def test_a_drill_needs_the_memory_of_one_process(monkeypatch, tmp_path, text, workers):
    """It compares two mocks there."""
    monkeypatch.setenv(FOLDER, str(tmp_path))

    with pytest.raises(UsageRefused, match="a drill compares two mocks in the memory of one process; leave it out"):
        store_of(text, workers).__enter__()


def test_a_drill_in_memory_is_served(monkeypatch, tmp_path):
    """With or without the flag."""
    monkeypatch.setenv(FOLDER, str(tmp_path))

    for text in (None, "memory"):
        with store_of(text, 1) as choice:
            assert MEMORY == choice


@pytest.mark.parametrize(
    ("texts", "keys"),
    [
        ((), None),
        (("sk-a=5", "sk-b=0.25"), {"sk-a": Decimal(5), "sk-b": Decimal("0.25")}),
        (("sk=a=1",), {"sk=a": Decimal(1)}),
    ],
)
def test_a_key_may_have_a_balance(texts, keys):
    """Behind its last equals sign."""
    assert keys == keys_of(texts)
