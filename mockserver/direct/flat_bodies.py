"""Bodies of plain values: most submissions hold texts and numbers, and nothing within each other.

What such a body is promised depends on a few of its fields. So of two bodies that agree in these only the first is
read as a whole (`BodyReader`); of the second it is enough that its schema holds, and that each of its fields is read.
"""

from __future__ import annotations

from collections.abc import Mapping

from pixpact.mockserver.core.pace import TaskPace
from pixpact.mockserver.direct.task_kind import TaskKind
from pixpact.specs.dialect.request_body import BodyBranch, BodyReader
from pixpact.specs.openapi.document import Json

_MOST = 1000
"""Kinds of tasks that are remembered for one branch of a schema."""
_LONGEST = 64
"""Characters of a text that may come again in many bodies."""
_IMAGE = b":image/"
"""What no body without a data URI holds."""


class FlatBranch:
    """The bodies of one branch that hold plain values only, and the tasks that they begin."""

    def __init__(self, branch: BodyBranch, read: frozenset[str]) -> None:
        """`read` are the fields that do nothing but say what is wanted."""
        self.filled, self.is_valid, self.covers = branch.filled, branch.is_valid, read.issuperset
        self.fields = branch.deciding or ()
        """Those that decide what is promised."""
        self.kinds: dict[tuple[Json, ...], TaskKind] = {}
        """What an earlier body began, by the values of these."""

    def keep(self, body: dict[str, Json], kind: TaskKind) -> None:
        """Remember the kind of task that a body began."""
        values = tuple(map(body.get, self.fields))
        if len(self.kinds) >= _MOST:
            self.kinds.clear()
        if all(value is None or type(value) in (int, float, bool) or _is_short(value) for value in values):
            self.kinds[values] = kind


def _is_short(value: Json) -> bool:
    return type(value) is str and len(value) <= _LONGEST


class FlatBodies:
    """The bodies of one request schema that hold plain values only."""

    def __init__(self, reader: BodyReader, read: Mapping[BodyBranch, frozenset[str]]) -> None:
        """`read`: the fields of each branch that do nothing but say what is wanted."""
        self._key = reader.key
        self._branches = {branch: FlatBranch(branch, read[branch]) for branch in read if branch.deciding is not None}
        self._by_value = {value: self._branches.get(branch) for value, branch in reader.branches.items()}
        self._only = None if reader.key else next(iter(self._branches.values()), None)

    def read(self, raw: bytes, value: Json, pace: TaskPace) -> tuple[dict[str, Json], TaskKind] | None:
        """A body as the vendor understands it, and the kind of task that it begins; None where it has to be read."""
        nested = raw.count(b"{") != 1 or b"[" in raw
        if nested or type(value) is not dict or b"\\" in raw or _IMAGE in raw.lower():
            return None
        named = value.get(self._key) if self._key else None
        branch = self._by_value.get(named) if type(named) is str else self._only
        if branch is None:
            return None
        body = branch.filled(value)
        try:
            kind = branch.kinds.get(tuple(map(body.get, branch.fields)))
        except TypeError:  # a default that is a list or an object
            return None
        if kind is None or kind.pace is not pace or not branch.covers(body) or not branch.is_valid(body):
            return None
        return body, kind

    def keep(self, branch: BodyBranch, body: dict[str, Json], kind: TaskKind) -> None:
        """Remember the kind of task that a body began."""
        if (flat := self._branches.get(branch)) is not None:
            flat.keep(body, kind)
