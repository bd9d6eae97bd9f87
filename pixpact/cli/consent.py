"""Which flags a configuration file may set, and which only the user: protects against foreign folders.

A `pixpact.toml` takes effect just by lying in a folder. Flags that can spend, send a secret, open the mock to others or
write outside the folder are therefore only accepted from it if the user names the file (`pixpact --config FILE …`), or
agrees at a terminal. All settings of a file are shown.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pixpact.terminal.refusal import UsageRefused
from pixpact.wire.control_characters import visible_text
from pixpact.wire.redaction import redacted_url

_STEERS = {
    "url": "where requests and the key go",
    "upstream": "where requests and their keys go",
    "api-key-env": "which variable of the environment is sent as the key",
    "second-api-key-env": "which variable of the environment is sent as a key",
    "cacert": "who may read what is sent",
    "insecure": "who may read what is sent",
    "specs": "what is sent, and what it is thought to cost",
    "max-images": "what may be bought",
    "max-cost": "what may be spent",
    "max-requests": "how much is sent",
    "price": "what is thought to be spent",
    "host": "who can reach it",
    "token": "who may steer it",
    "webhook": "where callbacks go",
}
"""Flags that only the user may set → what they do."""
_NEEDS_A_TARGET = frozenset(
    (
        "api-key-env",
        "second-api-key-env",
        "cacert",
        "insecure",
        "specs",
        "max-images",
        "max-cost",
        "max-requests",
        "price",
    )
)
"""Those that have no effect without a URL to send to."""
_TARGETS = ("url", "upstream")
_WRITTEN = frozenset(("report", "record", "plan-file", "propose", "baseline", "resume"))
"""Flags that name files to write."""
_UNSHOWN = frozenset(("api-key", "token", "webhook", "header", "cookie", "query"))
"""Flags whose values may be secrets."""


@dataclass(frozen=True, slots=True)
class ConfiguredFlag:
    """A flag that a file sets for the present command."""

    name: str
    value: Any
    place: str
    """The file, table and key."""

    @property
    def text(self) -> str:
        """`--pace instant`; the value is left out if it may be a secret."""
        if self.name in _UNSHOWN:
            return f"--{self.name} …"
        values = self.value if isinstance(self.value, Sequence) and not isinstance(self.value, str) else [self.value]
        return f"--{self.name} {visible_text(redacted_url(', '.join(map(str, values))))[:200]}"


def file_settings_line(flags: Sequence[ConfiguredFlag], file: Path) -> str:
    """The flags that a file sets, in one line."""
    return f"pixpact: {file.name} sets {'; '.join(flag.text for flag in flags)}"


def check_consent(
    flags: Sequence[ConfiguredFlag], given: Mapping[str, Any], file: Path, folder: Path, ask: Callable[[str], bool]
) -> None:
    """Raises UsageRefused if a file sets flags that only the user may set, and the user does not agree.

    `given`: the values of all flags of the command. `folder`: where files may be written without asking.
    """
    steering = [(flag, what) for flag in flags if (what := _steers(flag, given, folder))]
    if not steering:
        return
    lines = [f"pixpact: {flag.place}: only you decide {what}" for flag, what in steering]
    if ask("\n".join(lines)):
        return
    remedy = f"name the file if it is yours: pixpact --config {file.name} …; or give the flags on the command line"
    raise UsageRefused("\n".join([*lines, remedy]))


def _steers(flag: ConfiguredFlag, given: Mapping[str, Any], folder: Path) -> str:
    """What a flag decides that only the user may decide; otherwise empty."""
    if flag.name in _WRITTEN:
        outside = [path for path in _paths(flag) if not path.is_relative_to(folder.resolve())]
        return f"that {visible_text(str(outside[0]))} is written" if outside else ""
    if flag.name == "specs" and not given.get("url"):
        return ""
    needs = flag.name in _NEEDS_A_TARGET
    if not flag.value or (needs and not any(given.get(name) for name in _TARGETS)):
        return ""
    return _STEERS.get(flag.name, "")


def _paths(flag: ConfiguredFlag) -> Iterator[Path]:
    """The paths in a flag's value, with links resolved."""
    values = flag.value if isinstance(flag.value, (list, tuple)) else [flag.value]
    for value in values:
        text = str(value).partition("=")[2] if flag.name == "report" else str(value)
        if text and text != "-":
            yield Path(text).resolve()
