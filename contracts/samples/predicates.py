"""Whether the value that a request carries exercises a claim about it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import lru_cache

from pixpact.contracts.samples.reference_images import facts_of
from pixpact.contracts.samples.samples import image_of
from pixpact.contracts.samples.statements import SchemaStatement
from pixpact.specs.dialect.expressions import value_at
from pixpact.specs.dialect.keyword_checks import Fetch, numbers_of
from pixpact.specs.openapi.document import Json, steps
from pixpact.wire.images import from_data_uri
from pixpact.wire.json_values import is_number

Test = Callable[[Json, Json, Fetch], bool]
"""(the value as it was sent, the value as it was read, what is behind URLs) → whether a claim is exercised by it."""


def beyond_clamp(bound: str, limit: Json) -> Test:
    """Values that a clamp pulls to its bound."""
    if bound == "minimum":
        return lambda sent, read, fetch: is_number(sent) and sent < limit
    return lambda sent, read, fetch: is_number(sent) and sent > limit


def image_transport_test(about: str, uploads: bool) -> Test:
    """Images that are handed over by URL, or as a data URI; slots become URLs where the vendor takes uploads."""

    def test(sent: Json, _: Json, __: Fetch) -> bool:
        if not isinstance(sent, str):
            return False
        as_data = sent.startswith("data:") or (image_of(sent) is not None and not uploads)
        return as_data == (about == "data")

    return test


def scheme(*, plain: bool) -> Test:
    """Addresses of plain http, or all others."""
    return lambda sent, _, __: isinstance(sent, str) and sent.lower().startswith("http:") == plain


def is_whole(schema: Mapping[str, Json]) -> bool:
    """Whether only integers count where a schema says a number."""
    return schema.get("type") in ("integer", ["integer"]) or "type" not in schema


def plain(statement: SchemaStatement, part: Json, whole: bool) -> Test:
    """Values that lie on a rule of JSON Schema; `part` is one value of an enum, or of a boolean."""
    limit = statement.value
    match statement.keyword:
        case "enum" | "const":
            return lambda sent, read, fetch: (
                sent == (limit if statement.keyword == "const" else part) and type(sent) is not float
            )
        case "minimum" | "maximum":
            return lambda sent, read, fetch: is_number(sent) and sent == limit
        case "exclusiveMinimum" | "exclusiveMaximum":
            return lambda sent, read, fetch: is_number(sent) and abs(sent - limit) <= (1 if whole else 0.1)
        case "minItems" | "maxItems" | "minLength" | "maxLength":
            return lambda sent, read, fetch: isinstance(sent, (str, list)) and len(sent) == limit
        case "type":
            return (lambda sent, read, fetch: sent is part) if limit == "boolean" else lambda sent, read, fetch: True
    return lambda sent, read, fetch: True


def derived(name: str, bound: str, limit: Json, part: Json) -> Test:
    """Images, or size texts, whose derived number lies on its bound, or is one of an enum."""
    near = 0.5 if name == "aspect" else 1

    def test(sent: Json, _: Json, fetch: Fetch) -> bool:
        derived_value = (_numbers(sent, fetch) or {}).get(name)
        if part is not None:
            return bool(derived_value == part)
        return derived_value is not None and bool(
            derived_value == limit if bound == "const" else abs(derived_value - limit) <= near
        )

    return test


def _numbers(sent: Json, fetch: Fetch) -> Mapping[str, Json] | None:
    """The derived numbers of a value. A planned image is asked for many claims in a row, and decoded once for them."""
    if not isinstance(sent, str):
        return numbers_of(sent, fetch)
    if (name := image_of(sent)) is not None:
        return _of_slot(name)
    facts = _of_data_uri(sent) if sent.startswith("data:") else None
    return numbers_of(sent, fetch) if facts is None else facts


@lru_cache(maxsize=1024)
def _of_slot(name: str) -> Mapping[str, Json] | None:
    return numbers_of(name, lambda _: facts_of(name))


@lru_cache(maxsize=16)
def _of_data_uri(text: str) -> Mapping[str, Json] | None:
    content = from_data_uri(text)
    return None if content is None else numbers_of(content, lambda _: None)


def reaches_total(rule: Mapping[str, Json]) -> Test:
    """Requests in which fields together come to the most that is allowed."""
    paths = [steps(f"/{name}") for name in rule["of"]]

    def test(_: Json, read: Json, __: Fetch) -> bool:
        return bool(sum(_counted(value_at(read, path)) for path in paths) == rule["maximum"])

    return test


def _counted(value: Json) -> int:
    if is_number(value):
        return int(value)
    return len(value) if isinstance(value, list) else int(isinstance(value, str))
