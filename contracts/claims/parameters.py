"""What an operation takes and refuses in its query and header parameters, as claims."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from pixpact.contracts.claims.book import ClaimBook
from pixpact.contracts.claims.claim import Claim
from pixpact.contracts.samples.boundaries import outside
from pixpact.contracts.samples.pattern_texts import matching
from pixpact.contracts.samples.samples import MARK
from pixpact.contracts.samples.statements import SchemaStatement, statements
from pixpact.specs.contract.model import Operation, Parameter
from pixpact.specs.openapi.document import Json
from pixpact.specs.openapi.schemas import Violation

UNREACHABLE = "no text that can be sent breaks this rule alone"


@dataclass(frozen=True, slots=True)
class ParameterValue:
    """A value for one parameter, the claim it exercises, and whether it must be refused."""

    claim: Claim
    parameter: Parameter
    text: str
    refused: bool


class ParameterClaims:
    """The claims about the parameters of one operation; those of its path are about which task is meant."""

    def __init__(self, book: ClaimBook, operation: Operation) -> None:
        self._book = book
        self._operation = operation
        self._document = book.contract.document.value
        self._refused: dict[str, Claim] = {}
        self._taken: dict[tuple[str, str], Claim] = {}
        self.given: list[ParameterValue] = []
        for parameter in operation.parameters:
            if parameter.place != "path":
                self._enter(parameter)

    @property
    def unreachable(self) -> dict[str, str]:
        """The refusals that no text can provoke alone: id → why."""
        reached = {given.claim.id for given in self.given if given.refused}
        return {claim.id: UNREACHABLE for claim in self._refused.values() if claim.id not in reached}

    def of(self, violation: Violation) -> Claim | None:
        """The claim that a request with this violation of a parameter is refused."""
        return self._refused.get(violation.schema)

    def taken(self, location: str, name: str) -> Claim | None:
        """The claim that a parameter is taken."""
        return self._taken.get((location, name))

    def names(self, location: str) -> list[str]:
        """The names of the parameters at a place, in lower case for headers."""
        return [name for where, name in self._taken if where == location]

    def _enter(self, parameter: Parameter) -> None:
        stated = list(statements(self._document, parameter.schema, ("examples", "default")))
        samples = _samples(stated)
        text = f"the {parameter.place} parameter {parameter.name} is taken"
        name = f"{parameter.place}/{parameter.name}"
        taken = self._book.enter("request", self._operation.id, parameter.pointer, text, name=name)
        key = parameter.name.lower() if parameter.place == "header" else parameter.name
        self._taken[(parameter.place, key)] = taken
        words = (
            samples
            if parameter.place == "header" and any(statement.keyword == "enum" for statement in stated)
            else samples[:1]
        )
        self.given += [ParameterValue(taken, parameter, text, False) for text in words]
        for statement in stated:
            # Every text is a text; of another type it can be wrong.
            if not statement.path and (
                statement.keyword in _RULES or (statement.keyword == "type" and "string" not in parameter.types)
            ):
                text = f"{parameter.name} that breaks {statement.keyword} is refused"
                claim = self._book.enter(
                    "refusal", self._operation.id, statement.pointer, text, name=name, tail=statement.keyword
                )
                self._refused[statement.pointer] = claim
                self.given += [
                    ParameterValue(claim, parameter, value, True)
                    for value in self._broken(parameter, statement, samples)
                ]

    def _broken(self, parameter: Parameter, statement: SchemaStatement, samples: list[str]) -> Iterator[str]:
        """The first text that breaks this rule and no other."""
        for value in outside(statement, list(samples)):
            text = value if isinstance(value, str) else str(value)
            violations = self._book.contract.schemas.violations(
                parameter.schema, _read(text, parameter), parameter.place
            )
            if (
                text.isprintable()
                and text.strip()
                and [violation.schema for violation in violations] == [statement.pointer]
            ):
                yield text
                return


_RULES = ("enum", "pattern", "minimum", "maximum", "minLength", "maxLength")


def _read(text: str, parameter: Parameter) -> Json:
    if "integer" in parameter.types and text.lstrip("-").isdecimal():
        return int(text)
    return text


def _samples(stated: list[SchemaStatement]) -> list[str]:
    shown = [value for statement in stated if statement.keyword in ("examples", "enum") for value in statement.value]
    values = [*shown, *(statement.value for statement in stated if statement.keyword in ("default", "const"))]
    patterns = [statement.value for statement in stated if statement.keyword == "pattern" and not statement.path]
    made = matching(patterns, 1) if patterns else None
    return [str(value) for value in values] or [made or MARK]
