"""Edits for requests that were accepted although the contract says that they are refused."""

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


def unenforced_edits(context: FindingContext) -> Iterator[ContractEdit]:
    """Remove rules that are not enforced, or move a limit to where it was observed."""
    if any(claim.id.endswith(f"/{UNAUTHENTICATED}") for claim in context.claims):
        yield from _open(context)
        return
    if context.claim.id.endswith(("/media-type", "/malformed")) or "/examples/" in context.claim.pointer:
        return
    pointers = tuple(
        dict.fromkeys(claim.pointer for claim in context.claims if exists(context.document, claim.pointer))
    )
    yield from _moved(context)
    yield from _wider(context)
    loosened = [loosening for pointer in pointers if (loosening := loosened_rule(context, pointer)) is not None]
    if loosened:
        rest = [pointer for pointer in pointers if pointer not in {loosening.pointer for loosening in loosened}]
        gone = [operation for pointer in rest for operation in _gone(context, pointer)]
        yield edit(
            "; ".join(loosening.said for loosening in loosened),
            *(loosening.operation for loosening in loosened),
            *dict.fromkeys(gone),
        )
    if together := [operation for pointer in pointers for operation in _gone(context, pointer)]:
        yield edit("a rule that is not enforced is removed", *dict.fromkeys(together))


def _open(context: FindingContext) -> Iterator[ContractEdit]:
    """Require no key for an operation that accepted a request without one."""
    names = dict.fromkeys(claim.operation for claim in context.claims if claim.id.endswith(f"/{UNAUTHENTICATED}"))
    pointers = [context.seen.contract.operation(name).pointer for name in names]
    yield edit(
        f"{', '.join(names)} needs no key", *(SetValue(pointer_below(pointer, "security"), []) for pointer in pointers)
    )


def _gone(context: FindingContext, pointer: str) -> Iterator[Operation]:
    if not exists(context.document, pointer) or pointer.endswith("/oneOf"):
        return
    keyword, value = steps(pointer)[-1], at(context.document, pointer)
    if keyword == "required" and isinstance(value, list):
        names = [claim.id.rpartition("/")[2] for claim in context.claims if claim.pointer == pointer]
        yield from (RemoveItem(pointer, name) for name in names if name in value)
    elif "/x-image/" in pointer:
        yield _number_gone(context, pointer)
    else:
        yield RemoveValue(pointer)


def _number_gone(context: FindingContext, pointer: str) -> Operation:
    """Remove only the exceeded bound of a derived number; with its last bound, the number too."""
    bound = passed(context, pointer)
    rule = at(context.document, pointer)
    holder = pointer.rpartition("/")[0]
    if bound is not None and len(rule) > 1:
        return RemoveValue(bound.pointer)
    return RemoveValue(pointer) if len(at(context.document, holder)) > 1 else RemoveValue(holder)


def _moved(context: FindingContext) -> Iterator[ContractEdit]:
    """Move a limit to where it was observed: one value was accepted, the next refused."""
    if not exists(context.document, context.claim.pointer) or len({claim.pointer for claim in context.claims}) > 1:
        return
    request_limit = passed(context, context.claim.pointer)
    if request_limit is None:
        return
    sides = observed_sides(context, request_limit)
    if sides.taken is not None and sides.refused is not None and sides.adjacent:
        name = steps(request_limit.pointer)[-1]
        yield edit(
            f"{name} is {limit(request_limit, sides.taken)}",
            SetValue(request_limit.pointer, limit(request_limit, sides.taken)),
        )


def _wider(context: FindingContext) -> Iterator[ContractEdit]:
    """Accept another type too."""
    if steps(context.claim.pointer)[-1] != "type" or context.step is None:
        return
    value = value_at(context.step.sent, steps(context.finding.pointer))
    allowed = context.statement if isinstance(context.statement, list) else [context.statement]
    observed_type = type_of(value) if isinstance(value, (str, int, float, bool, list, dict)) else "null"
    if observed_type not in allowed:
        yield edit(f"it accepts {short_json(value)} too", SetValue(context.claim.pointer, [*allowed, observed_type]))
