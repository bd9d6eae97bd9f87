"""Objects of several forms: an `anyOf` or a `oneOf` whose alternatives require different fields."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from pixpact.contracts.samples.bodies import with_guards_met
from pixpact.contracts.samples.samples import RequestSamples
from pixpact.contracts.samples.statements import ITEM, Path, SchemaGuard, SchemaStatement
from pixpact.specs.dialect.request_body import BodyReading
from pixpact.specs.openapi.document import Json, at, escaped, steps
from pixpact.specs.openapi.schemas import Violation

FORMS = ("anyOf", "oneOf")
"""The keywords of JSON Schema that list forms."""


def forms(
    body: Json, pointer: str, path: Path, samples: RequestSamples, document: Mapping[str, Json]
) -> Iterator[Json]:
    """The body changed into each of the forms that the keyword at `pointer` lists for the value at `path`."""
    for index in range(len(at(document, pointer))):
        yield with_guards_met(body, (SchemaGuard(f"{pointer}/{index}", path),), samples, document)


def forms_of(samples: RequestSamples, path: Path) -> list[SchemaGuard]:
    """The forms of the object that holds the field at `path`, in their order."""
    return [
        SchemaGuard(f"{statement.pointer}/{index}", statement.path)
        for statement in samples.statements
        if is_of_objects(statement) and statement.path == path[:-1]
        for index in range(len(statement.value))
    ]


def is_of_objects(statement: SchemaStatement) -> bool:
    """Whether a statement lists forms by the fields that they require."""
    return statement.keyword == "anyOf" and all(
        isinstance(form, dict) and form.get("required") for form in statement.value
    )


def is_of_a_form(statement: SchemaStatement) -> bool:
    """Whether a statement holds of one of several forms only: an object without it may be of another."""
    return any(
        guard.path == statement.path and guard.pointer.rpartition("/")[0].endswith("/anyOf")
        for guard in statement.guards
    )


def fields_needed(statement: SchemaStatement) -> frozenset[str]:
    """The fields without which an object has none of the forms."""
    return frozenset(name for form in statement.value for name in form["required"])


def of_some_form(
    body: Json,
    reading: BodyReading,
    read: Callable[[Json], BodyReading],
    samples: RequestSamples,
    document: Mapping[str, Json],
) -> tuple[Json, BodyReading]:
    """A body that has none of several forms, changed so that it has the first that will do."""
    for violation in reading.violations:
        for made in forms(body, violation.schema, path_of(violation), samples, document):
            changed = read(made)
            if violation.schema not in {violation.schema for violation in changed.violations}:
                return made, changed
    return body, reading


def another_form(
    alone: Callable[[Json], Json], guard: SchemaGuard, samples: RequestSamples, document: Mapping[str, Json], body: Json
) -> Json:
    """The body without a field, of a form that does not need it."""
    return with_guards_met(alone(body), (guard,), samples, document)


def path_of(violation: Violation) -> Path:
    """The place of a violation as the path of statements."""
    return tuple(ITEM if step.isdecimal() else step for step in steps(violation.pointer))


def field_places(statement: SchemaStatement) -> Iterator[tuple[str, Path]]:
    """(pointer, path) of the field that a statement is directly about, when it stands in a `properties`."""
    names = steps(statement.schema)
    if statement.path and len(names) > 1 and names[-2] == "properties" and names[-1] == statement.path[-1]:
        yield "/" + "/".join(map(escaped, names)), statement.path
