"""Edits for requests that were refused although the contract says that they are accepted."""

from __future__ import annotations

import re
from collections.abc import Iterator

from pixpact.contracts.claims.wording import shown_tail
from pixpact.contracts.propose.bounds import bound_at, limit, observed_sides
from pixpact.contracts.propose.finding_context import ContractEdit, FindingContext, edit
from pixpact.contracts.propose.operations import (
    AppendItem,
    Operation,
    RemoveItem,
    RemoveValue,
    SetValue,
    exists,
    parent_of,
    pointer_below,
)
from pixpact.specs.openapi.document import Json, at, steps
from pixpact.specs.openapi.messages import listed, short_json
from pixpact.specs.openapi.schemas import matches


def refused_edits(context: FindingContext) -> Iterator[ContractEdit]:
    """The edits for a refused request, by what the claim is about."""
    claim = context.claim
    keyword = steps(claim.pointer)[-1]
    if claim.id.endswith("/left-out"):
        yield from _required(context)
    elif "/example/" in claim.id:
        yield edit(f"the example {keyword} is gone", RemoveValue(claim.pointer))
    elif claim.id.endswith("/form"):
        yield from _form(context)
    elif keyword in ("enum", "const"):
        yield from _words(context)
    elif keyword == "pattern":
        yield from _pattern(context)
    elif keyword == "type":
        yield from _switch(context)
    elif "/parameters/" in claim.pointer:
        yield edit(f"{claim.id.rpartition('/')[2]} is not a parameter", RemoveValue(claim.pointer))
    else:
        yield from _bound(context)


def clamp_refused(context: FindingContext) -> Iterator[ContractEdit]:
    """Turn a clamp into a bound: values beyond it are refused."""
    for claims in dict.fromkeys((context.claims, context.claims[:1])):
        pointers = dict.fromkeys(claim.pointer for claim in claims if "/x-clamp/" in claim.pointer)
        clamp = context.claim.pointer.rpartition("/")[0]
        holder = parent_of(clamp)[0]
        bounds = {steps(pointer)[-1]: at(context.document, pointer) for pointer in pointers}
        whole = bounds.keys() == at(context.document, clamp).keys()
        drops: list[Operation] = [RemoveValue(clamp)] if whole else [RemoveValue(pointer) for pointer in pointers]
        puts = [SetValue(pointer_below(holder, word), value) for word, value in bounds.items()]
        text = " and ".join(f"{word} {value}" for word, value in bounds.items())
        yield edit(f"{text} is a rule, and values are not clamped to it", *drops, *puts)


def _required(context: FindingContext) -> Iterator[ContractEdit]:
    fields, name = context.claim.pointer.rpartition("/properties/")[0], steps(context.claim.pointer)[-1]
    yield edit(f"{name} is required", AppendItem(pointer_below(fields, "required"), name))


def _form(context: FindingContext) -> Iterator[ContractEdit]:
    """Refuse one form of a value (a list, a size text): its schema becomes one that nothing matches."""
    yield edit("a value of this form is refused", SetValue(context.claim.pointer, False))


def _words(context: FindingContext) -> Iterator[ContractEdit]:
    """Remove listed values that are no longer accepted."""
    words = context.statement if isinstance(context.statement, list) else [context.statement]
    gone = [word for word in words if any(claim.id.endswith(f"/{shown_tail(word)}") for claim in context.claims)]
    left = [word for word in words if word not in gone]
    holder = parent_of(context.claim.pointer)[0]
    if not gone:
        return
    if left:
        takes: list[Operation] = [RemoveItem(context.claim.pointer, word) for word in gone]
        takes += [
            RemoveValue(default)
            for default in _defaults(holder)
            if exists(context.document, default) and at(context.document, default) in gone
        ]
        yield edit(f"{listed(gone, 'and')} {'is' if len(gone) == 1 else 'are'} not accepted", *takes)
    elif parent_of(holder)[0].endswith("/properties"):
        yield edit(f"{steps(holder)[-1]} is not accepted", SetValue(holder, False))


def _defaults(pointer: str) -> Iterator[str]:
    """The pointers where the default of a value may be: beside its rule, or beside the alternatives with the rule."""
    yield pointer_below(pointer, "default")
    while not parent_of(pointer)[0].endswith("/properties") and "/properties/" in pointer:
        pointer = parent_of(pointer)[0]
        yield pointer_below(pointer, "default")


def _pattern(context: FindingContext) -> Iterator[ContractEdit]:
    """Remove an alternative of a pattern: `^(A|B)` → `^A`. Accepted values must still match."""
    taken = [mark.instance for step, mark in context.marks(context.claim.pointer) if step.accepted]
    refused = [
        mark.instance
        for step, mark in context.marks(context.claim.pointer)
        if context.step is not None and step.exchange is context.step.exchange
    ]
    for pattern in _narrower(context.statement):
        fits = [isinstance(value, str) and matches(pattern, value) for value in taken]
        left = [isinstance(value, str) and matches(pattern, value) for value in refused]
        if fits and all(fits) and not all(left):
            yield edit(f"it must match {pattern}", SetValue(context.claim.pointer, pattern))


_GROUP = re.compile(r"^(?P<before>\^?)\((?P<inside>.*)\)(?P<after>\$?)$")


def _narrower(pattern: str) -> Iterator[str]:
    """The pattern without one of its outermost alternatives, each in turn; the one without `s` in `https?` first."""
    if "https?" in pattern:
        yield pattern.replace("https?", "https")
    match = _GROUP.match(pattern)
    if match is None:
        return
    parts = _alternatives(match["inside"])
    for gone in range(len(parts) if len(parts) > 1 else 0):
        left = [part for index, part in enumerate(parts) if index != gone]
        inside = left[0] if len(left) == 1 else f"({'|'.join(left)})"
        yield f"{match['before']}{inside}{match['after']}"


def _alternatives(text: str) -> list[str]:
    """`a|(b|c)|[|]` → its three alternatives."""
    alternatives, depth, bracket, start, index = [], 0, False, 0, 0
    while index < len(text):
        sign = text[index]
        if sign == "\\":
            index += 1
        elif bracket:
            bracket = sign != "]"
        elif sign == "[":
            bracket = True
        elif sign in "()":
            depth += 1 if sign == "(" else -1
        elif sign == "|" and depth == 0:
            alternatives.append(text[start:index])
            start = index + 1
        if depth < 0:
            return []  # the group ends before the pattern: these are not its alternatives
        index += 1
    return [*alternatives, text[start:]]


def _switch(context: FindingContext) -> Iterator[ContractEdit]:
    """Refuse `true` or `false`. For any other type it is not known what is accepted instead."""
    if context.statement != "boolean":
        return
    gone = [
        word for word in (True, False) if any(claim.id.endswith(f"/{short_json(word)}") for claim in context.claims)
    ]
    if len(gone) == 1:
        yield edit(f"only {short_json(not gone[0])} is accepted", _limited(context, [not gone[0]]))


def _limited(context: FindingContext, words: list[Json]) -> Operation:
    return SetValue(pointer_below(parent_of(context.claim.pointer)[0], "enum"), words)


def _bound(context: FindingContext) -> Iterator[ContractEdit]:
    """Tighten a limit to the outermost value that was accepted."""
    request_limit = bound_at(context, context.claim.pointer)
    if request_limit is None:
        if steps(context.claim.pointer)[-2:-1] and "/x-image/" in context.claim.pointer:
            yield from _words(context)
        return
    sides = observed_sides(context, request_limit)
    if sides.taken is not None and exists(context.document, request_limit.pointer):
        remark = (
            "" if sides.adjacent or sides.refused is None else f"; {sides.refused} is refused; in between is unknown"
        )
        name = steps(request_limit.pointer)[-1]
        yield edit(
            f"{name} is {limit(request_limit, sides.taken)}{remark}",
            SetValue(request_limit.pointer, limit(request_limit, sides.taken)),
        )
