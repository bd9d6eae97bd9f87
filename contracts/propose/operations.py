"""Changes of a document as data, and the overlay actions that say them.

An edit is told as operations on JSON pointers, in an order in which each finds what the ones before it left. What an
overlay needs for it (remove first where another form follows, lists that only grow) is decided here and nowhere else.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from copy import deepcopy
from dataclasses import dataclass, field

from pixpact.contracts.propose.jsonpath import item_of, path_to
from pixpact.specs.openapi.document import Json, at, escaped, step_into, steps


@dataclass(frozen=True, slots=True)
class SetValue:
    """Let `value` stand at a pointer, whatever stood there. Its parent must be an object."""

    pointer: str
    value: Json


@dataclass(frozen=True, slots=True)
class RemoveValue:
    """Let nothing stand at a pointer."""

    pointer: str


@dataclass(frozen=True, slots=True)
class AppendItem:
    """Put an item at the end of the list at a pointer, which is made where there is none."""

    pointer: str
    value: Json


@dataclass(frozen=True, slots=True)
class RemoveItem:
    """Take a plain value out of the list at a pointer; a list of which nothing is left goes too."""

    pointer: str
    value: Json


Operation = SetValue | RemoveValue | AppendItem | RemoveItem


@dataclass(frozen=True, slots=True)
class OverlayAction:
    """One action of an overlay (section 4.4.3): an update of what stands at `target`, or its removal."""

    target: str
    update: Json = None
    remove: bool = False
    notes: Mapping[str, Json] = field(default_factory=dict)
    """`description` and keys beginning with `x-`."""

    def plain(self) -> dict[str, Json]:
        """As it is written."""
        action: dict[str, Json] = {"target": self.target, **self.notes}
        return action | ({"remove": True} if self.remove else {"update": self.update})


def parent_of(pointer: str) -> tuple[str, str]:
    """(the pointer of what holds a value, the last step to it)."""
    return pointer.rpartition("/")[0], steps(pointer)[-1]


def actions(document: Json, operations: Iterable[Operation]) -> tuple[list[OverlayAction], Json]:
    """The actions that carry out operations on a document, and the document after them. Raises KeyError."""
    after = deepcopy(document)
    actions_so_far: list[OverlayAction] = []
    for operation in operations:
        for action in _as_actions(after, operation):
            _add(actions_so_far, action)
        after = _done(after, operation)
    return actions_so_far, after


def _as_actions(document: Json, operation: Operation) -> Iterable[OverlayAction]:
    if isinstance(operation, SetValue):
        return _put(document, operation.pointer, operation.value)
    if isinstance(operation, AppendItem):
        parent, name = parent_of(operation.pointer)
        return [OverlayAction(path_to(document, parent), {name: [operation.value]})]
    if isinstance(operation, RemoveItem) and len(at(document, operation.pointer)) > 1:
        return [OverlayAction(item_of(path_to(document, operation.pointer), operation.value), remove=True)]
    return [OverlayAction(path_to(document, operation.pointer), remove=True)]


def _put(document: Json, pointer: str, value: Json) -> Iterable[OverlayAction]:
    parent, name = parent_of(pointer)
    holder = at(document, parent)
    if isinstance(holder, list):
        raise KeyError(pointer)  # an overlay cannot put anything into the middle of a list
    update = OverlayAction(path_to(document, parent), {name: value})
    if name not in holder:
        return [update]
    plain = not isinstance(holder[name], (dict, list)) and not isinstance(value, (dict, list))
    return [update] if plain else [OverlayAction(path_to(document, pointer), remove=True), update]


def _add(actions_so_far: list[OverlayAction], action: OverlayAction) -> None:
    """Join updates of one object that say different fields."""
    last = actions_so_far[-1] if actions_so_far else None
    if (
        last is not None
        and not last.remove
        and not action.remove
        and last.target == action.target
        and not last.update.keys() & action.update.keys()
    ):
        actions_so_far[-1] = OverlayAction(last.target, {**last.update, **action.update})
    else:
        actions_so_far.append(action)


def _done(document: Json, operation: Operation) -> Json:
    """The document after one operation; it is changed in place."""
    parent, name = parent_of(operation.pointer)
    holder = at(document, parent)
    if isinstance(operation, SetValue):
        holder[name] = deepcopy(operation.value)
    elif isinstance(operation, AppendItem):
        holder.setdefault(name, []).append(deepcopy(operation.value))
    elif isinstance(operation, RemoveItem) and len(holder[name]) > 1:
        holder[name] = [item for item in holder[name] if not _is(item, operation.value)]
    elif isinstance(holder, list):
        del holder[int(name)]
    else:
        del holder[name]
    return document


def _is(one: Json, second: Json) -> bool:
    """Equality of JSON, where `true` is not 1."""
    return one == second and isinstance(one, bool) == isinstance(second, bool)


def exists(document: Json, pointer: str) -> bool:
    """Whether something stands at a pointer."""
    here = document
    for step in steps(pointer):
        try:
            here = step_into(here, step)
        except (KeyError, TypeError):
            return False
    return True


def pointer_below(pointer: str, *names: str) -> str:
    """The pointer of what stands below another."""
    return pointer + "".join(f"/{escaped(name)}" for name in names)
