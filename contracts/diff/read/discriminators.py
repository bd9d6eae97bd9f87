"""What a `discriminator` says of its alternatives: which value of a field selects which of them.

It does not change what is valid (OpenAPI 3.1.1, section 4.8.25), but often only it distinguishes the alternatives. So
if both sides have the same discriminator, each alternative is read as if it required the field, as that section
expects, and listed the values that select it on either side. Differences between the values are reported separately.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import partial
from typing import Any

from pixpact.contracts.diff.read.contract_version import ContractVersion
from pixpact.specs.openapi import parts as openapi
from pixpact.specs.openapi.document import DocumentNode, SpecDocument, at, steps
from pixpact.specs.openapi.openapi30 import replaced
from pixpact.specs.openapi.problems import SpecProblem

_SCHEMAS = "#/components/schemas/"
Values = dict[str, tuple[str, ...]]
"""Reference of an alternative → the values that select it."""


def told_apart(base: ContractVersion, revision: ContractVersion) -> tuple[ContractVersion, ContractVersion]:
    """Both sides, with the alternatives of their common discriminators made distinct."""
    discriminators = [_discriminators(side) for side in (base, revision)]
    if not all(discriminators):
        return base, revision
    shared = {
        key: _joined(values, discriminators[1][key])
        for key, values in discriminators[0].items()
        if key in discriminators[1]
    }
    return _narrowed(base, shared), _narrowed(revision, shared)


def _joined(before: Values, after: Values) -> Values:
    return {
        reference: tuple(dict.fromkeys((*before.get(reference, ()), *after.get(reference, ()))))
        for reference in (*before, *after)
    }


Discriminator = tuple[str, str, str]
"""Pointer of the schema, `oneOf` or `anyOf`, the discriminating property."""


def _discriminators(side: ContractVersion) -> dict[Discriminator, Values]:
    if side.contract is not None or not _speaks(side.value):
        return {}
    return dict(_found(side))


def _speaks(value: Any) -> bool:
    if isinstance(value, dict):
        return "discriminator" in value or any(map(_speaks, value.values()))
    return isinstance(value, list) and any(map(_speaks, value))


def _found(side: ContractVersion) -> Iterator[tuple[Discriminator, Values]]:
    for site in openapi.sites(side.document):
        if site.kind != "schema" or not isinstance(site.node.value, dict) or "discriminator" not in site.node.value:
            continue
        schema = at(side.value, site.pointer)
        written = schema["discriminator"]
        name = written.get("propertyName") if isinstance(written, dict) else None
        for keyword in ("oneOf", "anyOf") if isinstance(name, str) else ():
            references = [branch.get("$ref") for branch in schema.get(keyword, ()) if isinstance(branch, dict)]
            mapping = written.get("mapping", {})
            if references and isinstance(mapping, dict):
                values = {
                    reference: _values(reference, mapping) for reference in references if isinstance(reference, str)
                }
                yield (site.pointer, keyword, str(name)), values


def _values(reference: str, mapping: Mapping[str, Any]) -> tuple[str, ...]:
    """The values that select an alternative: those of the mapping, else its name."""
    name = reference.removeprefix(_SCHEMAS)
    return tuple(key for key, target in mapping.items() if target in (reference, name)) or (name,)


def _narrowed(side: ContractVersion, shared: Mapping[Discriminator, Values]) -> ContractVersion:
    root = side.document.root
    for (pointer, keyword, name), values in shared.items():
        for index, branch in enumerate(at(side.value, f"{pointer}/{keyword}")):
            reference = branch.get("$ref") if isinstance(branch, dict) else None
            if reference in values and len(branch) == 1 and not _requires(side, reference, name):
                path = steps(f"{pointer}/{keyword}/{index}")
                more: dict[str, Any] = {"required": [name]}
                if not _lists(side, reference, name):
                    more["properties"] = {name: {"enum": list(values[reference])}}
                root = replaced(root, path, partial(_beside, more), [])
    return replace(side, document=SpecDocument(root)) if root is not side.document.root else side


def _lists(side: ContractVersion, reference: str, name: str) -> bool:
    """Whether an alternative itself lists the values of the field."""
    schemas = list(_included(side, reference.removeprefix("#"), 0))
    fields = [schema["properties"][name] for schema in schemas if name in schema.get("properties", {})]
    return any(isinstance(field, dict) and not {"enum", "const", "$ref", "allOf"}.isdisjoint(field) for field in fields)


def _requires(side: ContractVersion, reference: str, name: str) -> bool:
    """Whether an alternative lists the values of the field, and requires it."""
    schemas = list(_included(side, reference.removeprefix("#"), 0))
    return any(name in schema.get("required", ()) for schema in schemas) and _lists(side, reference, name)


def _included(side: ContractVersion, pointer: str, depth: int) -> Iterator[dict[str, Any]]:
    schema = at(side.value, pointer)
    if not isinstance(schema, dict) or depth > 8:
        return
    yield schema
    if isinstance(schema.get("$ref"), str):
        yield from _included(side, schema["$ref"].removeprefix("#"), depth + 1)
    for index in range(len(schema.get("allOf", ()))):
        yield from _included(side, f"{pointer}/allOf/{index}", depth + 1)


def _beside(more: dict[str, Any], node: DocumentNode, _: list[SpecProblem]) -> DocumentNode:
    """A change that adds keywords beside a reference."""

    def made(value: Any) -> DocumentNode:
        if isinstance(value, dict):
            return DocumentNode({key: made(inner) for key, inner in value.items()}, node.origin)
        return DocumentNode([made(inner) for inner in value] if isinstance(value, list) else value, node.origin)

    return DocumentNode({**node.value, **made(more).value}, node.origin)
