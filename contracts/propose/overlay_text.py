"""What is proposed, as the text of an overlay: its actions with their evidence, and what they do not express."""

from __future__ import annotations

import textwrap
from collections.abc import Callable, Iterator

from pixpact.contracts.propose.propose import FindingProposal, ProposedOverlay, UnexpressedFinding
from pixpact.specs.export import as_yaml
from pixpact.specs.openapi.document import Json
from pixpact.specs.openapi.messages import plural

_WIDTH = 118
Harmless = Callable[[str], str]
"""A text from elsewhere → the same without secrets and control characters."""


def overlay_text(proposed: ProposedOverlay, extends: str, day: str, target: str, harmless: Harmless) -> str:
    """The overlay as YAML. `extends` leads from it to the base, `day` is when it was seen, `target` where.

    The same proposal gives the same text.
    """
    base = proposed.base
    document = {
        "overlay": "1.0.0",
        "info": {"title": f"{base.title}, as observed on {day}", "version": day},
        "extends": extends,
        "actions": [action for proposal in proposed.proposals for action in _actions(proposal, harmless)],
    }
    comment = "".join(f"# {line}".rstrip() + "\n" for line in _comment(proposed, day, target, harmless))
    return comment + as_yaml(document)


def _actions(proposal: FindingProposal, harmless: Harmless) -> Iterator[dict[str, Json]]:
    """The actions of one finding: the first says what was seen, all name the claim."""
    finding = proposal.finding
    text = f"{finding.claim.text}. Seen: {finding.observed}. So {proposal.said}."
    for index, action in enumerate(proposal.actions):
        plain = action.plain()
        notes = {"description": harmless(text)} if index == 0 else {}
        yield {"target": plain.pop("target"), **notes, "x-claim": finding.claim.id, **plain}


def _comment(proposed: ProposedOverlay, day: str, target: str, harmless: Harmless) -> Iterator[str]:
    total = len(proposed.proposals) + len(proposed.left)
    base = proposed.base.name
    yield from _wrapped(
        f"What {harmless(target)} did differently from {base} on {day}: {len(proposed.proposals)} of "
        f"{plural(total, 'finding')}. Written by `pixpact check --propose`: review it, then check "
        f"{proposed.base.vendor} with it."
    )
    if "@" in base:
        yield from _wrapped(f"It builds on {base}: apply the overlays named there first.")
    for unexpressed in proposed.left:
        yield ""
        yield from _wrapped(f"Not expressed: {left_text(unexpressed, harmless)}")


def left_text(unexpressed: UnexpressedFinding, harmless: Harmless) -> str:
    """One finding that no action expresses, with what to do about it."""
    observed, remedy = harmless(unexpressed.finding.observed), harmless(unexpressed.remedy)
    return f"{unexpressed.finding.claim.id}: {observed}. Why: {unexpressed.why}. To do: {remedy}."


def _wrapped(text: str) -> list[str]:
    return textwrap.wrap(text, _WIDTH, subsequent_indent="  ", break_long_words=False, break_on_hyphens=False)
