"""When two requests are the same but for their words."""

from __future__ import annotations

import pytest

from pixpact.contracts.samples.samples import RequestSamples
from pixpact.contracts.samples.similar_requests import similarity_key

DOCUMENT = {
    "s": {
        "properties": {
            "prompt": {"type": "string"},
            "size": {"enum": ["2K", "4K"]},
            "image": {"items": {"type": "string", "pattern": "^https?://"}},
        }
    }
}
SAMPLES = RequestSamples(DOCUMENT, "/s", [])


@pytest.mark.parametrize(
    ("one", "other", "alike"),
    [
        ({"prompt": "A cat"}, {"prompt": "A dog"}, True),
        ({"image": ["https://a.example/1"]}, {"image": ["https://b.example/2"]}, True),
        ({"size": "2K", "prompt": "A cat"}, {"prompt": "A dog", "size": "2K"}, True),
        ({"size": "2K"}, {"size": "4K"}, False),
        ({"image": ["https://a.example"]}, {"image": ["https://a.example"] * 2}, False),
        ({"prompt": "A cat"}, {"prompt": "A cat", "n": 1}, False),
        ({"n": 1}, {"n": True}, False),
        ({"n": 1}, {"n": "1"}, False),
    ],
)
def test_only_words_and_addresses_may_differ(one, other, alike):
    """Free texts and images are like any other; values, counts and what is there are not."""
    assert alike == (similarity_key(one, SAMPLES) == similarity_key(other, SAMPLES))
