"""What gateways in front of a target want beside the key: further headers, another user agent, other authorities."""

from __future__ import annotations

import re
import ssl
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from pixpact.wire.exchange import Headers
from pixpact.wire.redaction import REDACTED, is_secret_in

_LINE = re.compile(r"([!#$%&'*+.^_`|~0-9A-Za-z-]+):[ \t]*([\t\x20-\x7e\x80-\xff]*)")
_WRITTEN = frozenset({"host", "content-length", "connection", "transfer-encoding", "accept-encoding", "content-type"})
_LONG = 16
"""Characters: a shorter value under an ordinary name is a word, and not a secret."""


@dataclass(frozen=True, slots=True)
class Around:
    """Goes with every request to the target, and to nobody else. Values of headers may be secrets: none is recorded."""

    headers: Headers = field(default=(), repr=False)
    user_agent: str = ""

    @property
    def secrets(self) -> tuple[str, ...]:
        """Values that are to be found nowhere, not even where a response repeats them: of secret names, or long."""
        return tuple(value for name, value in self.headers if is_secret_in("header", name) or len(value) >= _LONG)

    def redacted(self, headers: Headers) -> Headers:
        """Headers of a request without the values of these."""
        names = {name.lower() for name, _ in self.headers}
        return tuple((name, REDACTED if name.lower() in names else value) for name, value in headers)


def header_of(line: str) -> tuple[str, str]:
    """Name and value of `NAME: VALUE`. Raises ValueError for what is no header, or one that HTTP itself needs."""
    match = _LINE.fullmatch(line.strip())
    if match is None:
        raise ValueError(f"{line.partition(':')[0][:40]!r} is no header; write NAME: VALUE")
    if match[1].lower() in _WRITTEN:
        raise ValueError(f"the header {match[1]} is written by the check itself; leave it out")
    return match[1], match[2].rstrip()


def trusting(authorities: Path | None, anybody: bool) -> ssl.SSLContext | None:
    """Whom to trust: the certificates of a file beside those of the system, or anybody; None: the system's alone.

    Raises ValueError for a file that holds no certificate.
    """
    if authorities is None and not anybody:
        return None
    context = ssl.create_default_context()
    try:
        if authorities is not None:
            context.load_verify_locations(cafile=str(authorities))
    except (OSError, ssl.SSLError) as error:
        raise ValueError(f"{authorities} holds no certificate in PEM form: {error}") from None
    if anybody:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    return context


def around(lines: Iterable[str], user_agent: str | None) -> Around:
    """What the lines of `--header` and `--user-agent` say. Raises ValueError."""
    if user_agent is not None and not re.fullmatch(r"[\x20-\x7e]+", user_agent):
        raise ValueError("the user agent is empty, or has an unusual character in it")
    return Around(tuple(map(header_of, lines)), user_agent or "")
