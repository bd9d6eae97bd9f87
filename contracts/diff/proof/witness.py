"""A verdict on a difference, and the witness that carries it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal
from urllib.parse import quote

from pixpact.contracts.diff.compare.differences import ContractDifference
from pixpact.contracts.diff.read import styles
from pixpact.specs.openapi.document import Json

Kind = Literal["request", "response", "trace", "promise", "reading"]


@dataclass(frozen=True, slots=True)
class Witness:
    """One concrete message or trace, and what it shows.

    `request`: taken before, refused now. `response`, `trace`: possible now, forbidden before. `promise`: a request
    that both take and whose promised images differ. `reading`: a request that both take and read with another value.
    """

    kind: Kind
    operation: str
    place: str
    """Which part of the message `content` is: a media type, `query language`, `200 application/json`."""
    content: Json
    """The part as JSON; None where the request itself is the proof."""
    says: str
    written: str = ""
    """A parameter as it stands in the URL or header: `f=a&f=b`."""


REFUSED_NOW = "documented fields are accepted as before; fields that were ignored before are refused"
"""Why a rule of other fields breaks no sender that sends what is named. Others may be broken by it."""
IGNORED_NOW = "what was accepted before still is; fields that only this form names are ignored"
"""Why an alternative that is gone breaks nobody: another one accepts all of it, and does not name all of its fields."""


@dataclass(frozen=True, slots=True)
class DifferenceVerdict:
    """`harmful` has a witness, `harmless` a proof, `undecided` neither. `reason`: which proof, or what is missing."""

    kind: Literal["harmful", "harmless", "undecided"]
    reason: str = ""
    witness: Witness | None = None


def harmless(reason: str) -> DifferenceVerdict:
    """It is proven that nothing breaks."""
    return DifferenceVerdict("harmless", reason)


def undecided(reason: str) -> DifferenceVerdict:
    """Neither was proven."""
    return DifferenceVerdict("undecided", reason)


def harmful(
    kind: Kind, difference: ContractDifference, content: Json, says: str, position: str = ""
) -> DifferenceVerdict:
    """A witness, and what it shows."""
    site = difference.site
    written = ""
    if site.styles is not None and content is not None:
        name = site.name.partition(" ")[2]
        escape = str if site.name.startswith("header") else quote
        written = styles.written(name, styles.each(content, escape), site.styles[1])
    return DifferenceVerdict(
        "harmful", "", Witness(kind, site.operation, position or site.name, content, says, written)
    )
