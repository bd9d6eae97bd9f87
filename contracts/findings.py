"""A finding: a difference between what a contract promises and what was observed."""

from __future__ import annotations

from dataclasses import dataclass, field
from hashlib import sha256
from typing import Literal

from pixpact.contracts.claims.claim import Claim
from pixpact.wire.exchange import Trace

Severity = Literal["breaking", "warning", "info"]
"""The effect on a client that follows the contract: it fails; it pays, waits or shows something else; none."""

SEVERITIES: tuple[Severity, ...] = ("info", "warning", "breaking")
"""The severities, lowest first."""


@dataclass(frozen=True, slots=True)
class Finding:
    """A broken claim with its evidence."""

    claim: Claim
    kind: str
    """The kind of difference, in a word or two that are stable across runs: `refused`, `type`, `unknown-member` …"""
    severity: Severity
    operation: str
    """Id of the operation where it was observed first."""
    pointer: str
    """JSON pointer into the response's body, or the request's for a claim about requests; empty: the whole body."""
    promised: str
    observed: str
    trace: Trace = field(default=Trace(()), compare=False)
    """The fewest exchanges that show it; the last one differs."""
    repro: str = ""
    """A shell command that shows it again, with the key in an environment variable."""
    claims: tuple[Claim, ...] = ()
    """Further claims that are broken by the same fault."""
    one_of: tuple[Claim, ...] = ()
    """Claims that may be at fault instead of this one; no observation distinguishes them."""
    case: str = ""
    """The planned request that showed it first, see `Probe.case`; empty for recorded traffic."""
    detail: str = ""
    """Distinguishes this fault from others of the same kind on the same claim; contains no ids, times or randomness."""
    seen: int = 1
    """The number of exchanges that show it."""
    once: bool = False
    """Observed once, and not again (or trying again would cost money): it may be random."""
    known: str = ""
    """The vendor's overlay that already describes it, such as `vendor@observed`."""
    billed: int = 0
    """Images bought by requests that should have been refused."""

    @property
    def fingerprint(self) -> str:
        """16 hexadecimal digits that stay the same while the same claim is broken in the same way."""
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
