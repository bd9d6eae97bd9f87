"""Changes request bodies: sets and drops fields, and makes conditions hold."""

from __future__ import annotations

from collections.abc import Mapping

from pixpact.contracts.samples.samples import RequestSamples
from pixpact.contracts.samples.statements import ITEM, Path, SchemaGuard
from pixpact.specs.dialect.expressions import UNDEFINED, value_at
from pixpact.specs.openapi.document import Json, at
from pixpact.wire.json_values import is_number


def put(body: Json, path: Path, value: Json) -> Json:
    """A copy of `body` with `value` at `path`; missing objects and lists (of one item) on the path are created."""
    if not path:
        return value
    step, rest = path[0], path[1:]
    if step == ITEM:
        old = body[0] if isinstance(body, list) and body else None
        return [put(old, rest, value), *(body[1:] if isinstance(body, list) else [])]
    result = dict(body) if isinstance(body, dict) else {}
    result[step] = put(result.get(step), rest, value)
    return result


def without_field(body: Json, path: Path) -> Json:
    """A copy of `body` without the field at `path`; of a list, the first item is changed."""
    if path[:1] == (ITEM,) and path[1:] and isinstance(body, list) and body:
        return [without_field(body[0], path[1:]), *body[1:]]
    if not path or not isinstance(body, dict) or path[0] not in body:
        return body
    result = dict(body)
    if len(path) == 1:
        del result[path[0]]
    else:
        result[path[0]] = without_field(result[path[0]], path[1:])
    return result


def value_in(body: Json, path: Path) -> Json:
    """The value at `path` (in a list, of the first item), or UNDEFINED."""
    return value_at(body, tuple("0" if step == ITEM else step for step in path))


def with_guards_met(
    body: Json, guards: tuple[SchemaGuard, ...], samples: RequestSamples, document: Mapping[str, Json]
) -> Json:
    """A copy of `body` changed so that the guards hold, as far as their schemas show how."""
    for guard in guards:
        inner = value_in(body, guard.path)
        if guard.field:
            made = _with(inner, guard.field, samples, guard.path)
        elif guard.holds:
            made = _fitting(document, at(document, guard.pointer), inner, samples, guard.path)
        else:
            continue  # a condition does not hold by default; if the body meets it, the validator reports that
        body = body if made is UNDEFINED else put(body, guard.path, made)
    return body


def _with(value: Json, name: str, samples: RequestSamples, path: Path) -> Json:
    result = dict(value) if isinstance(value, dict) else {}
    if name not in result:
        result[name] = samples.of((*path, name))[0]
    return result


def _fitting(document: Mapping[str, Json], schema: Json, value: Json, samples: RequestSamples, path: Path) -> Json:
    if not isinstance(schema, dict):
        return value
    if "$ref" in schema:
        value = _fitting(document, at(document, schema["$ref"]), value, samples, path)
    for inner in schema.get("allOf", ()):
        value = _fitting(document, inner, value, samples, path)
    value = _of_words(schema, value, samples, path)
    if {"properties", "required"} & schema.keys():
        for name in schema.get("required", ()):
            value = _with(value, name, samples, path)
        for name, inner in schema.get("properties", {}).items():
            if isinstance(value, dict) and name in value:
                value = {**value, name: _fitting(document, inner, value[name], samples, (*path, name))}
    return value


def _of_words(schema: Mapping[str, Json], value: Json, samples: RequestSamples, path: Path) -> Json:
    if "const" in schema:
        return schema["const"]
    if "enum" in schema and value not in schema["enum"]:
        return schema["enum"][0]
    if is_number(value) and value > schema.get("maximum", value):
        return schema["maximum"]
    if is_number(value) and value < schema.get("minimum", value):
        return schema["minimum"]
    if schema.get("type") == "object" and not isinstance(value, dict):
        return {}
    if schema.get("type") == "array" and not isinstance(value, list):
        return [samples.of((*path, ITEM))[0]] if value is not UNDEFINED else value
    return value


def smallest_body(samples: RequestSamples) -> Json:
    """An object with the unconditionally required fields only."""
    body: Json = {}
    for statement in samples.statements:
        if statement.keyword == "required" and not statement.guards and ITEM not in statement.path:
            for name in statement.value:
                path = (*statement.path, name)
                if value_in(body, path) is UNDEFINED and isinstance(value_in(body, statement.path), dict):
                    body = put(body, path, samples.of(path)[0])
    return body
