"""The hidden mark in the body of an issue, by which a watch recognizes its own issues."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from hashlib import sha256

_MARK = re.compile(r"<!-- pixpact-watch (\{.*?\}) -->")
_IN_COMMENTS = {"-": r"\u002d", "<": r"\u003c", ">": r"\u003e"}
"""Characters that could end an HTML comment → their JSON escapes."""


@dataclass(frozen=True, slots=True)
class WatchMark:
    """The watch of an issue, and its findings: fingerprint → the claims broken."""

    watch: str
    findings: Mapping[str, tuple[str, ...]]
    cases: Mapping[str, str] = field(default_factory=dict)
    """Fingerprint → the request that showed the finding first, if known."""

    @property
    def set(self) -> str:
        """16 hexadecimal digits that identify the set of fingerprints."""
        return sha256("\n".join((self.watch, *sorted(self.findings))).encode()).hexdigest()[:16]

    def written(self) -> str:
        """The mark as an HTML comment."""
        reported = {"watch": self.watch, "findings": {key: list(claims) for key, claims in self.findings.items()}}
        text = json.dumps({**reported, "cases": dict(self.cases)} if self.cases else reported)
        for character, escape in _IN_COMMENTS.items():
            text = text.replace(character, escape)
        return f"<!-- pixpact-watch {text} -->"


def mark_in(body: str | None) -> WatchMark | None:
    """The mark in the body of an issue; None if there is none, or it is not readable."""
    match = _MARK.search(body or "")
    if match is None:
        return None
    try:
        value = json.loads(match[1])
        findings = {str(key): tuple(map(str, claims)) for key, claims in value["findings"].items()}
        cases = {str(key): str(case) for key, case in value.get("cases", {}).items()}
        return WatchMark(str(value["watch"]), findings, cases)
    except (ValueError, KeyError, TypeError, AttributeError):
        return None
