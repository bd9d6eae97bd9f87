"""`pixpact show VENDOR CLAIM`: one statement of a contract, what it rests on, and how a check looks at it."""

from __future__ import annotations

import difflib
import json
from collections.abc import Iterator
from fnmatch import fnmatchcase
from pathlib import Path

import click

from pixpact.contracts.claims.claim import Claim
from pixpact.contracts.claims.stated import ContractClaims
from pixpact.contracts.plan.means import Capabilities
from pixpact.contracts.plan.plan import ProbePlan, plan
from pixpact.contracts.plan.probe import Probe
from pixpact.specs import evidence
from pixpact.specs.catalogue import SpecCatalogue
from pixpact.specs.contract.model import Contract
from pixpact.terminal.refusal import UsageRefused

IN_PROCESS = Capabilities(second_key=True, can_wait=True, provokes=True)
"""What a check of the mock in this process has to work with."""
_MOST_PROBES = 3


def claim(vendor: str, asked: str, folders: tuple[Path, ...]) -> None:
    """Print one claim as a page, several (a part of an id, or a pattern such as `*maximum`) as a list.

    Raises UsageRefused where none is meant, UnknownVendor or SpecError.
    """
    contract = SpecCatalogue(folders).source(vendor).contract()
    claims = ContractClaims(contract)
    found = meant(claims.all, asked)
    if not found:
        raise UsageRefused(f"pixpact: {asked!r} is no claim of {contract.name}; {_nearest(claims.all, asked)}")
    if len(found) > 1:
        click.echo("\n".join(f"{it.id}  {it.text}" for it in found))
        return
    click.echo("\n".join(page(contract, found[0], plan(claims, IN_PROCESS))))


def meant(claims: tuple[Claim, ...], asked: str) -> list[Claim]:
    """The claim of this id; else those whose id ends so; else those that fit the pattern or hold the text."""
    ends = (f":{asked}", f"/{asked}")
    for fits in (
        lambda key: key == asked,
        lambda key: key.endswith(ends),
        lambda key: fnmatchcase(key, asked),
        lambda key: asked in key,
    ):
        if found := [it for it in claims if fits(it.id)]:
            return found
    return []


def _nearest(claims: tuple[Claim, ...], asked: str) -> str:
    short = {key: it.id for it in claims for key in (it.id, it.id.split(":", 2)[-1], "/".join(it.id.split("/")[-2:]))}
    near = difflib.get_close_matches(asked, short, 1)
    return f"did you mean {short[near[0]]!r}?" if near else "'*' lists them all"


def page(contract: Contract, found: Claim, planned: ProbePlan) -> Iterator[str]:
    """The lines of the page of one claim."""
    source, note = evidence.evidence_at(contract.document.value, found.pointer)
    yield found.id
    yield f"  promised  {found.text}"
    yield f"  says so   {found.origin}"
    yield f"            #{found.pointer}"
    yield f"  rests on  {source}: {evidence.SOURCES[source]}{f' ({note})' if note else ''}"
    probes = [probe for probe in planned.probes if found.id in probe.claims]
    if found.id in planned.beyond:
        yield f"  checked   cannot be: {planned.beyond[found.id]}"
    elif not probes:
        yield "  checked   in what follows from the probes of a run: responses, looks, downloads"
    for probe in probes[:_MOST_PROBES]:
        yield f"  checked   {_sent(probe)}"
    if len(probes) > _MOST_PROBES:
        yield f"            and by {len(probes) - _MOST_PROBES} more: pixpact check {contract.name} --plan"


def _sent(probe: Probe) -> str:
    """What one probe sends, and what must come of it."""
    body = json.dumps(probe.body, ensure_ascii=False) if probe.text is None else probe.text
    said = f" {body}" if probe.media else ""
    outcome = f"must be refused ({probe.expects})" if probe.expects else "must be taken"
    about = "" if probe.kind in ("take", "upload") else f", {probe.what}"
    return f"{probe.operation}{said}{about}: {outcome}"
