"""Bodies for `anyOf` and `oneOf` whose alternatives (forms) require different fields."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from pixpact.contracts.samples.bodies import with_guards_met
from pixpact.contracts.samples.samples import RequestSamples
from pixpact.contracts.samples.statements import ITEM, Path, SchemaGuard, SchemaStatement
from pixpact.specs.dialect.request_body import BodyReading
from pixpact.specs.openapi.document import Json, at, escaped, steps
from pixpact.specs.openapi.schemas import Violation

FORMS = ("anyOf", "oneOf")
"""JSON Schema keywords that list alternatives."""


def forms(
    body: Json, pointer: str, path: Path, samples: RequestSamples, document: Mapping[str, Json]
) -> Iterator[Json]:
    """Yield the body changed into each alternative that the keyword at `pointer` lists for the value at `path`."""
    for index in range(len(at(document, pointer))):
        yield with_guards_met(body, (SchemaGuard(f"{pointer}/{index}", path),), samples, document)


def forms_of(samples: RequestSamples, path: Path) -> list[SchemaGuard]:
    """The alternatives of the object that contains the field at `path`, in order."""
    return [
        SchemaGuard(f"{statement.pointer}/{index}", statement.path)
        for statement in samples.statements
        if is_of_objects(statement) and statement.path == path[:-1]
        for index in range(len(statement.value))
    ]


def is_of_objects(statement: SchemaStatement) -> bool:
    """Whether a statement is an `anyOf` whose alternatives all require fields."""
    return statement.keyword == "anyOf" and all(
        isinstance(form, dict) and form.get("required") for form in statement.value
    )


def is_of_a_form(statement: SchemaStatement) -> bool:
    """Whether a statement belongs to one alternative only: an object that breaks it may match another."""
    return any(
        guard.path == statement.path and guard.pointer.rpartition("/")[0].endswith("/anyOf")
        for guard in statement.guards
    )


def fields_needed(statement: SchemaStatement) -> frozenset[str]:
    """The required fields of all alternatives: an object without any of them matches none."""
    return frozenset(name for form in statement.value for name in form["required"])


def of_some_form(
    body: Json,
    reading: BodyReading,
    read: Callable[[Json], BodyReading],
    samples: RequestSamples,
    document: Mapping[str, Json],
) -> tuple[Json, BodyReading]:
    """(the body changed so that it matches the first alternative that works, its reading); unchanged if none does."""
    for violation in reading.violations:
        for made in forms(body, violation.schema, path_of(violation), samples, document):
            changed = read(made)
            if violation.schema not in {violation.schema for violation in changed.violations}:
                return made, changed
    return body, reading


def another_form(
    alone: Callable[[Json], Json], guard: SchemaGuard, samples: RequestSamples, document: Mapping[str, Json], body: Json
) -> Json:
    """The body without a field, changed into the alternative of `guard`, which may not need that field."""
    return with_guards_met(alone(body), (guard,), samples, document)


def path_of(violation: Violation) -> Path:
    """The path of a violation, with `*` for list indices, as in statements."""
    return tuple(ITEM if step.isdecimal() else step for step in steps(violation.pointer))


def field_places(statement: SchemaStatement) -> Iterator[tuple[str, Path]]:
    """Yield (pointer, path) of the field whose schema contains the statement, if that stands in `properties`."""
    names = steps(statement.schema)
    if statement.path and len(names) > 1 and names[-2] == "properties" and names[-1] == statement.path[-1]:
        yield "/" + "/".join(map(escaped, names)), statement.path
