"""What lint rules look at, and what they yield."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property
from typing import NamedTuple

from pixpact.specs.contract.loader import lifecycles_of
from pixpact.specs.contract.model import Contract, MediaType, Operation, RequestMedia
from pixpact.specs.dialect.applicators import Applicators
from pixpact.specs.dialect.lifecycle import Lifecycle
from pixpact.specs.dialect.request_body import Branch, Member
from pixpact.specs.openapi import grammar
from pixpact.specs.openapi.document import Document, Json, escaped
from pixpact.specs.openapi.grammar import Site
from pixpact.specs.openapi.schemas import Schemas


class Fault(NamedTuple):
    """What one rule found: JSON pointer of the place, what is wrong with it, what to do about it."""

    pointer: str
    message: str
    remedy: str


class Parts:
    """A document taken apart. Its schemas are compiled when a rule first asks for them."""

    def __init__(self, document: Document) -> None:
        self.document = document
        self.value: dict[str, Json] = document.value

    @cached_property
    def sites(self) -> tuple[Site, ...]:
        """Every object of the document by kind."""
        return grammar.sites(self.value)

    @cached_property
    def schemas(self) -> Schemas:
        """Every schema of the document, compiled."""
        return Schemas(self.value)

    @cached_property
    def lifecycles(self) -> dict[str, Lifecycle]:
        """The lifecycles by name."""
        return lifecycles_of(self.value)

    @cached_property
    def schema_objects(self) -> tuple[Site, ...]:
        """Every schema that is an object."""
        return tuple(site for site in self.sites if site.kind == "schema" and isinstance(site.value, dict))

    def of_kind(self, kind: str) -> Iterator[Site]:
        """The objects of one kind, references left out."""
        return (site for site in self.sites if site.kind == kind)


class Meaning:
    """A document that makes a contract."""

    def __init__(self, parts: Parts, contract: Contract) -> None:
        self.parts = parts
        self.document = parts.document
        self.contract = contract
        self.value = parts.value
        self.schemas = parts.schemas

    @cached_property
    def answers(self) -> list[tuple[Operation, MediaType]]:
        """Every media type of every answer."""
        return [
            (operation, media)
            for operation in self.contract.operations
            for response in operation.responses
            for media in response.media
        ]

    @cached_property
    def requests(self) -> list[tuple[Operation, RequestMedia]]:
        """Every media type of every request body."""
        return [
            (operation, media)
            for operation in self.contract.operations
            for media in (operation.body.media if operation.body else ())
        ]

    @cached_property
    def branches(self) -> list[Branch]:
        """Every branch of every request body once."""
        return list(
            {branch.pointer: branch for _, media in self.requests for branch in media.reader.all_branches()}.values()
        )

    @cached_property
    def members(self) -> list[tuple[str, Member]]:
        """Every member of every branch, those of inner objects too: (name, how it is read)."""
        return [found for branch in self.branches for found in _flat(branch.members)]

    @cached_property
    def read_in_requests(self) -> frozenset[str]:
        """JSON pointers of every schema that a request body is read by."""
        walks = Applicators(self.value, (), self.schemas.test)
        for branch in self.branches:
            walks.compile(branch.pointer)
        return walks.visited

    @cached_property
    def names(self) -> frozenset[str]:
        """The name of every member and parameter of every request."""
        schemas = (site for site in self.parts.schema_objects if site.pointer in self.read_in_requests)
        members = {name for site in schemas for name in site.value.get("properties", ())}
        return frozenset(members | {it.name for operation in self.contract.operations for it in operation.parameters})

    def lifecycle(self, operation: Operation) -> Lifecycle | None:
        """The lifecycle that an operation starts, runs or shows."""
        role = operation.role
        if role is None or role.verb == "store":
            return None
        if role.lifecycle:
            return self.contract.lifecycles.get(role.lifecycle)
        names = [self._started(other) for other in self.contract.operations if leads_to(other, operation.id)]
        return next((self.contract.lifecycles[name] for name in names if name), None)

    @staticmethod
    def _started(operation: Operation) -> str | None:
        return operation.role.lifecycle if operation.role and operation.role.verb == "start" else None


def in_place(site: Site) -> Iterator[str]:
    """The schemas that a schema applies to the very same instance; the target of any other reference."""
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


def _flat(members: dict[str, Member]) -> Iterator[tuple[str, Member]]:
    for name, member in members.items():
        yield name, member
        yield from _flat(dict(member.members))


def leads_to(operation: Operation, name: str) -> bool:
    """Whether a link of an operation's answers leads to the operation called `name`."""
    return any(link.operation == name for response in operation.responses for link in response.links)
