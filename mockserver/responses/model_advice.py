"""What goes with the refusal of a model that the contract does not list: how the mock would take it."""

from __future__ import annotations

import re

from pixpact.specs.contract.model import Contract
from pixpact.specs.dialect.request_body import BodyReader, BodyReading
from pixpact.specs.models import models_by_overlay

_SENDABLE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:/@+-]{0,79}")
"""Names that can stand in a header and in a shell as they are."""


class OverlayAdvice:
    """What the overlays of one contract take, looked up when the first unknown model comes."""

    def __init__(self, contract: Contract) -> None:
        self._contract = contract
        self._taken: dict[str, dict[str, frozenset[str]]] = {}

    def of(self, reader: BodyReader, reading: BodyReading) -> str:
        """The way to have the model of a body taken, where that is what it is refused for; else nothing."""
        value = reading.body.get(reader.key) if isinstance(reading.body, dict) and reader.key else None
        if reading.branch is not None or not isinstance(value, str) or not _SENDABLE.fullmatch(value):
            return ""
        return self._advice_for(reader, value)

    def _advice_for(self, reader: BodyReader, value: str) -> str:
        if reader.pointer not in self._taken:
            self._taken[reader.pointer] = models_by_overlay(self._contract, reader)
        names = [name for name, models in self._taken[reader.pointer].items() if value in models]
        if names:
            return f"it is in {' or '.join(names)}"
        name = self._contract.name
        return f"`pixpact models {name} --add {value}` prints an overlay that adds it"
