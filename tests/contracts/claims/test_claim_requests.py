"""How a request is changed to exercise a claim."""

from __future__ import annotations

from pixpact.contracts.claims.claim_requests import items_or, leaving_out, leaving_out_alone, shares, ways_to_set
from pixpact.contracts.samples.samples import RequestSamples
from pixpact.contracts.samples.statements import SchemaStatement

DOCUMENT = {
    "s": {
        "properties": {
            "n": {"type": "integer"},
            "image": {"type": "array", "items": {"enum": ["a"]}},
            "deep": {"properties": {"size": {"enum": ["2K"]}}},
        }
    }
}
SAMPLES = RequestSamples(DOCUMENT, "/s", [])


def test_a_total_is_shared_out_with_the_fewest_images_first():
    """What is bought is a number; references are free."""
    found = shares([("n",), ("image",)], 3, SAMPLES)

    assert ((("n",), 1), (("image",), ["a", "a"])) == found[0]
    assert ((("n",), 3),) == found[-1]
    assert 3 == len(found)


def test_a_number_alone_is_the_total():
    """Without a list there is one way, and without a number none."""
    assert [((("n",), 3),)] == shares([("n",)], 3, SAMPLES)
    assert [] == shares([("image",)], 3, SAMPLES)


def test_fields_are_set_together():
    """All values of a choice are put into the body."""
    change = ways_to_set((), ((("n",), 2), (("deep", "size"), "2K")), SAMPLES, DOCUMENT)

    assert {"prompt": "x", "n": 2, "deep": {"size": "2K"}} == change({"prompt": "x"})


def test_a_field_is_left_out_of_an_object_that_is_there():
    """To leave out an inner field, the object around it must be sent."""
    assert {"deep": {}} == leaving_out(("deep", "size"))({})
    assert {"deep": {"other": 1}} == leaving_out(("deep", "size"))({"deep": {"size": "2K", "other": 1}})


def test_what_decides_together_is_set_when_one_is_left_out():
    """A default shows only where the other half of a table's key is there; what is set already stays."""
    change = leaving_out_alone(("n",), ((("size",), "2K"),))

    assert {"size": "2K"} == change({"n": 1})
    assert {"size": "4K"} == change({"n": 1, "size": "4K"})


def test_rules_that_count_items_get_lists():
    """The sample of a list's length is a list."""
    assert [["a"]] == items_or(SchemaStatement("/s", "maxItems", 3, ("image",)), SAMPLES)
    assert [1] == items_or(SchemaStatement("/s", "maximum", 3, ("n",)), SAMPLES)
