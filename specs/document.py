"""YAML text → plain JSON values that remember their lines. The door to YAML.

Only JSON-typed scalars exist here (YAML 1.2.2, section 10.2): ``2026-05-01``, ``on``, ``1:30`` and ``017`` are
texts, keys are always texts (``200:`` is the key ``"200"``), ``1e3`` is a number, and a key may not stand twice.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any

import yaml

from pixpact.specs.problems import Origin, Problem, SpecError

try:
    from yaml import CSafeLoader as Loader
except ImportError:  # PyYAML built without libyaml: slower, the same nodes
    from yaml import SafeLoader as Loader  # type: ignore[assignment]  # same interface

Json = Any
"""A plain JSON value: dict, list, str, int, float, bool or None."""

_INTEGER = re.compile(r"-?(0|[1-9][0-9]*)")
_NUMBER = re.compile(r"-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][-+]?[0-9]+)?")
_WORDS: dict[str, Json] = {"true": True, "false": False, "null": None, "": None}


@dataclass(frozen=True, slots=True)
class Node:
    """One value of a document: a scalar, a dict of nodes or a list of nodes, and where it is written."""

    value: Json
    origin: Origin

    def plain(self) -> Json:
        """The JSON value without its lines."""
        if isinstance(self.value, dict):
            return {key: node.plain() for key, node in self.value.items()}
        if isinstance(self.value, list):
            return [node.plain() for node in self.value]
        return self.value

    def child(self, step: str) -> Node | None:
        """The member or item named by one step of a JSON pointer."""
        if isinstance(self.value, dict):
            return self.value.get(step)
        if isinstance(self.value, list) and step.isdecimal() and int(step) < len(self.value):
            item: Node = self.value[int(step)]
            return item
        return None


@dataclass(frozen=True)
class Document:
    """A whole file, perhaps with overlays applied: its value, and the origin of each part of it."""

    root: Node

    @cached_property
    def value(self) -> dict[str, Json]:
        """The document as plain JSON."""
        plain = self.root.plain()
        assert isinstance(plain, dict)
        return plain

    def origin(self, pointer: str) -> Origin:
        """Where the value at this JSON pointer is written; the nearest parent when it is not written."""
        node = self.root
        for step in steps(pointer):
            inner = node.child(step)
            if inner is None:
                break
            node = inner
        return node.origin


@lru_cache(maxsize=16384)
def steps(pointer: str) -> tuple[str, ...]:
    """The unescaped reference tokens of a JSON pointer (RFC 6901)."""
    tokens = pointer.lstrip("#").split("/")[1:]
    return tuple(token.replace("~1", "/").replace("~0", "~") for token in tokens)


def escaped(step: str | int) -> str:
    """One reference token, escaped for use in a JSON pointer (RFC 6901)."""
    return str(step).replace("~", "~0").replace("/", "~1")


def at(value: Json, pointer: str) -> Json:
    """The value at a JSON pointer; KeyError, IndexError or ValueError where there is none."""
    for step in steps(pointer):
        value = value[int(step)] if isinstance(value, list) else value[step]
    return value


def read(path: Path) -> Document:
    """Read one YAML (or JSON) file. Raises SpecError with every problem found in its text."""
    try:
        text = path.read_text(encoding="utf-8")
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise _refused(Origin(path, 0), "unreadable", f"cannot be read: {reason}", "check the path") from None
    except UnicodeDecodeError as error:
        raise _refused(
            Origin(path, 0), "unreadable", f"is not UTF-8 at byte {error.start}", "save it as UTF-8"
        ) from None
    return parse(text, path)


def parse(text: str, path: Path) -> Document:
    """Parse YAML text as if it stood in `path`. Raises SpecError with every problem found."""
    try:
        tree = yaml.compose(text, Loader=Loader)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        origin = Origin(path, mark.line + 1 if mark else 0)
        message = getattr(error, "problem", None) or str(error)
        raise _refused(origin, "yaml-syntax", message, "see the YAML 1.2 syntax at this line") from None
    if not isinstance(tree, yaml.MappingNode):
        raise _refused(Origin(path, 1), "yaml-syntax", "holds no mapping", "write an OpenAPI document")
    reader = _Reader(path)
    root = reader.node(tree, tree.start_mark.line + 1)
    if reader.problems:
        raise SpecError(reader.problems)
    return Document(root)


def _refused(origin: Origin, rule: str, message: str, remedy: str) -> SpecError:
    return SpecError([Problem(origin, rule, message, remedy)])


class _Reader:
    """Turns PyYAML's composed nodes into ours, collecting problems."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.problems: list[Problem] = []
        self.seen: set[int] = set()

    def node(self, tree: yaml.Node, line: int) -> Node:
        origin = Origin(self.path, line)
        if id(tree) in self.seen and not isinstance(tree, yaml.ScalarNode):
            self._add(tree, "yaml-alias", "an alias (*name)", "write the value out, or use $ref")
            return Node(None, origin)
        self.seen.add(id(tree))
        if isinstance(tree, yaml.MappingNode):
            return Node(self._members(tree), origin)
        if isinstance(tree, yaml.SequenceNode):
            return Node([self.node(item, item.start_mark.line + 1) for item in tree.value], origin)
        return Node(self._scalar(tree), origin)

    def _members(self, tree: yaml.MappingNode) -> dict[str, Node]:
        members: dict[str, Node] = {}
        for key, value in tree.value:
            if not isinstance(key, yaml.ScalarNode):
                self._add(key, "yaml-key", "a key that is not a text", "write a plain text as key")
            elif key.value in members:
                first = members[key.value].origin.line
                self._add(
                    key, "duplicate-key", f"the key {key.value!r} stands twice (first in line {first})", "keep one of them"
                )
            else:
                members[key.value] = self.node(value, key.start_mark.line + 1)
        return members

    def _scalar(self, tree: yaml.ScalarNode) -> Json:
        if tree.tag not in _IMPLICIT_TAGS:
            self._add(tree, "yaml-tag", f"the tag {tree.tag}", "write a plain JSON value")
        if tree.style:  # quoted or block: always a text
            return tree.value
        return scalar(tree.value)

    def _add(self, tree: yaml.Node, rule: str, message: str, remedy: str) -> None:
        self.problems.append(Problem(Origin(self.path, tree.start_mark.line + 1), rule, message, remedy))


# What PyYAML's YAML 1.1 resolver may call a plain scalar; an explicit tag of these names changes nothing for us.
_IMPLICIT_TAGS = frozenset(
    f"tag:yaml.org,2002:{name}"
    for name in ("str", "int", "float", "bool", "null", "timestamp", "merge", "value")
)


def scalar(text: str) -> Json:
    """The JSON value of a plain (unquoted) YAML scalar: a number, true, false, null, or the text itself."""
    if text in _WORDS:
        return _WORDS[text]
    if _INTEGER.fullmatch(text):
        return int(text)
    if _NUMBER.fullmatch(text):
        return float(text)
    return text
