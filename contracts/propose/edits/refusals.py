"""What a contract must say where a request was taken that it says is refused."""

from __future__ import annotations

from collections.abc import Iterator

from pixpact.contracts.claims.contract_claims import UNAUTHENTICATED
from pixpact.contracts.propose.bounds import limit, observed_sides
from pixpact.contracts.propose.finding_context import ContractEdit, FindingContext, edit, type_of
from pixpact.contracts.propose.loosening import loosened_rule, passed
from pixpact.contracts.propose.operations import Operation, RemoveItem, RemoveValue, SetValue, exists, pointer_below
from pixpact.specs.dialect.expressions import value_at
from pixpact.specs.openapi.document import at, steps
from pixpact.specs.openapi.messages import short_json


def unenforced_edits(scene: FindingContext) -> Iterator[ContractEdit]:
    """The statements that nobody enforces go, or move to where the limit was seen to be."""
    if any(claim.id.endswith(f"/{UNAUTHENTICATED}") for claim in scene.claims):
        yield from _open(scene)
        return
    if scene.claim.id.endswith(("/media-type", "/malformed")) or "/examples/" in scene.claim.pointer:
        return
    pointers = tuple(dict.fromkeys(claim.pointer for claim in scene.claims if exists(scene.document, claim.pointer)))
    yield from _moved(scene)
    yield from _wider(scene)
    loosened = [loosening for pointer in pointers if (loosening := loosened_rule(scene, pointer)) is not None]
    if loosened:
        rest = [pointer for pointer in pointers if pointer not in {loosening.pointer for loosening in loosened}]
        gone = [operation for pointer in rest for operation in _gone(scene, pointer)]
        yield edit(
            "; ".join(loosening.said for loosening in loosened),
            *(loosening.operation for loosening in loosened),
            *dict.fromkeys(gone),
        )
    if together := [operation for pointer in pointers for operation in _gone(scene, pointer)]:
        yield edit("a rule that is not enforced is removed", *dict.fromkeys(together))


def _open(scene: FindingContext) -> Iterator[ContractEdit]:
    """No key is needed, where a request without one was taken."""
    names = dict.fromkeys(claim.operation for claim in scene.claims if claim.id.endswith(f"/{UNAUTHENTICATED}"))
    pointers = [scene.seen.contract.operation(name).pointer for name in names]
    yield edit(
        f"{', '.join(names)} needs no key", *(SetValue(pointer_below(pointer, "security"), []) for pointer in pointers)
    )


def _gone(scene: FindingContext, pointer: str) -> Iterator[Operation]:
    if not exists(scene.document, pointer) or pointer.endswith("/oneOf"):
        return
    keyword, value = steps(pointer)[-1], at(scene.document, pointer)
    if keyword == "required" and isinstance(value, list):
        names = [claim.id.rpartition("/")[2] for claim in scene.claims if claim.pointer == pointer]
        yield from (RemoveItem(pointer, name) for name in names if name in value)
    elif "/x-image/" in pointer:
        yield _number_gone(scene, pointer)
    else:
        yield RemoveValue(pointer)


def _number_gone(scene: FindingContext, pointer: str) -> Operation:
    """Of a derived number only the bound that was passed goes; with the last one the number itself."""
    bound = passed(scene, pointer)
    rule = at(scene.document, pointer)
    holder = pointer.rpartition("/")[0]
    if bound is not None and len(rule) > 1:
        return RemoveValue(bound.pointer)
    return RemoveValue(pointer) if len(at(scene.document, holder)) > 1 else RemoveValue(holder)


def _moved(scene: FindingContext) -> Iterator[ContractEdit]:
    """The limit where it was seen: one value was taken, the next one refused."""
    if not exists(scene.document, scene.claim.pointer) or len({claim.pointer for claim in scene.claims}) > 1:
        return
    request_limit = passed(scene, scene.claim.pointer)
    if request_limit is None:
        return
    sides = observed_sides(scene, request_limit)
    if sides.taken is not None and sides.refused is not None and sides.adjacent:
        name = steps(request_limit.pointer)[-1]
        yield edit(
            f"{name} is {limit(request_limit, sides.taken)}",
            SetValue(request_limit.pointer, limit(request_limit, sides.taken)),
        )


def _wider(scene: FindingContext) -> Iterator[ContractEdit]:
    """A value of another type is taken too."""
    if steps(scene.claim.pointer)[-1] != "type" or scene.step is None:
        return
    value = value_at(scene.step.sent, steps(scene.finding.pointer))
    allowed = scene.statement if isinstance(scene.statement, list) else [scene.statement]
    observed_type = type_of(value) if isinstance(value, (str, int, float, bool, list, dict)) else "null"
    if observed_type not in allowed:
        yield edit(f"it accepts {short_json(value)} too", SetValue(scene.claim.pointer, [*allowed, observed_type]))
