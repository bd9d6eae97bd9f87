"""Typed access to values of a HAR document, with errors that name the place."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, cast

from pixpact.wire.json_values import is_number


class HarError(ValueError):
    """A document is not HAR: JSON Pointer (RFC 6901), problem, remedy."""

    def __init__(self, pointer: str, problem: str, remedy: str) -> None:
        super().__init__(pointer, problem, remedy)
        self.pointer = pointer
        self.problem = problem
        self.remedy = remedy

    def __str__(self) -> str:
        return f"HAR {self.pointer or '/'}: {self.problem}; {self.remedy}"


@dataclass(frozen=True, slots=True)
class HarPlace:
    """A place in the document and its value; None for null or a missing value."""

    pointer: str
    value: Any

    def __getitem__(self, name: str) -> HarPlace:
        return HarPlace(f"{self.pointer}/{name}", self.fields().get(name))

    def fields(self) -> dict[str, Any]:
        """The fields of an object; empty without a value. Raises HarError for any other type."""
        return cast("dict[str, Any]", self._as("an object", dict, {}))

    def required(self) -> HarPlace:
        """The same place. Raises HarError without a value."""
        if self.value is None:
            raise HarError(self.pointer, "this is missing", "give a HAR 1.2 document")
        return self

    def text(self) -> str:
        """A string; empty without a value. Raises HarError for any other type."""
        return cast("str", self._as("a string", str, ""))

    def items(self) -> list[HarPlace]:
        """The items of an array; empty without a value. Raises HarError for any other type."""
        entries = self._as("an array", list, [])
        return [HarPlace(f"{self.pointer}/{index}", item) for index, item in enumerate(entries)]

    def number(self) -> float | None:
        """A number of moderate size, also from a string; None for anything else."""
        value = self.value
        if isinstance(value, str):
            try:
                value = float(value)
            except ValueError:
                return None
        return value if is_number(value) and -1e15 < value < 1e15 else None  # excludes NaN

    def wrong(self, remedy: str) -> HarError:
        """The error for the value at this place."""
        written = repr(self.value)
        return HarError(self.pointer, f"this is {written if len(written) < 60 else written[:57] + '...'}", remedy)

    def _as(self, words: str, kind: type, absent: Any) -> Any:
        if self.value is None:
            return absent
        if not isinstance(self.value, kind):
            raise self.wrong(f"write {words}")
        return self.value
