"""OpenAPI Overlay 1.0, applied strictly: a target that matches nothing, or an update that does not fit, is an error.

Objects merge member by member, a list in an update is appended to the list it meets, a scalar replaces a scalar;
``remove`` takes the target away (Overlay Specification 1.0.0, section 4.4.3). The door to JSONPath (RFC 9535).
"""

from __future__ import annotations

from pathlib import Path

from pixpact.specs.openapi.document import Document, Node, read
from pixpact.specs.openapi.problems import Origin, Problem, SpecError

Location = tuple[str | int, ...]

RULES = ("overlay",)
"""The lint rule that every fault of an overlay breaks."""

_DOCUMENT_KEYS = {"overlay", "info", "extends", "actions"}
_ACTION_KEYS = {"target", "description", "update", "remove"}


def apply(base: Document, path: Path) -> Document:
    """The document that the overlay file at `path` makes of `base`. Raises SpecError with every problem."""
    return applied(base, read(path))


def applied(base: Document, overlay: Document) -> Document:
    """The document that an overlay makes of `base`. Raises SpecError with every problem."""
    problems = _shape_problems(overlay)
    root = base.root
    for action in [] if problems else _items(overlay.root.child("actions")):
        try:
            root = _applied(root, action)
        except SpecError as error:
            problems += error.problems
    if problems:
        raise SpecError(problems)
    return Document(root)


def _items(node: Node | None) -> list[Node]:
    return node.value if node is not None and isinstance(node.value, list) else []


def _shape_problems(overlay: Document) -> list[Problem]:
    root = overlay.root
    problems = _unknown_keys(root, _DOCUMENT_KEYS)
    version = root.child("overlay")
    if version is None or not str(version.value).startswith("1."):
        problems.append(_problem(root.origin, "it is no Overlay 1.x document", "begin it with `overlay: 1.0.0`"))
    problems += _info_problems(root)
    if not _items(root.child("actions")):
        problems.append(_problem(root.origin, "it has no actions", "list at least one under `actions`"))
    for action in _items(root.child("actions")):
        problems += _action_problems(action)
    return problems


def _info_problems(root: Node) -> list[Problem]:
    info = root.child("info")
    if info is not None and info.child("title") and info.child("version"):
        return []
    origin = info.origin if info else root.origin
    return [_problem(origin, "it does not say what it is", "add `info: {title: …, version: …}`")]


def _action_problems(action: Node) -> list[Problem]:
    if not isinstance(action.value, dict):
        return [_problem(action.origin, "an action is an object", "write `target` and `update` or `remove`")]
    problems = _unknown_keys(action, _ACTION_KEYS)
    target, remove = action.child("target"), action.child("remove")
    if target is None or not isinstance(target.value, str):
        problems.append(_problem(action.origin, "an action without a target", "add `target: $...`"))
    if (action.child("update") is None) == (remove is None) or (remove and remove.value is not True):
        message = "an action has either `update` or `remove: true`"
        problems.append(_problem(action.origin, message, "write exactly one of them"))
    return problems


def _unknown_keys(node: Node, known: set[str]) -> list[Problem]:
    members = node.value if isinstance(node.value, dict) else {}
    return [
        _problem(value.origin, f"the key {key!r} is not known here", f"use one of {', '.join(sorted(known))}")
        for key, value in members.items()
        if key not in known and not key.startswith("x-")
    ]


def _problem(origin: Origin, message: str, remedy: str) -> Problem:
    return Problem(origin, "overlay", message, remedy)


def _applied(root: Node, action: Node) -> Node:
    target = action.child("target")
    assert target is not None
    update = action.child("update")
    for place in _locations(root, target):
        root = _removed(root, place, action) if update is None else _merged_at(root, place, update)
    return root


def _locations(root: Node, target: Node) -> list[Location]:
    """Where the target leads, each place once, the last and the innermost first: removing one moves no other."""
    import jsonpath_rfc9535  # 25 ms that only users of overlays pay

    try:
        found = jsonpath_rfc9535.find(target.value, root.plain())
    except jsonpath_rfc9535.JSONPathError as error:
        message = f"the target {target.value!r} is no JSONPath: {str(error).partition(', line 1')[0]}"
        raise SpecError([_problem(target.origin, message, "see RFC 9535")]) from None
    if not found:
        message = f"the target {target.value!r} matches nothing"
        remedy = "correct the path, or apply the overlay it builds on before"
        raise SpecError([_problem(target.origin, message, remedy)])
    return sorted({node.location for node in found}, reverse=True)


def _removed(node: Node, place: Location, action: Node) -> Node:
    if not place:
        message = "the whole document cannot be removed"
        raise SpecError([_problem(action.origin, message, "name a part of it")])
    head, rest = place[0], place[1:]
    return _with(node, head, _removed(node.value[head], rest, action) if rest else None)


def _merged_at(node: Node, place: Location, update: Node) -> Node:
    if not place:
        return _merged(node, update)
    return _with(node, place[0], _merged_at(node.value[place[0]], place[1:], update))


def _with(node: Node, step: str | int, inner: Node | None) -> Node:
    """A copy of `node` whose member `step` is `inner`, or is gone when `inner` is None."""
    if isinstance(node.value, dict):
        members = {**node.value, step: inner}
        return Node({key: value for key, value in members.items() if value is not None}, node.origin)
    assert isinstance(step, int)
    items = [*node.value[:step], *([inner] if inner else []), *node.value[step + 1 :]]
    return Node(items, node.origin)


def _merged(old: Node, new: Node) -> Node:
    if isinstance(old.value, list):
        added = new.value if isinstance(new.value, list) else [new]
        return Node([*old.value, *added], old.origin)
    if isinstance(old.value, dict) and isinstance(new.value, dict):
        members = dict(old.value)
        for key, node in new.value.items():
            members[key] = _merged(members[key], node) if key in members else node
        return Node(members, old.origin)
    if isinstance(old.value, dict) or isinstance(new.value, (dict, list)):
        message = f"a {_kind(new)} cannot be merged into a {_kind(old)}"
        raise SpecError([_problem(new.origin, message, "remove the old value first, then add the new one")])
    return new


def _kind(node: Node) -> str:
    return "mapping" if isinstance(node.value, dict) else "list" if isinstance(node.value, list) else "plain value"
