from __future__ import annotations

import pytest

from pixpact.contracts.transport.gateway_options import GatewayOptions, header_of, parse_gateway_options, tls_context
from pixpact.wire.exchange import Exchange


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


def test_no_value_is_recorded() -> None:
    """A gateway's token is a secret like any key, wherever it stands."""
    given = parse_gateway_options(["X-Gate: secret"], None, ["session=secret"], ["token=secret"])
    url = given.asked("https://gate.example/v1/tasks?page=1")
    sent = Exchange(0.0, "GET", url, (("x-gate", "secret"), ("Cookie", "session=secret"), ("accept", "*/*")))
    kept = given.unrecorded(sent)

    assert "https://gate.example/v1/tasks?page=1&token=secret" == url
    assert "https://gate.example/v1/tasks?page=1" == kept.url
    assert (("x-gate", "[redacted]"), ("Cookie", "[redacted]"), ("accept", "*/*")) == kept.request_headers
    assert "secret" not in repr(given)
    assert GatewayOptions() == parse_gateway_options([], None)


def test_values_that_responses_repeat_are_secrets_too() -> None:
    """Of a secret name, or long: an ordinary word is none."""
    given = parse_gateway_options(["X-Team: blue"], None, ["session=abcdefghijklmnopqr"], ["token=tok", "page=1"])

    assert {"session=abcdefghijklmnopqr", "abcdefghijklmnopqr", "tok"} == set(given.secrets)


def test_cookies_are_one_header() -> None:
    """In their order (RFC 6265, section 5.4)."""
    assert (("Cookie", "a=1; b=2"),) == parse_gateway_options([], None, ["a=1", "b=2"]).headers


@pytest.mark.parametrize("cookie", ["", "a", "a b=1", "a=1; b=2", "a=\r\nx"])
def test_what_is_no_cookie_is_refused(cookie: str) -> None:
    """Two of them are given one by one."""
    with pytest.raises(ValueError, match="is not a cookie; write NAME=VALUE"):
        parse_gateway_options([], None, [cookie])


@pytest.mark.parametrize("parameter", ["", "a", "=1"])
def test_what_is_no_parameter_is_refused(parameter: str) -> None:
    """A name, and a value that may be empty."""
    with pytest.raises(ValueError, match="is not a parameter; write NAME=VALUE"):
        parse_gateway_options([], None, [], [parameter])


def test_certificates_are_checked_unless_anybody_is_trusted(tmp_path) -> None:
    """A file without certificates is refused; without a wish the usual authorities count."""
    path = tmp_path / "none.pem"
    path.write_text("nothing")

    assert tls_context(None, False) is None
    anybody = tls_context(None, True)
    assert anybody is not None
    assert not anybody.check_hostname
    with pytest.raises(ValueError, match="has no certificate"):
        tls_context(path, False)
