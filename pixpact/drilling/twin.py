"""A mock that knows what it would have answered without a drift: every request is put to an undrifted twin as well.

Both stand on the same seed and see the same time, so that their ids, chances and times are the same and whatever
differs is the drift. The twin answers nobody. After the first difference it is let go: from there on the two have
lived through different things, and what differs then may only follow from it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from contextvars import ContextVar
from dataclasses import replace
from typing import Any

from starlette.types import Message, Receive, Scope, Send

from pixpact.drilling.answers import ABSENT, Answer, Difference, differences
from pixpact.drilling.beside import Beside, Gathered, Leading, SameGallery
from pixpact.drilling.sightings import Log, Sighting
from pixpact.mockserver.app import CONTROL, App
from pixpact.mockserver.connection import TRANSPORT
from pixpact.mockserver.context import FILES, Context, Settings
from pixpact.mockserver.faults import Books, Faults, at_once
from pixpact.mockserver.journal import Journal
from pixpact.mockserver.ledger import Charge
from pixpact.mockserver.memory import MemoryStore
from pixpact.mockserver.recorded import Recording
from pixpact.mockserver.ticking import Ticking
from pixpact.specs.model import Contract, Operation
from pixpact.specs.routes import Routes
from pixpact.wire.clock import Clock
