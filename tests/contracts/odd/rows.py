"""All odd servers."""

from __future__ import annotations

from . import bodies, downloads, gateways, polls, submits, values
from .case import Odd

ROWS: tuple[Odd, ...] = (*downloads.ROWS, *polls.ROWS, *submits.ROWS, *bodies.ROWS, *values.ROWS, *gateways.ROWS)
