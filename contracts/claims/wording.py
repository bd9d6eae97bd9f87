"""The texts of acceptance claims."""

from __future__ import annotations

from collections.abc import Callable

from pixpact.contracts.samples.statements import SchemaStatement
from pixpact.specs.openapi.document import Json
from pixpact.specs.openapi.messages import short_json as shown

_TEXTS = {
    "pattern": "{name} of the form {value} is accepted",
    "type": "{name} of type {value} is accepted",
    "minItems": "{name} of {value} items is accepted",
    "maxItems": "{name} of {value} items is accepted",
    "minLength": "{name} of {value} characters is accepted",
    "maxLength": "{name} of {value} characters is accepted",
}


def accepted_text(name: str, statement: SchemaStatement) -> str:
    """The text of an acceptance claim: `n 4 is accepted`."""
    form = _TEXTS.get(statement.keyword, "{name} {value} is accepted")
    form = form.replace("items", "item").replace("characters", "character") if statement.value == 1 else form
    return form.format(name=name, value=statement.value if isinstance(statement.value, str) else shown(statement.value))


def negated_test(test: Callable[[Json], bool]) -> Callable[[Json], bool]:
    """The opposite of a test."""
    return lambda value: not test(value)


def shown_tail(value: Json) -> str:
    """The value as the last part of a claim id."""
    return value if isinstance(value, str) else shown(value)
