"""Operations → the same with `x-evidence` on what they change, where that vouches for nothing else.

`x-evidence` holds for everything below it. So it is put on schemas that hold no others, and on states; of anything
wider only the overlay's action tells what it rests on.
"""

from __future__ import annotations

from collections.abc import Iterable

from pixpact.contracts.propose.operations import Operation, RemoveValue, SetValue, exists, parent_of, pointer_below
from pixpact.specs.openapi.document import Json, at, steps

_WIDER = frozenset(
    [
        *("$ref", "properties", "items", "prefixItems", "additionalProperties", "propertyNames", "contains"),
        *("dependentSchemas", "allOf", "anyOf", "oneOf", "not", "if", "then", "else", "x-images", "x-image"),
    ]
)
"""What makes a schema more than one statement's place."""


def with_evidence(document: Json, operations: Iterable[Operation], note: str) -> list[Operation]:
    """The operations, with those that say what each changed place rests on."""
    evidence: Json = {"source": "observed", "note": note}
    result: list[Operation] = []
    pointers: dict[str, None] = {}
    for operation in operations:
        if isinstance(operation, SetValue) and _is_leaf(operation.pointer, operation.value):
            result.append(SetValue(operation.pointer, {**operation.value, "x-evidence": evidence}))
            continue
        result.append(operation)
        holder = parent_of(operation.pointer)[0]
        if exists(document, holder) and _is_leaf(holder, at(document, holder)):
            pointers[holder] = None
    gone = {removal.pointer for removal in operations if isinstance(removal, RemoveValue)}
    puts = [
        SetValue(pointer_below(pointer, "x-evidence"), evidence) for pointer in pointers if not _within(pointer, gone)
    ]
    return [*result, *puts]


def _within(pointer: str, gone: set[str]) -> bool:
    return any(f"{pointer}/".startswith(f"{removed}/") for removed in gone)


def _is_leaf(pointer: str, value: Json) -> bool:
    names = steps(pointer)
    if len(names) < 2 or not isinstance(value, dict) or _WIDER & value.keys():
        return False
    if names[-2] == "states" and "x-lifecycles" in names:
        return True
    return names[-2] == "properties" and "examples" not in names
