"""Explains `oneOf` and `anyOf` violations by the form that a response is closest to."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

from pixpact.contracts.samples.statements import ITEM, Path, statements
from pixpact.specs.dialect.expressions import value_at
from pixpact.specs.openapi.document import Json, at, steps
from pixpact.specs.openapi.schemas import CompiledSchemas, Violation

_FORMS = ("oneOf", "anyOf")
_COUNTS = ("minContains", "maxContains")


class AlternativeReader:
    """Replaces violations of `oneOf`, `anyOf` and `contains` by more precise ones, for one document."""

    def __init__(self, document: Mapping[str, Json], schemas: CompiledSchemas) -> None:
        self._document = document
        self._schemas = schemas
        self._fields: dict[str, frozenset[Path]] = {}

    def closer(self, violation: Violation, instance: Json) -> Iterator[Violation]:
        """Yield the violations of the closest form; the violation itself where no form is clearly closest."""
        if violation.keyword in _COUNTS:
            yield self._contained(violation, instance)
            return
        nearest = self._nearest(violation, instance) if violation.keyword in _FORMS else None
        if nearest is None:
            yield violation
        for inner in nearest or ():
            yield from self.closer(replace(inner, pointer=violation.pointer + inner.pointer), instance)

    def _contained(self, violation: Violation, instance: Json) -> Violation:
        """Report `contains` instead of a wrong number of items, where no item matches at all."""
        pointer = f"{violation.schema.rpartition('/')[0]}/contains"
        holds = self._schemas.test(pointer)
        if any(holds(item) for item in value_at(instance, steps(violation.pointer))):
            return violation
        return replace(violation, keyword="contains", schema=pointer)

    def _nearest(self, violation: Violation, instance: Json) -> list[Violation] | None:
        value = value_at(instance, steps(violation.pointer))
        ranked = []
        for index in range(len(at(self._document, violation.schema))):
            form = f"{violation.schema}/{index}"
            violations = self._schemas.violations(form, value, violation.kind, closer=False)
            if not violations:
                return None  # several forms match: none can be singled out
            named = len(self._named(form) & set(_paths(value)))
            ranked.append((named, -len(violations), violations))
        ranked.sort(key=lambda candidate: candidate[:2], reverse=True)
        is_clear = ranked[0][0] > 0 and (len(ranked) == 1 or ranked[0][:2] > ranked[1][:2])
        return ranked[0][2] if is_clear else None

    def _named(self, form: str) -> frozenset[Path]:
        """The paths of the fields that a form allows, at any depth."""
        if form not in self._fields:
            named_fields = [
                statement
                for statement in statements(self._document, form, ("properties",))
                if statement.keyword == "properties"
            ]
            names = {
                (*statement.path, name)
                for statement in named_fields
                for name, inner in statement.value.items()
                if inner is not False
            }
            self._fields[form] = frozenset(names)
        return self._fields[form]


def _paths(value: Json, path: Path = ()) -> Iterator[Path]:
    """The paths of all fields of a value."""
    if isinstance(value, dict):
        for name, inner in value.items():
            yield (*path, name)
            yield from _paths(inner, (*path, name))
    elif isinstance(value, list):
        for inner in value:
            yield from _paths(inner, (*path, ITEM))
