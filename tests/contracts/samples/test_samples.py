"""Values that a request may carry."""

from __future__ import annotations

import pytest

from pixpact.contracts.samples.prompts import is_ours
from pixpact.contracts.samples.samples import ELSEWHERE, MARK, RequestSamples, fill_slots, image_of, slot

IMAGE = {"type": "string", "pattern": "^(https?://|data:image/png;base64,)", "x-image": {"format": {"enum": ["png"]}}}


def samples(properties, *examples, required=()):
    document = {"s": {"type": "object", "required": list(required), "properties": properties}}
    return RequestSamples(document, "/s", examples)


@pytest.mark.parametrize(
    ("schema", "expected"),
    [
        ({"enum": ["2K", "3K"]}, ["2K", "3K"]),
        ({"const": 7}, [7]),
        ({"type": "integer", "default": 3}, [3]),
        ({"type": "integer", "minimum": 5}, [5]),
        ({"type": "integer"}, [1]),
        ({"type": "boolean"}, [True]),
        ({"type": "object"}, [{}]),
        ({"type": "array", "items": {"enum": ["a"]}}, [["a"]]),
        ({"type": "object", "properties": {"deep": {"type": "integer"}}}, [{}]),
        ({"type": "string"}, [MARK]),
        ({"type": "string", "pattern": "^https?://"}, [ELSEWHERE]),
        ({"type": "string", "examples": ["https://somebody.example/hook"]}, [ELSEWHERE]),
        (IMAGE, [slot("png-256x256")]),
        ({"type": "string", "x-image": {"format": {"enum": ["jpeg"]}}}, [slot("jpeg-256x256")]),
        (
            {"type": "string", "x-image": {"format": {"enum": ["png"]}, "alpha": {"enum": [True]}}},
            [slot("png-256x256-alpha")],
        ),
        ({"type": "string", "format": "binary"}, [slot("png-256x256")]),
    ],
)
def test_the_best_value_for_a_field(schema, expected):
    """What the contract states or shows, else the plainest; addresses of others never."""
    assert expected == samples({"m": schema}).of(("m",))


def test_a_required_text_is_a_prompt_of_ours():
    """What a vendor may draw is one of the harmless list."""
    assert is_ours(samples({"prompt": {"type": "string"}}, required=["prompt"]).of(("prompt",))[0])


def test_a_required_text_within_an_object_is_a_prompt_of_ours():
    """By its own name, not by that of the object; a text that may be left out is only marked."""
    schema = {
        "type": "object",
        "required": ["text"],
        "properties": {"text": {"type": "string"}, "note": {"type": "string"}},
    }
    found = samples({"deep": schema})

    assert is_ours(found.of(("deep", "text"))[0])
    assert [MARK] == found.of(("deep", "note"))


def test_examples_fill_what_no_rule_states():
    """A number of an example is better than one made up; a text of it is somebody's words."""
    shown = samples({"seed": {"type": "integer"}, "style": {"type": "string"}}, {"seed": 42, "style": "gothic"})

    assert [42] == shown.of(("seed",))
    assert [MARK] == shown.of(("style",))


def test_a_size_text_is_no_image():
    """A rule for width and height of a text without a URL is about a size such as 1024x1024."""
    found = samples({"size": {"type": "string", "x-image": {"pixels": {"maximum": 4}}}, "image": IMAGE})

    assert (False, True) == (found.takes_image(("size",)), found.takes_image(("image",)))


def test_an_example_is_made_harmless():
    """Words and images of a documented example are replaced, its values are not."""
    found = samples(
        {"prompt": {"type": "string"}, "size": {"enum": ["2K"]}, "image": {"type": "array", "items": IMAGE}, "n": {}},
        required=["prompt"],
    )
    body = found.harmless({"prompt": "A cat of mine", "size": "2K", "image": ["https://cats.example/1.png"], "n": 2})

    assert is_ours(body.pop("prompt"))
    assert {"size": "2K", "image": [slot("png-256x256")], "n": 2} == body


def test_slots_are_filled_wherever_they_stand():
    """Each slot gets what stands for its image; everything else stays."""
    body = {"image": [slot("png-1x1"), "https://x.example"], "deep": {"mask": slot("jpeg-2x2")}, "n": 1}

    assert {"image": ["<png-1x1>", "https://x.example"], "deep": {"mask": "<jpeg-2x2>"}, "n": 1} == fill_slots(
        body, lambda name: f"<{name}>"
    )
    assert (None, "png-1x1") == (image_of(3), image_of(slot("png-1x1")))
