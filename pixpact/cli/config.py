"""Reads flags by name from `pixpact.toml`, or from `[tool.pixpact]` in `pyproject.toml`.

pace = "instant"
specs = ["my-specs"]

[serve]
port = 4800
"""

from __future__ import annotations

import difflib
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any, Protocol

_MOST_BITS = 63
"""The size of an integer without its sign (TOML 1.0, Integer)."""


class ConfigError(ValueError):
    """A configuration that cannot be used. The message names the file, the key and what to do."""


class OptionFlag(Protocol):
    """What is read of a command-line option; the name of its type is, for example, `integer range`."""

    name: str | None
    multiple: bool
    type: Any


Commands = Mapping[str, Mapping[str, Any]]
"""The options (`OptionFlag`) of each command by name, such as `start-time`."""


@dataclass(frozen=True)
class ConfigurationFile:
    """What a file sets: default values by command and option, and where each is in the file."""

    defaults: dict[str, dict[str, Any]]
    places: dict[tuple[str, str], str] = field(default_factory=dict)
    path: Path = Path("pixpact.toml")


def configuration(folder: Path, commands: Commands, named: Path | None = None) -> ConfigurationFile:
    """The configuration in a folder, or in the file `named`.

    `commands` maps each command to its options by flag name. Raises ConfigError.
    """
    path, settings = _settings(folder) if named is None else (named, _settings_in(named))
    configured = ConfigurationFile({name: {} for name in commands}, path=path)
    everywhere = {flag for flags in commands.values() for flag in flags}
    tables = {key: value for key, value in settings.items() if isinstance(value, dict)}
    for key, value in settings.items():
        if key not in tables:
            _refuse_a_command(path, key, commands, everywhere)
            _put(configured, commands, key, value, str(path), everywhere)
    for key, table in tables.items():  # after the top-level keys, because a command's table takes precedence
        if key not in commands and key in everywhere:
            raise ConfigError(f"{path}: {key!r} is a flag, and not a table; write {key} = …")
        if key not in commands:
            raise ConfigError(f"{path}: [{key}]: {key!r} is not a command; {_nearest(key, commands)}")
        for flag, value in table.items():
            _put(configured, {key: commands[key]}, flag, value, f"{path}: [{key}]", commands[key])
    return configured


def _refuse_a_command(path: Path, key: str, commands: Commands, flags: Iterable[str]) -> None:
    if key in commands and key not in flags:
        raise ConfigError(f"{path}: {key!r} is a command; write its flags in a table [{key}]")


def _settings(folder: Path) -> tuple[Path, dict[str, Any]]:
    own, project = folder / "pixpact.toml", folder / "pyproject.toml"
    path = project if project.is_file() and not own.is_file() else own
    return path, _settings_in(path) if path.is_file() else {}


def _settings_in(path: Path) -> dict[str, Any]:
    if path.name != "pyproject.toml":
        return _read(path)
    tools = _read(path).get("tool", {})
    settings = tools.get("pixpact", {}) if isinstance(tools, dict) else {}
    if not isinstance(settings, dict):
        raise ConfigError(f"{path}: tool.pixpact is not a table; write [tool.pixpact] and the flags below it")
    return settings


def _read(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:  # invalid TOML or UTF-8, or a number with thousands of digits
        raise ConfigError(f"{path} is not valid TOML: {error}") from None
    except RecursionError:
        raise ConfigError(
            f"{path} nests lists or tables too deep; write the flags as the documentation has them"
        ) from None
    except OSError as error:
        raise ConfigError(f"{path} cannot be read: {error.strerror}") from None


def _put(
    configured: ConfigurationFile, commands: Commands, key: str, value: Any, location: str, names: Iterable[str]
) -> None:
    flag = key.replace("_", "-")
    takers = [command for command, flags in commands.items() if flag in flags]
    if not takers:
        raise ConfigError(f"{location}: {key!r} is not a flag; {_nearest(flag, names)}")
    for command in takers:
        option = commands[command][flag]
        configured.defaults[command][str(option.name)] = _taken(option, value, f"{location}: {key}")
        configured.places[command, str(option.name)] = f"{location}: {key}"


def _nearest(name: str, names: Iterable[str]) -> str:
    near = difflib.get_close_matches(name, names, 1)
    return f"did you mean {near[0]!r}?" if near else f"there are: {', '.join(sorted(names))}"


# ---------------------------------------------------------------------- values


def _taken(option: OptionFlag, value: Any, location: str) -> Any:
    """The value as the command line would parse it. Messages do not repeat values: they may be secrets."""
    if not option.multiple:
        return _one(option.type.name, value, location)
    several = value if isinstance(value, list) else [value]
    return [_one(option.type.name, one, location) for one in several]


def _one(kind: str, value: Any, location: str) -> Any:
    """One value of an option of this kind; numbers and dates are accepted as text."""
    if kind == "boolean":
        return _of(bool, value, location, "true or false")
    if kind.startswith("integer"):
        return _of(int, value, location, "a whole number")
    if kind.startswith("float"):
        return _of((int, float), value, location, "a number")
    if isinstance(value, date):
        return value.isoformat()
    return str(_of((str, int, float), value, location, "a text in quotes"))


def _of(kinds: Any, value: Any, location: str, wanted: str) -> Any:
    if not isinstance(value, kinds) or (isinstance(value, bool) and kinds is not bool):
        raise ConfigError(f"{location} is {_named(value)}; write {wanted}")
    if isinstance(value, int) and value.bit_length() > _MOST_BITS:
        raise ConfigError(f"{location} is a number of more than 64 bits; write a smaller one")
    return value


def _named(value: Any) -> str:
    """The kind of a value, for a message. The only other kinds in TOML are dates and times."""
    names = {bool: "a boolean", int: "a whole number", float: "a number", str: "a text", list: "a list"}
    return "a table" if isinstance(value, dict) else names.get(type(value), "a time")
