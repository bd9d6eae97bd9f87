"""The edits: finding → the ways to make the contract true again, the most precise first.

Each is a pure function of what was seen. Nothing here is trusted: whoever uses an edit applies it and judges again
what was seen. What has no row, or of whose edits none holds, cannot be expressed; `REMEDIES` says what to do instead.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from pixpact.contracts.findings import Finding
from pixpact.contracts.propose.edits import images, lifecycles, messages, refusals, requests, responses
from pixpact.contracts.propose.finding_context import Edit, Scene

Edits = Callable[[Scene], Iterator[Edit]]


@dataclass(frozen=True, slots=True)
class Row:
    """Which findings an edit is for: area of the claim and kind of the finding, empty for any.

    `about` is part of what was promised, or of the claim's pointer.
    """

    area: str
    kind: str
    edits: Edits
    about: str = ""

    def fits(self, finding: Finding) -> bool:
        """Whether it is for this finding."""
        told = f"{finding.promised} {finding.claim.text} {finding.claim.pointer}"
        return self.area in ("", finding.claim.area) and self.kind in ("", finding.kind) and self.about in told


TABLE: tuple[Row, ...] = (
    Row("normalisation", "refused", requests.clamp_refused),
    Row("normalisation", "way", images.default),
    Row("request", "refused", requests.refused),
    Row("refusal", "accepted", refusals.accepted),
    Row("answer", "status", messages.success_status),
    Row("refusal", "status", messages.refusal_status),
    Row("answer", "content-type", messages.content_type),
    Row("answer", "missing", messages.header, "/headers/"),
    Row("answer", "schema", messages.header, "/headers/"),
    Row("answer", "link", messages.link),
    Row("answer", "unknown-member", responses.unknown_member),
    Row("answer", "binding", images.tokens, "$usage.tokens"),
    Row("answer", "binding", responses.binding),
    Row("answer", "stated-size", responses.binding),
    Row("answer", "base64", responses.encoded),
    Row("answer", "enum", lifecycles.word, "status"),
    Row("answer", "const", lifecycles.word, "status"),
    Row("lifecycle", "unknown-word", lifecycles.word),
    Row("lifecycle", "initial", lifecycles.initial),
    Row("lifecycle", "progress", lifecycles.progress),
    Row("lifecycle", "transition", lifecycles.transition),
    Row("lifecycle", "unstable", lifecycles.stable),
    Row("", "count", images.count),
    Row("", "pixels", images.pixels),
    Row("", "format", images.form),
    Row("", "transparent", images.form),
    Row("image", "lifetime", images.lifetime),
    Row("image", "expired", images.expired),
    Row("billing", "price", images.price),
    Row("stream", "order", images.order),
)
"""Every row that fits is tried, from the top."""

BODY: tuple[str, ...] = ("status", "content-type", "missing", "schema", "link", "binding", "unreadable", "base64")
"""Kinds of findings about answers that are not a keyword of their schema."""


def edits(scene: Scene) -> Iterator[Edit]:
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
        "what is charged and not told cannot be derived from a balance alone",
        "compare the vendor's bill with its price list, and correct `price` by hand",
    ),
    "download": (
        "the contract cannot say that pictures are not open",
        "fetch them as the vendor's pages say, and tell the vendor",
    ),
    "truncated": ("a file that breaks off is no promise", "tell the vendor"),
    "no-picture": ("a file that is no picture is no promise", "tell the vendor"),
    "count": (
        "no answer shows pictures where the contract looks for them, so that nothing can be counted",
        "find the pictures in what the answer says, and write the members that hold them by hand",
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
        "read what the answer says it is, and write the answer by hand",
    ),
}
"""Kind of finding → why no action says it, and what a person should do."""
UNSEEN = ("what was recorded does not show it again, so that no edit could be tried", "write the change by hand")
OTHERWISE = ("no edit of this statement agrees with everything that was seen", "write the change by hand")
