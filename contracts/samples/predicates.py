"""Tests whether a value in a request exercises a claim."""

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
"""(the value as sent, the value as read, images by URL) → whether the value exercises the claim."""


def beyond_clamp(bound: str, limit: Json) -> Test:
    """Values that are clamped to this bound."""
    if bound == "minimum":
        return lambda sent, read, fetch: is_number(sent) and sent < limit
    return lambda sent, read, fetch: is_number(sent) and sent > limit


def image_transport_test(about: str, uploads: bool) -> Test:
    """Images sent by URL, or as a data URI; placeholders become URLs where the vendor accepts uploads."""

    def test(sent: Json, _: Json, __: Fetch) -> bool:
        if not isinstance(sent, str):
            return False
        as_data = sent.startswith("data:") or (image_of(sent) is not None and not uploads)
        return as_data == (about == "data")

    return test


def scheme(*, plain: bool) -> Test:
    """URLs with plain http, or all others."""
    return lambda sent, _, __: isinstance(sent, str) and sent.lower().startswith("http:") == plain


def is_whole(schema: Mapping[str, Json]) -> bool:
    """Whether only integers are tried for a numeric schema."""
    return schema.get("type") in ("integer", ["integer"]) or "type" not in schema


def plain(statement: SchemaStatement, part: Json, whole: bool) -> Test:
    """Values on the bound of a JSON Schema rule; `part` is one value of an enum, or of a boolean."""
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
    """Images, or sizes as text, whose derived number lies on its bound, or is one of an enum."""
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
    """The derived numbers of a value; cached, because many claims in a row ask for the same image."""
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
    """Requests whose fields reach the maximum total."""
    paths = [steps(f"/{name}") for name in rule["of"]]

    def test(_: Json, read: Json, __: Fetch) -> bool:
        return bool(sum(_counted(value_at(read, path)) for path in paths) == rule["maximum"])

    return test


def _counted(value: Json) -> int:
    if is_number(value):
        return int(value)
    return len(value) if isinstance(value, list) else int(isinstance(value, str))
