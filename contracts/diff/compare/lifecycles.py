"""What differs in what an operation does with a task: states, their order, durations, links, billing, lifetimes.

A client that polls sees only some of the states. It can tell which state may follow which other, directly or not, so
that is compared.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from pixpact.contracts.diff.compare.differences import (
    Action,
    ContractDifference,
    MessageSite,
    StatedAt,
    change_of,
    of_both,
)
from pixpact.contracts.diff.read.contract_version import ContractVersion
from pixpact.contracts.diff.read.operations import SideOperation
from pixpact.specs.contract.loader import lifecycles_of
from pixpact.specs.contract.model import LifecycleRole
from pixpact.specs.contract.roles import roles_of
from pixpact.specs.dialect.expressions import Expression
from pixpact.specs.dialect.lifecycle import Lifecycle
from pixpact.specs.openapi.document import at, escaped
from pixpact.specs.openapi.parts import resolved


def differences(
    base: ContractVersion, revision: ContractVersion, old: Mapping[str, SideOperation], new: Mapping[str, SideOperation]
) -> Iterator[ContractDifference]:
    """What differs in the common operations, apart from their messages."""
    for label in old:
        if label in new:
            both = _BothOperations(base, revision, old[label], new[label])
            yield from both.links()
            if base.contract is not None and revision.contract is not None:
                yield from both.role()
                yield from both.billing()


def followed(lifecycle: Lifecycle) -> set[tuple[str, str]]:
    """Every (state, state that may follow it, directly or not)."""
    return {(word, later) for word in lifecycle.reachable() for later in _after(lifecycle, word)}


def _after(lifecycle: Lifecycle, word: str) -> list[str]:
    later: list[str] = []
    waiting = list(lifecycle.following(word))
    while waiting:
        step = waiting.pop(0)
        if step not in later:
            later.append(step)
            waiting += lifecycle.following(step)
    return later


class _BothOperations:
    """One operation on both sides."""

    def __init__(
        self, base: ContractVersion, revision: ContractVersion, before: SideOperation, after: SideOperation
    ) -> None:
        self.sides = base, revision
        self.calls = before, after
        self.label = before.label
        self.written: list[dict[str, Any]] = [
            at(side.value, call.pointer) for side, call in zip(self.sides, self.calls, strict=True)
        ]

    def _site(self, area: str) -> MessageSite:
        return MessageSite("response", area, self.label)

    # ------------------------------------------------------------------ links

    def links(self) -> Iterator[ContractDifference]:
        """Links from a response to another operation."""
        old, new = (self._links(index) for index in (0, 1))
        site = self._site("link")
        for key in dict.fromkeys((*old, *new)):
            spots = (
                old.get(key) or StatedAt(f"{self.calls[0].pointer}/responses"),
                new.get(key) or StatedAt(f"{self.calls[1].pointer}/responses"),
            )
            if (key in old) != (key in new):
                yield ContractDifference("link", "removed" if key in old else "added", site, key, *spots)

    def _links(self, index: int) -> dict[tuple[str, ...], StatedAt]:
        """Links by status, target, parameter and expression; their names do not matter."""
        side, call = self.sides[index], self.calls[index]
        links: dict[tuple[str, ...], StatedAt] = {}
        for status in self.written[index].get("responses", {}):
            response = resolved(side.value, f"{call.pointer}/responses/{escaped(status)}")
            for name in at(side.value, response).get("links", {}):
                pointer = resolved(side.value, f"{response}/links/{escaped(name)}")
                link = at(side.value, pointer)
                target = str(link.get("operationId") or link.get("operationRef"))
                for parameter, expression in link.get("parameters", {}).items():
                    links[status, target, parameter, str(expression)] = StatedAt(pointer, expression)
        return links

    # ------------------------------------------------------------------ tasks

    def role(self) -> Iterator[ContractDifference]:
        """What the operation does with a task or an upload."""
        before, after = (roles_of(written) for written in self.written)
        old, new = before[-1] if before else None, after[-1] if after else None
        spots = of_both(
            StatedAt(f"{call.pointer}/x-lifecycle", written.get("x-lifecycle"))
            for call, written in zip(self.calls, self.written, strict=True)
        )
        site = self._site("lifecycle")
        if [(entry.verb, entry.asked) for entry in before] != [(entry.verb, entry.asked) for entry in after]:
            yield ContractDifference("task-role", change_of(old, new), site, (), *spots)
            return
        if old is None or new is None:
            return
        if old.lifecycle and new.lifecycle:
            yield from self._lifecycle(old.lifecycle, new.lifecycle)
        if _said(old) != _said(new):
            yield ContractDifference("task-role", "changed", site, (), *spots)
        if old.lifetime != new.lifetime:
            yield ContractDifference("upload-lifetime", _direction(old.lifetime, new.lifetime), site, (), *spots)

    def _lifecycle(self, before: str, after: str) -> Iterator[ContractDifference]:
        old, new = lifecycles_of(self.sides[0].value)[before], lifecycles_of(self.sides[1].value)[after]
        roots = [f"/components/x-lifecycles/{escaped(name)}" for name in (before, after)]
        yield from self._words(old, new, roots)
        yield from self._order(old, new, roots)
        yield from self._states(old, new, roots)
        if old.initial != new.initial:
            spots = of_both(
                StatedAt(f"{root}/initial", lifecycle.initial)
                for root, lifecycle in zip(roots, (old, new), strict=True)
            )
            yield ContractDifference("initial-state", "changed", self._site("lifecycle"), (), *spots, detail=(old, new))
        times = [sum((state.after or (0.0, 0.0))[1] for state in lifecycle.states_along()) for lifecycle in (old, new)]
        if times[0] != times[1]:
            slowest = of_both(
                StatedAt(_slowest(root, lifecycle), f"{seconds:g} s")
                for root, lifecycle, seconds in zip(roots, (old, new), times, strict=True)
            )
            action = _direction(*times)
            yield ContractDifference(
                "duration", action, self._site("lifecycle"), (), *slowest, detail=(old, new, *times)
            )

    def _words(self, old: Lifecycle, new: Lifecycle, roots: list[str]) -> Iterator[ContractDifference]:
        """States that a task can reach on one side only."""
        left, right = old.reachable(), new.reachable()
        for word in dict.fromkeys((*left, *right)):
            if (word in left) != (word in right):
                spots = of_both(
                    StatedAt(f"{root}/states/{escaped(word)}" if word in lifecycle.states else f"{root}/states", word)
                    for root, lifecycle in zip(roots, (old, new), strict=True)
                )
                outcome = (old if word in left else new).states[word].outcome
                action: Action = "removed" if word in left else "added"
                facts = {"lifecycles": (old, new), "outcome": outcome}
                yield ContractDifference("state", action, self._site("lifecycle"), (word,), *spots, detail=facts)

    def _order(self, old: Lifecycle, new: Lifecycle, roots: list[str]) -> Iterator[ContractDifference]:
        """Common states of which one may follow the other on one side only."""
        common = set(old.reachable()) & set(new.reachable())
        left, right = ({pair for pair in followed(lifecycle) if common.issuperset(pair)} for lifecycle in (old, new))
        for word, later in sorted(left ^ right):
            spots = of_both(StatedAt(f"{root}/states/{escaped(word)}", later) for root in roots)
            action: Action = "added" if (word, later) in right else "removed"
            facts = {"lifecycles": (old, new), "outcome": None}
            yield ContractDifference("order", action, self._site("lifecycle"), (word, later), *spots, detail=facts)
        steps = [
            {(word, later) for word in common for later in lifecycle.states[word].next} & common_pairs(common)
            for lifecycle in (old, new)
        ]
        for word, later in sorted((steps[0] ^ steps[1]) & left & right):
            spots = of_both(StatedAt(f"{root}/states/{escaped(word)}", later) for root in roots)
            action = "added" if (word, later) in steps[1] else "removed"
            yield ContractDifference("step", action, self._site("lifecycle"), (word, later), *spots)

    def _states(self, old: Lifecycle, new: Lifecycle, roots: list[str]) -> Iterator[ContractDifference]:
        """What differs in the common states."""
        for word in old.reachable():
            if word not in new.reachable():
                continue
            was, is_now = old.states[word], new.states[word]
            pointers = [f"{root}/states/{escaped(word)}" for root in roots]
            if was.outcome != is_now.outcome:
                reported = of_both(
                    StatedAt(pointer, state.outcome) for pointer, state in zip(pointers, (was, is_now), strict=True)
                )
                yield ContractDifference(
                    "outcome", "changed", self._site("lifecycle"), (word,), *reported, detail=(old, new)
                )
            if was.progress != is_now.progress:
                reported = of_both(
                    StatedAt(pointer, state.progress) for pointer, state in zip(pointers, (was, is_now), strict=True)
                )
                yield ContractDifference(
                    "progress", "changed", self._site("lifecycle"), (word,), *reported, detail=(old, new)
                )

    # ------------------------------------------------------------------ money

    def billing(self) -> Iterator[ContractDifference]:
        """When an operation charges, whether it refunds, and the currency."""
        old, new = (written.get("x-billing", {}) for written in self.written)
        for key in ("charge", "refund", "currency"):
            if old.get(key) == new.get(key):
                continue
            spots = of_both(
                StatedAt(f"{call.pointer}/x-billing/{key}" if key in terms else call.pointer, terms.get(key))
                for call, terms in zip(self.calls, (old, new), strict=True)
            )
            action = change_of(key in old, key in new)
            yield ContractDifference(f"billing-{key}", action, self._site("billing"), (), *spots)


def _said(role: LifecycleRole) -> tuple[object, ...]:
    """What the role says of a task, apart from its lifecycle."""
    texts = [entry.text if isinstance(entry, Expression) else entry for entry in (role.expression, role.of, *role.wait)]
    return (role.becomes, role.since, *texts)


def common_pairs(words: set[str]) -> set[tuple[str, str]]:
    """Every ordered pair of these words."""
    return {(word, later) for word in words for later in words}


def _direction(old: float | None, new: float | None) -> Action:
    if old is None or new is None:  # None is forever
        return "raised" if new is None else "lowered"
    return "raised" if new > old else "lowered"


def _slowest(root: str, lifecycle: Lifecycle) -> str:
    """The pointer of the longest state on the usual route."""
    state = max(lifecycle.states_along(), key=lambda step: (step.after or (0.0, 0.0))[1])
    return f"{root}/states/{escaped(state.name)}"
