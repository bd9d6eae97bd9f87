"""The report of a comparison: each change with its rule, its verdict and every place where it occurs."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Any

from pixpact.contracts.diff.compare.compare import ComparedContracts
from pixpact.contracts.diff.compare.differences import ContractDifference, Path, StatedAt, shown
from pixpact.contracts.diff.proof.verdicts import VerdictDecider
from pixpact.contracts.diff.proof.witness import DifferenceVerdict, Witness
from pixpact.contracts.diff.read.contract_version import ContractVersion
from pixpact.contracts.diff.rules.rules import ORDER, ChangeRule, rule_of
from pixpact.contracts.diff.severity import client_action, severity_of
from pixpact.contracts.findings import Severity
from pixpact.specs.openapi.document import Json
from pixpact.specs.openapi.messages import listed, short_json
from pixpact.specs.openapi.problems import SourcePlace, SpecProblem


@dataclass(frozen=True, slots=True)
class ContractChange:
    """One change of a contract.

    `severity` is `breaking` only with a `witness`; `undecided` says why neither a witness nor a proof was found, and is
    empty otherwise. `reason` says why a change is proven harmless. `before` and `after` are lines.
    """

    rule: str
    severity: Severity
    direction: str
    area: str
    action: str
    """What a client must do: a key of `rules.TODO`."""
    pointer: str
    """JSON pointer in the revision; for what the revision lacks, in the base."""
    before: SourcePlace | None
    after: SourcePlace | None
    message: str
    witness: Witness | None = None
    undecided: str = ""
    reason: str = ""
    places: tuple[str, ...] = ()
    """Every operation and message with the change: `POST /v1/images application/json`."""
    path: Path = ()
    """The path of the value in the first of these messages."""
    paths: tuple[tuple[str, Path], ...] = ()
    """(message, path of the value) of every occurrence."""


@dataclass(frozen=True, slots=True)
class ContractComparison:
    """Everything that changed between two contracts, the worst first."""

    base: str
    revision: str
    changes: tuple[ContractChange, ...]
    notes: tuple[SpecProblem, ...] = ()

    def at_least(self, severity: Severity) -> tuple[ContractChange, ...]:
        """The changes of this severity and the worse ones."""
        worst = ORDER[: ORDER.index(severity) + 1]
        return tuple(change for change in self.changes if change.severity in worst)


def comparison(base: ContractVersion, revision: ContractVersion) -> ContractComparison:
    """Compare two documents, and decide what each change means."""
    return judged(ComparedContracts(base, revision))


def judged(both: ComparedContracts) -> ContractComparison:
    """Decide what each difference means; equal differences at many places are one change."""
    judging = _Judging(both)
    for difference in both.differences:
        judging.add(difference)
    changes = sorted(map(_joined, judging.groups.values()), key=lambda change: ORDER.index(change.severity))
    notes = tuple(dict.fromkeys((*both.base.notes, *both.revision.notes, *_one_sided(both))))
    return ContractComparison(both.base.name, both.revision.name, tuple(changes), notes)


_MOST_HUNTED = 2
"""At how many places equal differences are examined while none is decided."""


class _Judging:
    """Judges differences one by one. Those about the same lines are one change, at however many places they occur."""

    def __init__(self, both: ComparedContracts) -> None:
        self._both = both
        self._decider = VerdictDecider(both)
        self.groups: dict[tuple[str, str, str, str], list[ContractChange]] = {}

    def add(self, difference: ContractDifference) -> None:
        """Judge one more difference."""
        rule = rule_of(difference)
        # Another path to the same line is no other change.
        alone = replace(difference, path=difference.path[-1:]) if rule.area == "schema" else difference
        message = said(rule, alone)
        group = self.groups.setdefault((rule.id, *_lines(difference), message), [])
        undecided = [change for change in group if change.undecided]
        # One witness is enough: equal differences elsewhere are not proven again.
        judged_before = next((change for change in group if change.severity == "breaking"), None)
        if judged_before is None and len(undecided) >= _MOST_HUNTED:
            judged_before = undecided[0]
        if judged_before is not None:
            shown_at = self._both.place(difference.site)
            group.append(replace(judged_before, paths=((shown_at, difference.path),), places=(shown_at,)))
        else:
            verdict = self._decider.verdict(difference)
            group.append(_change(self._both, rule, verdict, difference, said(rule, difference)))


def _one_sided(both: ComparedContracts) -> Iterator[SpecProblem]:
    """A note for each side whose dialect has no counterpart on the other."""
    for side, opposite in ((both.base, both.revision), (both.revision, both.base)):
        if side.contract is not None and opposite.contract is None:
            message = f"the x- keys of {side.name} are not compared: {opposite.name} is read as plain OpenAPI"
            origin = SourcePlace(side.document.root.origin.path, 0)
            yield SpecProblem(origin, "dialect-unread", message, "compare two documents with x- keys", note=True)


def _change(
    both: ComparedContracts, rule: ChangeRule, verdict: DifferenceVerdict, difference: ContractDifference, message: str
) -> ContractChange:
    spot = difference.after or difference.before
    return ContractChange(
        rule=rule.id,
        severity=severity_of(rule, verdict),
        direction=difference.site.direction,
        area=difference.site.area,
        action=client_action(rule, verdict),
        pointer=spot.pointer if spot else "",
        before=both.base.document.origin(difference.before.pointer) if difference.before else None,
        after=both.revision.document.origin(difference.after.pointer) if difference.after else None,
        message=message,
        witness=replace(verdict.witness, operation=both.names.shown(difference.site.operation))
        if verdict.witness
        else None,
        undecided=verdict.reason if verdict.kind == "undecided" else "",
        reason=verdict.reason if verdict.kind == "harmless" else "",
        places=(both.place(difference.site),),
        path=difference.path,
        paths=((both.place(difference.site), difference.path),),
    )


def _lines(difference: ContractDifference) -> tuple[str, str]:
    """The lines of the statements; for what is new or gone, only its own."""
    before = difference.before.pointer if difference.before and difference.action != "added" else ""
    after = difference.after.pointer if difference.after and difference.action != "removed" else ""
    return before, after


def _joined(group: list[ContractChange]) -> ContractChange:
    """One change for many equal ones: the worst verdict, and every place."""
    worst = min(group, key=lambda change: (ORDER.index(change.severity), not change.witness))
    locations = tuple(dict.fromkeys(location for change in group for location in change.places))
    paths = tuple(dict.fromkeys(path for change in group for path in change.paths))
    return replace(worst, places=locations, paths=paths)


# ---------------------------------------------------------------------- in words


def said(rule: ChangeRule, difference: ContractDifference) -> str:
    """The change as a sentence."""
    words = {
        "name": _name(difference),
        "old": _value(difference.before),
        "new": _value(difference.after),
        "gone": _values(difference.before),
        "come": _values(difference.after),
        "path": " → ".join(difference.path),
        "detail": _detail(difference),
    }
    text = rule.text
    for word, value in words.items():
        text = text.replace("{" + word + "}", value)
    return text + _cells(difference)


def _name(difference: ContractDifference) -> str:
    site = difference.site
    if site.area in ("operation", "callback"):
        return site.operation if site.area == "operation" else f"{site.operation} ({site.name})"
    if site.area == "parameter":
        return f"the {site.name.replace(' ', ' parameter ', 1)}{_below(difference)}"
    inner = shown(difference.path)
    if site.area == "header":
        return f"the header {site.name.partition(' ')[2]}{_below(difference)}"
    return inner or "the body"


def _below(difference: ContractDifference) -> str:
    """The path of a value within a parameter or header: `[]`, `.name`."""
    if not difference.scopes:
        return ""
    inner = shown(difference.path)
    return inner if inner.startswith("[") or not inner else f".{inner}"


def _value(spot: StatedAt | None) -> str:
    """A value for people: bounds without their flag, lists in words."""
    value = spot.value if spot else None
    if isinstance(value, tuple) and len(value) == 2 and isinstance(value[1], bool):
        return f"{_number(value[0])}" + ("" if value[1] else " (excluded)")
    if isinstance(value, tuple):
        return f"{_number(value[0])} to {_number(value[1])}"
    if isinstance(value, dict) and (words := _rule_words(value)):
        return " and ".join(words)
    if isinstance(value, list):
        return listed(value) if value else "nothing"
    return "anything" if value is None else value if isinstance(value, str) else short_json(value)


def _number(value: float) -> str:
    """A number without a needless `.0`."""
    return str(int(value)) if isinstance(value, float) and value.is_integer() and abs(value) < 1e21 else repr(value)


_LIMITS = {
    "minimum": "at least",
    "maximum": "at most",
    "exclusiveMinimum": "more than",
    "exclusiveMaximum": "less than",
}


def _rule_words(rule: dict[str, Any]) -> list[str]:
    """A rule about a number or a word in words; empty for any other value."""
    words = [word for part in rule.get("allOf", ()) if isinstance(part, dict) for word in _rule_words(part)]
    words += [f"{word} {rule[limit]}" for limit, word in _LIMITS.items() if limit in rule]
    if "enum" in rule:
        words.append(f"one of {listed(rule['enum'])}")
    return list(dict.fromkeys(words))


def _values(spot: StatedAt | None) -> str:
    return listed(list(spot.value)) if spot and isinstance(spot.value, list) and spot.value else ""


def _detail(difference: ContractDifference) -> str:
    if difference.subject == "link":
        return f"{difference.path[3]} ({difference.path[0]}) to {difference.path[2]} of {difference.path[1]}"
    detail = difference.detail
    return " + ".join(map(str, detail)) if isinstance(detail, list) else str(detail)


def _cells(difference: ContractDifference) -> str:
    """The new, removed and changed cells of a table, in words."""
    if not (difference.subject.startswith("images-") and isinstance(difference.detail, dict)):
        return ""
    reported = [f"{len(cells)} {kind} ({_few(cells)})" for kind, cells in difference.detail.items() if cells]
    return f": {', '.join(reported)}" if reported else ""


def _few(cells: Iterable[str]) -> str:
    names: list[str] = [cell.removeprefix("table/") for cell in cells]
    return ", ".join(names[:3]) + (", …" if len(names) > 3 else "")


_MOST_TEXT = 20_000
"""The longest text in a report, in characters: a witness may be an image of many megabytes."""


def cut(value: Json, most: int) -> Json:
    """The value with its long texts cut, and how long they were."""
    if isinstance(value, str):
        return value if len(value) <= most else f"{value[:60]}… ({len(value)} characters)"
    if isinstance(value, dict):
        return {key: cut(inner, most) for key, inner in value.items()}
    return [cut(inner, most) for inner in value] if isinstance(value, list) else value


def json_of(change: ContractChange) -> dict[str, Json]:
    """A change as plain JSON."""
    return dict(_fields(change))


def _fields(change: ContractChange) -> Iterator[tuple[str, Json]]:
    for key in ("rule", "severity", "direction", "area", "action", "message", "pointer"):
        yield key, getattr(change, key)
    for key in ("before", "after"):
        origin = getattr(change, key)
        yield key, str(origin) if origin is not None else None
    yield "path", shown(change.path)
    yield "places", list(change.places)
    witness = change.witness
    yield (
        "witness",
        None
        if witness is None
        else {
            "kind": witness.kind,
            "operation": witness.operation,
            "place": witness.place,
            "content": cut(witness.content, _MOST_TEXT),
            "says": witness.says,
        },
    )
    yield "undecided", change.undecided or None
    yield "reason", change.reason or None
