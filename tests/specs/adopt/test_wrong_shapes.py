"""Documents with something of another type anywhere: the rest is adopted, and what is left out is noted."""

from __future__ import annotations

import copy
import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pixpact.specs.adopt.adopt import adopted_document
from pixpact.specs.lint.lint import lint_document
from pixpact.specs.openapi.document import parse
from pixpact.specs.openapi.problems import SpecError

FOLDER = Path(__file__).parents[3] / "fixtures/openapi"
DOCUMENTS = [parse((FOLDER / name).read_text(), Path(name)).value for name in ("pictures.yaml", "predictions.yaml")]
ODD = [None, [], {}, 1, "x", True, [None], {"": None}, {"a": 1}, -1.5, {"$ref": 5}, [["a"]]]


def places(value, path=()):
    """The path of every value in a document but itself."""
    fields = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for step, inner in fields:
        yield (*path, step)
        yield from places(inner, (*path, step))


def changed(document, path, value):
    """The document with another value at a path."""
    made = copy.deepcopy(document)
    holder = made
    for step in path[:-1]:
        holder = holder[step]
    holder[path[-1]] = value
    return parse(json.dumps(made), Path("odd.json"))


PLACES = [(document, path) for document in DOCUMENTS for path in places(document)]


@settings(max_examples=150, deadline=None)
@given(st.sampled_from(PLACES), st.sampled_from(ODD))
def test_any_value_in_any_place_gives_a_draft_or_a_problem(place, odd):
    """Never an error of another kind, and what is drafted lints."""
    try:
        adopted = adopted_document(changed(*place, odd), "odd")
    except SpecError:
        return
    assert [] == [str(problem) for problem in lint_document(adopted.document, "odd").problems if not problem.note]


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("info",), [["a"]]),
        (("paths", "/pictures", "post", "responses", "429", "content"), [None]),
        (("paths", "/pictures", "post", "requestBody", "content", "multipart/form-data", "schema", "required"), [1]),
    ],
    ids=lambda part: part[-1] if isinstance(part, tuple) else "",
)
def test_what_is_left_out_is_noted_with_its_place(path, value):
    """So that its author finds it."""
    notes = [str(note) for note in adopted_document(changed(DOCUMENTS[0], path, value), "odd").notes]

    assert any("left-out" in note and f"{path[-1]} of a wrong type: /{path[0]}" in note for note in notes)


@pytest.mark.parametrize("target", ["#", "#9", "#/", "#/paths", "#/paths/~1pictures/post", "#/components/schemas/None"])
def test_a_reference_to_something_of_another_kind_is_left_out(target):
    """A schema that is said to be the whole document would be written out without end."""
    path = ("paths", "/pictures", "post", "requestBody", "content", "multipart/form-data", "schema")
    notes = [str(note) for note in adopted_document(changed(DOCUMENTS[0], path, {"$ref": target}), "odd").notes]

    assert any(f"$ref that leads to no schema: {target}" in note for note in notes)


def test_schemas_of_paths_that_refer_to_each_other_end():
    """Each is written out once inside the other; where it would begin again, anything is accepted."""
    form = ("paths", "/pictures", "post", "requestBody", "content", "multipart/form-data", "schema")
    pointer = "#/paths/~1pictures/post/requestBody/content/multipart~1form-data/schema"
    one = {"type": "object", "properties": {"a": {"properties": {"b": {"$ref": f"{pointer}/properties/c"}}}}}
    one["properties"]["c"] = {"properties": {"d": {"$ref": f"{pointer}/properties/a"}, "e": {"$ref": pointer}}}
    adopted = adopted_document(changed(DOCUMENTS[0], form, one), "odd")

    assert [] == [str(problem) for problem in lint_document(adopted.document, "odd").problems if not problem.note]


def test_a_document_without_a_readable_path_is_refused():
    """By the problem that a document without paths has."""
    with pytest.raises(SpecError, match="no operation"):
        adopted_document(changed(DOCUMENTS[0], ("paths",), []), "odd")
