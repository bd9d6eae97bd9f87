from __future__ import annotations

import pytest

from pixpact.contracts.transport.around import Around, around, header_of, trusting


def test_a_header_is_a_name_and_a_value() -> None:
    """As it stands in HTTP; spaces around the value do not count."""
    assert ("X-Gateway", "a: b") == header_of("X-Gateway:  a: b ")


@pytest.mark.parametrize(
    "line", ["", "no header", "a b: c", "X-Break: a\r\nHost: other", "Host: other", "Content-Length: 3"]
)
def test_what_is_no_header_or_one_of_http_itself_is_refused(line: str) -> None:
    """Nothing can be smuggled in; the framing is ours."""
    with pytest.raises(ValueError, match="header"):
        header_of(line)


def test_no_value_of_a_header_is_recorded() -> None:
    """A gateway's token is a secret like any key."""
    given = around(["X-Gate: secret"], None)

    assert (("x-gate", "[redacted]"), ("accept", "*/*")) == given.redacted((("x-gate", "secret"), ("accept", "*/*")))
    assert "secret" not in repr(given)
    assert Around() == around([], None)


def test_certificates_are_checked_unless_anybody_is_trusted(tmp_path) -> None:
    """A file without certificates is refused; without a wish the usual authorities count."""
    path = tmp_path / "none.pem"
    path.write_text("nothing")

    assert trusting(None, False) is None
    anybody = trusting(None, True)
    assert anybody is not None
    assert not anybody.check_hostname
    with pytest.raises(ValueError, match="holds no certificate"):
        trusting(path, False)
