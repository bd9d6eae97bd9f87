"""A claim: one statement of a contract that an endpoint can be observed to keep or break."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from pixpact.specs.openapi.problems import SourcePlace

Area = Literal["request", "refusal", "normalisation", "answer", "lifecycle", "image", "stream", "isolation", "billing"]
"""What a claim is about: requests that are accepted or refused, values that are corrected, responses, task
lifecycles, images, streams, who may see a task, and charges."""

Verdict = Literal["kept", "broken", "unchecked", "not-checkable"]
"""`unchecked`: a planned probe could not be sent or judged. `not-checkable`: known before anything is sent."""


@dataclass(frozen=True, slots=True)
class Claim:
    """One checkable statement of a contract."""

    id: str
    """Stable across runs: `vendor:operation:area/…`; the operation is empty if several share the statement."""
    area: Area
    operation: str
    """Id of the operation where it can be observed; the first of several."""
    pointer: str
    """JSON pointer of the statement in the contract's document."""
    origin: SourcePlace
    """File and line of the statement."""
    text: str
    """What is promised, as a sentence without a full stop."""
    group: str = ""
    """Id of the wider claim that this one is a part of (a row of a table, a value of an enum); else empty."""


@dataclass(frozen=True, slots=True)
class Judgement:
    """A claim and the verdict of a check."""

    claim: Claim
    verdict: Verdict
    reason: str = ""
    """Why the claim is unchecked or not checkable, as a clause."""
    finding: str = ""
    """Fingerprint of the finding that breaks the claim, or prevents its judgement."""
