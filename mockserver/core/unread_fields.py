"""What a client sends and the contract never reads: a misspelt field, one at the wrong place, or of another model.

Vendors ignore such fields, so the response stays theirs. But an app that sends one believes that it does something:
`size` is not what is wanted when `siez` is sent.
"""

from __future__ import annotations

import difflib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from urllib.parse import parse_qsl

from pixpact.specs.contract.model import Contract, Operation
from pixpact.specs.dialect.request_body import BodyReading, resolved
from pixpact.specs.openapi.document import Json, at, escaped
from pixpact.specs.openapi.messages import listed

HEADER = b"pixpact-not-read"
MOST = 8
"""Fields that are reported of one request."""
_MOST_NAME = 60
_PARTS = ("allOf", "anyOf", "oneOf")
_CONDITIONS = ("if", "then", "else")


@dataclass(frozen=True, slots=True)
class KnownFields:
    """What a schema reads of a value: its fields by name, and the items of a list. `free`: it reads any field."""

    fields: Mapping[str, KnownFields] = field(default_factory=dict)
    items: KnownFields | None = None
    free: bool = False

    def unread(self, value: Json, path: str = "") -> Iterator[tuple[str, KnownFields]]:
        """The path of each field of a value that nothing reads, with the shape of the object that it stands in.

        A null is the same as leaving the field out.
        """
        if isinstance(value, dict) and self.fields:
            for name, inner in value.items():
                inner_path = f"{path}.{name}" if path else name
                read = self.fields.get(name)
                if read is not None:
                    if read.fields or read.items is not None:
                        yield from read.unread(inner, inner_path)
                elif not self.free and inner is not None:
                    yield inner_path, self
        elif isinstance(value, list) and self.items is not None:
            for item in value:
                yield from self.items.unread(item, f"{path}[]")

    def paths(self, prefix: str = "") -> Iterator[str]:
        """The path of every field that is read."""
        for name, inner in self.fields.items():
            yield f"{prefix}{name}"
            yield from inner.paths(f"{prefix}{name}.")
        if self.items is not None:
            yield from self.items.paths(f"{prefix.removesuffix('.')}[].")


NOTHING = KnownFields(free=True)


def shape_of(document: Mapping[str, Json], pointer: str) -> KnownFields:
    """What the schema at a pointer reads, in any of its forms and under any of its conditions."""
    return _shape(document, [pointer], frozenset())


def _shape(document: Mapping[str, Json], pointers: list[str], above: frozenset[str]) -> KnownFields:
    parts = {
        part_pointer: part
        for pointer in pointers
        for part_pointer, part in _parts(document, pointer, set())
        if part_pointer not in above
    }
    inside = above.union(parts)
    pointers_of_fields: dict[str, list[str]] = {}
    for part_pointer, part in parts.items():
        for name in part.get("properties", ()):
            pointers_of_fields.setdefault(name, []).append(f"{part_pointer}/properties/{escaped(name)}")
    items = [f"{part_pointer}/items" for part_pointer, part in parts.items() if "items" in part]
    return KnownFields(
        {name: _shape(document, inner, inside) for name, inner in pointers_of_fields.items()},
        _shape(document, items, inside) if items else None,
        any(part.get("additionalProperties") or "patternProperties" in part for part in parts.values()),
    )


def _parts(document: Mapping[str, Json], pointer: str, visited: set[str]) -> Iterator[tuple[str, dict[str, Json]]]:
    """A schema and every schema that may speak of the same value: (pointer, schema)."""
    pointer = resolved(document, pointer)
    schema = at(document, pointer)
    if not isinstance(schema, dict) or pointer in visited:
        return
    visited.add(pointer)
    yield pointer, schema
    inner = [f"{pointer}/{part}/{index}" for part in _PARTS for index in range(len(schema.get(part, ())))]
    inner += [f"{pointer}/{part}" for part in _CONDITIONS if part in schema]
    inner += [f"{pointer}/dependentSchemas/{escaped(name)}" for name in schema.get("dependentSchemas", ())]
    for inner_pointer in inner:
        yield from _parts(document, inner_pointer, visited)


class UnreadFields:
    """Finds what an operation does not read; what can be known of its schemas is known when it is made."""

    def __init__(self, contract: Contract, operation: Operation) -> None:
        document = contract.document.value
        readers = [media.reader for media in operation.body.media] if operation.body else []
        self._shapes = {
            branch.pointer: shape_of(document, branch.pointer) for reader in readers for branch in reader.all_branches()
        }
        self._leaves = {
            pointer: frozenset(
                name
                for name, field_shape in shape.fields.items()
                if not field_shape.fields and field_shape.items is None
            )
            for pointer, shape in self._shapes.items()
        }
        self._models: dict[str, str] = {}
        for value, branch in ((value, branch) for reader in readers for value, branch in reader.branches.items()):
            self._models.setdefault(branch.pointer, str(value))
        self._query = {parameter.name for parameter in operation.parameters if parameter.place == "query"}
        self._query |= {credential.name for credential in operation.credentials if credential.place == "query"}

    def of(self, query: bytes, reading: BodyReading | None) -> str:
        """`resolution; metadata.resolution is`: the fields that are not read, and what is in their place; or nothing.

        A field of a body that no form of the contract takes is not looked for.
        """
        branch = reading.branch if reading is not None else None
        if not query and (branch is None or reading is None or self._reads_all(reading.body, branch.pointer)):
            return ""
        names, hints = dict[str, None](), dict[str, None]()
        for name, _ in parse_qsl(query.decode("latin-1"), keep_blank_values=True) if query else ():
            if name not in self._query:
                names[f"?{_plain(name)}"] = None
                hints |= dict.fromkeys(f"?{name_of_field}" for name_of_field in _near(name, self._query))
        if branch is not None and reading is not None:
            whole = self._shapes[branch.pointer]
            for path, around in whole.unread(reading.body):
                names[_plain(path)] = None
                hints |= dict.fromkeys(self._hints(path, around, whole, branch.pointer))
        return _report(list(names), list(hints))

    def leaves(self, branch: str) -> frozenset[str]:
        """The fields at the top of a branch's bodies that are read and have no fields of their own."""
        return self._leaves[branch]

    def _reads_all(self, body: Json, branch: str) -> bool:
        """Whether it is seen at once that every field of a body is read: none of them has fields of its own."""
        return type(body) is dict and self._leaves[branch].issuperset(body)

    def _hints(self, path: str, around: KnownFields, whole: KnownFields, branch: str) -> list[str]:
        """What is read in place of a field: one of its name elsewhere, one that is spelt alike, or by another model."""
        parent, _, name = path.rpartition(".")
        elsewhere = [name_of_field for name_of_field in whole.paths() if name_of_field.rpartition(".")[2] == name]
        if elsewhere:
            return elsewhere[:1]
        near = _near(name, around.fields)
        if near:
            return [f"{parent}.{near[0]}" if parent else near[0]]
        models = (
            self._models.get(branch_name, "")
            for branch_name, shape in self._shapes.items()
            if branch_name != branch and name in shape.fields
        )
        return [f"{_plain(name)} of {model}" for model in models if model][:1]


def _near(name: str, names: Mapping[str, KnownFields] | set[str]) -> list[str]:
    """A known name that is spelt nearly alike: `siez`, `imageUrls`."""
    bare = {_bare(name_of_field): name_of_field for name_of_field in names}
    return [bare[get_close_match] for get_close_match in difflib.get_close_matches(_bare(name), bare, 1, 0.75)]


def _bare(name: str) -> str:
    return name.lower().replace("_", "").replace("-", "").removesuffix("[]")


def _plain(name: str) -> str:
    """A name that may stand in a header and on a line: in ASCII, and cut."""
    text = name if name.isascii() and name.isprintable() else json.dumps(name)[1:-1]
    return text if len(text) <= _MOST_NAME else f"{text[:_MOST_NAME]}..."


def _report(names: list[str], hints: list[str]) -> str:
    more = f" and {len(names) - MOST} more" if len(names) > MOST else ""
    text = ", ".join(names[:MOST]) + more
    if not hints:
        return text
    return f"{text}; {listed(hints[:MOST], 'and')} {'is' if len(hints) == 1 else 'are'}"
