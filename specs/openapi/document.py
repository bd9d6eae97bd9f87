"""Parses YAML into plain JSON values with line numbers. The module for YAML documents.

Only JSON types exist (YAML 1.2.2, section 10.2): ``2026-05-01``, ``on``, ``~``, ``1:30`` and ``017`` are texts, keys
are always texts (``200:`` is the key ``"200"``), ``1e3`` is a number, and duplicate keys are errors. Aliases and tags
are refused, so that a file can be read without looking elsewhere. In files of any origin, aliases and the merge key
``<<`` are followed instead, unless the result is too large.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import yaml

from pixpact.specs.openapi.problems import SourcePlace, SpecError, SpecProblem
from pixpact.specs.openapi.yaml_nodes import Loader, compose_yaml

Json = Any
"""A plain JSON value: dict, list, str, int, float, bool or None."""

RULES = ("unreadable", "yaml-syntax", "yaml-alias", "yaml-tag", "yaml-key", "yaml-number", "duplicate-key")
"""The lint rules that a file can break when it is read."""

_INTEGER = re.compile(r"-?(0|[1-9][0-9]*)")
_NUMBER = re.compile(r"-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][-+]?[0-9]+)?")
_WORDS: dict[str, Json] = {"true": True, "false": False, "null": None, "": None}
# YAML 1.1 breaks lines at these characters and folds them to a space; YAML 1.2 keeps them.
OLD_BREAKS = re.compile("[\x85\u2028\u2029]")
# A surrogate pair in JSON's escapes (RFC 8259, section 7), which YAML does not support.
_SURROGATES = re.compile(r"(?i)\\u(d[89ab][0-9a-f]{2})\\u(d[c-f][0-9a-f]{2})")


@dataclass(frozen=True, slots=True)
class DocumentNode:
    """A value of a document with its origin: a scalar, a dict of nodes, or a list of nodes."""

    value: Json
    origin: SourcePlace

    def plain(self) -> Json:
        """The JSON value without origins."""
        if isinstance(self.value, dict):
            return {key: node.plain() for key, node in self.value.items()}
        if isinstance(self.value, list):
            return [node.plain() for node in self.value]
        return self.value

    def child(self, step: str) -> DocumentNode | None:
        """The field or item for one step of a JSON pointer; None without one."""
        try:
            child: DocumentNode = step_into(self.value, step)
        except KeyError:
            return None
        return child


class SpecDocument:
    """A whole document, perhaps with overlays applied, with the origin of each part."""

    def __init__(self, root: DocumentNode | Callable[[], DocumentNode], value: dict[str, Json] | None = None) -> None:
        """`root` may be found when it is first asked for: few need more than the plain JSON, which is `value` then."""
        self._root = root
        if value is not None:
            self.value = value

    @cached_property
    def root(self) -> DocumentNode:
        """The document with the origin of each part."""
        return self._root if isinstance(self._root, DocumentNode) else self._root()

    @cached_property
    def value(self) -> dict[str, Json]:
        """The document as plain JSON."""
        plain = self.root.plain()
        assert isinstance(plain, dict)
        return plain

    def origin(self, pointer: str) -> SourcePlace:
        """The origin of the value at a JSON pointer; of its nearest parent if there is no value."""
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
    """A reference token, escaped for a JSON pointer (RFC 6901)."""
    return str(step).replace("~", "~0").replace("/", "~1")


def at(value: Json, pointer: str) -> Json:
    """The value at a JSON pointer. Raises KeyError without one.

    The pointer of a `$ref` may be percent-encoded (RFC 6901, section 6); it is tried as written first.
    """
    try:
        return _at(value, steps(pointer))
    except KeyError:
        if "%" not in pointer:
            raise
        return _at(value, steps(unquote(pointer)))


def _at(value: Json, names: Iterable[str]) -> Json:
    for name in names:
        value = value[name] if type(value) is dict else step_into(value, name)
    return value


def step_into(value: Json, step: str) -> Json:
    """The field or item for one step of a JSON pointer. Raises KeyError without one."""
    if isinstance(value, dict):
        return value[step]
    if isinstance(value, list) and step.isdecimal() and int(step) < len(value):
        return value[int(step)]
    raise KeyError(step)


def read(path: Path, aliases: bool = False) -> SpecDocument:
    """Read a YAML or JSON file; `aliases` are followed or refused. Raises SpecError with every problem."""
    try:
        text = path.read_text(encoding="utf-8")
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise _refused(SourcePlace(path, 0), "unreadable", f"cannot be read: {reason}", "check the path") from None
    except UnicodeDecodeError as error:
        line = error.object.count(b"\n", 0, error.start) + 1
        message = f"is not UTF-8 at byte {error.start}"
        raise _refused(SourcePlace(path, line), "unreadable", message, "save it as UTF-8") from None
    return parse(text, path, aliases)


def parse(text: str, path: Path, aliases: bool = False) -> SpecDocument:
    """Parse YAML text as the content of `path`. Raises SpecError with every problem."""
    if path.suffix == ".json":
        text = OLD_BREAKS.sub(lambda surrogate: f"\\u{ord(surrogate[0]):04x}", _SURROGATES.sub(_joined, text))
    elif aliases:
        text = OLD_BREAKS.sub(" ", text)  # as YAML 1.1 does; in files of any origin they only separate words
    tree = _composed(text, path, aliases)
    if aliases and (problem := _endless(tree, path)) is not None:
        raise SpecError([problem])
    reader = _NodeReader(path, aliases)
    root = reader.node(tree, 1)
    if reader.aliased and not aliases:
        reader.problems += _aliases(text, path)
    if reader.problems:
        raise SpecError(reader.problems)
    return SpecDocument(root)


def _joined(pair: re.Match[str]) -> str:
    units = int(pair[1], 16), int(pair[2], 16)
    return "".join(map(chr, units)).encode("utf-16", "surrogatepass").decode("utf-16")


def _composed(text: str, path: Path, aliases: bool) -> yaml.MappingNode:
    if match := OLD_BREAKS.search(text):
        message = f"holds the line break U+{ord(match[0]):04X}, which YAML 1.1 and 1.2 read differently"
        remedy = f"write \\u{ord(match[0]):04x} in a text in double quotes"
        raise _refused(_at_position(text, match.start(), path), "yaml-syntax", message, remedy)
    try:
        if (line := _too_deep(text)) is not None:
            message = f"is nested more than {_DEEPEST} levels deep"
            raise _refused(SourcePlace(path, line), "yaml-syntax", message, "give the inner parts names, and use $ref")
        tree = compose_yaml(text, aliases)
    except yaml.reader.ReaderError as error:
        origin = _at_position(text, text.find(chr(error.character)), path)
        message = f"holds the control character U+{error.character:04X}"
        raise _refused(origin, "yaml-syntax", message, "remove it") from None
    except yaml.MarkedYAMLError as error:
        raise SpecError([_misspelt(error, path)]) from None
    if not isinstance(tree, yaml.MappingNode):
        raise _refused(SourcePlace(path, 1), "yaml-syntax", "holds no mapping", "write an OpenAPI document")
    return tree


_DEEPEST = 150
_BRACKETS = re.compile(r"[\[\]{}]")
_INDENT = re.compile(rf"(?m)^[ ?-]{{{_DEEPEST},}}")


def _too_deep(text: str) -> int | None:
    """The line where a text exceeds the maximum depth; None if it does not. Deeper ones would crash the parser."""
    depth = deepest = 0
    for bracket in _BRACKETS.findall(text):
        depth += 1 if bracket in "[{" else -1
        deepest = max(deepest, depth)
    if deepest < _DEEPEST and not _INDENT.search(text):
        return None  # a cheap upper bound: few texts need the exact depth
    depth = 0
    for event in yaml.parse(text, Loader=Loader):
        depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
        if depth > _DEEPEST:
            return event.start_mark.line + 1 if event.start_mark else 0
    return None


def _misspelt(error: yaml.MarkedYAMLError, path: Path) -> SpecProblem:
    """The problem of a PyYAML error, with the line where the faulty construct begins."""
    mark, message = error.problem_mark or error.context_mark, error.problem or str(error)
    if error.context and error.context_mark:
        message += f" {error.context} from line {error.context_mark.line + 1}"
    origin = SourcePlace(path, mark.line + 1 if mark else 0)
    return SpecProblem(origin, "yaml-syntax", message, "see the YAML 1.2 syntax at this line")


def _at_position(text: str, position: int, path: Path) -> SourcePlace:
    return SourcePlace(path, text.count("\n", 0, position) + 1)


def _aliases(text: str, path: Path) -> list[SpecProblem]:
    """The problems of all aliases; a composed tree has only the lines of their anchors."""
    events = yaml.parse(text, Loader=Loader)
    aliases = [event for event in events if isinstance(event, yaml.AliasEvent)]
    remedy = "write the value out, or use $ref"
    return [
        SpecProblem(
            SourcePlace(path, aliase.start_mark.line + 1 if aliase.start_mark else 0),
            "yaml-alias",
            f"the alias *{aliase.anchor}",
            remedy,
        )
        for aliase in aliases
    ]


_MOST_VALUES = 2_000_000


def _endless(tree: yaml.Node, path: Path) -> SpecProblem | None:
    """The problem of aliases that refer to themselves, or expand to too many values; None without one."""
    sizes: dict[int, int] = {}
    open_: set[int] = set()
    waiting: list[tuple[yaml.Node, bool]] = [(tree, False)]
    while waiting:
        node, done = waiting.pop()
        if id(node) in sizes:
            continue
        held = _held(node)
        if done:
            open_.discard(id(node))
            sizes[id(node)] = 1 + sum(sizes[id(child)] for child in held)
            continue
        open_.add(id(node))
        waiting.append((node, True))
        for inner_ in held:
            if id(inner_) in open_:
                message, remedy = "an alias is inside its own anchor", "use $ref for what leads back to itself"
                return SpecProblem(SourcePlace(path, inner_.start_mark.line + 1), "yaml-alias", message, remedy)
            waiting.append((inner_, False))
    if sizes[id(tree)] <= _MOST_VALUES:
        return None
    message = f"its aliases make more than {_MOST_VALUES:,} values of it".replace(",", " ")
    return SpecProblem(SourcePlace(path, 1), "yaml-alias", message, "write the values out, or use $ref")


def _held(tree: yaml.Node) -> list[yaml.Node]:
    if isinstance(tree, yaml.MappingNode):
        return [value for _, value in tree.value]
    return list(tree.value) if isinstance(tree, yaml.SequenceNode) else []


def _refused(origin: SourcePlace, rule: str, message: str, remedy: str) -> SpecError:
    return SpecError([SpecProblem(origin, rule, message, remedy)])


class _NodeReader:
    """Converts PyYAML nodes into document nodes, collecting problems."""

    def __init__(self, path: Path, aliases: bool = False) -> None:
        self.path = path
        self.problems: list[SpecProblem] = []
        self.aliased = False
        self._aliases = aliases
        self._nodes: dict[int, DocumentNode] = {}

    def node(self, tree: yaml.Node, line: int) -> DocumentNode:
        """The document node of a composed node on `line`."""
        origin = SourcePlace(self.path, line)
        if id(tree) in self._nodes:
            self.aliased = True
            return self._nodes[id(tree)]
        self._nodes[id(tree)] = DocumentNode(None, origin)
        node = self._nodes[id(tree)] = self._read(tree, line, origin)
        return node

    def _read(self, tree: yaml.Node, line: int, origin: SourcePlace) -> DocumentNode:
        if tree.tag:
            self._add(line, "yaml-tag", f"the tag {_short(tree.tag)}", "write a plain JSON value")
        if isinstance(tree, yaml.ScalarNode):
            return DocumentNode(self._scalar(tree, line), origin)
        if isinstance(tree, yaml.MappingNode):
            return DocumentNode(self._fields(tree), origin)
        return DocumentNode([self.node(item, item.start_mark.line + 1) for item in tree.value], origin)

    def _fields(self, tree: yaml.MappingNode) -> dict[str, DocumentNode]:
        fields: dict[str, DocumentNode] = {}
        for key, value in tree.value:
            line = key.start_mark.line + 1
            if not isinstance(key, yaml.ScalarNode):
                self._add(line, "yaml-key", "a key that is not a text", "write a plain text as key")
            elif key.value in fields:
                message = f"the key {key.value!r} occurs twice (first in line {fields[key.value].origin.line})"
                self._add(line, "duplicate-key", message, "keep one of them")
            else:
                fields[key.value] = self.node(value, line)
        if self._aliases and (merged := fields.pop("<<", None)) is not None:
            return {**self._merged(merged), **fields}
        return fields

    def _merged(self, node: DocumentNode) -> dict[str, DocumentNode]:
        """The fields of a merge key; of several mappings, the first takes precedence."""
        parts = node.value if isinstance(node.value, list) else [node]
        fields: dict[str, DocumentNode] = {}
        for part in reversed(parts):
            if isinstance(part.value, dict):
                fields |= part.value
            else:
                self._add(part.origin.line, "yaml-key", "the merge key << brings no mapping", "give it a mapping")
        return fields

    def _scalar(self, tree: yaml.ScalarNode, line: int) -> Json:
        if tree.style:  # quoted or block: always a text
            return tree.value
        try:
            return parse_scalar(tree.value)
        except ValueError as error:
            self._add(line, "yaml-number", str(error), "write a smaller number, or a text in quotes")
            return None

    def _add(self, line: int, rule: str, message: str, remedy: str) -> None:
        self.problems.append(SpecProblem(SourcePlace(self.path, line), rule, message, remedy))


def _short(tag: str) -> str:
    return tag.replace("tag:yaml.org,2002:", "!!")


def parse_scalar(text: str) -> Json:
    """The JSON value of a plain YAML scalar: a number, true, false, null, or the text itself.

    Raises ValueError for a number beyond a 64-bit float, which JSON parsers read differently (RFC 8259, section 6).
    """
    if text in _WORDS:
        return _WORDS[text]
    if not _NUMBER.fullmatch(text):
        return text
    if math.isinf(float(text)):
        raise ValueError(f"the number {text[:20]} is too large")
    return int(text) if _INTEGER.fullmatch(text) else float(text)
