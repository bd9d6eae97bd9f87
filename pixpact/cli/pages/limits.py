"""Schemas as short text: limits of fields, rules between fields, and statements about images."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from pixpact.specs.dialect.request_body import conjuncts
from pixpact.specs.openapi.document import Json
from pixpact.specs.openapi.messages import short_json

_WORDS = {
    "minimum": "≥ {}",
    "maximum": "≤ {}",
    "exclusiveMinimum": "> {}",
    "exclusiveMaximum": "< {}",
    "minItems": "at least {} items",
    "maxItems": "at most {} items",
    "minLength": "at least {} characters",
    "maxLength": "at most {} characters",
    "pattern": "matches {}",
    "format": "{}",
    "x-clamp": "clamped to {}",
}


def limits_of(document: Mapping[str, Json], part: Json) -> Iterator[str]:
    """The limits in one schema, each as a short text."""
    if part is False:
        yield "not taken"
    if not isinstance(part, dict):
        return
    if "type" in part:
        yield part["type"] if isinstance(part["type"], str) else " or ".join(part["type"])
    if "const" in part:
        yield f"always {short_json(part['const'])}"
    if "enum" in part:
        yield "one of " + ", ".join(map(str, part["enum"]))
    for keyword, words in _WORDS.items():
        if keyword in part:
            yield (
                words.format(_bounds(part[keyword]))
                .replace(" 1 items", " 1 item")
                .replace(" 1 characters", " 1 character")
            )
    for name, rule in part.get("x-image", {}).items():
        yield f"{name} {_bounds(rule)}"
    condition = " and ".join(_within(document, part.get("if")))
    for name, words in (("items", "each"), ("then", f"if {condition or 'so'}"), ("else", "otherwise")):
        if inner := _within(document, part.get(name)):
            yield f"{words} {', '.join(inner)}" if name == "items" else f"{words}: {', '.join(inner)}"


def _within(document: Mapping[str, Json], schema: Json) -> list[str]:
    if not isinstance(schema, dict):
        return []
    return [text for _, schema_object in conjuncts_of(document, schema) for text in limits_of(document, schema_object)]


def _bounds(rule: Json) -> str:
    if not isinstance(rule, dict):
        return str(rule)
    words = {
        "minimum": "≥",
        "maximum": "≤",
        "exclusiveMinimum": ">",
        "exclusiveMaximum": "<",
        "enum": "in",
    }
    return ", ".join(f"{words.get(key, key)} {short_json(value)}" for key, value in rule.items())


def rules_of(document: Mapping[str, Json], part: Mapping[str, Json]) -> Iterator[str]:
    """The rules between the fields of an object, each as a sentence."""
    if "x-total" in part:
        yield _total(part["x-total"])
    for name, needed in part.get("dependentSchemas", {}).items():
        yield f"{name} needs {_schema_in_words(document, needed)}"
    for keyword in ("then", "else"):
        if "if" in part and keyword in part:
            effect = _schema_in_words(document, part[keyword])
            if effect:
                condition = _schema_in_words(document, part["if"])
                yield f"{'if' if keyword == 'then' else 'unless'} {condition}: {effect}"


def _total(rule: Mapping[str, Json]) -> str:
    names = rule["of"] if isinstance(rule["of"], list) else []
    return f"{' + '.join(str(name).replace('/', '.') for name in names)} ≤ {rule['maximum']}"


def _schema_in_words(document: Mapping[str, Json], schema: Json, path: str = "") -> str:
    """A schema for an object as short text: `size = auto, image_urls at least 1 items`."""
    if not isinstance(schema, dict):
        return ""
    texts = []
    for _, part in conjuncts_of(document, schema):
        shown = part.get("properties", {})
        texts += [f"{path}{name} given" for name in part.get("required", ()) if name not in shown]
        for name, inner in shown.items():
            texts += _said_of(document, f"{path}{name}", inner)
        if "x-total" in part:
            texts.append(_total(part["x-total"]))
        texts += [f"images: {key} {image_words(value)}" for key, value in part.get("x-images", {}).items()]
    return ", ".join(dict.fromkeys(texts))


def _said_of(document: Mapping[str, Json], name: str, inner: Json) -> list[str]:
    if inner is False:
        return [f"no {name}"]
    if "const" in inner:
        return [f"{name} = {inner['const']}"]
    deeper = _schema_in_words(document, inner, f"{name}.")
    return [f"{name} {text}" for text in limits_of(document, inner)] + ([deeper] if deeper else [])


def conjuncts_of(document: Mapping[str, Json], schema: Mapping[str, Json]) -> list[tuple[str, dict[str, Json]]]:
    """The parts of an inline schema: what it includes by `$ref` and `allOf`, and itself."""
    parts: list[tuple[str, dict[str, Json]]] = []
    for inner in [*([{"$ref": schema["$ref"]}] if "$ref" in schema else []), *schema.get("allOf", ())]:
        parts += conjuncts(document, inner["$ref"].removeprefix("#")) if "$ref" in inner else [("", inner)]
    return [*parts, ("", dict(schema))]


def image_words(value: Json) -> str:
    """A statement about images as text."""
    if isinstance(value, dict):
        return ", ".join(f"{key} {image_words(inner)}" for key, inner in value.items())
    if isinstance(value, list):
        return " or ".join(image_words(item) for item in value)
    return expression_words(str(value))


def expression_words(text: str) -> str:
    """`$request.body#/metadata/size` as `metadata.size`; other texts unchanged."""
    return text.removeprefix("$request.body#/").replace("/", ".") if text.startswith("$request.body#/") else text
