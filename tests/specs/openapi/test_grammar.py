from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import Any

import jsonschema_rs
import pytest

from pixpact.specs.catalogue import SpecCatalogue
from pixpact.specs.openapi import grammar
from pixpact.specs.openapi.document import SpecDocument, at

KEYS = [
    "x-lifecycles",
    "x-lifecycle",
    "x-value",
    "x-when",
    "x-images",
    "x-image",
    "x-total",
    "x-clamp",
    "x-billing",
    "x-idempotency",
    "x-delivery",
    "x-signature",
    "x-files",
    "x-evidence",
]


def test_the_grammar_is_a_schema() -> None:
    """The grammar itself is a valid JSON Schema, and every part of it is used."""
    jsonschema_rs.meta.validate(grammar.meta_schema())
    references = Counter(_references(grammar.meta_schema()))

    assert set(references) == {f"#/$defs/{name}" for name in grammar.meta_schema()["$defs"]}


def _references(value: Any) -> list[str]:
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    own = [value["$ref"]] if isinstance(value, dict) and isinstance(value.get("$ref"), str) else []
    return own + [reference for it in inner for reference in _references(it)]


def test_the_keys() -> None:
    """The grammar knows these keys of our own, and no other."""
    found = {key for key in _keys(grammar.meta_schema()) if key.startswith("x-")}

    assert set(KEYS) == found


def _keys(value: Any) -> list[str]:
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    own = list(value.get("properties", ())) if isinstance(value, dict) else []
    return own + [key for it in inner for key in _keys(it)]


@pytest.mark.parametrize("vendor", [*SpecCatalogue().names(), "fixtures/specs/toy.yaml"])
def test_sites_stand_where_they_say(vendor: str, contract: Callable[[str], Any]) -> None:
    """Every object with a name in the grammar is found once, at its pointer, parents first."""
    document = contract(vendor).document
    sites = grammar.sites(document.value)
    pointers = [site.pointer for site in sites]

    assert len(set(pointers)) == len(pointers)
    assert all(at(document.value, site.pointer) is site.value for site in sites)
    assert [] == [child for child in pointers if _comes_before_its_parent(child, pointers)]


def _comes_before_its_parent(child: str, pointers: list[str]) -> bool:
    parent = child.rpartition("/")[0]
    return bool(child) and parent in pointers[pointers.index(child) :]


def test_kinds(document_of: Callable[[str], SpecDocument]) -> None:
    """What stands where is told by kind; a reference knows what it stands for."""
    text = """\
paths:
  /a:
    get:
      operationId: a
      x-lifecycle: {run: it}
      responses: {'200': {$ref: '#/components/responses/Fine'}}
components:
  x-lifecycles: {it: {initial: s, states: {s: {outcome: success}}}}
  responses:
    Fine:
      description: F.
      content: {application/json: {schema: {items: {x-value: $image}}, examples: {s: {value: 1, x-when: {$url: {}}}}}}
"""
    found = {site.pointer: (site.kind, site.stands_for) for site in grammar.sites(document_of(text).value)}
    fine = "/components/responses/Fine"

    assert ("operation", "") == found["/paths/~1a/get"]
    assert ("role", "") == found["/paths/~1a/get/x-lifecycle"]
    assert ("reference", "response") == found["/paths/~1a/get/responses/200"]
    assert ("state", "") == found["/components/x-lifecycles/it/states/s"]
    assert ("response", "") == found[fine]
    assert ("schema", "") == found[f"{fine}/content/application~1json/schema/items"]
    assert ("expression", "") == found[f"{fine}/content/application~1json/schema/items/x-value"]
    assert ("when", "") == found[f"{fine}/content/application~1json/examples/s/x-when"]
    assert f"{fine}/content/application~1json/examples/s/value" not in found


def test_a_near_miss_is_guessed(document_of: Callable[[str], SpecDocument]) -> None:
    """A mistyped key is reported with the key that was meant, at its own line."""
    problem = grammar.problems(document_of("paths: {}\ncomponents:\n  schema: {}\n"))[0]

    assert (6, "the key 'schema' is not known here", "did you mean 'schemas'?") == (
        problem.origin.line,
        problem.message,
        problem.remedy,
    )


def test_a_key_like_no_other_lists_the_known_ones(document_of: Callable[[str], SpecDocument]) -> None:
    """Where nothing is near, all that may stand there is named."""
    problem = grammar.problems(document_of("paths: {/a: {zzz: 1}}"))[0]

    assert problem.remedy.startswith("use one of ")
    assert {"get", "post", "parameters"} <= set(problem.remedy.removeprefix("use one of ").split(", "))
