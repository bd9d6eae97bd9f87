"""Request bodies that schemathesis generates from the exported schema. The only module that imports schemathesis.

Schemathesis knows neither our keywords nor our code, so its bodies are an independent test of a schema. Each branch is
passed alone, which is ten times as fast as the whole document.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import schemathesis
from schemathesis.errors import SchemathesisError

from pixpact.contracts.fuzzing.strategies import DrawError, draw_values
from pixpact.specs.export import plain
from pixpact.specs.openapi.document import Json

_PATH = "/requests"


class ExportedSchema:
    """A document without `x-` keywords, as other tools read it."""

    def __init__(self, document: Mapping[str, Json]) -> None:
        self._schemas = plain(dict(document)).get("components", {}).get("schemas", {})

    def bodies(self, pointer: str, count: int, seed: int) -> list[Json]:
        """About `count` bodies for the schema at `pointer`; none if it is no component, or not for schemathesis."""
        if count < 1 or not pointer.startswith("/components/schemas/"):
            return []
        try:
            operation = schemathesis.openapi.from_dict(self._alone(pointer))[_PATH]["POST"]
            return [case.body for case in draw_values(operation.as_strategy(), count, seed)]
        except (SchemathesisError, DrawError):  # too many conditions, too long texts or unsupported patterns
            return []

    def _alone(self, pointer: str) -> dict[str, Any]:
        media = {"application/json": {"schema": {"$ref": f"#{pointer}"}}}
        post = {"requestBody": {"required": True, "content": media}, "responses": {"200": {"description": "taken"}}}
        return {
            "openapi": "3.1.0",
            "info": {"title": "one request", "version": "1"},
            "paths": {_PATH: {"post": post}},
            "components": {"schemas": self._schemas},
        }
