"""What is taken and refused in query and header parameters."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from pixpact.contracts.claims.contract_claims import ContractClaims
from pixpact.specs.catalogue import SpecCatalogue

TOY = Path(__file__).parents[3] / "fixtures/specs/toy.yaml"


@pytest.fixture
def parameters(tmp_path):
    """The claims about parameters of an operation of the toy that has these in its query."""

    def made(**schemas):
        given = [{"name": name, "in": "query", "schema": schema} for name, schema in schemas.items()]
        action = {"target": "$.paths['/v2/drawings'].post.parameters", "update": given}
        overlay = {"overlay": "1.0.0", "info": {"title": "More", "version": "1"}, "actions": [action]}
        (tmp_path / "more.yaml").write_text(yaml.safe_dump(overlay))
        path = f"{TOY}@{tmp_path / 'more.yaml'}"
        return ContractClaims(SpecCatalogue().source(path).contract()).parameters["startDrawing"]

    return made


@pytest.mark.parametrize(
    ("schema", "taken", "refused"),
    [
        ({"enum": ["a", "b"]}, "a", {"enum": "pixpact-unknown"}),
        (
            {"type": "integer", "minimum": 1, "maximum": 9, "default": 2},
            "2",
            {"minimum": "0", "maximum": "10", "type": "x"},
        ),
        ({"type": "string", "maxLength": 3, "examples": ["abc"]}, "abc", {"maxLength": "abca"}),
        ({"type": "string", "pattern": "^[a-z]+$", "examples": ["abc"]}, "abc", {"pattern": "ftp://pixpact.invalid/x"}),
        ({"type": "string"}, "pixpact-1", {}),
    ],
)
def test_a_parameter_is_taken_and_refused(parameters, schema, taken, refused):
    """One text that keeps its rules, and one that breaks each of them alone."""
    found = [it for it in parameters(of=schema).given if it.parameter.name == "of"]

    assert [taken] == [it.text for it in found if not it.refused]
    for keyword, text in refused.items():
        given = next(it for it in found if it.refused and it.claim.id.endswith(f"query/of/{keyword}"))
        assert given.text
        if keyword != "type":
            assert text == given.text
    assert len(refused) == len([it for it in found if it.refused])


def test_every_text_is_a_text(parameters):
    """The type of a parameter that is a text cannot be broken, so that nothing is claimed of it."""
    assert not [it for it in parameters(of={"type": "string"}).given if it.refused and it.parameter.name == "of"]


def test_what_is_asked_for_is_found_again(parameters):
    """By its place and name: of headers in any case."""
    found = parameters(of={"type": "string"}, to={"type": "string"})

    assert ["of", "to"] == found.names("query")
    assert "the query parameter of is accepted" == found.taken("query", "of").text
    assert None is found.taken("header", "of")


def test_a_header_is_known_in_lower_case(claims):
    """As servers give them."""
    found = claims("fixtures/specs/toy.yaml").parameters["startDrawing"]

    assert ["repeat-key"] == found.names("header")
    assert "the header parameter Repeat-Key is accepted" == found.taken("header", "repeat-key").text
