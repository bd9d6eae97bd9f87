"""How acceptance claims are said."""

from __future__ import annotations

from pixpact.contracts.samples.statements import SchemaStatement
from pixpact.specs.openapi.messages import short as shown

_TEXTS = {
    "pattern": "{name} of the form {value} is taken",
    "type": "{name} is taken: {value}",
    "minItems": "{name} of {value} items is taken",
    "maxItems": "{name} of {value} items is taken",
    "minLength": "{name} of {value} characters is taken",
    "maxLength": "{name} of {value} characters is taken",
}


def taken(name: str, it: SchemaStatement) -> str:
    """What a rule of a request lets through, in words: `n 4 is taken`."""
    form = _TEXTS.get(it.keyword, "{name} {value} is taken")
    return form.format(name=name, value=it.value if isinstance(it.value, str) else shown(it.value))
