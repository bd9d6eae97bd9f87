"""The page of `pixpact check --plan`: each probe, the claims it tests, and its maximum cost."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from decimal import Decimal

from rich.console import Console
from rich.text import Text

from pixpact.contracts.reports.sanitize import TextSanitizer
from pixpact.contracts.reports.view import money_text
from pixpact.contracts.run.result import RunSpending
from pixpact.contracts.samples.prompts import PROMPTS
from pixpact.contracts.samples.samples import SLOT
from pixpact.specs.openapi.document import Json
from pixpact.specs.openapi.messages import plural, short_json
from pixpact.terminal.console import print_counts, print_hanging

_MOST_REASONS = 12
_MOST_CLAIMS = 3


@dataclass(frozen=True, slots=True)
class PlanRow:
    """A probe, its position, and its maximum cost (None: the price is unknown)."""

    order: int
    operation: str
    what: str
    claims: tuple[str, ...]
    """Ids of the claims that it tests."""
    images: int = 0
    cost: Decimal | None = None
    body: Json = None
    """The body it sends, if `what` does not say so already."""


@dataclass(frozen=True, slots=True)
class PlanPage:
    """The content of the page. `ceiling`: the most that the run can spend, including polls and downloads."""

    contract: str
    target: str
    rows: tuple[PlanRow, ...]
    ceiling: RunSpending
    claims: int
    """The number of claims in the contract."""
    currency: str = "USD"
    not_checkable: Mapping[str, int] = field(default_factory=dict)
    """Reason why claims cannot be checked → number of claims."""
    notes: tuple[str, ...] = ()
    """Notes for the user before anything is sent."""


def page(plan: PlanPage, out: Console) -> None:
    """Print the probes in order, then the maximum, then what cannot be checked."""
    plain = TextSanitizer()
    probes = plural(len(plan.rows), "probe")
    out.print(Text(plain(f"{plan.contract}: {probes} for {_exercised(plan)} of {plan.claims} claims"), style="bold"))
    out.print(Text(plain(plan.target), style="dim"))
    _probes(plan, plain, out)
    out.print()
    out.print(Text(f"At most {ceiling(plan)}. Nothing has been sent.", style="bold"))
    for note in plan.notes:
        out.print(Text(plain(note)))
    if plan.not_checkable:
        out.print()
        out.print(Text(f"Not checkable: {sum(plan.not_checkable.values())}", style="bold"))
        ordered = sorted(plan.not_checkable.items(), key=lambda pair: (-pair[1], pair[0]))
        print_counts(out, [(plain(reason), count) for reason, count in ordered], _MOST_REASONS)


def ceiling(plan: PlanPage) -> str:
    """`120 requests, 30 images, 0.684 USD`; says so if a price is unknown."""
    most = plan.ceiling
    parts = [plural(most.requests, "request"), plural(most.images, "image")]
    if not most.images and not most.cost:
        return ", ".join(parts)
    return ", ".join([*parts, money_text(most.cost, plan.currency) if most.cost is not None else _partly(plan)])


def _partly(plan: PlanPage) -> str:
    """The known part of the cost, if the contract does not state all prices."""
    cost = sum((row.cost for row in plan.rows if row.cost), Decimal(0))
    unknown = sum(row.images for row in plan.rows if row.cost is None)
    if not cost:
        return "at a price that the contract does not state: give --price"
    return f"{money_text(cost, plan.currency)} and {plural(unknown, 'image')} whose price is not stated: give --price"


def _exercised(plan: PlanPage) -> int:
    return len({claim for row in plan.rows for claim in row.claims})


def _probes(plan: PlanPage, plain: TextSanitizer, out: Console) -> None:
    """Print the probes by operation: what each tries, then its cost and its claims."""
    wide, before = len(str(len(plan.rows))), ""
    shown: set[str] = set()
    for row in plan.rows:
        if row.operation != before:
            out.print()
            out.print(Text(plain(row.operation), style="bold"))
            before = row.operation
        print_hanging(out, Text(f"{row.order:>{wide}}  ", style="dim"), Text(plain(row.what)))
        under = Text(" " * (wide + 4))
        if values := values_of(row.body):
            print_hanging(out, under, Text(plain(values), style="cyan"))
        line = Text(_price(row, plan.currency), style="bold")
        if row.claims:
            line.append(f"{' · ' if line else ''}{plain(_claims(row, shown))}", style="not bold dim")
            shown |= set(row.claims)
        if line:
            print_hanging(out, under, line)


def values_of(body: Json) -> str:
    """The fields of a body: `model "m-1", n 5`. A default prompt is left out."""
    if not isinstance(body, dict):
        return ""
    shown = {name: value for name, value in body.items() if not (name == "prompt" and value in PROMPTS)}
    return ", ".join(f"{name} {short_json(_named(value))}" for name, value in shown.items())


def _named(value: Json) -> Json:
    """Replace placeholders of reference images by their descriptions, such as `png-256x256`."""
    if isinstance(value, str):
        return value.removeprefix(SLOT)
    return [_named(inner) for inner in value] if isinstance(value, list) else value


def _price(row: PlanRow, currency: str) -> str:
    """The images and the cost of a probe; empty if it is free."""
    if not row.images:
        return ""
    cost = "no price is stated" if row.cost is None else money_text(row.cost, currency)
    return f"{plural(row.images, 'image')} · {cost}"


def _claims(row: PlanRow, shown: Collection[str]) -> str:
    """Some claims of a probe without their common prefix, new ones first, and the number of the others."""
    ordered = sorted(row.claims, key=lambda claim: claim in shown)
    names = [claim.split(":", 2)[-1] for claim in ordered[:_MOST_CLAIMS]]
    more = len(row.claims) - len(names)
    return ", ".join(names) + (f" +{more}" if more else "")
