"""Claims about the delivery of images, by URL or as base64, if the request can choose; from documented examples."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from pixpact.contracts.samples.statements import Path
from pixpact.specs.contract.model import Example, MediaType, Operation, WhenCondition
from pixpact.specs.dialect.expressions import field_of

URL, BASE64 = "url", "base64"
_WAYS = {"$image.url": URL, "$image.base64": BASE64}


def ways_of(operation: Operation) -> dict[str, Example]:
    """The documented forms of delivery, each with its first example; empty if requests cannot choose."""
    examples: dict[str, Example] = {}
    for example in _shown(operation):
        for way in _ways_in(example):
            examples.setdefault(way, example)
    return examples if len(examples) > 1 and any(example.when for example in examples.values()) else {}


def delivery_fields(operation: Operation) -> frozenset[Path]:
    """The paths of the request fields that choose the form of delivery."""
    if not ways_of(operation):
        return frozenset()
    conditions = [example.when for example in _shown(operation) if example.when and _ways_in(example)]
    texts = [expression.text for condition in conditions for expression, _ in condition.tests]
    return frozenset(path for text in texts if (path := field_of(text)) is not None)


def way_of(media: MediaType, holds: Callable[[WhenCondition | None], bool]) -> str | None:
    """The form of delivery in a response of this media type; None if the contract leaves it open."""
    fitting = [
        example for example in media.examples if not (example.when and example.when.never) and holds(example.when)
    ]
    fitting.sort(key=lambda example: example.when is None)  # a condition that holds comes before none
    ways = _ways_in(fitting[0]) if fitting else set()
    return ways.pop() if len(ways) == 1 else None


def _shown(operation: Operation) -> Iterator[Example]:
    for response in operation.responses:
        for media in response.media if response.status.startswith("2") else ():
            yield from (example for example in media.examples if not (example.when and example.when.never))


def _ways_in(example: Example) -> set[str]:
    texts = [binding.expression.text for binding in example.bindings]
    return {_WAYS[text] for text in texts if text in _WAYS}
