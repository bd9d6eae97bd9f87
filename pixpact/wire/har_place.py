"""A place in a HAR document, and what is wrong with it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, cast

from pixpact.wire.json_values import is_number


class HarError(ValueError):
    """A document that is no HAR: where (a JSON Pointer, RFC 6901), what is wrong, what would do."""

    def __init__(self, pointer: str, problem: str, remedy: str) -> None:
        super().__init__(pointer, problem, remedy)
        self.pointer = pointer
        self.problem = problem
        self.remedy = remedy

    def __str__(self) -> str:
        return f"HAR {self.pointer or '/'}: {self.problem}; {self.remedy}"


@dataclass(frozen=True, slots=True)
class HarPlace:
    """A place in the document and what stands there; None if nothing, or null, does."""

    pointer: str
    value: Any

    def __getitem__(self, name: str) -> HarPlace:
        return HarPlace(f"{self.pointer}/{name}", self.fields().get(name))

    def fields(self) -> dict[str, Any]:
        """The fields of an object. Raises HarError for anything else."""
        return cast("dict[str, Any]", self._as("an object", dict, {}))

    def required(self) -> HarPlace:
        """The same place. Raises HarError where nothing stands."""
        if self.value is None:
            raise HarError(self.pointer, "this is missing", "give a HAR 1.2 document")
        return self

    def text(self) -> str:
        """A string, empty where nothing stands. Raises HarError for anything else."""
        return cast("str", self._as("a string", str, ""))

    def items(self) -> list[HarPlace]:
        """The items of an array. Raises HarError for anything else."""
        entries = self._as("an array", list, [])
        return [HarPlace(f"{self.pointer}/{index}", item) for index, item in enumerate(entries)]

    def number(self) -> float | None:
        """A number of ordinary size, also one that is written as a text; None for anything else."""
        value = self.value
        if isinstance(value, str):
            try:
                value = float(value)
            except ValueError:
                return None
        return value if is_number(value) and -1e15 < value < 1e15 else None  # nor NaN

    def wrong(self, remedy: str) -> HarError:
        """The error that names what stands here."""
        written = repr(self.value)
        return HarError(self.pointer, f"this is {written if len(written) < 60 else written[:57] + '...'}", remedy)

    def _as(self, words: str, kind: type, absent: Any) -> Any:
        if self.value is None:
            return absent
        if not isinstance(self.value, kind):
            raise self.wrong(f"write {words}")
        return self.value
