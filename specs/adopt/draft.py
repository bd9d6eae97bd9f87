"""A draft document under conversion: plain JSON, with the origin of each part, and notes of the changes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from pixpact.specs.openapi.document import DocumentNode, Json, SpecDocument, at, steps
from pixpact.specs.openapi.parts import METHODS
from pixpact.specs.openapi.problems import SourcePlace, SpecProblem

INFERRED = "inferred"


def placeholder(note: str) -> dict[str, Json]:
    """The `x-evidence` of a placeholder."""
    return {"source": INFERRED, "note": f"placeholder: {note}"}


class DraftDocument:
    """A document that can be changed in place; new parts take the origin of the part around them."""

    def __init__(self, root: DocumentNode) -> None:
        self._origins: dict[tuple[int, str | int], SourcePlace] = {}
        self._root = root.origin
        self._kept: list[Any] = []
        """Keeps every part alive, so that no `id()` is reused."""
        self.value: dict[str, Json] = self._plain(root)
        self.notes: list[SpecProblem] = []

    def _plain(self, node: DocumentNode) -> Any:
        if not isinstance(node.value, (dict, list)):
            return node.value
        fields: Any = node.value.items() if isinstance(node.value, dict) else enumerate(node.value)
        made: Any = {} if isinstance(node.value, dict) else [None] * len(node.value)
        self._kept.append(made)
        for step, inner in fields:
            made[step] = self._plain(inner)
            self._origins[id(made), step] = inner.origin
        return made

    def derived(self, made: Any, source: Any) -> Any:
        """`made`, with the origins of the value it was made from."""
        self._kept.append(made)
        for step in made if isinstance(made, dict) else range(len(made)):
            if (id(source), step) in self._origins:
                self._origins[id(made), step] = self._origins[id(source), step]
        return made

    def origin(self, pointer: str) -> SourcePlace:
        """The origin of the value at a pointer, or of its nearest parent."""
        value: Any = self.value
        origin = self._root
        for step in steps(pointer):
            key: Any = int(step) if isinstance(value, list) and step.isdecimal() else step
            origin = self._origins.get((id(value), key), origin)
            try:
                value = value[key]
            except (KeyError, IndexError, TypeError):
                break
        return origin

    def note(self, pointer: str, rule: str, message: str, remedy: str = "") -> None:
        """Record a change, and its reason."""
        self.notes.append(SpecProblem(self.origin(pointer), rule, message, remedy or "nothing to do", note=True))

    def at(self, pointer: str) -> Any:
        """The value at a pointer. Raises KeyError."""
        return at(self.value, pointer)

    def drop(self, pointer: str) -> bool:
        """Remove the field or item at a pointer; return whether there was one."""
        *way, last = steps(pointer)
        holder: Any = self.value
        for step in way:
            holder = holder.get(step) if isinstance(holder, dict) else holder[int(step)] if holder else None
        if isinstance(holder, list) and last.isdecimal() and int(last) < len(holder):
            moved = [self._origins.get((id(holder), index)) for index in range(len(holder))]
            del holder[int(last)], moved[int(last)]
            self._origins |= {(id(holder), index): step for index, step in enumerate(moved) if step is not None}
            return True
        return isinstance(holder, dict) and holder.pop(last, self) is not self

    def operations(self) -> Iterator[tuple[str, str, str, dict[str, Json]]]:
        """Yield (path, method, JSON pointer, operation) of every operation."""
        for path, item in self.value.get("paths", {}).items():
            for method in METHODS:
                if isinstance(item, dict) and isinstance(item.get(method), dict):
                    pointer = f"/paths/{path.replace('~', '~0').replace('/', '~1')}/{method}"
                    yield path, method, pointer, item[method]

    def resolved(self, part: Json) -> Any:
        """The part behind a chain of local `$ref`s; None if one leads nowhere."""
        references: set[str] = set()
        while isinstance(part, dict) and isinstance(part.get("$ref"), str):
            if part["$ref"] in references or not part["$ref"].startswith("#"):
                return None
            references.add(part["$ref"])
            try:
                part = self.at(part["$ref"][1:])
            except KeyError:
                return None
        return part

    def document(self) -> SpecDocument:
        """The draft as a document with lines."""
        return SpecDocument(self._node(self.value, self._root))

    def _node(self, value: Any, origin: SourcePlace) -> DocumentNode:
        def inner(step: str | int, held: Any) -> DocumentNode:
            return self._node(held, self._origins.get((id(value), step), origin))

        if isinstance(value, dict):
            return DocumentNode({key: inner(key, held) for key, held in value.items()}, origin)
        if isinstance(value, list):
            return DocumentNode([inner(index, held) for index, held in enumerate(value)], origin)
        return DocumentNode(value, origin)
