"""Bytes of a body → its values."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pixpact.wire.bodies import MOST_PARTS, MOST_VALUES, FilePart, UndecodableBody, events_of, form_of, json_of


@pytest.mark.parametrize("raw", [b"", b"{", b"NaN", b'"\\ud800"', b"{}{}", b"\xff", b"'a'", b"{'a': 1}", b"[1,]"])
def test_what_is_no_json_is_reported(raw):
    """Strict JSON: RFC 8259, nothing after the value."""
    with pytest.raises(UndecodableBody, match="not valid JSON"):
        json_of(raw)


@pytest.mark.parametrize(
    "raw",
    [
        b"[" + b"{}," * MOST_VALUES + b"1]",
        b"[" * (MOST_VALUES + 1) + b"]" * (MOST_VALUES + 1),
        b"{" + b",".join(b'"%d":1' % number for number in range(MOST_VALUES + 1)) + b"}",
    ],
    ids=["wide", "deep", "many-members"],
)
def test_more_values_than_an_image_api_ever_sends_are_not_read(raw):
    """Ten megabytes of small values would take a gigabyte."""
    with pytest.raises(UndecodableBody, match=f"more than {MOST_VALUES} values"):
        json_of(raw)


def test_a_long_text_is_one_value():
    """Fifteen images in base64 are fifteen values, however many megabytes they have."""
    assert [["QUJD" * 300_000] * 3] == [json_of(json.dumps(["QUJD" * 300_000] * 3).encode())]


def test_a_stream_of_more_events_than_that_is_not_read():
    """It would hold as much, and more lines."""
    with pytest.raises(UndecodableBody, match=f"more than {MOST_VALUES} values"):
        events_of(b"data: 1\n\n" * MOST_VALUES)


def form(*parts, boundary="a-boundary"):
    """The bytes of a form; each part is its header lines and its content."""
    pieces = [f"--{boundary}\r\n{head}\r\n\r\n".encode() + content + b"\r\n" for head, content in parts]
    return b"".join(pieces) + f"--{boundary}--\r\n".encode()


def field(name, extra=""):
    return f'Content-Disposition: form-data; name="{name}"{extra}'


TYPE = 'multipart/form-data; boundary="a-boundary"'


class TestForms:
    def test_fields_and_files_are_told_apart(self):
        """A file stands in the form as a URL that leads to its content, name and media type."""
        file = (field("file", '; filename="cat.png"') + "\r\ncontent-TYPE: image/png", b"\x89PNG")
        values, files = form_of(form((field("n"), b"2"), file), TYPE)

        assert {"n": "2", "file": "cid:file"} == values
        assert {"cid:file": FilePart(b"\x89PNG", "cat.png", "image/png")} == files

    def test_a_file_without_name_or_type_gets_some(self):
        """The field's name, and the type that says nothing."""
        _, files = form_of(form((field("file", '; filename=""'), b"x")), TYPE)

        assert {"cid:file": FilePart(b"x", "file", "application/octet-stream")} == files

    def test_of_fields_with_one_name_the_last_counts(self):
        """As in a query."""
        assert ({"n": "2"}, {}) == form_of(form((field("n"), b"1"), (field("n"), b"2")), TYPE)

    @pytest.mark.parametrize(
        ("charset", "content"),
        [("utf-8", "猫".encode()), ("gb18030", "猫".encode("gb18030")), ("no-such", "猫".encode())],
    )
    def test_texts_are_in_the_charset_that_is_named(self, charset, content):
        """One that nobody knows is read byte by byte."""
        values, _ = form_of(form((field("it"), content)), f"{TYPE}; charset={charset}")

        assert ("猫" if charset != "no-such" else content.decode("latin-1")) == values["it"]

    @given(st.binary(max_size=300).filter(lambda it: b"a-boundary" not in it))
    def test_any_content_comes_through(self, content):
        """Line ends and hyphens too."""
        assert content == form_of(form((field("f", '; filename="f"'), content)), TYPE)[1]["cid:f"].content

    @pytest.mark.parametrize(
        ("raw", "kind", "problem"),
        [
            (form((field("n"), b"1")), "multipart/form-data", "no boundary"),
            (b"garbage", TYPE, "not valid multipart"),
            (form(("Content-Disposition: form-data", b"1")), TYPE, "no name"),
            (form(*[(field("n"), b"1")] * (MOST_PARTS + 1)), TYPE, "more than 1000 parts"),
        ],
    )
    def test_what_is_no_form_is_reported(self, raw, kind, problem):
        """Why, in a sentence."""
        with pytest.raises(UndecodableBody, match=problem):
            form_of(raw, kind)

    @given(st.binary(max_size=200))
    def test_any_bytes_give_a_form_or_a_reason(self, raw):
        """Nothing else is raised, and every file has its place in the form."""
        try:
            values, files = form_of(raw, TYPE)
        except UndecodableBody:
            values, files = {}, {}

        assert set(files) <= set(values.values())


# What JSON readers agree on (RFC 8259, section 6).
INTEGERS = st.integers(-(2**53) + 1, 2**53 - 1)


class TestEvents:
    @pytest.mark.parametrize(
        ("raw", "events"),
        [
            (b"", []),
            (b"data: [DONE]\n\n", [{"data": "[DONE]"}]),
            (b'event: image\ndata: {"n": 1}\n\n', [{"event": "image", "data": {"n": 1}}]),
            (b'data:{"n":\ndata: 1}\n\n', [{"data": {"n": 1}}]),
            (b": a comment\nid: 5\nretry: 10\ndata: x\n\n", [{"data": "x"}]),
            (b"\xef\xbb\xbfdata: a\r\n\r\ndata: b\r\rdata: c\n\n", [{"data": "a"}, {"data": "b"}, {"data": "c"}]),
            (b"event: only\n\ndata: a\n\n", [{"data": "a"}]),
            (b"data: a\n\ndata: cut off", [{"data": "a"}]),
            (b"data\n\n", [{"data": ""}]),
            (b"data:  two\n\n", [{"data": " two"}]),
        ],
    )
    def test_a_stream_is_read_as_the_standard_says(self, raw, events):
        """All line ends; comments and other fields left out; what the stream breaks off in does not count."""
        assert events == events_of(raw)

    @given(st.lists(st.tuples(st.sampled_from(["image", "done"]), st.dictionaries(st.text(), INTEGERS, max_size=3))))
    def test_what_is_streamed_is_read_back(self, events):
        """Each event in its order."""
        raw = "".join(f"event: {name}\ndata: {json.dumps(data)}\n\n" for name, data in events).encode()

        assert [{"event": name, "data": data} for name, data in events] == events_of(raw)
