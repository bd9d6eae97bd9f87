"""The baseline of a drill: a YAML file of accepted drifts, each with a reason.

```yaml
accepted:
- drift: created-as-text
  reason: We show no dates.
```

Accepted drifts are shown, but do not count. A drift that is let through and is not in the file makes the exit code 1.
The entry of a drift that was noticed is reported as unused.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from pixpact.specs.export import as_yaml
from pixpact.specs.openapi.document import DocumentNode, read
from pixpact.specs.openapi.problems import SpecError
from pixpact.wire.files import write_whole

UNEXPLAINED = "not yet explained"
"""The reason in an entry that nobody has explained yet."""

_FIELDS = ("drift", "reason")
_HEAD = """\
# Drifts that `pixpact drill` lets through and that are accepted. `--update-baseline` writes this file: it adds what is
# new, takes out what is noticed by now, and keeps reasons. Comments are not kept: write into `reason`.
"""


class BadDrillBaseline(ValueError):
    """The file is not a valid baseline. The message names the line and what to write."""


@dataclass(frozen=True, slots=True)
class DrillBaseline:
    """A baseline: a reason for each accepted drift."""

    path: Path
    reasons: Mapping[str, str] = field(default_factory=dict)

    def notes(self, noticed: Collection[str]) -> Iterator[str]:
        """Notes about entries that are unused or have no reason yet. `noticed`: the drifts that this drill noticed."""
        for name, reason in self.reasons.items():
            if name in noticed:
                yield f"{self.path}: {name} is unused: it is noticed; remove it, or run with --update-baseline"
            elif reason == UNEXPLAINED:
                yield f"{self.path}: {name} has no reason yet; write one"

    def updated(self, let_through: Iterable[str], noticed: Collection[str]) -> DrillBaseline:
        """A baseline that also accepts `let_through`, without what is in `noticed`. Reasons are kept."""
        kept = {name: reason for name, reason in self.reasons.items() if name not in noticed}
        return DrillBaseline(self.path, {**dict.fromkeys(let_through, UNEXPLAINED), **kept})

    def write(self) -> None:
        """Write the whole file, sorted by name. Raises OSError."""
        entries = [{"drift": name, "reason": self.reasons[name]} for name in sorted(self.reasons)]
        write_whole(self.path, _HEAD + as_yaml({"accepted": entries}))


def load(path: Path, *, may_be_missing: bool = False) -> DrillBaseline:
    """Read a baseline, YAML or JSON. Raises BadDrillBaseline."""
    if not path.exists():
        if may_be_missing:
            return DrillBaseline(path)
        raise BadDrillBaseline(f"{path}: there is no such file; check the path, or let --update-baseline write it")
    try:
        root = read(path).root
    except SpecError as error:
        raise BadDrillBaseline(str(error)) from None
    listed = root.child("accepted") if isinstance(root.value, dict) and set(root.value) == {"accepted"} else None
    if listed is None or not isinstance(listed.value, list):
        raise BadDrillBaseline(f"{path}:1: a baseline has one list, `accepted`, of entries with `drift` and `reason`")
    return DrillBaseline(path, dict(_entry(path, node) for node in listed.value))


def _entry(path: Path, node: DocumentNode) -> tuple[str, str]:
    value = node.plain()
    if not isinstance(value, dict) or set(value) != set(_FIELDS):
        raise BadDrillBaseline(f"{path}:{node.origin.line}: an entry has `drift` and `reason`, and nothing else")
    name, reason = (value[name] for name in _FIELDS)
    if not isinstance(name, str) or not isinstance(reason, str) or not reason:
        raise BadDrillBaseline(f"{path}:{node.origin.line}: `drift` and `reason` are texts; write why it is accepted")
    return name, reason
