"""The edits: finding → the ways to make the contract true again, the most precise first.

Each is a pure function of what was seen. Nothing here is trusted: whoever uses an edit applies it and judges again
what was seen. What has no row, or of whose edits none holds, cannot be expressed; `REMEDIES` says what to do instead.
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
    """Which findings an edit is for: area of the claim and kind of the finding, empty for any.

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
    EditRow("request", "refused", requests.refused),
    EditRow("refusal", "accepted", refusals.accepted),
    EditRow("answer", "status", messages.success_status),
    EditRow("refusal", "status", messages.refusal_status),
    EditRow("answer", "content-type", messages.content_type),
    EditRow("answer", "missing", messages.header, "/headers/"),
    EditRow("answer", "schema", messages.header, "/headers/"),
    EditRow("answer", "link", messages.link),
    EditRow("answer", "unknown-member", responses.unknown_field),
    EditRow("answer", "binding", images.tokens, "$usage.tokens"),
    EditRow("answer", "binding", responses.binding),
    EditRow("answer", "stated-size", responses.binding),
    EditRow("answer", "base64", responses.encoded),
    EditRow("answer", "enum", lifecycles.word, "status"),
    EditRow("answer", "const", lifecycles.word, "status"),
    EditRow("lifecycle", "unknown-word", lifecycles.word),
    EditRow("lifecycle", "initial", lifecycles.initial),
    EditRow("lifecycle", "progress", lifecycles.progress),
    EditRow("lifecycle", "transition", lifecycles.transition),
    EditRow("lifecycle", "unstable", lifecycles.stable),
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
"""Kinds of findings about answers that are not a keyword of their schema."""


def edits(scene: FindingContext) -> Iterator[ContractEdit]:
    """Every way to make the contract true again where a finding was made, the most precise first."""
    for row in TABLE:
        if row.fits(scene.finding):
            yield from row.edits(scene)
    if scene.claim.area == "answer" and scene.finding.kind not in (*BODY, "unknown-member", "stated-size"):
        yield from responses.body(scene)


REMEDIES: dict[str, tuple[str, str]] = {
    "isolation": (
        "who may see a task is no statement of a contract that could be loosened",
        "tell the vendor: another account reads your tasks",
    ),
    "falling": (
        "the contract cannot say that progress falls",
        "do not show progress to users as it comes, or leave out `progress` of the states by hand",
    ),
    "changed": (
        "the contract cannot say that a finished task goes on changing",
        "read a task once, when it is over, and keep what it says",
    ),
    "deadline": (
        "how long a task may take is said by --deadline",
        "check again with a longer --deadline; if tasks never end, tell the vendor",
    ),
    "balance": (
        "what is charged and not reported cannot be derived from a balance alone",
        "compare the vendor's bill with its price list, and correct `price` by hand",
    ),
    "download": (
        "the contract cannot say that images are not open",
        "fetch them as the vendor's pages say, and tell the vendor",
    ),
    "truncated": ("a file that breaks off is no promise", "tell the vendor"),
    "no-picture": ("a file that is no image is no promise", "tell the vendor"),
    "count": (
        "no response shows images where the contract looks for them, so that nothing can be counted",
        "find the images in what the response says, and write the fields that hold them by hand",
    ),
    "unreadable": ("a body that cannot be read has no schema", "tell the vendor"),
    "refused": (
        "why it is refused cannot be told from what was seen",
        "read the vendor's message, and write the rule by hand",
    ),
    "accepted": (
        "the contract has no word for what was taken here",
        "nothing breaks for who keeps the rule; mark it with `x-evidence` if you rely on it",
    ),
    "content-type": (
        "the contract has no word for this media type here",
        "read what the response says it is, and write the response by hand",
    ),
}
"""Kind of finding → why no action says it, and what a person should do."""
UNSEEN = ("what was recorded does not show it again, so that no edit could be tried", "write the change by hand")
OTHERWISE = ("no edit of this statement agrees with everything that was seen", "write the change by hand")
