"""How long something is delayed: a fixed time, or one drawn from a distribution. Seconds."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

from pixpact.specs.dialect.lifecycle import RandomSource
from pixpact.wire.clock import duration
from pixpact.wire.json_values import is_number

MOST = 7 * 86400.0
"""The longest delay; a drawn one is cut to it."""

_SHAPES = "write seconds (2.5), a duration (90s), uniform [from, to] or lognormal [mu, sigma]"


class NoDelay(ValueError):
    """A value that is no delay; says what would be one."""


@dataclass(frozen=True, slots=True)
class ResponseDelay:
    """`fixed` has one number; `uniform` two ends; `lognormal` mu and sigma of the logarithm of the seconds."""

    kind: Literal["fixed", "uniform", "lognormal"]
    numbers: tuple[float, ...]

    def drawn(self, chance: RandomSource) -> float:
        """The seconds of one delay."""
        if self.kind == "fixed":
            return self.numbers[0]
        if self.kind == "uniform":
            return chance.uniform(*self.numbers)
        from statistics import NormalDist  # ten milliseconds that only a log-normal delay is worth

        mu, sigma = self.numbers
        share = min(max(chance.uniform(0.0, 1.0), 1e-9), 1 - 1e-9)
        return min(math.exp(mu + sigma * NormalDist().inv_cdf(share)), MOST)

    def json(self) -> Any:
        """As it is written in a fault."""
        return self.numbers[0] if self.kind == "fixed" else {self.kind: list(self.numbers)}


def parse(written: Any) -> ResponseDelay:
    """Seconds, a duration text, or `{"uniform": [a, b]}`, `{"lognormal": [mu, sigma]}`. Raises NoDelay."""
    if isinstance(written, str):
        try:
            written = duration(written)
        except ValueError:
            raise NoDelay(f"{written!r} is not a delay: {_SHAPES}") from None
    if isinstance(written, dict) and len(written) == 1:
        kind, numbers = next(iter(written.items()))
        if kind in ("uniform", "lognormal") and _pair(numbers) and _sensible(kind, numbers):
            return ResponseDelay(kind, (float(numbers[0]), float(numbers[1])))
    if _number(written) and 0 <= written <= MOST:
        return ResponseDelay("fixed", (float(written),))
    raise NoDelay(f"{written!r} is not a delay: {_SHAPES}; at most {MOST:.0f} seconds")


def _number(value: Any) -> bool:
    return is_number(value) and math.isfinite(value)


def _pair(value: Any) -> bool:
    return isinstance(value, Sequence) and len(value) == 2 and all(map(_number, value))


def _sensible(kind: str, numbers: Sequence[float]) -> bool:
    if kind == "uniform":
        return 0 <= numbers[0] <= numbers[1] <= MOST
    return abs(numbers[0]) <= 20 and 0 <= numbers[1] <= 10
