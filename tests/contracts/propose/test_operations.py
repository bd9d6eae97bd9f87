"""Operations on a document, the overlay actions that say them, and the paths that these name."""

from __future__ import annotations

from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest

from pixpact.contracts.propose.evidence import with_evidence
from pixpact.contracts.propose.jsonpath import item_of, path_to
from pixpact.contracts.propose.operations import AppendItem, Operation, RemoveItem, RemoveValue, SetValue, actions
from pixpact.contracts.propose.propose import plain
from pixpact.specs.export import as_yaml
from pixpact.specs.openapi import overlay
from pixpact.specs.openapi.document import Json, parse

DOCUMENT: dict[str, Any] = {
    "paths": {"/v1/images": {"post": {"responses": {"200": {"description": "Done."}}}}},
    "components": {
        "schemas": {
            "Crayon": {
                "required": ["model"],
                "properties": {
                    "model": {"enum": ["crayon-1", "crayon-2"], "default": "crayon-1"},
                    "it's": {"type": ["string", "integer"], "maximum": 4},
                },
                "allOf": [{"x-images": {"count": 1}}],
            }
        }
    },
}


@pytest.mark.parametrize(
    ("pointer", "path"),
    [
        ("", "$"),
        ("/paths/~1v1~1images/post/responses/200", "$.paths['/v1/images'].post.responses['200']"),
        ("/components/schemas/Crayon/allOf/0/x-images", "$.components.schemas.Crayon.allOf[0]['x-images']"),
        ("/components/schemas/Crayon/properties/it's", "$.components.schemas.Crayon.properties['it\\'s']"),
    ],
)
def test_a_pointer_is_a_path(pointer: str, path: str) -> None:
    """A step into a list is an index, a step into an object a name, quoted where it is none."""
    assert path == path_to(DOCUMENT, pointer)


def test_a_pointer_to_nothing_is_refused() -> None:
    """An overlay with a target that matches nothing would be refused later, and far from here."""
    with pytest.raises(KeyError):
        path_to(DOCUMENT, "/components/schemas/Crayon/allOf/1")


@pytest.mark.parametrize(
    ("value", "path"),
    [("3K", "$.a[?@ == '3K']"), (4, "$.a[?@ == 4]"), (True, "$.a[?@ == true]"), ("it's", "$.a[?@ == 'it\\'s']")],
)
def test_an_item_is_named_by_its_value(value: Json, path: str) -> None:
    """Not by its place, which the next action may move."""
    assert path == item_of("$.a", value)


CRAYON = "/components/schemas/Crayon"
EDITS: list[list[Operation]] = [
    [SetValue(f"{CRAYON}/properties/it's/maximum", 3)],
    [SetValue(f"{CRAYON}/properties/it's/minimum", 1), SetValue(f"{CRAYON}/properties/it's/maximum", 3)],
    [SetValue(f"{CRAYON}/properties/it's/type", "string")],
    [SetValue(f"{CRAYON}/properties/seed", False)],
    [RemoveValue(f"{CRAYON}/properties/model/default")],
    [RemoveValue(f"{CRAYON}/allOf/0")],
    [AppendItem(f"{CRAYON}/required", "prompt"), RemoveItem(f"{CRAYON}/required", "model")],
    [AppendItem(f"{CRAYON}/properties/it's/enum", 1)],
    [RemoveItem(f"{CRAYON}/properties/model/enum", "crayon-2")],
    [RemoveItem(f"{CRAYON}/required", "model")],
    [
        SetValue("/paths/~1v1~1images/post/responses/202", {"description": "Done."}),
        RemoveValue("/paths/~1v1~1images/post/responses/200"),
    ],
]


@pytest.mark.parametrize("operations", EDITS)
def test_the_actions_do_what_the_operations_say(operations: list[Operation]) -> None:
    """Applied by the overlay's own reader they give the same document."""
    before = deepcopy(DOCUMENT)
    said, after = actions(DOCUMENT, operations)
    base = parse(as_yaml(DOCUMENT), Path("base.yaml"))
    applied = overlay.apply_overlay(base, parse(as_yaml(plain(said)), Path("overlay.yaml")))

    assert after == applied.value != DOCUMENT
    assert before == DOCUMENT


def test_updates_of_one_object_are_one_action() -> None:
    """What stands together is read together."""
    said, _ = actions(DOCUMENT, EDITS[1])

    assert [{"minimum": 1, "maximum": 3}] == [action.update for action in said]


def test_a_list_of_which_nothing_is_left_goes() -> None:
    """An empty `required` says nothing, an empty `enum` is none."""
    said, after = actions(DOCUMENT, [RemoveItem(f"{CRAYON}/required", "model")])

    assert [("$.components.schemas.Crayon.required", True)] == [(action.target, action.remove) for action in said]
    assert "required" not in after["components"]["schemas"]["Crayon"]


def test_evidence_stands_where_it_vouches_for_nothing_else() -> None:
    """On a field of which a limit moved, on a new field; not on a schema that holds others."""
    operations: list[Operation] = [
        SetValue(f"{CRAYON}/properties/it's/maximum", 3),
        SetValue(f"{CRAYON}/properties/seed", {"type": "integer"}),
        AppendItem(f"{CRAYON}/required", "seed"),
    ]
    _, after = actions(DOCUMENT, with_evidence(DOCUMENT, operations, "seen"))
    crayon = after["components"]["schemas"]["Crayon"]
    evidence = {"source": "observed", "note": "seen"}

    assert evidence == crayon["properties"]["it's"]["x-evidence"] == crayon["properties"]["seed"]["x-evidence"]
    assert "x-evidence" not in crayon
