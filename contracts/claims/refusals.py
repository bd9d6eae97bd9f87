"""Refusal claims of a request body: for each rule, a body that breaks that rule and no other."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from pixpact.contracts.claims.acceptance import BOUNDS, AcceptanceClaims, fetch_slot
from pixpact.contracts.claims.book import ClaimBook
from pixpact.contracts.claims.claim import Claim
from pixpact.contracts.claims.claim_requests import items_or, shares
from pixpact.contracts.samples.bodies import put, with_guards_met, without_field
from pixpact.contracts.samples.boundaries import UNKNOWN, derived, plausible_values, values_outside
from pixpact.contracts.samples.forms import fields_needed, is_of_a_form, is_of_objects
from pixpact.contracts.samples.samples import RequestSamples
from pixpact.contracts.samples.statements import ITEM, SchemaStatement
from pixpact.specs.dialect.keyword_checks import Fetch
from pixpact.specs.dialect.request_body import BodyBranch, BodyReading
from pixpact.specs.openapi.document import Json, steps
from pixpact.specs.openapi.media import is_form
from pixpact.specs.openapi.messages import short_json as shown
from pixpact.specs.openapi.schemas import Violation

UNREACHABLE = "no request breaks this rule alone: another rule applies first"


@dataclass(frozen=True, slots=True)
class BrokenBody:
    """A body that breaks one rule, and the claim that it is refused."""

    claim: Claim
    body: Json
    branch: str


class RefusalClaims:
    """The refusal claims of one request media type."""

    def __init__(self, book: ClaimBook, acceptance: AcceptanceClaims) -> None:
        self._book = book
        self._acceptance = acceptance
        self._operation = acceptance.operation.id
        self._document: Mapping[str, Json] = book.contract.document.value
        self._reader = acceptance.media.reader
        self._claims: dict[tuple[str, str], Claim] = {}
        self.faults: list[BrokenBody] = []
        self.unreachable: dict[str, str] = {}
        self._enter_dispatch()
        for branch in self._reader.all_branches():
            self._enter(branch)
        reached = {fault.claim.id for fault in self.faults}
        reason = acceptance.given_up or UNREACHABLE
        self.unreachable = {claim.id: reason for claim in self._claims.values() if claim.id not in reached}

    def of(self, violation: Violation) -> Claim | None:
        """The claim that a request with this violation is refused; None if it is not of a rule of the body."""
        name = steps(violation.pointer)[-1] if violation.keyword == "required" and violation.pointer else ""
        return self._claims.get((violation.schema, name))

    def broken(self, body: Json, fetch: Fetch = fetch_slot) -> Claim | None:
        """The claim that a body is refused; None unless it breaks exactly one rule."""
        return self.of_reading(self._acceptance.read(body, fetch))

    def of_reading(self, reading: BodyReading) -> Claim | None:
        """The claim that a request with this reading is refused; None unless it breaks exactly one rule."""
        return self.of(reading.violations[0]) if len(reading.violations) == 1 else None

    def _enter_dispatch(self) -> None:
        """Enter claims on the discriminator field: it is required, and must name a branch."""
        key = self._reader.key
        if key is None:
            return
        pointer = f"{self._reader.pointer}/oneOf"
        base = self._acceptance.base(self._reader.all_branches()[0])
        unknown = self._book.enter(
            "refusal", self._operation, pointer, f"an unknown {key} is refused", name=key, tail="enum"
        )
        missing = self._book.enter(
            "refusal", self._operation, pointer, f"a request without {key} is refused", name=key, tail="required"
        )
        self._claims[(pointer, "")] = unknown
        self._claims[(pointer, key)] = missing
        self.faults.append(BrokenBody(unknown, put(base, (key,), UNKNOWN), ""))
        self.faults.append(BrokenBody(missing, without_field(base, (key,)), ""))

    def _enter(self, branch: BodyBranch) -> None:
        samples = self._acceptance.samples[branch.pointer]
        for statement in samples.statements:
            if statement.path == (self._reader.key,) and self._reader.key:
                continue
            for claim, bodies in self._broken_by(branch, samples, statement):
                made = None if self._acceptance.effort.is_spent else self._first_alone(bodies, claim)
                if made is not None:
                    self.faults.append(BrokenBody(claim, made, branch.pointer))

    def _first_alone(self, bodies: Iterator[Json], claim: Claim) -> Json:
        return next((made for body in bodies if (made := self._alone(body, claim)) is not None), None)

    def _alone(self, body: Json, claim: Claim) -> Json:
        """The body, perhaps with required fields filled in, if it breaks this claim's rule and no other; else None."""
        if self.broken(body) is claim:
            return body
        reading = self._acceptance.read(body)
        further = tuple(violation for violation in reading.violations if self.of(violation) is not claim)
        if reading.branch is None or not further or any(statement.keyword != "required" for statement in further):
            return None
        samples = self._acceptance.samples[reading.branch.pointer]
        for statement in further:
            path = tuple(ITEM if step.isdecimal() else step for step in steps(statement.pointer))
            body = put(body, path, samples.of(path)[0])
        return body if self.broken(body) is claim else None

    def _broken_by(
        self, branch: BodyBranch, samples: RequestSamples, statement: SchemaStatement
    ) -> Iterator[tuple[Claim, Iterator[Json]]]:
        base = with_guards_met(self._acceptance.base(branch), statement.guards, samples, self._document)
        if statement.keyword == "required" and not is_of_a_form(statement):
            for name in statement.value:
                if name != self._reader.key or statement.path:
                    path = (*statement.path, name)
                    claim = self._enter_claim(
                        statement, f"a request without {_field_name(path)} is refused", name, name
                    )
                    yield claim, iter([without_field(_holding(base, statement.path, samples), path)])
        elif is_of_objects(statement):
            names = " or ".join(_field_name((*statement.path, name)) for name in sorted(fields_needed(statement)))
            made = base
            for name in fields_needed(statement):
                made = without_field(made, (*statement.path, name))
            yield self._enter_claim(statement, f"a request without any of {names} is refused"), iter([made])
        elif statement.keyword == "x-total":
            yield (
                self._enter_claim(
                    statement, f"{' + '.join(statement.value['of'])} above {statement.value['maximum']} is refused"
                ),
                self._beyond(base, statement, samples),
            )
        elif statement.keyword == "x-image":
            yield from self._derived(base, statement, samples)
        elif statement.keyword == "type" and is_form(self._acceptance.media.name) and _is_text(statement.value):
            return  # a form has only text values
        elif (
            statement.keyword not in ("oneOf", "anyOf", "required", "default", "examples", "x-images", "x-clamp")
            and statement.path
        ):
            claim = self._enter_claim(
                statement, f"{_field_name(statement.path)} that breaks {_rule(statement)} is refused"
            )
            unlisted = [
                value
                for value in samples.of(statement.path)
                if statement.keyword == "enum" and value not in statement.value
            ]
            values = [*unlisted, *values_outside(statement, items_or(statement, samples))]
            for alike in ([value] for value in plausible_values(statement, self._elsewhere(statement))):
                yield claim, (put(base, statement.path, value) for value in alike)
            yield claim, (put(base, statement.path, value) for value in values)

    def _derived(
        self, base: Json, statement: SchemaStatement, samples: RequestSamples
    ) -> Iterator[tuple[Claim, Iterator[Json]]]:
        between = samples.between_sides(statement.path)
        for name, rule in statement.value.items():
            pointer = f"{statement.pointer}/{name}"
            claim = self._book.enter(
                "refusal", self._operation, pointer, f"{_field_name(statement.path)} of another {name} is refused"
            )
            self._claims[(pointer, "")] = claim
            for bound in (word for word in BOUNDS if word in rule):
                values = derived(statement.value, name, bound, keep=False, between=between)
                yield claim, (put(base, statement.path, value) for value in values)

    def _elsewhere(self, statement: SchemaStatement) -> list[Json]:
        """The values of the field of the same name in other branches: valid for another model."""
        if statement.keyword == "false":
            return [
                samples.of(statement.path)[0]
                for samples in self._acceptance.samples.values()
                if any(
                    another.path == statement.path and another.keyword in _STATES_VALUES
                    for another in samples.statements
                )
            ]
        return [
            value
            for samples in self._acceptance.samples.values()
            for another in samples.statements
            if another.keyword == statement.keyword == "enum" and another.path[-1:] == statement.path[-1:]
            for value in another.value
        ]

    def _beyond(self, base: Json, statement: SchemaStatement, samples: RequestSamples) -> Iterator[Json]:
        paths = [(*statement.path, *steps(f"/{name}")) for name in statement.value["of"]]
        for share in shares(paths, statement.value["maximum"] + 1, samples):
            body = base
            for path, value in share:
                body = put(body, path, value)
            yield body

    def _enter_claim(self, statement: SchemaStatement, text: str, name: str = "", tail: str = "") -> Claim:
        claim = self._book.enter("refusal", self._operation, statement.pointer, text, tail=tail)
        self._claims[(statement.pointer, name)] = claim
        return claim


_STATES_VALUES = frozenset({"type", "enum", "minimum", "maximum"})
"""Keywords that state the valid values of a field."""


def _holding(base: Json, path: tuple[str, ...], samples: RequestSamples) -> Json:
    """The body with an object at `path`, so that a field can be missing in it."""
    return base if not path or ITEM in path else put(base, path, samples.of(path)[0]) if _absent(base, path) else base


def _absent(body: Json, path: tuple[str, ...]) -> bool:
    for step in path:
        if not isinstance(body, dict) or step not in body:
            return True
        body = body[step]
    return False


def _field_name(path: tuple[str, ...]) -> str:
    return ".".join(path).replace(f".{ITEM}", "[]")


def _is_text(types: Json) -> bool:
    return bool({"string", "object", "array"} & set([types] if isinstance(types, str) else types))


def _rule(statement: SchemaStatement) -> str:
    if statement.keyword == "false":
        return "its absence"
    return f"{statement.keyword} {statement.value if isinstance(statement.value, str) else shown(statement.value)}"
