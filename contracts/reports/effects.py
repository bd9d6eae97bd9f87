"""What a finding does to a client that follows the contract, in one sentence."""

from __future__ import annotations

from pixpact.contracts.claims.claim import Area
from pixpact.contracts.findings import Finding
from pixpact.specs.openapi.messages import plural

HARMLESS = "Nothing changes for a client that follows the contract."

# By area: what a `breaking` finding does, what a `warning` does.
_EFFECTS: dict[Area, tuple[str, str]] = {
    "request": (
        "A request that the contract allows does not get through.",
        "A request that the contract allows is taken, but not as written.",
    ),
    "refusal": (
        "A client that relies on this refusal to see its own mistake does not see it, or cannot read it.",
        "A client's mistake is not stopped here: it may pay for, or wait for, what it did not mean to order.",
    ),
    "normalisation": (
        "A client that relies on what the service puts right fails.",
        "A client gets something else than what the contract makes of its request.",
    ),
    "answer": (
        "A client that reads this response as documented fails.",
        "A client that reads this response as documented shows or stores something wrong.",
    ),
    "lifecycle": (
        "A client that waits for the documented end waits in vain, stops too early, or fails.",
        "A client shows a wrong state or progress, or waits longer than it has to.",
    ),
    "image": (
        "A client has no image that it can use.",
        "The image is not the one that the contract promises for this request.",
    ),
    "stream": (
        "A client that reads the stream as documented misses its events, or its end.",
        "A client that reads the stream as documented shows something wrong.",
    ),
    "isolation": (
        "Whoever holds another key can see what this key made.",
        "Another key learns something of what this key made.",
    ),
    "billing": (
        "What is charged cannot be told from the responses, or is wrong.",
        "The bill is not what the contract says.",
    ),
}


def possible(area: Area) -> str:
    """What findings of an area do to a client, from the least to the worst."""
    return " ".join(reversed(_EFFECTS[area]))


def effect(finding: Finding) -> str:
    """One sentence or two; says how many images a wrongly accepted request bought."""
    if finding.severity == "info":
        text = HARMLESS
    else:
        breaking, warning = _EFFECTS[finding.claim.area]
        text = breaking if finding.severity == "breaking" else warning
    if not finding.billed:
        return text
    return f"{text} It bought {plural(finding.billed, 'image')}."
