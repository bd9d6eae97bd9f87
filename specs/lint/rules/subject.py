"""What lint rules read (SpecParts, CompiledSpec), and what they yield (LintFault)."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property
from typing import NamedTuple

from pixpact.specs.contract.loader import lifecycles_of
from pixpact.specs.contract.model import Contract, MediaType, Operation, RequestMedia
from pixpact.specs.dialect.applicators import KeywordCollector
from pixpact.specs.dialect.lifecycle import Lifecycle
from pixpact.specs.dialect.request_body import BodyBranch, FieldRule
from pixpact.specs.openapi import grammar
from pixpact.specs.openapi.document import Json, SpecDocument, escaped
from pixpact.specs.openapi.grammar import SpecPart
from pixpact.specs.openapi.schemas import CompiledSchemas


class LintFault(NamedTuple):
    """A fault that a rule found: JSON pointer, message, remedy."""

    pointer: str
    message: str
    remedy: str


class SpecParts:
    """A document and its parts. Schemas are compiled when a rule first needs them."""

    def __init__(self, document: SpecDocument) -> None:
        self.document = document
        self.value: dict[str, Json] = document.value

    @cached_property
    def sites(self) -> tuple[SpecPart, ...]:
        """All objects of the document, with their kinds."""
        return grammar.sites(self.value)

    @cached_property
    def schemas(self) -> CompiledSchemas:
        """All schemas of the document, compiled."""
        return CompiledSchemas(self.value)

    @cached_property
    def lifecycles(self) -> dict[str, Lifecycle]:
        """The lifecycles by name."""
        return lifecycles_of(self.value)

    @cached_property
    def schema_objects(self) -> tuple[SpecPart, ...]:
        """All schemas that are objects."""
        return tuple(site for site in self.sites if site.kind == "schema" and isinstance(site.value, dict))

    def of_kind(self, kind: str) -> Iterator[SpecPart]:
        """Yield the objects of one kind, without references."""
        return (site for site in self.sites if site.kind == kind)


class CompiledSpec:
    """A document with its contract."""

    def __init__(self, parts: SpecParts, contract: Contract) -> None:
        self.parts = parts
        self.document = parts.document
        self.contract = contract
        self.value = parts.value
        self.schemas = parts.schemas

    @cached_property
    def responses(self) -> list[tuple[Operation, MediaType]]:
        """(operation, media type) of every response."""
        return [
            (operation, media)
            for operation in self.contract.operations
            for response in operation.responses
            for media in response.media
        ]

    @cached_property
    def requests(self) -> list[tuple[Operation, RequestMedia]]:
        """(operation, media type) of every request body."""
        return [
            (operation, media)
            for operation in self.contract.operations
            for media in (operation.body.media if operation.body else ())
        ]

    @cached_property
    def branches(self) -> list[BodyBranch]:
        """The branches of all request bodies, without duplicates."""
        return list(
            {branch.pointer: branch for _, media in self.requests for branch in media.reader.all_branches()}.values()
        )

    @cached_property
    def fields(self) -> list[tuple[str, FieldRule]]:
        """(name, field) of every branch, including nested fields."""
        return [field for branch in self.branches for field in _flat(branch.fields)]

    @cached_property
    def read_in_requests(self) -> frozenset[str]:
        """JSON pointers of all schemas that request bodies are read with."""
        walks = KeywordCollector(self.value, (), self.schemas.test)
        for branch in self.branches:
            walks.compile(branch.pointer)
        return walks.visited

    @cached_property
    def names(self) -> frozenset[str]:
        """The names of all fields and parameters of requests."""
        schemas = (site for site in self.parts.schema_objects if site.pointer in self.read_in_requests)
        fields = {name for site in schemas for name in site.value.get("properties", ())}
        return frozenset(
            fields | {parameter.name for operation in self.contract.operations for parameter in operation.parameters}
        )

    def lifecycle(self, operation: Operation) -> Lifecycle | None:
        """The lifecycle of the tasks that an operation starts, runs, shows or ends; None without one."""
        role = operation.role
        if role is None or role.verb == "store":
            return None
        if role.lifecycle:
            return self.contract.lifecycles.get(role.lifecycle)
        if role.becomes is not None:
            return next(
                (lifecycle for lifecycle in self.contract.lifecycles.values() if role.becomes in lifecycle.states), None
            )
        names = [self._started(starting) for starting in self.contract.operations if leads_to(starting, operation.id)]
        return next((self.contract.lifecycles[name] for name in names if name), None)

    @staticmethod
    def _started(operation: Operation) -> str | None:
        return next((role.lifecycle for role in operation.roles if role.verb == "start"), None)


def in_place(site: SpecPart) -> Iterator[str]:
    """Yield the schemas that a schema applies to the same instance; for any other reference, its target."""
    if not isinstance(site.value, dict):
        return
    for keyword, inner in site.value.items():
        if keyword == "$ref" and isinstance(inner, str):
            yield inner.removeprefix("#")
        elif keyword in ("if", "then", "else", "not"):
            yield f"{site.pointer}/{keyword}"
        elif keyword in ("allOf", "anyOf", "oneOf", "dependentSchemas") and isinstance(inner, (list, dict)):
            steps = inner if isinstance(inner, dict) else range(len(inner))
            yield from (f"{site.pointer}/{keyword}/{escaped(step)}" for step in steps)


def _flat(fields: dict[str, FieldRule]) -> Iterator[tuple[str, FieldRule]]:
    for name, field in fields.items():
        yield name, field
        yield from _flat(dict(field.fields))


def leads_to(operation: Operation, name: str) -> bool:
    """Whether an operation has a link to the operation `name`."""
    return any(link.operation == name for response in operation.responses for link in response.links)
