"""`pixpact.toml`, or `[tool.pixpact]` of `pyproject.toml`: any flag by its name.

pace = "instant"
specs = ["my-specs"]

[serve]
port = 4800
"""

from __future__ import annotations

import difflib
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Protocol


class ConfigError(ValueError):
    """A configuration that cannot be used; names the file, the key and the remedy."""


class Flag(Protocol):
    """What is read of an option of the command line."""

    name: str | None
    multiple: bool


def defaults(folder: Path, commands: Mapping[str, Mapping[str, Any]]) -> dict[str, dict[str, Any]]:
    """The default of each option of each command (click's `default_map`). Raises ConfigError.

    `commands` maps each command to its options by flag name.
    """
    path, settings = _settings(folder)
    known = sorted({flag for flags in commands.values() for flag in flags})
    found: dict[str, dict[str, Any]] = {name: {} for name in commands}
    for key, value in settings.items():
        if key in commands and isinstance(value, dict):
            for flag, inner in value.items():
                _put(
                    found,
                    {key: commands[key]},
                    flag,
                    inner,
                    f"{path}: [{key}]",
                    sorted(commands[key]),
                )
        else:
            _put(found, commands, key, value, str(path), known)
    return found


def _settings(folder: Path) -> tuple[Path, dict[str, Any]]:
    own, project = folder / "pixpact.toml", folder / "pyproject.toml"
    if own.is_file():
        return own, _read(own)
    if project.is_file():
        settings = _read(project).get("tool", {}).get("pixpact", {})
        if isinstance(settings, dict):
            return project, settings
    return own, {}


def _read(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path} is not valid TOML: {error}") from None


def _put(
    found: dict[str, dict[str, Any]],
    commands: Mapping[str, Mapping[str, Flag]],
    flag: str,
    value: Any,
    place: str,
    known: list[str],
) -> None:
    name = flag.replace("_", "-")
    takers = [command for command, flags in commands.items() if name in flags]
    if not takers:
        near = difflib.get_close_matches(name, known, 1)
        hint = f"did you mean {near[0]!r}?" if near else f"there are: {', '.join(known)}"
        raise ConfigError(f"{place}: {flag!r} is no flag; {hint}")
    for command in takers:
        option = commands[command][name]
        many = option.multiple and not isinstance(value, list)
        found[command][str(option.name)] = [value] if many else value
