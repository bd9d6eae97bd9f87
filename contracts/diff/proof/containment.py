"""Whether one rule alone is proven to take whatever another takes: as schemas, as patterns, as formats."""

from __future__ import annotations

from pixpact.contracts.diff.read.standalone_schema import standing_alone, weight
from pixpact.contracts.diff.regex.comparison import within
from pixpact.specs.openapi.containment import StandaloneSchema, covers
from pixpact.specs.openapi.document import Json

_HEAVIEST = 1500
_FORMATS: dict[str, frozenset[str]] = {
    "email": frozenset(("idn-email",)),
    "hostname": frozenset(("idn-hostname",)),
    "uri": frozenset(("iri", "uri-reference", "iri-reference")),
    "iri": frozenset(("iri-reference",)),
    "uri-reference": frozenset(("iri-reference",)),
}
"""Format → those that take every text that it takes (RFC 3987, RFC 6531, RFC 5890)."""


def is_superset(wide: Json, narrow: Json) -> bool:
    """Whether it is proven that `wide` takes every value that `narrow` takes. False: not proven, either way."""
    if covers_soon(standing_alone(wide), standing_alone(narrow)) or _patterns(wide, narrow) or _formats(wide, narrow):
        return True
    inner = [rule.get("propertyNames") for rule in (wide, narrow) if isinstance(rule, dict) and len(rule) == 1]
    return len(inner) == 2 and None not in inner and is_superset(inner[0], inner[1])


def covers_soon(wide: Json, narrow: Json) -> bool:
    """As `covers`, for schemas that it can be asked about in a moment."""
    if wide == narrow:
        return True
    if (values := _listed(narrow)) is not None:
        sends, takes = StandaloneSchema(narrow), StandaloneSchema(wide)
        return all(takes.holds(value) for value in values if sends.holds(value))
    return all(weight(schema, _HEAVIEST) <= _HEAVIEST for schema in (wide, narrow)) and covers(wide, narrow)


def _listed(schema: Json) -> list[Json] | None:
    """The values of which a schema takes no others; None where it does not list them."""
    if not isinstance(schema, dict):
        return None
    if "const" in schema:
        return [schema["const"]]
    if "enum" in schema:
        return list(schema["enum"])
    return next((values for part in schema.get("allOf", ()) if (values := _listed(part)) is not None), None)


def _patterns(wide: Json, narrow: Json) -> bool:
    sent, taken = _only("pattern", narrow), _only("pattern", wide)
    return sent is not None and taken is not None and within(sent, taken)


def _formats(wide: Json, narrow: Json) -> bool:
    sent, taken = _only("format", narrow), _only("format", wide)
    return taken is not None and taken in _FORMATS.get(sent or "", ())


def _only(keyword: str, rule: Json) -> str | None:
    """The value of the one keyword that a rule consists of; for a pattern, no rule is one that matches all."""
    if keyword == "pattern" and rule in (True, {}):
        return ""
    if isinstance(rule, dict) and set(rule) == {keyword} and isinstance(rule[keyword], str):
        return str(rule[keyword])
    return None
