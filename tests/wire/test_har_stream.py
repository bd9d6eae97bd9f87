"""A HAR read one exchange at a time says what it says when read at once."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from pixpact.wire import har_stream
from pixpact.wire.exchange import Exchange
from pixpact.wire.har import HarError, from_har, to_har
from pixpact.wire.har_stream import exchanges_of

CALLS = [
    Exchange(
        1.5 * index, "POST", f"http://a/{index}", (("A", "ü" * index),), b'{"n": [1, 2.5e3]}', 200, (), b"\xff" * index
    )
    for index in range(40)
]


def written(folder: Path, document: Any, **options: Any) -> Path:
    path = folder / "app.har"
    path.write_text(document if isinstance(document, str) else json.dumps(document, **options), encoding="utf-8")
    return path


@pytest.mark.parametrize("chunk", [1, 7, 1 << 16])
@pytest.mark.parametrize("indent", [None, 2])
def test_what_is_read_is_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, chunk: int, indent: int | None
) -> None:
    """However the pieces fall and the text is laid out."""
    monkeypatch.setattr(har_stream, "_CHUNK", chunk)
    document = to_har(CALLS, creator_version="1")
    document["log"]["pages"] = [{"id": 12}]
    document = {"first": {"entries": [1]}, **document}

    assert from_har(document) == list(exchanges_of(written(tmp_path, document, indent=indent)))


def test_a_byte_order_mark_is_no_text(tmp_path: Path) -> None:
    """Some recorders write one."""
    text = "\ufeff" + json.dumps(to_har(CALLS[:1], creator_version="1"))

    assert CALLS[:1] == list(exchanges_of(written(tmp_path, text)))


@pytest.mark.parametrize(
    ("text", "pointer"),
    [
        ("", ""),
        ("[]", ""),
        ("{}", "/log"),
        ('{"log": {}}', "/log/entries"),
        ('{"log": {"entries": {}}}', "/log/entries"),
        ('{"log": {"entries": [{]}}', "/log/entries/0"),
        ('{"log": {"entries": [null]}}', "/log/entries/0"),
        ('{"log": {"entries": [{"request": {"method": 5}}]}}', "/log/entries/0/request/method"),
        ('{"log" 5}', "/log"),
        ('{"log": {"entries": [' + "[" * 100_000, "/log/entries/0"),
    ],
)
def test_what_is_no_har_is_reported_with_its_place(tmp_path: Path, text: str, pointer: str) -> None:
    """At the first thing that is wrong."""
    with pytest.raises(HarError) as caught:
        list(exchanges_of(written(tmp_path, text)))

    assert pointer == caught.value.pointer


def test_what_came_before_a_fault_is_read(tmp_path: Path) -> None:
    """A recording that was cut off gives what it has."""
    text = json.dumps(to_har(CALLS[:3], creator_version="1"))
    reading = exchanges_of(written(tmp_path, text[:-40]))

    assert CALLS[:2] == [next(reading), next(reading)]
    with pytest.raises(HarError):
        next(reading)


def test_the_file_is_never_held_as_a_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is done is let go of: the text held stays within a few pieces."""
    monkeypatch.setattr(har_stream, "_CHUNK", 512)
    most = 0
    read = har_stream._TextStream._read

    def watched(text: Any, length: int) -> bool:
        nonlocal most
        more = read(text, length)
        most = max(most, len(text._held))
        return more

    monkeypatch.setattr(har_stream._TextStream, "_read", watched)
    path = written(tmp_path, to_har(CALLS * 20, creator_version="1"))

    assert 800 == sum(1 for _ in exchanges_of(path))
    assert most < path.stat().st_size / 20
