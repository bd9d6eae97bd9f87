from __future__ import annotations

from collections.abc import Callable

import pytest

from pixpact.specs import evidence
from pixpact.specs.catalogue import SpecCatalogue
from pixpact.specs.openapi.document import SpecDocument, at

VENDORS = SpecCatalogue().names()
HEAD = "openapi: 3.1.0\ninfo: {title: T, version: '1'}\nservers: [{url: 'https://t.example'}]\n"


def pointers(document: SpecDocument) -> set[str]:
    return {statement.pointer for statement in evidence.statements(document)}


@pytest.mark.parametrize(
    ("schema", "stated"),
    [
        ("{type: string, minLength: 1, title: T, description: D}", {"/type", "/minLength"}),
        ("{required: [a, b]}", {"/required/0", "/required/1"}),
        ("{properties: {a: false, b: true, c: {enum: [1, 2]}}}", {"/properties/a", "/properties/c/enum"}),
        ("{if: {required: [a], properties: {a: {const: 1}}}, then: {required: [b]}}", {"/then/required/0"}),
        ("{x-image: {width: {maximum: 1}, format: {enum: [png]}}}", {"/x-image/width", "/x-image/format"}),
        ("{x-total: {of: [a], maximum: 1}, x-clamp: {minimum: 1}}", {"/x-total", "/x-clamp"}),
        ("{x-value: $task.id, x-when: {$method: true}}", {"/x-value", "/x-when"}),
        ("{x-images: {count: 1, format: png, x-evidence: seed}}", {"/x-images/count", "/x-images/format"}),
        (
            "{x-images: {pixels: {by: [$method], table: {a: 1x1, b: 2x2}}, price: {by: [$method], table: {a: 1}}}}",
            {"/x-images/pixels/table/a", "/x-images/pixels/table/b", "/x-images/price/table/a"},
        ),
        ("{x-images: {pixels: 1x1, price: 0.1}}", {"/x-images/pixels", "/x-images/price"}),
        ("{additionalProperties: false}", {"/additionalProperties"}),
        ("{$ref: '#/components/schemas/It'}", set()),
    ],
)
def test_statements_of_a_schema(document_of: Callable[[str], SpecDocument], schema: str, stated: set[str]) -> None:
    """Each rule, binding and table cell is one statement; conditions and prose are none."""
    found = pointers(document_of(HEAD + f"paths: {{}}\ncomponents: {{schemas: {{It: {schema}}}}}"))

    assert {f"/components/schemas/It{pointer}" for pointer in stated} == found - {"/servers/0"}


def test_statements_of_an_operation(document_of: Callable[[str], SpecDocument]) -> None:
    """An operation states its parameters, each response, each example; a shared response counts where it is given."""
    text = """\
paths:
  /a:
    get:
      operationId: a
      parameters: [{name: q, in: query, schema: {}}]
      responses:
        '200': {description: A., content: {application/json: {schema: {}, examples: {one: {value: 1}}}}}
        '401': {$ref: '#/components/responses/No'}
components:
  responses: {No: {description: No., content: {application/json: {schema: {}, examples: {no: {value: 1}}}}}}
"""
    place, shared = "/paths/~1a/get", "/components/responses/No"

    assert {
        "/servers/0",
        place,
        f"{place}/parameters/0",
        f"{place}/responses/200",
        f"{place}/responses/200/content/application~1json/examples/one",
        f"{place}/responses/401",
        f"{shared}/content/application~1json/examples/no",
    } == pointers(document_of(HEAD + text))


@pytest.mark.parametrize(
    ("pointer", "expected"),
    [
        ("/a/b", ("inferred", "why")),
        ("/a/b/c", ("inferred", "why")),
        ("/a/b/c/d", ("observed", "")),
        ("/a/b/c/d/e/f", ("observed", "")),
        ("/a", ("documented", "")),
        ("/z", ("documented", "")),
        ("", ("documented", "")),
        ("/list/0", ("seed", "")),
        ("/list/1", ("documented", "")),
    ],
)
def test_the_nearest_evidence_counts(pointer: str, expected: tuple[str, str]) -> None:
    """What stands nearest above a place vouches for it."""
    document = {
        "x-evidence": "documented",
        "a": {
            "b": {"x-evidence": {"source": "inferred", "note": "why"}, "c": {"d": {"x-evidence": "observed", "e": 1}}}
        },
        "list": [{"x-evidence": "seed"}, {}],
    }

    assert expected == evidence.evidence_at(document, pointer)
    assert expected[0] == evidence.source_of(document, pointer)


def test_nothing_said_is_the_seed() -> None:
    """A spec without a mark rests on the page it was written from."""
    assert ("seed", "") == evidence.evidence_at({"a": 1}, "/a")


@pytest.mark.parametrize("vendor", VENDORS)
def test_counts(vendor: str) -> None:
    """Every statement of a vendor stands in its document and is counted once, under one of the sources."""
    document = SpecCatalogue().source(vendor).document()
    found = [statement.pointer for statement in evidence.statements(document)]

    assert list(evidence.SOURCES) == list(evidence.counts(document))
    assert len(set(found)) == len(found) == sum(evidence.counts(document).values())
    assert all(at(document.value, pointer) is not None for pointer in found)
