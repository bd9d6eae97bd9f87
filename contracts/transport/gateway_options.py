"""Options for gateways in front of a target: extra headers, cookies, query parameters, user agent, certificates."""

from __future__ import annotations

import re
import ssl
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from pathlib import Path
from urllib.parse import urlencode

from pixpact.wire.exchange import Exchange, Headers
from pixpact.wire.redaction import REDACTED, is_secret_in

_LINE = re.compile(r"([!#$%&'*+.^_`|~0-9A-Za-z-]+):[ \t]*([\t\x20-\x7e\x80-\xff]*)")
_WRITTEN = frozenset({"host", "content-length", "connection", "transfer-encoding", "accept-encoding", "content-type"})
_LONG = 16
"""Characters; a shorter value under an ordinary name is not treated as a secret."""


_PAIR = re.compile(r"([!#$%&'*+.^_`|~0-9A-Za-z-]+)=([\x21\x23-\x2b\x2d-\x3a\x3c-\x5b\x5d-\x7e]*)")
"""A cookie (RFC 6265, section 4.1.1)."""


@dataclass(frozen=True, slots=True)
class GatewayOptions:
    """Sent with every request to the target, and to no other server. Values may be secrets: none is recorded."""

    headers: Headers = field(default=(), repr=False)
    user_agent: str = ""
    query: tuple[tuple[str, str], ...] = field(default=(), repr=False)

    @property
    def secrets(self) -> tuple[str, ...]:
        """Values to be redacted wherever a response repeats them: those with secret names, and long ones."""
        kept = [value for name, value in self.headers if is_secret_in("header", name) or len(value) >= _LONG]
        kept += [value for name, value in self.query if is_secret_in("query", name) or len(value) >= _LONG]
        jars = [jar for name, jar in self.headers if name.lower() == "cookie"]
        kept += [rest for _, _, rest in (value.partition(" ") for value in kept) if rest]  # without `Basic` or `Bearer`
        return (
            *kept,
            *(value for jar in jars for pair in jar.split("; ") if len(value := pair.partition("=")[2]) >= _LONG),
        )

    def asked(self, path: str) -> str:
        """The path with the query parameters appended."""
        return path + (f"{'&' if '?' in path else '?'}{urlencode(self.query)}" if self.query else "")

    def unrecorded(self, exchange: Exchange) -> Exchange:
        """The exchange without these query parameters and header values."""
        names = {name.lower() for name, _ in self.headers}
        headers = tuple(
            (name, REDACTED if name.lower() in names else value) for name, value in exchange.request_headers
        )
        written = urlencode(self.query)
        url = exchange.url.removesuffix(written)[:-1] if written and exchange.url.endswith(written) else exchange.url
        return replace(exchange, url=url, request_headers=headers)


def header_of(line: str) -> tuple[str, str]:
    """(name, value) of `NAME: VALUE`. Raises ValueError for an invalid header, or one that the transport sets."""
    match = _LINE.fullmatch(line.strip())
    if match is None:
        raise ValueError(f"{line.partition(':')[0][:40]!r} is not a header; write NAME: VALUE")
    if match[1].lower() in _WRITTEN:
        raise ValueError(f"the header {match[1]} is set by the check itself; leave it out")
    return match[1], match[2].rstrip()


def cookie_of(text: str) -> str:
    """A cookie, `NAME=VALUE`, unchanged. Raises ValueError for any other text."""
    if not _PAIR.fullmatch(text):
        raise ValueError(f"{text.partition('=')[0][:40]!r} is not a cookie; write NAME=VALUE")
    return text


def parameter_of(text: str) -> tuple[str, str]:
    """(name, value) of `NAME=VALUE`. Raises ValueError for any other text."""
    name, equals, value = text.partition("=")
    if not name or not equals:
        raise ValueError(f"{name[:40]!r} is not a parameter; write NAME=VALUE")
    return name, value


def tls_context(authorities: Path | None, anybody: bool) -> ssl.SSLContext | None:
    """A TLS context that also trusts the certificates of a file, or (`anybody`) any server; None: the default.

    Raises ValueError for a file without a certificate.
    """
    if authorities is None and not anybody:
        return None
    context = ssl.create_default_context()
    try:
        if authorities is not None:
            context.load_verify_locations(cafile=str(authorities))
    except (OSError, ssl.SSLError) as error:
        raise ValueError(f"{authorities} has no certificate in PEM format: {error}") from None
    if anybody:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    return context


def parse_gateway_options(
    lines: Iterable[str], user_agent: str | None, cookies: Iterable[str] = (), query: Iterable[str] = ()
) -> GatewayOptions:
    """Parse `--header`, `--user-agent`, `--cookie` and `--query`. Raises ValueError."""
    if user_agent is not None and not re.fullmatch(r"[\x20-\x7e]+", user_agent):
        raise ValueError("the user agent is empty, or has an invalid character")
    jar = "; ".join(map(cookie_of, cookies))
    headers = (*map(header_of, lines), *([("Cookie", jar)] if jar else []))
    return GatewayOptions(headers, user_agent or "", tuple(map(parameter_of, query)))
