"""`pixpact check --plan`: what would be sent, what each probe exercises, and what it may cost at most."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal

from rich.console import Console
from rich.table import Table
from rich.text import Text

from pixpact.contracts.reports.plain import Plain
from pixpact.contracts.reports.view import money
from pixpact.contracts.result import Spending
from pixpact.pages.console import counted, plural

_MOST_REASONS = 12
_MOST_CLAIMS = 3
_FREE = "·"


@dataclass(frozen=True, slots=True)
class Row:
    """One probe: its place in the order, and what it may cost at most (None: no price is known)."""

    order: int
    operation: str
    what: str
    claims: tuple[str, ...]
    """Ids of the claims that it exercises."""
    images: int = 0
    cost: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Plan:
    """What the page shows of a plan. `ceiling` is the most that the run can take, with every poll and download."""

    contract: str
    target: str
    rows: tuple[Row, ...]
    ceiling: Spending
    claims: int
    """How many claims the contract has."""
    currency: str = "USD"
    not_checkable: Mapping[str, int] = field(default_factory=dict)
    """Why claims cannot be checked with the means given → how many."""
    notes: tuple[str, ...] = ()
    """What the user should know before anything is sent."""


def page(plan: Plan, out: Console) -> None:
    """Print the probes in their order, then the ceiling, then what cannot be checked."""
    plain = Plain()
    probes = plural(len(plan.rows), "probe")
    out.print(Text(plain(f"{plan.contract}: {probes} for {_exercised(plan)} of {plan.claims} claims"), style="bold"))
    out.print(Text(plain(plan.target), style="dim"))
    out.print()
    out.print(_probes(plan, plain))
    out.print()
    out.print(Text(f"At most {ceiling(plan.ceiling, plan.currency)}. Nothing has been sent.", style="bold"))
    for note in plan.notes:
        out.print(Text(plain(note)))
    if plan.not_checkable:
        out.print()
        out.print(Text(f"Not checkable: {sum(plan.not_checkable.values())}", style="bold"))
        ordered = sorted(plan.not_checkable.items(), key=lambda pair: (-pair[1], pair[0]))
        counted(out, [(plain(reason), count) for reason, count in ordered], _MOST_REASONS)


def ceiling(most: Spending, currency: str) -> str:
    """`120 requests, 30 images, 0.684 USD`; says so when no price is known."""
    parts = [plural(most.requests, "request"), plural(most.images, "image")]
    parts.append(money(most.cost, currency) if most.cost is not None else "at a price that the contract does not state")
    return ", ".join(parts if most.images or most.cost else parts[:2])


def _exercised(plan: Plan) -> int:
    return len({claim for row in plan.rows for claim in row.claims})


def _probes(plan: Plan, plain: Plain) -> Table:
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="dim")
    table.add_column("", justify="right", no_wrap=True)
    table.add_column("operation", overflow="fold")
    table.add_column("probe", overflow="fold", ratio=1)
    table.add_column("exercises", overflow="fold", ratio=1)
    table.add_column("images", justify="right", no_wrap=True)
    table.add_column("cost", justify="right", no_wrap=True)
    for row in plan.rows:
        cells = [str(row.order), plain(row.operation), plain(row.what), plain(_claims(row)), str(row.images or _FREE)]
        cost = "?" if row.cost is None and row.images else money(row.cost, "").strip() if row.cost else _FREE
        table.add_row(*map(Text, [*cells, cost]), style="" if row.images else "dim")
    return table


def _claims(row: Row) -> str:
    """The first claims without the names of contract and operation, and how many more."""
    names = [claim.split(":", 2)[-1] for claim in row.claims[:_MOST_CLAIMS]]
    more = len(row.claims) - len(names)
    return ", ".join(names) + (f" +{more}" if more else "")
