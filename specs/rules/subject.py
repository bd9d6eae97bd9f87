"""What lint rules look at."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property

from pixpact.specs import grammar
from pixpact.specs.document import Document, Json
from pixpact.specs.grammar import Site
from pixpact.specs.lifecycle import Lifecycle
from pixpact.specs.loader import lifecycles_of
from pixpact.specs.model import Contract, Example, MediaType, Operation, Response
from pixpact.specs.problems import Problem
from pixpact.specs.schemas import Schemas


class Parts:
    """A document whose grammar and references are right."""

    def __init__(self, document: Document, schemas: Schemas) -> None:
        self.document = document
        self.value: dict[str, Json] = document.value
        self.schemas = schemas

    @cached_property
    def sites(self) -> tuple[Site, ...]:
        """Every object of the document by kind."""
        return tuple(grammar.sites(self.value))

    @cached_property
    def lifecycles(self) -> dict[str, Lifecycle]:
        """The lifecycles by name."""
        return lifecycles_of(self.value)

    def of_kind(self, *kinds: str) -> Iterator[Site]:
        """The objects of these kinds, references left out."""
        for site in self.sites:
            if site.kind in kinds:
                yield site

    def schema_objects(self) -> Iterator[Site]:
        """Every schema that is an object."""
        return (site for site in self.of_kind("schema") if isinstance(site.value, dict))

    def problem(self, rule: str, pointer: str, message: str, remedy: str, note: bool = False) -> Problem:
        """A problem at a JSON pointer."""
        return Problem(self.document.origin(pointer), rule, message, remedy, note)


class Meaning:
    """A document that makes a contract."""

    def __init__(self, parts: Parts, contract: Contract) -> None:
        self.parts = parts
        self.contract = contract
        self.value = parts.value
        self.schemas = parts.schemas
        self.problem = parts.problem

    def examples(self) -> Iterator[tuple[Operation, Response, MediaType, Example]]:
        """Every example of every answer."""
        for operation in self.contract.operations:
            for response in operation.responses:
                for media in response.media:
                    for example in media.examples:
                        yield operation, response, media, example

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


def leads_to(operation: Operation, name: str) -> bool:
    """Whether a link of an operation's answers leads to the operation called `name`."""
    return any(link.operation == name for response in operation.responses for link in response.links)
