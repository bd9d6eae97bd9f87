"""Exports a contract as plain OpenAPI 3.1, without `x-` keys, for other tools."""

from __future__ import annotations

import json
from typing import Any

import yaml

from pixpact.specs.contract.model import Contract
from pixpact.specs.openapi import grammar
from pixpact.specs.openapi.document import OLD_BREAKS, Json, parse_scalar
from pixpact.specs.openapi.messages import listed
from pixpact.wire.control_characters import harmless_lines, visible_json, visible_yaml


def exported(contract: Contract, form: str = "yaml") -> str:
    """The exported document as `yaml` or `json` text."""
    document = plain(contract.document.value)
    if form == "json":
        return visible_json(json.dumps(document, ensure_ascii=False, indent=2)) + "\n"
    return as_yaml(document)


def as_yaml(document: Json) -> str:
    """A JSON value as YAML text that YAML 1.1 and 1.2 read alike, with invisible characters escaped."""
    return visible_yaml(yaml.dump(document, Dumper=_ExportDumper, sort_keys=False, allow_unicode=True, width=110))


def plain(value: Json, rule: Json = None) -> Json:
    """A value without `x-` keys; their limits are described in words.

    `rule`: the grammar's rule for the value; None for a whole document.
    """
    kind, _, rule = grammar.resolved(grammar.meta_schema() if rule is None else rule, value)
    kept: dict[Any, Json] = {
        step: plain(inner, inner_rule) if isinstance(inner_rule, dict) else inner
        for step, inner, inner_rule in grammar.parts(rule, value)
        if not (str(step).startswith("x-") and step in rule.get("properties", {}))
    }
    if isinstance(value, list):
        return list(kept.values())
    if not isinstance(value, dict):
        return value
    return _schema(kept, " ".join(_reported(value))) if kind == "schema" else kept


def _schema(kept: dict[str, Json], reported: str) -> dict[str, Json]:
    """The schema without parts left empty, with the limits of its `x-` keys in the description."""
    result = {**kept, "allOf": [part for part in kept.get("allOf", ()) if part != {}]}
    result |= {"description": f"{kept.get('description', '')} {reported}".strip()} if reported else {}
    empty: dict[str, Json] = {"allOf": [], "then": {}, "else": {}}
    result = {key: value for key, value in result.items() if key not in empty or value != empty[key]}
    if not result.keys() & {"then", "else"}:
        result.pop("if", None)
    return result


def _reported(schema: dict[str, Json]) -> list[str]:
    """Sentences for the limits of a schema that plain OpenAPI cannot express."""
    reported = []
    if total := schema.get("x-total"):
        names = " + ".join(name.replace("/", ".") for name in total["of"])
        reported.append(f"Together, {names} is at most {total['maximum']}.")
    if clamp := schema.get("x-clamp"):
        bounds = " and ".join(f"{word} {limit}" for word, limit in clamp.items())
        reported.append(f"Values outside are not refused but clamped to {bounds}.")
    if image := schema.get("x-image"):
        reported.append(f"Of an image or size: {'; '.join(f'{name} {_rule(rule)}' for name, rule in image.items())}.")
    return reported


def _rule(rule: dict[str, Json]) -> str:
    return ", ".join(f"one of {listed(limit)}" if word == "enum" else f"{word} {limit}" for word, limit in rule.items())


class _ExportDumper(yaml.SafeDumper):
    """A YAML dumper without aliases, which quotes texts that some YAML version would read as another type."""

    def ignore_aliases(self, data: object) -> bool:
        """Write every value out."""
        return True


def _is_text(plain: str) -> bool:
    """Whether a plain scalar is read as a text."""
    try:
        return isinstance(parse_scalar(plain), str)
    except ValueError:  # a number that is too large
        return False


def _text(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    style = None if _is_text(text) else "'"
    style = '"' if OLD_BREAKS.search(text) or harmless_lines(text) != text else style
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style=style)


_ExportDumper.add_representer(str, _text)
