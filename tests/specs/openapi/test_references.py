"""A `$ref` is a fragment of a URI, and may be percent-encoded (RFC 6901, section 6)."""

from __future__ import annotations

from pathlib import Path

import pytest

from pixpact.specs.lint.lint import lint_document
from pixpact.specs.openapi.document import at, parse
from pixpact.specs.openapi.references import with_plain_references

VENDOR = Path(__file__).parents[3] / "specs" / "vendors" / "fasttoken.yaml"


@pytest.mark.parametrize("name", ["R%65ference", "%52eference", "Referenc%65"])
def test_an_encoded_reference_is_followed(name: str) -> None:
    """The contract is that of the plain one, and lint has nothing to say."""
    text = VENDOR.read_text().replace("#/components/schemas/Reference'", f"#/components/schemas/{name}'")
    checked = lint_document(parse(text, VENDOR), "fasttoken")

    assert [] == checked.errors
    assert checked.contract is not None
    assert (
        checked.contract.document.value
        == lint_document(parse(VENDOR.read_text(), VENDOR), "fasttoken").contract.document.value
    )


def test_a_name_with_a_percent_sign_is_itself() -> None:
    """What leads somewhere as it is written is no encoding."""
    document = parse("a%20b: 1\na b: 2\nx: {$ref: '#/a%20b'}\ny: {$ref: '#/a%2520b'}\n", Path("a.yaml"))
    plain = with_plain_references(document)

    assert "#/a%20b" == at(plain.value, "/x/$ref")
    assert "#/a%20b" == at(plain.value, "/y/$ref")


def test_a_document_without_any_is_the_same() -> None:
    """Nothing is copied for nothing."""
    document = parse("x: {$ref: '#/y'}\ny: 1\n", Path("a.yaml"))

    assert with_plain_references(document) is document
