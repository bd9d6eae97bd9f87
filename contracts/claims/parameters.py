"""Claims about query and header parameters: the values that an operation must accept, and those it must refuse."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from pixpact.contracts.claims.book import ClaimBook
from pixpact.contracts.claims.claim import Claim
from pixpact.contracts.samples.boundaries import values_outside
from pixpact.contracts.samples.pattern_texts import matching
from pixpact.contracts.samples.samples import ELSEWHERE, MARK, PLAIN
from pixpact.contracts.samples.statements import SchemaStatement, statements
from pixpact.specs.contract.model import Operation, Parameter
from pixpact.specs.openapi.document import Json
from pixpact.specs.openapi.schemas import Violation, matches

UNREACHABLE = "no value that can be sent breaks this rule alone"


@dataclass(frozen=True, slots=True)
class ParameterValue:
    """A value of one parameter, the claim it exercises, and whether it must be refused."""

    claim: Claim
    parameter: Parameter
    text: str
    refused: bool


class ParameterClaims:
    """The claims about the query and header parameters of one operation; path parameters identify a task instead."""

    def __init__(self, book: ClaimBook, operation: Operation) -> None:
        self._book = book
        self._operation = operation
        self._document = book.contract.document.value
        self._refused: dict[str, Claim] = {}
        self._taken: dict[tuple[str, str], Claim] = {}
        self.given: list[ParameterValue] = []
        self._asked = asked_by(operation)
        for parameter in operation.parameters:
            if parameter.place != "path":
                self._enter(parameter)
        self._enter_undeclared()

    @property
    def unreachable(self) -> dict[str, str]:
        """Refusal claims that no value can exercise alone: claim id → why."""
        reached = {given.claim.id for given in self.given if given.refused}
        return {claim.id: UNREACHABLE for claim in self._refused.values() if claim.id not in reached}

    def of(self, violation: Violation) -> Claim | None:
        """The claim that a request with this violation of a parameter is refused."""
        return self._refused.get(violation.schema)

    def taken(self, location: str, name: str) -> Claim | None:
        """The claim that a parameter is accepted."""
        return self._taken.get((location, name))

    def names(self, location: str) -> list[str]:
        """The names of the parameters in a location; header names in lower case."""
        return [name for where, name in self._taken if where == location]

    def _enter(self, parameter: Parameter) -> None:
        stated = list(statements(self._document, parameter.schema, ("examples", "default")))
        samples = _samples(stated)
        text = f"the {parameter.place} parameter {parameter.name} is accepted"
        name = f"{parameter.place}/{parameter.name}"
        taken = self._book.enter("request", self._operation.id, parameter.pointer, text, name=name)
        key = parameter.name.lower() if parameter.place == "header" else parameter.name
        self._taken[(parameter.place, key)] = taken
        words = (
            samples
            if parameter.place == "header" and any(statement.keyword == "enum" for statement in stated)
            else samples[:1]
        )
        asked = [text for text in self._asked.get((parameter.place, key), ()) if self._is_taken(parameter, text)]
        if asked and not _is_shown(stated):
            words = []  # any value would do; those that a condition reads exercise more
        self.given += [ParameterValue(taken, parameter, text, False) for text in dict.fromkeys([*words, *asked])]
        for statement in stated:
            # Any parameter text is a valid string; only other types can be wrong.
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

    def _enter_undeclared(self) -> None:
        """Enter claims for headers that conditions read but no contract can declare (OpenAPI 3.1.0, 4.8.12.2)."""
        for (location, name), texts in self._asked.items():
            if location == "header" and (location, name) not in self._taken:
                words = f"the header {name} is taken"
                taken = self._book.enter(
                    "request", self._operation.id, self._operation.pointer, words, name=f"header/{name}"
                )
                self._taken[(location, name)] = taken
                parameter = Parameter(name, location, self._operation.pointer, "", False, ("string",), None)
                self.given += [ParameterValue(taken, parameter, text, False) for text in texts]

    def _is_taken(self, parameter: Parameter, text: str) -> bool:
        value = _read(text, parameter)
        return not self._book.contract.schemas.violations(parameter.schema, value, parameter.place)

    def _broken(self, parameter: Parameter, statement: SchemaStatement, samples: list[str]) -> Iterator[str]:
        """Yield the first text that breaks this rule and no other."""
        for value in values_outside(statement, list(samples)):
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


def asked_by(operation: Operation) -> dict[tuple[str, str], list[str]]:
    """Values that fulfil a condition of the operation: (location, name; header names in lower case) → texts."""
    texts_of: dict[tuple[str, str], list[str]] = {}
    for condition in operation.conditions():
        for (expression, holds), schema in zip(condition.tests, condition.schemas, strict=True):
            location, _, name = expression.text.removeprefix("$request.").partition(".")
            if location in ("header", "query"):
                texts = [text for text in _fitting(schema) if holds(text)]
                texts_of.setdefault((location, name.lower() if location == "header" else name), []).extend(texts[:1])
    return {key: list(dict.fromkeys(texts)) for key, texts in texts_of.items() if texts}


def _fitting(schema: Json) -> list[str]:
    """Candidate texts for the schema of a condition."""
    if not isinstance(schema, dict):
        return [MARK]
    listed = [schema.get("const"), *schema.get("enum", ()), *schema.get("examples", ())]
    made = matching([schema["pattern"]], 1) if "pattern" in schema else None
    return [text for text in (*listed, made, MARK) if isinstance(text, str)]


def _is_shown(stated: list[SchemaStatement]) -> bool:
    """Whether the schema of a parameter states a value."""
    return any(statement.keyword in ("examples", "enum", "default", "const") for statement in stated)


def _samples(stated: list[SchemaStatement]) -> list[str]:
    shown = [value for statement in stated if statement.keyword in ("examples", "enum") for value in statement.value]
    values = [*shown, *(statement.value for statement in stated if statement.keyword in ("default", "const"))]
    patterns = [statement.value for statement in stated if statement.keyword == "pattern" and not statement.path]
    addresses = [
        text for text in (ELSEWHERE, PLAIN) if patterns and all(matches(pattern, text) for pattern in patterns)
    ]
    made = matching(patterns, 1) if patterns and not addresses else None
    return [str(value) for value in values] or addresses[:1] or [made or MARK]
