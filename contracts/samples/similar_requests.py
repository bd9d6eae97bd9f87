"""Detects requests that differ only in texts, images and URLs, by a common key."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pixpact.specs.openapi.document import Json

if TYPE_CHECKING:
    from pixpact.contracts.samples.samples import RequestSamples


def similarity_key(body: Json, samples: RequestSamples, path: tuple[str, ...] = ()) -> Json:
    """A hashable key of a body: any free text, image or URL counts as equal to any other."""
    if isinstance(body, dict):
        return tuple(sorted((key, similarity_key(value, samples, (*path, key))) for key, value in body.items()))
    if isinstance(body, list):
        return ("list", *(similarity_key(value, samples, (*path, "*")) for value in body))
    if isinstance(body, str) and samples.is_free(path):
        return "(text)"
    return repr(body)
