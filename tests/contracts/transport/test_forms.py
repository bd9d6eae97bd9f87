"""Multipart forms: what is written is what is read."""

from __future__ import annotations

import pytest

from pixpact.contracts.transport.forms import BOUNDARY, FormFile, form
from pixpact.wire.bodies import FilePart, form_of

FILE = FormFile("file", "png-64x64.png", b"\x89PNG\r\n\x1a\n\0--\r\n", "image/png")


def test_what_is_written_is_read():
    """Fields, files, and names that need quoting, byte by byte."""
    kind, body = form([("prompt", "夕焼け\r\nx"), ('a"b', "")], [FILE])

    texts, files = form_of(body, kind)

    assert {"prompt": "夕焼け\r\nx", "a%22b": "", "file": "cid:file"} == texts
    assert {"cid:file": FilePart(FILE.content, FILE.filename, FILE.media_type)} == files


def test_equal_forms_have_equal_bytes():
    """The same plan sends the same requests."""
    assert form([("a", "b")], [FILE]) == form([("a", "b")], [FILE])


def test_a_boundary_that_stands_in_a_part_is_not_used():
    """Or the part would end there."""
    kind, body = form([("a", f"x\r\n--{BOUNDARY}\r\ny")], [])

    assert ({"a": f"x\r\n--{BOUNDARY}\r\ny"}, {}) == form_of(body, kind)


@pytest.mark.parametrize("boundary", ["", "a" * 71, "a b", 'a"b', "ä"])
def test_a_bad_boundary_is_refused(boundary):
    """RFC 2046 says which there are."""
    with pytest.raises(ValueError, match="is not a boundary"):
        form([("a", "b")], [], boundary)
