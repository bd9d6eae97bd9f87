"""A finding: one difference between what a contract promises and what an endpoint was seen to do."""

from __future__ import annotations

from dataclasses import dataclass, field
from hashlib import sha256
from typing import Literal

from pixpact.contracts.claims.claim import Claim
from pixpact.wire.exchange import Trace

Severity = Literal["breaking", "warning", "info"]
"""What it does to a client that follows the contract: it fails; it pays, waits or shows something else; nothing."""

SEVERITIES: tuple[Severity, ...] = ("info", "warning", "breaking")
"""From the least to the worst."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One broken claim, with the proof."""

    claim: Claim
    kind: str
    """What differs, in a word or two that stay the same from run to run: `refused`, `type`, `unknown-member` …"""
    severity: Severity
    operation: str
    """Id of the operation at which it was seen first."""
    pointer: str
    """JSON pointer into the response's body, or the request's for a claim about requests; empty: the whole of it."""
    promised: str
    observed: str
    trace: Trace = field(default=Trace(()), compare=False)
    """The fewest exchanges that show it, the last one the one that differs."""
    repro: str = ""
    """A shell command that shows it again; the key stands in an environment variable."""
    claims: tuple[Claim, ...] = ()
    """Further claims that break by the same fault."""
    one_of: tuple[Claim, ...] = ()
    """Claims that may be at fault in place of this one: nothing that was seen tells them apart."""
    case: str = ""
    """Which planned request showed it first, see `Probe.case`; empty for recorded traffic."""
    detail: str = ""
    """What tells this fault from another of the same kind on the same claim; no ids, times or other chance."""
    seen: int = 1
    """In how many exchanges."""
    once: bool = False
    """Seen once, and not seen again where it was looked for or where looking costs: may be chance."""
    known: str = ""
    """The overlay of the vendor that already describes it, such as `vendor@observed`."""
    billed: int = 0
    """Images that were bought by what should have been refused."""

    @property
    def fingerprint(self) -> str:
        """16 hexadecimal digits that stay the same as long as the same claim breaks in the same way."""
        text = "\0".join((self.claim.id, self.kind, self.pointer_pattern, self.detail))
        return sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:16]

    @property
    def pointer_pattern(self) -> str:
        """The pointer with `*` for every list index."""
        return pattern_of(self.pointer)


def pattern_of(pointer: str) -> str:
    """A JSON pointer with `*` for every list index."""
    return "/".join("*" if step.isdecimal() else step for step in pointer.split("/"))


def at_least(severity: Severity, floor: Severity) -> bool:
    """Whether a severity is at or above another."""
    return SEVERITIES.index(severity) >= SEVERITIES.index(floor)
