from __future__ import annotations

from typing import Any

import pytest

from pixpact.specs.openapi.schemas import CompiledSchemas, dotted_path, fault_of, path_text, pointer_to


def violations(schema: Any, instance: Any, **others: Any) -> list[tuple[str, str, str]]:
    """(field, keyword, schema pointer behind the schema's own)."""
    document = {"components": {"schemas": {"It": schema, **others}}}
    found = CompiledSchemas(document).violations("/components/schemas/It", instance)
    return [(it.field, it.keyword, it.schema.removeprefix("/components/schemas/")) for it in found]


@pytest.mark.parametrize(
    ("schema", "instance", "expected"),
    [
        ({"required": ["a", "b"]}, {}, [("a", "required", "It/required"), ("b", "required", "It/required")]),
        (
            {"properties": {"a": {"properties": {"b": {"maximum": 1}}}}},
            {"a": {"b": 2}},
            [("a.b", "maximum", "It/properties/a/properties/b/maximum")],
        ),
        (
            {"properties": {"a": {"items": {"required": ["u"]}}}},
            {"a": [{}]},
            [("a", "required", "It/properties/a/items/required")],
        ),
        ({"properties": {"a": False}}, {"a": 1}, [("a", "false", "It/properties/a")]),
        ({"properties": {"a": {"$ref": "#/components/schemas/Text"}}}, {"a": 1}, [("a", "type", "Text/type")]),
        ({"if": {"required": ["a"]}, "then": {"required": ["b"]}}, {"a": 1}, [("b", "required", "It/then/required")]),
        ({"dependentRequired": {"a": ["b"]}}, {"a": 1}, [("b", "required", "It/dependentRequired")]),
        ({"properties": {"a/b": {"type": "string"}}}, {"a/b": 1}, [("a/b", "type", "It/properties/a~1b/type")]),
        ({"type": "object"}, [], [("", "type", "It/type")]),
        (True, 1, []),
    ],
)
def test_violations(schema: Any, instance: Any, expected: list[Any]) -> None:
    """Each broken rule is reported with the field at fault and the place in the document that states it."""
    assert expected == violations(schema, instance, Text={"type": "string"})


def test_the_nearest_form_says_what_it_misses() -> None:
    """Of alternatives, the one that fails for a single reason speaks."""
    forms = [{"type": "string"}, {"type": "object", "required": ["url"], "properties": {"url": {"type": "string"}}}]
    found = violations({"properties": {"image": {"anyOf": forms}}}, {"image": {"url": 5}})

    assert [("image.url", "type")] == [it[:2] for it in found]


def test_no_form_is_nearer_than_another() -> None:
    """A value that is far from every form is told so, and not that it should have been the first."""
    forms = [{"type": "string"}, {"type": "array"}]

    assert [("image", "oneOf")] == [
        violation[:2] for violation in violations({"properties": {"image": {"oneOf": forms}}}, {"image": 5})
    ]


@pytest.mark.parametrize(
    ("schema", "part"),
    [
        ({"type": "text"}, '"text" is not valid'),
        ({"pattern": "("}, 'is not a "regex"'),
        ({"minimum": "1"}, "is not of type"),
        ({"properties": []}, "is not of type"),
        ({"required": "a"}, "is not of type"),
    ],
)
def test_faults(schema: Any, part: str) -> None:
    """A schema that is none is reported with the reason; one that is has no fault."""
    document = {"components": {"schemas": {"It": schema, "Fine": {"type": "string"}}}}
    compiled = CompiledSchemas(document)

    assert part in str(compiled.fault("/components/schemas/It"))
    assert compiled.fault("/components/schemas/Fine") is None
    compiled.release()
    assert part in str(compiled.fault("/components/schemas/It"))
    assert compiled.fault("/components/schemas/Fine") is None
    assert part in str(fault_of(schema))
    assert fault_of({"const": 1}) is None


def test_released_schemas_work_as_before() -> None:
    """Freeing what was compiled changes no response, also for a schema below a path template."""
    schema = {"type": "object", "required": ["a"]}
    document = {
        "paths": {"/v1/{id}": {"schema": {"$ref": "#/components/schemas/It"}}},
        "components": {"schemas": {"It": schema}},
    }
    kept, released = CompiledSchemas(document), CompiledSchemas(document)
    released.release()

    for pointer in ("/components/schemas/It", "/paths/~1v1~1{id}/schema"):
        assert kept.violations(pointer, {}) == released.violations(pointer, {})
        assert [True, False] == [released.test(pointer)(body) for body in ({"a": 1}, {})]


def test_names_of_fields() -> None:
    """A field is named for people up to its first list, or whole, or as a pointer."""
    path = ["metadata", "images", 2, "url/x"]

    assert "metadata.images" == dotted_path(path)
    assert "metadata.images[2].url/x" == path_text(path)
    assert "/metadata/images/2/url~1x" == pointer_to(path)
    assert ("", "", "") == (dotted_path([]), path_text([]), pointer_to([]))
    assert ("", "[0].a") == (dotted_path([0, "a"]), path_text([0, "a"]))
