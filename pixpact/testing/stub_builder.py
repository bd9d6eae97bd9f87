"""Stubs from a program or a file: `mock.on(prompt="A kite").gives(image="kite.png")`."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from pixpact.mockserver.faults.fault import BadFault, Fault
from pixpact.mockserver.state.stubs import stub
from pixpact.specs.contract.model import Contract
from pixpact.specs.openapi.document import DocumentNode, read
from pixpact.specs.openapi.problems import SourcePlace, SpecError

_SHOWN = "stubs:\n- on: {prompt: A kite}\n  gives: {status: 429}"


LetStand = Callable[[Mapping[str, Any], Mapping[str, Any]], list[Fault]]


class On:
    """The selected requests; `gives` sets their response."""

    def __init__(self, on: Mapping[str, Any], let_stand: LetStand) -> None:
        self._on = on
        self._let_stand = let_stand

    def gives(
        self,
        *,
        image: Path | str | bytes | Sequence[Path | str | bytes] | None = None,
        status: int | str | None = None,
        task: str | float | Mapping[str, Any] | None = None,
        fault: str | None = None,
        **fields: Any,
    ) -> None:
        """Give these requests this response, until the faults are reset.

        `image`: a path, bytes or a data URI, or several in turn. `status`: an HTTP status, in the vendor's words where
        it is documented; or a cause such as `"moderated"`. `task`: how it ends (`"failed"`, `"stuck"`, `"partial"`), or
        how long it takes (`"3m"`). `fault`: any other one. `fields`: those of a fault: `times`, `every`, `retry_after`,
        … Raises ValueError.
        """
        written = {name.replace("_", "-"): value for name, value in fields.items()}
        given = None if image is None else images(image, Path())
        self._let_stand(self._on, {"image": given, "status": status, "task": task, "fault": fault, **written})


def images(value: Any, folder: Path) -> Any:
    """The value with image paths, relative to a folder, replaced by their bytes. Raises BadFault."""
    if isinstance(value, (list, tuple)):
        return [images(one, folder) for one in value]
    if isinstance(value, Path) or (isinstance(value, str) and not value.lower().startswith("data:")):
        try:
            return (folder / value).read_bytes()
        except OSError as error:
            raise BadFault(f"image: {str(value)!r} cannot be read: {error.strerror}") from None
    return value


def stubs_of(path: Path, contracts: Sequence[Contract]) -> list[Fault]:
    """The stubs in a YAML or JSON file; image paths are relative to it. Raises BadFault with file and line."""
    try:
        root = read(path).root
    except SpecError as error:
        raise BadFault(str(error)) from None
    entries = _items(root)
    if entries is None:
        raise BadFault(f"{path}:1: a file of stubs has one list, `stubs`:\n{_SHOWN}")
    return [fault for entry in entries for fault in _entry(entry, path.parent, contracts)]


def _items(root: DocumentNode) -> list[DocumentNode] | None:
    listed = root.child("stubs") if isinstance(root.value, dict) and set(root.value) == {"stubs"} else None
    return list(listed.value) if listed is not None and isinstance(listed.value, list) else None


def _entry(entry: DocumentNode, folder: Path, contracts: Sequence[Contract]) -> list[Fault]:
    value, origin = entry.plain(), entry.origin
    try:
        if not isinstance(value, dict) or set(value) != {"on", "gives"}:
            raise BadFault(f"a stub has `on` and `gives`, and nothing else:\n{_SHOWN}")
        gives = value["gives"]
        if isinstance(gives, dict) and "image" in gives:
            gives = {**gives, "image": images(gives["image"], folder)}
        return stub(value["on"], gives, contracts)
    except BadFault as error:
        raise BadFault(f"{_file_and_line(origin)}: {error}") from None


def _file_and_line(origin: SourcePlace) -> str:
    return f"{origin.path}:{origin.line}"
