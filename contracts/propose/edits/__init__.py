"""Edits of a contract: for each finding the ways to make the contract true again, the most precise first.

Each is a pure function of the observed exchanges. No edit is trusted: its user applies it and judges the exchanges
again. A finding without a row, or whose edits all fail, cannot be expressed; `REMEDIES` says what to do instead.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from pixpact.contracts.findings import Finding
from pixpact.contracts.propose.edits import images, lifecycles, messages, refusals, requests, responses
from pixpact.contracts.propose.finding_context import ContractEdit, FindingContext

Edits = Callable[[FindingContext], Iterator[ContractEdit]]


@dataclass(frozen=True, slots=True)
class EditRow:
    """The findings that an edit is for: area of the claim and kind of the finding; empty: any.

    `about` is part of what was promised, or of the claim's pointer.
    """

    area: str
    kind: str
    edits: Edits
    about: str = ""

    def fits(self, finding: Finding) -> bool:
        """Whether it is for this finding."""
        reported = f"{finding.promised} {finding.claim.text} {finding.claim.pointer}"
        return self.area in ("", finding.claim.area) and self.kind in ("", finding.kind) and self.about in reported


TABLE: tuple[EditRow, ...] = (
    EditRow("normalisation", "refused", requests.clamp_refused),
    EditRow("normalisation", "way", images.default),
    EditRow("request", "refused", requests.refused_edits),
    EditRow("refusal", "accepted", refusals.unenforced_edits),
    EditRow("answer", "status", messages.success_status),
    EditRow("refusal", "status", messages.refusal_status),
    EditRow("answer", "content-type", messages.content_type),
    EditRow("answer", "missing", messages.header, "/headers/"),
    EditRow("answer", "schema", messages.header, "/headers/"),
    EditRow("answer", "link", messages.link),
    EditRow("answer", "unknown-member", responses.unknown_field),
    EditRow("answer", "binding", images.token_edits, "$usage.tokens"),
    EditRow("answer", "binding", responses.binding),
    EditRow("answer", "stated-size", responses.binding),
    EditRow("answer", "base64", responses.encoded),
    EditRow("answer", "enum", lifecycles.state_word_edits, "status"),
    EditRow("answer", "const", lifecycles.state_word_edits, "status"),
    EditRow("lifecycle", "unknown-word", lifecycles.state_word_edits),
    EditRow("lifecycle", "initial", lifecycles.initial_state_edits),
    EditRow("lifecycle", "progress", lifecycles.progress),
    EditRow("lifecycle", "transition", lifecycles.transition),
    EditRow("lifecycle", "unstable", lifecycles.unstable_time_edits),
    EditRow("", "count", images.count),
    EditRow("", "pixels", images.pixels),
    EditRow("", "format", images.form),
    EditRow("", "transparent", images.form),
    EditRow("image", "lifetime", images.lifetime),
    EditRow("image", "expired", images.expired),
    EditRow("billing", "price", images.price),
    EditRow("stream", "order", images.order),
)
"""Every row that fits is tried, from the top."""

BODY: tuple[str, ...] = ("status", "content-type", "missing", "schema", "link", "binding", "unreadable", "base64")
"""Kinds of findings about responses that are no keyword of a schema."""


def edits(context: FindingContext) -> Iterator[ContractEdit]:
    """Every way to make the contract true again where a finding was made, the most precise first."""
    for row in TABLE:
        if row.fits(context.finding):
            yield from row.edits(context)
    if context.claim.area == "answer" and context.finding.kind not in (*BODY, "unknown-member", "stated-size"):
        yield from responses.body(context)


REMEDIES: dict[str, tuple[str, str]] = {
    "isolation": (
        "a contract cannot express that other accounts may see a task",
        "tell the vendor: another account reads your tasks",
    ),
    "falling": (
        "a contract cannot express that progress decreases",
        "do not show progress to users as received, or remove `progress` of the states by hand",
    ),
    "changed": (
        "a contract cannot express that a finished task changes",
        "read a task once, when it is over, and store the result",
    ),
    "deadline": (
        "--deadline sets how long a task may take",
        "check again with a longer --deadline; if tasks never end, tell the vendor",
    ),
    "balance": (
        "a charge that is not reported cannot be derived from a balance alone",
        "compare the vendor's bill with its price list, and correct `price` by hand",
    ),
    "download": (
        "a contract cannot express that images need a key",
        "download them as the vendor's pages say, and tell the vendor",
    ),
    "truncated": ("a contract cannot promise a truncated file", "tell the vendor"),
    "no-picture": ("a contract cannot promise a file that is not an image", "tell the vendor"),
    "count": (
        "no response has images where the contract expects them, so they cannot be counted",
        "find the images in the response, and write the fields that contain them by hand",
    ),
    "unreadable": ("a body that cannot be read has no schema", "tell the vendor"),
    "refused": (
        "what was seen does not show why it is refused",
        "read the vendor's message, and write the rule by hand",
    ),
    "accepted": (
        "a contract cannot express what was accepted here",
        "clients that keep the rule are not affected; mark it with `x-evidence` if you rely on it",
    ),
    "content-type": (
        "a contract cannot express this media type here",
        "read the media type in the response, and write the response by hand",
    ),
}
"""Kind of finding → why no edit can express it, and what a person should do."""
UNSEEN = ("the recording does not show it again, so no edit could be tried", "write the change by hand")
OTHERWISE = ("no edit of this statement agrees with everything that was seen", "write the change by hand")
