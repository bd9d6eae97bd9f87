"""Media types: how their bodies are written."""

from __future__ import annotations

import pytest

from pixpact.specs.openapi.media import is_file, is_form, is_json, is_text

KINDS = {"json": is_json, "text": is_text, "form": is_form, "file": is_file}


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("application/json", "json"),
        ("application/problem+json; charset=utf-8", "json"),
        ("text/event-stream", "json"),
        ("text/html", "text"),
        ("application/xml", "text"),
        ("image/svg+xml", "text"),
        ("multipart/form-data; boundary=x", "form"),
        ("application/x-www-form-urlencoded", "form"),
        ("image/png", "file"),
        ("application/octet-stream", "file"),
    ],
)
def test_a_media_type_is_of_one_kind(name, kind):
    assert [kind] == [other for other, holds in KINDS.items() if holds(name)]
