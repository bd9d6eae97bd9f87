"""Describes the effect of a finding on a client that follows the contract."""

from __future__ import annotations

from pixpact.contracts.claims.claim import Area
from pixpact.contracts.findings import Finding
from pixpact.specs.openapi.messages import plural

HARMLESS = "Nothing changes for a client that follows the contract."

# Area → (effect of a `breaking` finding, effect of a `warning`).
_EFFECTS: dict[Area, tuple[str, str]] = {
    "request": (
        "A request that the contract allows fails.",
        "A request that the contract allows is accepted, but not carried out as written.",
    ),
    "refusal": (
        "A client that relies on this refusal does not notice its own mistake, or cannot read why.",
        "A client's mistake is not refused: it may pay for, or wait for, something it did not mean to order.",
    ),
    "normalisation": (
        "A client that relies on the service to correct its values fails.",
        "A client gets a different result than the contract promises for its request.",
    ),
    "answer": (
        "A client that reads this response as documented fails.",
        "A client that reads this response as documented displays or stores something wrong.",
    ),
    "lifecycle": (
        "A client that waits for the documented end waits forever, stops too early, or fails.",
        "A client displays a wrong state or progress, or waits longer than necessary.",
    ),
    "image": (
        "A client gets no usable image.",
        "The image is not the one that the contract promises for this request.",
    ),
    "stream": (
        "A client that reads the stream as documented misses events, or its end.",
        "A client that reads the stream as documented displays something wrong.",
    ),
    "isolation": (
        "Another key can see what this key made.",
        "Another key learns something about what this key made.",
    ),
    "billing": (
        "Charges are wrong, or cannot be determined from the responses.",
        "Charges differ from what the contract says.",
    ),
}


def possible_effects(area: Area) -> str:
    """The effects of an area's findings on a client, from the least to the worst."""
    return " ".join(reversed(_EFFECTS[area]))


def effect_of(finding: Finding) -> str:
    """The effect in one or two sentences; with the number of images that a wrongly accepted request cost."""
    if finding.severity == "info":
        text = HARMLESS
    else:
        breaking, warning = _EFFECTS[finding.claim.area]
        text = breaking if finding.severity == "breaking" else warning
    if not finding.billed:
        return text
    return f"{text} It bought {plural(finding.billed, 'image')}."
