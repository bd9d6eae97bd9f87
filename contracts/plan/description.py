"""Describes a planned request in words."""

from __future__ import annotations

from pixpact.contracts.plan.cover import CandidateRequest
from pixpact.contracts.samples.samples import image_of
from pixpact.specs.contract.model import Operation
from pixpact.specs.openapi.document import Json
from pixpact.specs.openapi.messages import short_json

_MOST_SAID = 150
"""Maximum length of a description, in characters."""


def describe_request(request: CandidateRequest, operation: Operation) -> str:
    """A description of a request: the fields it sets, without the prompt."""
    body = request.body if isinstance(request.body, dict) else {}
    fields = [f"{key} {_shown(value)}" for key, value in body.items() if key != "prompt"]
    listed = ", ".join(fields)
    return (listed if len(listed) <= _MOST_SAID else f"{listed[:_MOST_SAID]} …") or operation.id


def _shown(value: Json) -> str:
    """A value as JSON; an image by its name, a long text shortened."""
    if isinstance(value, list):
        return f"[{', '.join(map(_shown, value))}]"
    return f"image {name}" if (name := image_of(value)) else short_json(value)
