"""Applies OpenAPI Overlay 1.0 strictly: a target without a match, or an update that does not fit, is an error.

Objects are merged by field, a list in an update is appended to the list, a scalar replaces a scalar; ``remove`` deletes
the target (Overlay Specification 1.0.0, section 4.4.3). The only module that imports the JSONPath library (RFC 9535).
"""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pixpact.specs.openapi.document import DocumentNode, SpecDocument, read
from pixpact.specs.openapi.problems import SourcePlace, SpecError, SpecProblem
from pixpact.specs.openapi.schemas import matches

if TYPE_CHECKING:
    import jsonpath_rfc9535

Location = tuple[str | int, ...]

RULES = ("overlay",)
"""The lint rule of all overlay faults."""

_DOCUMENT_KEYS = {"overlay", "info", "extends", "actions"}
_ACTION_KEYS = {"target", "description", "update", "remove"}
_LONGEST_TARGET, _MOST_DESCENTS, _MOST_FILTERS = 1000, 3, 20
"""Characters, `..` and `?` of a target: each `..` may multiply the work by the depth of the document."""


def apply(base: SpecDocument, path: Path) -> SpecDocument:
    """Apply the overlay file at `path` to `base`. Raises SpecError with every problem."""
    return apply_overlay(base, read(path))


def apply_overlay(base: SpecDocument, overlay: SpecDocument) -> SpecDocument:
    """Apply an overlay to `base`. Raises SpecError with every problem."""
    problems = _shape_problems(overlay)
    root = base.root
    for action in [] if problems else _items(overlay.root.child("actions")):
        try:
            root = _applied(root, action)
        except SpecError as error:
            problems += error.problems
    if problems:
        raise SpecError(problems)
    return SpecDocument(root)


def _items(node: DocumentNode | None) -> list[DocumentNode]:
    return node.value if node is not None and isinstance(node.value, list) else []


def _shape_problems(overlay: SpecDocument) -> list[SpecProblem]:
    root = overlay.root
    problems = _unknown_keys(root, _DOCUMENT_KEYS)
    version = root.child("overlay")
    if version is None or not str(version.value).startswith("1."):
        problems.append(_problem(root.origin, "it is not an Overlay 1.x document", "begin it with `overlay: 1.0.0`"))
    problems += _info_problems(root)
    if not _items(root.child("actions")):
        problems.append(_problem(root.origin, "it has no actions", "list at least one under `actions`"))
    for action in _items(root.child("actions")):
        problems += _action_problems(action)
    return problems


def _info_problems(root: DocumentNode) -> list[SpecProblem]:
    info = root.child("info")
    if info is not None and info.child("title") and info.child("version"):
        return []
    origin = info.origin if info else root.origin
    return [_problem(origin, "it does not say what it is", "add `info: {title: …, version: …}`")]


def _action_problems(action: DocumentNode) -> list[SpecProblem]:
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


def _unknown_keys(node: DocumentNode, names: set[str]) -> list[SpecProblem]:
    fields = node.value if isinstance(node.value, dict) else {}
    return [
        _problem(value.origin, f"the key {key!r} is not known here", f"use one of {', '.join(sorted(names))}")
        for key, value in fields.items()
        if key not in names and not key.startswith("x-")
    ]


def _problem(origin: SourcePlace, message: str, remedy: str) -> SpecProblem:
    return SpecProblem(origin, "overlay", message, remedy)


def _applied(root: DocumentNode, action: DocumentNode) -> DocumentNode:
    target = action.child("target")
    assert target is not None
    update = action.child("update")
    for location in _locations(root, target):
        root = _removed(root, location, action) if update is None else _merged_at(root, location, update)
    return root


@cache
def _environment() -> jsonpath_rfc9535.JSONPathEnvironment:
    """JSONPath whose `match` and `search` take linear time; those of the library backtrack."""
    import jsonpath_rfc9535

    environment = jsonpath_rfc9535.JSONPathEnvironment()
    # Named `function_extensions` by the library's version 1, and `functions` by version 2, which needs Python 3.12.
    functions: dict[str, Any] = getattr(environment, "functions", None) or environment.function_extensions
    for name, form in (("match", "^(?:{})$"), ("search", "{}")):
        functions[name] = _linear(type(functions[name]), form)
    return environment


def _linear(function: type, form: str) -> object:
    """The function, by a regular expression engine without backtracking; `form` takes the pattern."""

    def call(_: object, string: object, pattern: object) -> bool:
        return isinstance(string, str) and isinstance(pattern, str) and matches(form.format(pattern), string)

    return type(function.__name__, (function,), {"__call__": call})()


def _locations(root: DocumentNode, target: DocumentNode) -> list[Location]:
    """The locations of the target, without duplicates, last and innermost first, so that a removal moves no other."""
    import jsonpath_rfc9535  # 25 ms that only users of overlays pay

    text = target.value
    if len(text) > _LONGEST_TARGET or text.count("..") > _MOST_DESCENTS or text.count("?") > _MOST_FILTERS:
        most = f"{_LONGEST_TARGET} characters, {_MOST_DESCENTS} `..` or {_MOST_FILTERS} filters"
        message = f"the target {text[:60]!r} has more than {most}"
        raise SpecError([_problem(target.origin, message, "write a shorter path, or several actions")])
    try:
        nodes = _environment().find(target.value, root.plain())
    except jsonpath_rfc9535.JSONPathError as error:
        message = f"the target {target.value!r} is not a JSONPath: {str(error).partition(', line 1')[0]}"
        raise SpecError([_problem(target.origin, message, "see RFC 9535")]) from None
    if not nodes:
        message = f"the target {target.value!r} matches nothing"
        remedy = "correct the path, or apply the overlay it builds on before"
        raise SpecError([_problem(target.origin, message, remedy)])
    return sorted({node.location for node in nodes}, reverse=True)


def _removed(node: DocumentNode, location: Location, action: DocumentNode) -> DocumentNode:
    if not location:
        message = "the whole document cannot be removed"
        raise SpecError([_problem(action.origin, message, "name a part of it")])
    head, rest = location[0], location[1:]
    return _with(node, head, _removed(node.value[head], rest, action) if rest else None)


def _merged_at(node: DocumentNode, location: Location, update: DocumentNode) -> DocumentNode:
    if not location:
        return _merged(node, update)
    return _with(node, location[0], _merged_at(node.value[location[0]], location[1:], update))


def _with(node: DocumentNode, step: str | int, inner: DocumentNode | None) -> DocumentNode:
    """A copy of `node` with `inner` as its field `step`, or without that field if `inner` is None."""
    if isinstance(node.value, dict):
        fields = {**node.value, step: inner}
        return DocumentNode({key: value for key, value in fields.items() if value is not None}, node.origin)
    assert isinstance(step, int)
    items = [*node.value[:step], *([inner] if inner else []), *node.value[step + 1 :]]
    return DocumentNode(items, node.origin)


def _merged(old: DocumentNode, new: DocumentNode) -> DocumentNode:
    if isinstance(old.value, list):
        added = new.value if isinstance(new.value, list) else [new]
        return DocumentNode([*old.value, *added], old.origin)
    if isinstance(old.value, dict) and isinstance(new.value, dict):
        fields = dict(old.value)
        for key, node in new.value.items():
            fields[key] = _merged(fields[key], node) if key in fields else node
        return DocumentNode(fields, old.origin)
    if isinstance(old.value, dict) or isinstance(new.value, (dict, list)):
        message = f"a {_kind(new)} cannot be merged into a {_kind(old)}"
        raise SpecError([_problem(new.origin, message, "remove the old value first, then add the new one")])
    return new


def _kind(node: DocumentNode) -> str:
    return "mapping" if isinstance(node.value, dict) else "list" if isinstance(node.value, list) else "plain value"
