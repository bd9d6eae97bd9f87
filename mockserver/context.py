"""What all endpoints of one mock share."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal

from pixpact.mockserver.gallery import Gallery
from pixpact.mockserver.journal import Journal
from pixpact.mockserver.ledger import OPENING
from pixpact.mockserver.pace import Pace
from pixpact.mockserver.store import MemoryStore, Store
from pixpact.wire.clock import Clock

FILES = "/_files"
"""Where images and uploads are served."""


@dataclass(frozen=True, slots=True)
class Settings:
    """How a mock behaves. `keys` gives each accepted API key its opening balance; None: any key will do."""

    pace: Pace
    seed: int = 0
    keys: Mapping[str, Decimal] | None = None
    public_url: str | None = None

    def opening(self, key: str) -> Decimal:
        """The opening balance of a key."""
        return (self.keys or {}).get(key, OPENING)


@dataclass(frozen=True, slots=True)
class Context:
    """The settings, and everything that changes."""

    settings: Settings
    clock: Clock
    store: Store
    journal: Journal
    gallery: Gallery
    vendor_hosts: set[str] = field(default_factory=set)
    served: list[str] = field(default_factory=list)
    """The names of the contracts served now."""

    @classmethod
    def new(cls, settings: Settings, clock: Clock) -> Context:
        """A fresh mock's context, kept in this process."""
        return cls(settings, clock, MemoryStore(), Journal(), Gallery(settings.seed))
