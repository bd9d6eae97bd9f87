"""Hypothesis strategies for the requests of a branch: whole bodies, changed bodies, and values that break a rule.

Hypothesis only draws values here: it runs no test, shrinks nothing and stores nothing on disk. Drawn values are
proposals; the contract's validator decides whether they break a rule.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Sequence
from functools import lru_cache
from math import ceil, floor
from pathlib import Path as File
from typing import TypeVar

import hypothesis.configuration
import hypothesis.errors
import hypothesis.strategies as st
from hypothesis import HealthCheck, Phase, Verbosity, given, seed, settings

from pixpact.contracts.diff.regex.samples import samples
from pixpact.contracts.fuzzing.sizes import area_of, size
from pixpact.contracts.samples.boundaries import UNKNOWN, derived, values_outside
from pixpact.contracts.samples.prompts import PROMPTS, long_prompt
from pixpact.contracts.samples.samples import ELSEWHERE, MARK, RequestSamples, slot
from pixpact.contracts.samples.statements import ITEM, Path, SchemaStatement
from pixpact.specs.dialect.expressions import UNDEFINED
from pixpact.specs.openapi.document import Json, steps
from pixpact.specs.openapi.schemas import matches

T = TypeVar("T")
Values = st.SearchStrategy[Json]
Change = tuple[Path, Json]
"""A path, and the value to put there; UNDEFINED: drop it."""
DrawError = hypothesis.errors.HypothesisException
"""Raised if no value can be drawn from a strategy."""

_REPEATED_GROUP = re.compile(r"\)[*+{]|\\[1-9]|\\k<|\(\?")
"""In a pattern: a repeated group, a back reference, or a lookaround."""
_FEW = 4
"""The number of steps from the lower bound, and of list items, that is drawn more often: larger values cost more."""
_MOST_ITEMS = 16
_WIDEST = 2**31 - 1
_LONG = 4000
_LONGEST, _LONGEST_LIST = 1_000_000, 1000
"""The most characters and items of a generated value; limits beyond are not tried."""
_SIDES = ((1, 1), (4, 3), (3, 2), (16, 9), (2, 1), (21, 9), (3, 1), (5, 4))
_KINDS: dict[str, type | tuple[type, ...]] = {
    "string": str,
    "integer": int,
    "number": (int, float),
    "boolean": bool,
    "array": list,
    "object": dict,
}


def keep_elsewhere() -> None:
    """Store hypothesis' tables in the user's cache, not in a folder `.hypothesis` of the current project."""
    if "HYPOTHESIS_STORAGE_DIRECTORY" not in os.environ:
        cache = os.environ.get("XDG_CACHE_HOME") or File.home() / ".cache"
        hypothesis.configuration.set_hypothesis_home_dir(File(cache) / "pixpact" / "hypothesis")


def draw_values(strategy: st.SearchStrategy[T], count: int, number: int) -> list[T]:
    """About `count` values, the same for the same seed `number`, with repetitions; fewer if there are no more.

    Hypothesis also draws constants of loaded modules, so other modules give other values.
    """
    drawn_values: list[T] = []

    @seed(number)
    @settings(
        max_examples=max(1, count),
        database=None,
        phases=[Phase.generate],
        deadline=None,
        suppress_health_check=list(HealthCheck),
        verbosity=Verbosity.quiet,
        backend="hypothesis",
        print_blob=False,
    )
    @given(strategy)
    def take(value: T) -> None:
        drawn_values.append(value)

    take()
    return drawn_values[:count]


class RequestSpace:
    """The requests of one branch. `ours`: only our own texts, so that a live target can read them."""

    def __init__(self, samples: RequestSamples, ours: bool) -> None:
        self._samples = samples
        self._ours = ours
        self._by_path: dict[Path, list[SchemaStatement]] = {}
        for stated in samples.statements:
            self._by_path.setdefault(stated.path, []).append(stated)
        self._parts = {path[:length] for path in self._by_path for length in range(len(path) + 1)}
        self._refused = {statement.path for statement in samples.statements if statement.keyword == "false"}

    def proposals(self, begun: Sequence[Json]) -> st.SearchStrategy[tuple[Json, list[Change]]]:
        """(body, changes to it): whole new bodies, and more often bodies of `begun` with changes."""
        none: list[Change] = []
        whole = st.tuples(self.value(()), st.just(none))
        changed = st.tuples(st.sampled_from(begun), self.changes())
        return st.one_of(whole, changed, changed)

    def faults(
        self, contexts: Sequence[Json], form: bool
    ) -> st.SearchStrategy[tuple[Json, SchemaStatement, Change]] | None:
        """(body, rule, change that may break it). `form`: all values are text, so types cannot be broken."""
        ways = [
            st.tuples(st.just(statement), way)
            for statement in self._samples.statements
            if not (form and statement.keyword == "type") and (way := self.wrong(statement)) is not None
        ]
        if not ways:
            return None
        return st.tuples(st.sampled_from(contexts), st.one_of(ways)).map(lambda pair: (pair[0], *pair[1]))

    def changes(self) -> st.SearchStrategy[list[Change]]:
        """One to four fields to set, or sometimes to drop."""
        paths = [path for path in self._parts if path and ITEM not in path and path not in self._refused]
        ways = [st.tuples(st.just(path), self._value_or_none(path)) for path in sorted(paths)]
        return st.lists(st.one_of(ways), min_size=1, max_size=4)

    def _value_or_none(self, path: Path) -> Values:
        value = self.value(path)
        return st.one_of(st.just(UNDEFINED), value, value, value)

    # ---- values that keep the rules

    def value(self, path: Path) -> Values:
        """Values for a path, as far as its own rules show."""
        here = self._by_path.get(path, [])
        inner = sorted({part[len(path)] for part in self._parts if len(part) > len(path) and part[: len(path)] == path})
        ways: list[Values] = []
        if ITEM in inner:
            ways.append(self._lists(path, here))
        if fields := [name for name in inner if name != ITEM]:
            ways.append(self._objects(path, fields))
        if not ways or _types(here) & {"string", "integer", "number", "boolean"}:
            ways.append(self._plain(path, here))
        return st.one_of(ways)

    def _objects(self, path: Path, fields: list[str]) -> Values:
        always = {
            name
            for statement in self._by_path.get(path, [])
            if statement.keyword == "required" and not statement.guards
            for name in statement.value
        }
        may = {name: self.value((*path, name)) for name in fields if (*path, name) not in self._refused}
        needed = {name: field_strategy for name, field_strategy in may.items() if name in always}
        return st.fixed_dictionaries(
            needed, optional={name: field_strategy for name, field_strategy in may.items() if name not in always}
        )

    def _lists(self, path: Path, here: list[SchemaStatement]) -> Values:
        least, most = _lowest(here, "minItems", 0), min(_highest(here, "maxItems", _MOST_ITEMS), _MOST_ITEMS)
        item, unique = (
            self.value((*path, ITEM)),
            any(statement.keyword == "uniqueItems" and statement.value for statement in here),
        )
        by = repr if unique else None
        few = st.lists(item, min_size=least, max_size=max(least, min(most, _FEW)), unique_by=by)
        return few | st.lists(item, min_size=least, max_size=max(least, most), unique_by=by)

    def _plain(self, path: Path, here: list[SchemaStatement]) -> Values:
        if self._samples.takes_image(path):
            return st.sampled_from(_images(self._samples.of(path)[0]))
        types = _types(here)
        listed = [value for statement in here if statement.keyword in ("enum", "const") for value in _values(statement)]
        ways: list[Values] = [st.sampled_from(listed)] if listed else []
        if any(statement.keyword == "x-image" for statement in here):
            shown = [value for value in self._samples.of(path) if isinstance(value, str) and value != MARK]
            between = self._samples.between_sides(path)
            ways += [_sizes(here, between), st.sampled_from(shown or [f"1024{between}1024"])]
        elif not listed:
            ways += [self._of_type(name, path, here) for name in sorted(types) or ["string"] if name in _KINDS]
        return st.one_of(ways) if ways else st.sampled_from(self._samples.of(path))

    def _of_type(self, name: str, path: Path, here: list[SchemaStatement]) -> Values:
        match name:
            case "integer" | "number":
                return _numbers(here, whole=name == "integer")
            case "boolean":
                return st.booleans()
            case "string":
                return self._texts(path, here)
        return st.sampled_from(self._samples.of(path))

    def _texts(self, path: Path, here: list[SchemaStatement]) -> Values:
        patterns = [statement.value for statement in here if statement.keyword == "pattern"]
        if any("http" in pattern for pattern in patterns):
            return st.sampled_from([ELSEWHERE, f"{ELSEWHERE}/2?of=3"])
        if ELSEWHERE in self._samples.of(path):  # shown as a URL, whatever else its schema allows
            return st.just(ELSEWHERE)
        if patterns:
            return _matching(patterns[0], self._samples.of(path))
        least, most = _lowest(here, "minLength", 0), min(_highest(here, "maxLength", _LONG), _LONGEST)
        if self._is_prompt(path):
            return _prompts(least, most) if self._ours else _prompts(least, most) | _words(least, most)
        marks = st.integers(2, 9999).map(lambda number: f"{MARK[:-1]}{number}"[: max(most, 1)])
        return marks if self._ours else marks | _words(least, most)

    def _is_prompt(self, path: Path) -> bool:
        """Whether the field is a prompt: its samples come from the fixed list."""
        return any(value in PROMPTS for value in self._samples.of(path) if isinstance(value, str))

    # ---- values that break one rule

    def wrong(self, statement: SchemaStatement) -> st.SearchStrategy[Change] | None:
        """Changes that make a body break this rule; None if there are none."""
        if statement.keyword == "required":
            return st.tuples(st.sampled_from([(*statement.path, name) for name in statement.value]), st.just(UNDEFINED))
        if statement.keyword == "x-total":
            paths = [(*statement.path, *steps(f"/{name}")) for name in statement.value["of"]]
            return st.tuples(st.sampled_from(paths), st.integers(1, statement.value["maximum"] + _FEW))
        values = self._outside(statement) if statement.path else None
        return None if values is None else st.tuples(st.just(statement.path), values)

    def _outside(self, statement: SchemaStatement) -> Values | None:
        match statement.keyword:
            case "minimum" | "exclusiveMinimum" | "maximum" | "exclusiveMaximum":
                return _beyond(statement)
            case "minLength" | "maxLength":
                least, most = (
                    (0, statement.value - 1)
                    if statement.keyword == "minLength"
                    else (statement.value + 1, 2 * statement.value + 2)
                )
                return _prompts(least, most) if least <= most <= 2 * _LONGEST + 2 else None
            case "minItems" | "maxItems":
                return self._miscounted(statement)
            case "type":
                return st.sampled_from([value for value in _OTHERS if not _is(value, statement.value)])
            case "enum" | "const" | "pattern" | "false":
                return self._unknown(statement)
            case "x-image":
                return self._derived(statement)
            case "uniqueItems":
                return self.value((*statement.path, ITEM)).map(lambda item: [item, item])
        return None

    def _miscounted(self, statement: SchemaStatement) -> Values | None:
        least, most = (
            (0, statement.value - 1)
            if statement.keyword == "minItems"
            else (statement.value + 1, statement.value + _FEW)
        )
        item = self.value((*statement.path, ITEM))
        return st.lists(item, min_size=least, max_size=most) if least <= most <= _LONGEST_LIST else None

    def _unknown(self, statement: SchemaStatement) -> Values:
        sampled = [value for value in self._samples.of(statement.path) if value is not None]
        near = [
            near for value in sampled if isinstance(value, str) and statement.keyword == "enum" for near in _near(value)
        ]
        texts = st.integers(0, 9999).map(lambda number: f"{UNKNOWN}-{number}")
        return texts | st.sampled_from([*values_outside(statement, sampled), *near])

    def _derived(self, statement: SchemaStatement) -> Values | None:
        between = self._samples.between_sides(statement.path)
        bounds = [(name, bound) for name, rule in statement.value.items() for bound in rule if bound != "multipleOf"]
        values = [
            value
            for name, bound in bounds
            if name != "bytes"
            for value in derived(statement.value, name, bound, keep=False, between=between)
        ]
        ways: list[Values] = [st.sampled_from(values)] if values else []
        if between:
            ways.append(_sizes([], between, (64 * 64, 2**26)))
        return st.one_of(ways) if ways else None


_OTHERS: tuple[Json, ...] = ("1", "", "true", 1, -7, 2.5, True, False, [], ["pixpact"], {}, {"pixpact": 1})


def _is(value: Json, types: Json) -> bool:
    names = types if isinstance(types, list) else [types]
    if isinstance(value, bool):
        return "boolean" in names
    return any(isinstance(value, _KINDS[name]) for name in names if name in _KINDS)


def _near(word: str) -> list[str]:
    """Words that are almost equal to a word of the contract."""
    return [word.upper() if word.upper() != word else word.lower(), f"{word}-", word[:-1]]


def _types(here: Iterable[SchemaStatement]) -> set[str]:
    named = [
        statement.value if isinstance(statement.value, list) else [statement.value]
        for statement in here
        if statement.keyword == "type"
    ]
    return {name for names in named for name in names}


def _values(statement: SchemaStatement) -> list[Json]:
    return list(statement.value) if statement.keyword == "enum" else [statement.value]


def _lowest(here: Iterable[SchemaStatement], keyword: str, usual: int) -> int:
    return min((statement.value for statement in here if statement.keyword == keyword), default=usual)


def _highest(here: Iterable[SchemaStatement], keyword: str, usual: int) -> int:
    return max((statement.value for statement in here if statement.keyword == keyword), default=usual)


def _images(usual: Json) -> list[Json]:
    """Placeholders of small images, few of them, because each one must be made and uploaded."""
    return [usual, *(slot(f"{form}-64x64") for form in ("png", "jpeg")), slot("png-96x64")]


def _numbers(here: list[SchemaStatement], *, whole: bool) -> Values:
    """Integers, or numbers with one decimal; values that are clamped also go slightly beyond the bounds."""
    clamps = [statement.value for statement in here if statement.keyword == "x-clamp"]
    least = min([statement.value for statement in here if "inimum" in statement.keyword], default=0)
    most = max([statement.value for statement in here if "aximum" in statement.keyword], default=max(_WIDEST, least))
    if clamps:
        least, most = (
            min(clamp.get("minimum", least) for clamp in clamps) - 3,
            max(clamp.get("maximum", most) for clamp in clamps) + 3,
        )
    step = next((statement.value for statement in here if statement.keyword == "multipleOf"), 1 if whole else 0.1)
    low, high = ceil(round(least / step, 6)), floor(round(most / step, 6))
    counted = st.integers(low, min(high, low + _FEW)) | st.integers(low, high)
    return counted.map(lambda number: _times(number, step))


def _times(number: int, step: float) -> Json:
    value = round(number * step, 9)
    return int(value) if value == int(value) else value


def _beyond(statement: SchemaStatement) -> Values:
    """Numbers past a bound, near and far."""
    limit, below = statement.value, "inimum" in statement.keyword
    first = 0 if statement.keyword.startswith("exclusive") else 1
    far = st.integers(first, first + _FEW) | st.integers(first, 10_000)
    return far.map(lambda step: limit - step if below else limit + step)


def _prompts(least: int, most: int) -> st.SearchStrategy[Json]:
    """Our own prompts, of any allowed length."""
    short = st.integers(least, max(least, min(most, 120)))
    lengths = short | st.integers(least, max(least, most))
    return st.tuples(lengths, st.integers(0, len(PROMPTS) - 1)).map(lambda pair: long_prompt(*pair))


def _words(least: int, most: int) -> st.SearchStrategy[Json]:
    """Any text that can be written in UTF-8."""
    if least > _LONG:
        return _prompts(least, most)
    return st.text(st.characters(codec="utf-8"), min_size=least, max_size=max(least, min(most, 60)))


def _matching(pattern: str, shown: Sequence[Json]) -> Values:
    """Texts that match a pattern; the shown values where Python cannot read the pattern (ECMA-262).

    Nested repetitions are not passed to Python, whose engine could take forever on them.
    """
    printable = st.characters(min_codepoint=0x21, max_codepoint=0x7E)
    matching = [*shown, *_samples(pattern)]
    if _REPEATED_GROUP.search(pattern):
        return st.sampled_from(matching)
    try:
        made = st.from_regex(re.compile(pattern), alphabet=printable)
        made.validate()
    except (re.error, RecursionError, OverflowError, hypothesis.errors.InvalidArgument):
        return st.sampled_from(matching)
    return st.sampled_from(shown) | made


@lru_cache
def _samples(pattern: str) -> tuple[str, ...]:
    """Texts that match a pattern, only short ones: matching nested repetitions is slow."""
    return tuple(text for text in samples(pattern) if len(text) <= _LONG and matches(pattern, text))


def _sizes(here: Iterable[SchemaStatement], between: str, area: tuple[int, int] | None = None) -> Values:
    """Sizes such as 1024x768, small ones more often."""
    rules = [statement.value for statement in here if statement.keyword == "x-image"]
    least, most = area or area_of(rules)
    pixels = st.integers(least, min(most, 2 * least)) | st.integers(least, most)
    steps = st.sampled_from([1, 8, 16, 64])
    return st.tuples(pixels, st.sampled_from(_SIDES), steps, st.booleans()).map(lambda pair: size(*pair, between))
