"""What a contract must say where a request was refused that it promises to take."""

from __future__ import annotations

import re
from collections.abc import Iterator

from pixpact.contracts.claims.acceptance import shown_tail
from pixpact.contracts.propose.bounds import bound_at, limit, sides
from pixpact.contracts.propose.finding_context import Edit, Scene, edit
from pixpact.contracts.propose.operations import Append, Drop, Operation, Put, Take, below, parent_of, there
from pixpact.specs.openapi.document import Json, at, steps
from pixpact.specs.openapi.messages import listed, short


def refused(scene: Scene) -> Iterator[Edit]:
    """The edits for a refused request, by what the claim is about."""
    claim = scene.claim
    keyword = steps(claim.pointer)[-1]
    if claim.id.endswith("/left-out"):
        yield from _required(scene)
    elif "/example/" in claim.id:
        yield edit(f"the example {keyword} is gone", Drop(claim.pointer))
    elif claim.id.endswith("/form"):
        yield from _form(scene)
    elif keyword in ("enum", "const"):
        yield from _words(scene)
    elif keyword == "pattern":
        yield from _pattern(scene)
    elif keyword == "type":
        yield from _switch(scene)
    elif "/parameters/" in claim.pointer:
        yield edit(f"{claim.id.rpartition('/')[2]} is no parameter", Drop(claim.pointer))
    else:
        yield from _bound(scene)


def clamp_refused(scene: Scene) -> Iterator[Edit]:
    """What was to be pulled to a bound is refused: the bound is a rule."""
    for claims in dict.fromkeys((scene.claims, scene.claims[:1])):
        pointers = dict.fromkeys(it.pointer for it in claims if "/x-clamp/" in it.pointer)
        clamp = scene.claim.pointer.rpartition("/")[0]
        holder = parent_of(clamp)[0]
        bounds = {steps(pointer)[-1]: at(scene.document, pointer) for pointer in pointers}
        whole = bounds.keys() == at(scene.document, clamp).keys()
        drops: list[Operation] = [Drop(clamp)] if whole else [Drop(pointer) for pointer in pointers]
        puts = [Put(below(holder, word), value) for word, value in bounds.items()]
        said = " and ".join(f"{word} {value}" for word, value in bounds.items())
        yield edit(f"{said} is a rule, and nothing is pulled to it", *drops, *puts)


def _required(scene: Scene) -> Iterator[Edit]:
    members, name = scene.claim.pointer.rpartition("/properties/")[0], steps(scene.claim.pointer)[-1]
    yield edit(f"{name} is required", Append(below(members, "required"), name))


def _form(scene: Scene) -> Iterator[Edit]:
    """A value of one form (a list, a size text) is refused: the schema says so with a form that nothing has."""
    yield edit("a value of this form is refused", Put(scene.claim.pointer, False))


def _words(scene: Scene) -> Iterator[Edit]:
    """A word, or several, that are not taken any more."""
    words = scene.statement if isinstance(scene.statement, list) else [scene.statement]
    gone = [word for word in words if any(it.id.endswith(f"/{shown_tail(word)}") for it in scene.claims)]
    left = [word for word in words if word not in gone]
    holder = parent_of(scene.claim.pointer)[0]
    if not gone:
        return
    if left:
        takes: list[Operation] = [Take(scene.claim.pointer, word) for word in gone]
        takes += [Drop(it) for it in _defaults(holder) if there(scene.document, it) and at(scene.document, it) in gone]
        yield edit(f"{listed(gone, 'and')} {'is' if len(gone) == 1 else 'are'} not taken", *takes)
    elif parent_of(holder)[0].endswith("/properties"):
        yield edit(f"{steps(holder)[-1]} is not taken", Put(holder, False))


def _defaults(place: str) -> Iterator[str]:
    """Where the default of a value may stand: beside its rule, or beside the alternatives that the rule is one of."""
    yield below(place, "default")
    while not parent_of(place)[0].endswith("/properties") and "/properties/" in place:
        place = parent_of(place)[0]
        yield below(place, "default")


def _pattern(scene: Scene) -> Iterator[Edit]:
    """One of the alternatives of a pattern is gone: `^(A|B)` → `^A`; what was taken must still fit."""
    taken = [mark.instance for step, mark in scene.marks(scene.claim.pointer) if step.accepted]
    refused = [
        mark.instance
        for step, mark in scene.marks(scene.claim.pointer)
        if scene.step is not None and step.exchange is scene.step.exchange
    ]
    for pattern in _narrower(scene.statement):
        fits = [isinstance(value, str) and re.search(pattern, value) is not None for value in taken]
        left = [isinstance(value, str) and re.search(pattern, value) is not None for value in refused]
        if fits and all(fits) and not all(left):
            yield edit(f"it must match {pattern}", Put(scene.claim.pointer, pattern))


_GROUP = re.compile(r"^(?P<before>\^?)\((?P<inside>.*)\)(?P<after>\$?)$")


def _narrower(pattern: str) -> Iterator[str]:
    """The pattern without one of its outermost alternatives, each in turn; the one without `s` in `https?` first."""
    if "https?" in pattern:
        yield pattern.replace("https?", "https")
    found = _GROUP.match(pattern)
    if found is None:
        return
    parts = _alternatives(found["inside"])
    for gone in range(len(parts) if len(parts) > 1 else 0):
        left = [part for place, part in enumerate(parts) if place != gone]
        inside = left[0] if len(left) == 1 else f"({'|'.join(left)})"
        yield f"{found['before']}{inside}{found['after']}"


def _alternatives(text: str) -> list[str]:
    """`a|(b|c)|[|]` → its three alternatives."""
    found, depth, bracket, start, place = [], 0, False, 0, 0
    while place < len(text):
        sign = text[place]
        if sign == "\\":
            place += 1
        elif bracket:
            bracket = sign != "]"
        elif sign == "[":
            bracket = True
        elif sign in "()":
            depth += 1 if sign == "(" else -1
        elif sign == "|" and depth == 0:
            found.append(text[start:place])
            start = place + 1
        if depth < 0:
            return []  # the group ends before the pattern does: these are no alternatives
        place += 1
    return [*found, text[start:]]


def _switch(scene: Scene) -> Iterator[Edit]:
    """Of `true` and `false` one is refused; of any other type, nothing says what is taken in its place."""
    if scene.statement != "boolean":
        return
    gone = [word for word in (True, False) if any(it.id.endswith(f"/{short(word)}") for it in scene.claims)]
    if len(gone) == 1:
        yield edit(f"only {short(not gone[0])} is taken", _limited(scene, [not gone[0]]))


def _limited(scene: Scene, words: list[Json]) -> Operation:
    return Put(below(parent_of(scene.claim.pointer)[0], "enum"), words)


def _bound(scene: Scene) -> Iterator[Edit]:
    """A limit is nearer: it moves to the outermost value that was taken."""
    found = bound_at(scene, scene.claim.pointer)
    if found is None:
        if steps(scene.claim.pointer)[-2:-1] and "/x-image/" in scene.claim.pointer:
            yield from _words(scene)
        return
    seen = sides(scene, found)
    if seen.taken is not None and there(scene.document, found.pointer):
        known = "" if seen.adjacent or seen.refused is None else f"; {seen.refused} is refused, between them is unknown"
        name = steps(found.pointer)[-1]
        yield edit(f"{name} is {limit(found, seen.taken)}{known}", Put(found.pointer, limit(found, seen.taken)))
