"""What lint has passed is read again without it; whatever is in doubt is linted."""

from __future__ import annotations

import os
import shutil

import pytest

from pixpact.specs import catalogue, checked_documents
from pixpact.specs.catalogue import SpecSource
from pixpact.specs.openapi.problems import SpecError

TOY = next(iter((catalogue.HERE / "example").glob("*.yaml")))


@pytest.fixture
def source(tmp_path, monkeypatch):
    """A spec that was read once, with a cache folder of its own."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    path = tmp_path / "toy.yaml"
    shutil.copy(TOY, path)
    source = SpecSource("toy", path)
    source.contract()
    return source


def entry_of(source):
    return checked_documents.entry_of(source.name, source.files)


def is_kept(source):
    """Whether the document of the source can be had without lint."""
    return checked_documents.kept_value(entry_of(source)) is not None


def test_the_kept_document_makes_the_same_contract(source, monkeypatch):
    """Without lint, with the same operations and values, and with the lines of the file."""
    linted = source.contract()
    monkeypatch.setattr(catalogue, "_linted", lambda *_: pytest.fail("it was linted again"))
    kept, document = source.contract(), source.document()

    assert kept.document.value == document.value == linted.document.value
    assert list(kept.document.value) == list(document.value)
    assert [operation.id for operation in kept.operations] == [operation.id for operation in linted.operations]
    pointer = kept.operations[0].pointer
    assert kept.document.origin(pointer) == document.origin(pointer)


def test_an_edited_spec_is_linted(source):
    """The name of an entry depends on the text."""
    source.path.write_text(source.path.read_text().replace("openapi: 3.1", "openapi: 9.9", 1))

    assert not is_kept(source)
    with pytest.raises(SpecError):
        source.contract()


def test_a_spec_of_several_files_is_not_kept(source):
    """An edit of another file would not be noticed."""
    text = source.path.read_text()
    (source.path.parent / "more.yaml").write_text("Extra: {type: string}\n")
    source.path.write_text(text.replace("\n  schemas:\n", "\n  schemas:\n    Extra: {$ref: 'more.yaml#/Extra'}\n", 1))
    assert source.path.read_text() != text

    source.contract()

    assert not is_kept(source)


@pytest.mark.parametrize(
    "content",
    [b"", b"{}", b"x" * 32 + b"{}", checked_documents._digest(b"[") + b"[", checked_documents._digest(b"[]") + b"[]"],
)
def test_a_broken_entry_is_not_read(source, content):
    """And what it should hold is linted, and kept again."""
    entry_of(source).write_bytes(content)

    assert not is_kept(source)
    source.contract()
    assert is_kept(source)


def test_an_entry_that_others_may_change_is_not_read(source):
    """Nor one in a folder of others, nor one that leads elsewhere."""
    entry = entry_of(source)
    entry.chmod(0o666)
    assert not is_kept(source)
    entry.chmod(0o600)
    entry.parent.chmod(0o777)
    assert not is_kept(source)
    entry.parent.chmod(0o700)
    assert is_kept(source)
    moved = entry.rename(entry.with_name("elsewhere"))
    entry.symlink_to(moved)
    assert not is_kept(source)


def test_an_entry_of_another_user_is_not_read(source, monkeypatch):
    """Who it belongs to counts, whatever its mode says."""
    monkeypatch.setattr(os, "getuid", lambda: source.path.stat().st_uid + 1)

    assert not is_kept(source)


def test_what_json_does_not_give_back_is_not_kept(source):
    """Integers beyond 64 bits, and numbers that are no number."""
    entry = entry_of(source)
    for value in ({"maximum": 10**30}, {"maximum": float("inf")}, {1: 2}):
        entry.unlink(missing_ok=True)
        checked_documents.keep(entry, value)
        assert not entry.exists()


def test_no_more_than_a_bound_is_kept(source):
    """The entries of specs that were edited many times make room."""
    entry = entry_of(source)
    for number in range(100):
        checked_documents.keep(entry.with_name(f"{number:064}"), {})

    assert 64 == len(list(entry.parent.iterdir()))


def test_nothing_is_said_where_nothing_can_be_kept(source, monkeypatch, tmp_path):
    """A cache folder that is a file, or cannot be made, is no problem of the user's."""
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "file"))

    assert source.contract().name == "toy"
