"""`pixpact show VENDOR CLAIM`: a claim, its evidence, and how a check tests it."""

from __future__ import annotations

import difflib
import json
from collections.abc import Iterator
from fnmatch import fnmatchcase
from pathlib import Path

from pixpact.contracts.claims.claim import Claim
from pixpact.contracts.claims.contract_claims import ContractClaims
from pixpact.contracts.plan.capabilities import Capabilities
from pixpact.contracts.plan.plan import ProbePlan, plan
from pixpact.contracts.plan.probe import Probe
from pixpact.specs import evidence
from pixpact.specs.catalogue import SpecCatalogue
from pixpact.specs.contract.model import Contract
from pixpact.terminal.output import say
from pixpact.terminal.refusal import UsageRefused

IN_PROCESS = Capabilities(second_key=True, can_wait=True, provokes=True)
"""The capabilities of a check of the mock in this process."""
_MOST_PROBES = 3


def claim(vendor: str, asked: str, folders: tuple[Path, ...]) -> None:
    """Print one claim as a page; several (part of an id, or a pattern such as `*maximum`) as a list.

    Raises UsageRefused if none matches, UnknownVendor or SpecError.
    """
    contract = SpecCatalogue(folders).source(vendor).contract()
    claims = ContractClaims(contract)
    matching = matching_claims(claims.all, asked)
    if not matching:
        raise UsageRefused(f"pixpact: {asked!r} is not a claim of {contract.name}; {_nearest(claims.all, asked)}")
    if len(matching) > 1:
        say("\n".join(f"{candidate.id}  {candidate.text}" for candidate in matching))
        return
    say("\n".join(page(contract, matching[0], plan(claims, IN_PROCESS))))


def matching_claims(claims: tuple[Claim, ...], asked: str) -> list[Claim]:
    """The claims that match: by id, else by the end of the id, else by pattern, else by part of the id."""
    ends = (f":{asked}", f"/{asked}")
    for fits in (
        lambda key: key == asked,
        lambda key: key.endswith(ends),
        lambda key: fnmatchcase(key, asked),
        lambda key: asked in key,
    ):
        if claim := [claim for claim in claims if fits(claim.id)]:
            return claim
    return []


def _nearest(claims: tuple[Claim, ...], asked: str) -> str:
    short = {
        key: claim.id
        for claim in claims
        for key in (claim.id, claim.id.split(":", 2)[-1], "/".join(claim.id.split("/")[-2:]))
    }
    near = difflib.get_close_matches(asked, short, 1)
    return f"did you mean {short[near[0]]!r}?" if near else "'*' lists them all"


def page(contract: Contract, asked: Claim, planned: ProbePlan) -> Iterator[str]:
    """The lines of a claim's page."""
    source, note = evidence.evidence_at(contract.document.value, asked.pointer)
    yield asked.id
    yield f"  promised  {asked.text}"
    yield f"  stated in {asked.origin}"
    yield f"            #{asked.pointer}"
    yield f"  evidence  {source}: {evidence.SOURCES[source]}{f' ({note})' if note else ''}"
    probes = [probe for probe in planned.probes if asked.id in probe.claims]
    if asked.id in planned.beyond:
        yield f"  checked   not possible: {planned.beyond[asked.id]}"
    elif not probes:
        yield "  checked   in the responses, polls and downloads of a run"
    for probe in probes[:_MOST_PROBES]:
        yield f"  checked   {_sent(probe)}"
    if len(probes) > _MOST_PROBES:
        yield f"            and by {len(probes) - _MOST_PROBES} more: pixpact check {contract.name} --plan"


def _sent(probe: Probe) -> str:
    """What a probe sends, and the response that is expected."""
    body = json.dumps(probe.body, ensure_ascii=False) if probe.text is None else probe.text
    shown_body = f" {body}" if probe.media else ""
    outcome = f"must be refused ({probe.expects})" if probe.expects else "must be accepted"
    about = "" if probe.kind in ("take", "upload") else f", {probe.what}"
    return f"{probe.operation}{shown_body}{about}: {outcome}"
