"""Shrinks a body step by step, as long as a condition holds.

The condition may be expensive: it is never tested twice for the same body.
"""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Iterator, Mapping
from types import MappingProxyType

from pixpact.contracts.samples.bodies import put, value_in, without_field
from pixpact.contracts.samples.samples import RequestSamples
from pixpact.contracts.samples.statements import ITEM, Path
from pixpact.specs.openapi.document import Json
from pixpact.wire.json_values import is_number

Holds = Callable[[Json], Awaitable[bool]]
NEVER: Mapping[Path, int] = MappingProxyType({})


async def reduced(body: Json, samples: RequestSamples, holds: Holds, often: Mapping[Path, int] = NEVER) -> Json:
    """The shortest body reached by dropping fields and simplifying values while `holds` is true.

    `often`: path → how often its value was no reason for the failure; such fields are changed first.
    """
    asked = {_key(body)}
    shorter = True
    while shorter:
        shorter = False
        for candidate in list(simpler(body, samples, often)):
            if _key(candidate) in asked:
                continue
            asked.add(_key(candidate))
            if await holds(candidate):
                body, shorter = candidate, True
                break
    return body


def simpler(body: Json, samples: RequestSamples, often: Mapping[Path, int] = NEVER) -> Iterator[Json]:
    """Yield bodies with one field less, then with one simpler value, in the order of `often`; numbers last."""
    paths = sorted(fields(body), key=lambda path: (-often.get(path, 0), len(path)))
    for path in paths:
        yield without_field(body, path)
    for path in sorted(paths, key=lambda path: (-often.get(path, 0), is_number(value_in(body, path)))):
        for value in _plainer(value_in(body, path), samples.of(path)):
            yield put(body, path, value)


def fields(body: Json, path: Path = ()) -> Iterator[Path]:
    """Yield the path of every field of a body, at any depth."""
    for name, value in body.items() if isinstance(body, dict) else ():
        yield (*path, name)
        yield from fields(value, (*path, name))


def body_extent(body: Json) -> tuple[int, int]:
    """The size of a body: (fields, characters). Fewer fields is shorter, whatever the length of the texts."""
    return sum(1 for _ in fields(body)), len(json.dumps(body))


def differing_paths(body: Json, base: Json) -> list[Path]:
    """The innermost paths whose values the base lacks, or has otherwise."""
    inner = [path for path in fields(body) if not (isinstance(value_in(body, path), dict) and value_in(body, path))]
    return [path for path in inner if value_in(base, path) != value_in(body, path)]


def common_body(one: Json, second: Json, base: Json) -> Json:
    """The first body without fields that the second lacks; those of `base` stay. It likely keeps a common fault."""
    if not (isinstance(one, dict) and isinstance(second, dict)):
        return one
    shared = {}
    for name, value in one.items():
        usual = base.get(name) if isinstance(base, dict) else None
        if name in second and isinstance(value, dict) and isinstance(second[name], dict):
            if inner := common_body(value, second[name], usual):
                shared[name] = inner
        elif name in second:
            shared[name] = value
        elif usual is not None:
            shared[name] = usual
    return shared


def is_within(part: Json, whole: Json) -> bool:
    """Whether `whole` contains all fields and values of `part`."""
    if isinstance(part, dict) and isinstance(whole, dict):
        return all(name in whole and is_within(value, whole[name]) for name, value in part.items())
    if isinstance(part, list) and isinstance(whole, list):
        return len(part) <= len(whole) and all(is_within(*pair) for pair in zip(part, whole, strict=False))
    return part == whole and type(part) is type(whole)


def _plainer(value: Json, usual: list[Json]) -> Iterator[Json]:
    """Yield simpler values, the simplest first: usual ones, shorter ones, then numbers closer to the usual one."""
    first = usual[0]
    if isinstance(value, str) and isinstance(first, str):
        if value not in usual:
            yield first
        if len(value) > len(first) and first:
            yield (first * (len(value) // len(first) + 1))[: len(value)]
        if value not in usual:
            surplus = max(len(value) - len(first), 0) or len(value)
            yield from (value[: len(value) - surplus // part] for part in (2, 4, 16) if surplus >= part)
    elif isinstance(value, list) and len(value) > 1:
        yield value[:1]
        yield value[: (len(value) + 1) // 2]
        yield value[:-1]
    elif is_number(value) and is_number(first) and value != first:
        yield first
        if not isinstance(value, int) or not isinstance(first, int):
            yield round(value)
            return
        surplus = abs(value - first)
        towards = -1 if value > first else 1
        yield from (value + towards * (surplus // part) for part in (2, 4, 16) if surplus >= part)
        yield value + towards


def _key(body: Json) -> str:
    return json.dumps(body, sort_keys=True)


def paths_text(paths: list[Path]) -> str:
    """Paths for messages and fingerprints: `metadata.resolution + n`."""
    return " + ".join(sorted(".".join(path).replace(f".{ITEM}", "[]") for path in paths))
