"""A route table: method and path → operation; literal paths take precedence over templated ones."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Generic, TypeVar
from urllib.parse import unquote

from pixpact.specs.contract.model import Operation

T = TypeVar("T")
_TEMPLATE = re.compile(r"\{([^{}]+)\}")


@dataclass(frozen=True, slots=True)
class RouteMatch(Generic[T]):
    """The target of a request, and its path parameters."""

    target: T
    path: dict[str, str]


class RouteTable(Generic[T]):
    """The routes of one contract."""

    def __init__(self, routes: Iterable[tuple[Operation, T]]) -> None:
        self._literal: dict[str, dict[str, T]] = {}
        self._templated: list[tuple[re.Pattern[str], list[str], dict[str, T]]] = []
        patterns: dict[str, dict[str, T]] = {}
        for operation, target in routes:
            if "{" in operation.path:
                patterns.setdefault(operation.path, {})[operation.method] = target
            else:
                self._literal.setdefault(operation.path, {})[operation.method] = target
        for path, targets in patterns.items():
            self._templated.append((_pattern(path), _TEMPLATE.findall(path), targets))
        self._names = [f"{method} {path}" for path, targets in self._literal.items() for method in targets]
        self._names += [f"{method} {path}" for path, targets in patterns.items() for method in targets]

    def find(self, method: str, path: str) -> RouteMatch[T] | None:
        """The target of this request; None without one."""
        targets = self._literal.get(path)
        if targets is not None:
            target = targets.get(method)
            return RouteMatch(target, {}) if target is not None else None
        for pattern, names, templated in self._templated:
            match = pattern.fullmatch(path)
            if match and method in templated:
                return RouteMatch(templated[method], dict(zip(names, map(unquote, match.groups()), strict=True)))
        return None

    def methods(self, path: str) -> list[str]:
        """The methods of this path; empty for an unknown path."""
        targets = dict(self._literal.get(path, {}))
        for pattern, _, templated in self._templated:
            if pattern.fullmatch(path):
                targets |= templated
        return sorted(targets)

    def nearest(self, method: str, path: str) -> str:
        """The method and path of the operation closest to these, for error messages."""
        wanted = f"{method} {path}"
        near = difflib.get_close_matches(wanted, self._names, 1, cutoff=0.0)
        return near[0] if near else "none"


def _pattern(path: str) -> re.Pattern[str]:
    parts = _TEMPLATE.split(path)
    text = "".join(re.escape(part) if index % 2 == 0 else "([^/]+)" for index, part in enumerate(parts))
    return re.compile(text)
