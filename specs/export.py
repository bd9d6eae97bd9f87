"""Contract → plain OpenAPI 3.1: what other tools can read of it, without our own keys."""

from __future__ import annotations

import json

import yaml

from pixpact.specs.catalogue import Source
from pixpact.specs.document import Json

# Below these keys stand literal values of the vendor: nothing in them is ours to remove.
_LITERAL = frozenset({"value", "default", "enum", "const"})


def exported(source: Source, form: str = "yaml") -> str:
    """The document of a contract as `yaml` or `json` text. Raises SpecError."""
    contract = source.contract()
    document = plain(contract.document.value)
    if form == "json":
        return json.dumps(document, ensure_ascii=False, indent=2) + "\n"
    return yaml.dump(document, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=110)


def plain(value: Json, pointer: tuple[str, ...] = ()) -> Json:
    """A value without any `x-` key of ours; what they limit is told in the description instead."""
    if isinstance(value, list):
        return [plain(item, pointer) for item in value]
    if not isinstance(value, dict):
        return value
    names = pointer[-1:] in (("properties",), ("headers",), ("examples",), ("schemas",))
    kept = {
        key: inner if key in _LITERAL and not names else plain(inner, (*pointer, key))
        for key, inner in value.items()
        if names or not key.startswith("x-")
    }
    told = [] if names else _told(value)
    if told:
        kept["description"] = " ".join([*([kept["description"]] if "description" in kept else []), *told])
    return kept


def _told(value: dict[str, Json]) -> list[str]:
    """Sentences for the limits that plain OpenAPI cannot say."""
    told = []
    if isinstance(total := value.get("x-total"), dict):
        names = " + ".join(name.replace("/", ".") for name in total["of"])
        told.append(f"Together, {names} is at most {total['maximum']}.")
    if isinstance(clamp := value.get("x-clamp"), dict):
        bounds = " and ".join(f"{word} {limit}" for word, limit in clamp.items())
        told.append(f"Values outside are not refused but pulled to {bounds}.")
    if isinstance(image := value.get("x-image"), dict):
        rules = "; ".join(f"{name} {_rule(rule)}" for name, rule in image.items())
        told.append(f"Of a picture or size: {rules}.")
    return told


def _rule(rule: dict[str, Json]) -> str:
    return ", ".join(
        "one of " + ", ".join(map(str, limit)) if word == "enum" else f"{word} {limit}" for word, limit in rule.items()
    )


class _Dumper(yaml.SafeDumper):
    """Writes no aliases, so that every reader understands the file."""

    def ignore_aliases(self, data: object) -> bool:
        """Write everything out."""
        return True
