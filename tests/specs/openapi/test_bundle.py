"""References across files: within the folder of the first one, and nowhere else."""

from __future__ import annotations

from pathlib import Path

import pytest

from pixpact.specs.catalogue import SpecSource
from pixpact.specs.lint.lint import lint_document
from pixpact.specs.openapi.bundle import document_of

SPLIT = Path(__file__).parents[3] / "fixtures/openapi/split/shop.yaml"
HEAD = "openapi: 3.1.0\ninfo: {title: It, version: '1'}\nservers: [{url: 'https://it.example'}]\n"


def written(folder: Path, reference: str) -> Path:
    path = folder / "spec" / "it.yaml"
    path.parent.mkdir(exist_ok=True)
    media = f"{{application/json: {{schema: {{$ref: '{reference}'}}, examples: {{it: {{value: 1}}}}}}}}"
    responses = f"{{'200': {{description: It., content: {media}}}}}"
    path.write_text(f"{HEAD}paths:\n  /it: {{get: {{operationId: getIt, responses: {responses}}}}}\n")
    return path


def test_a_spec_in_several_files() -> None:
    """Parts of other files stand among the components, what leads back to the first file leads there."""
    source = SpecSource("shop", SPLIT)
    value = source.document().value

    assert [] == list(source.check().problems)
    assert {"Error", "Task", "Name"} == set(value["components"]["schemas"])
    assert {"$ref": "#/components/schemas/Name"} == value["components"]["schemas"]["Task"]["properties"]["name"]
    assert {"message": "no"} == next(
        example.value for status, example in source.contract().operation("createTask").examples() if status == "400"
    )


def test_each_part_keeps_its_line() -> None:
    """Problems are told in the file that says it."""
    document = SpecSource("shop", SPLIT).document()

    assert ("schemas.yaml", 2) == (
        document.origin("/components/schemas/Name/minLength").path.name,
        document.origin("/components/schemas/Name/minLength").line,
    )


def test_a_name_that_is_taken(tmp_path: Path) -> None:
    """Two files may give the same name to different things."""
    path = written(tmp_path, "a.yaml#/It")
    for name, inner in (("a", "{properties: {b: {$ref: 'b.yaml#/It'}}, type: integer}"), ("b", "{type: string}")):
        (path.parent / f"{name}.yaml").write_text(f"It: {inner}\n")
    value = document_of(path).value

    assert {"It": "integer", "b-It": "string"} == {
        name: schema["type"] for name, schema in value["components"]["schemas"].items()
    }


@pytest.mark.parametrize(
    ("reference", "message"),
    [
        ("https://example.com/a.yaml#/It", "leads to the network"),
        ("//example.com/a.yaml", "leads to the network"),
        ("file:///etc/hosts", "leads to the network"),
        ("../secret.yaml#/It", "leads out of the folder"),
        ("/etc/hosts", "leads out of the folder"),
        ("link.yaml#/It", "leads out of the folder"),
        ("%2e%2e/secret.yaml#/It", "leads out of the folder"),
        ("gone.yaml#/It", "leads to no file"),
        ("beside.yaml#/Gone", "leads to no component"),
    ],
)
def test_what_is_not_followed(tmp_path: Path, reference: str, message: str) -> None:
    """Told with the line of the reference; nothing outside of the folder is read, whatever a link says."""
    path = written(tmp_path, reference)
    (tmp_path / "secret.yaml").write_text("It: {type: integer, description: secret}\n")
    (path.parent / "link.yaml").symlink_to(tmp_path / "secret.yaml")
    (path.parent / "beside.yaml").write_text("It: {type: integer}\n")
    found = lint_document(document_of(path), "it").problems

    assert [("unresolved-ref", 5)] == [(problem.rule, problem.origin.line) for problem in found]
    assert message in found[0].message
    assert "secret" not in str(document_of(path).value.get("components"))
