"""Body check: a response matches the schema of its status and media type."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

from pixpact.contracts.checks.observation import Observation, kept, unjudged
from pixpact.contracts.claims.claim import Claim
from pixpact.contracts.claims.contract_claims import ContractClaims
from pixpact.contracts.findings import pattern_of
from pixpact.contracts.traffic.case import ReadExchange, TaskCase
from pixpact.contracts.traffic.unrecorded import MASKED, is_masked
from pixpact.specs.dialect.expressions import UNDEFINED, value_at
from pixpact.specs.openapi.document import Json, at, steps
from pixpact.specs.openapi.messages import short_json
from pixpact.specs.openapi.schemas import Violation
from pixpact.wire.bodies import STREAM

_CONDITIONAL = ("then", "else")
_FORMS = ("oneOf", "anyOf", "contains")


def body(case: TaskCase, claims: ContractClaims) -> Iterator[Observation]:
    """Observe whether response bodies match their schemas; a violation that follows from another is left out."""
    for step in case.steps:
        if step.body is None or not step.answered:
            continue
        yield from kept(*step.body.kept)
        violations = [violation for _, violation in step.body.violations]
        roots = root_violations(violations, claims.contract.document.value)
        forms = _other_forms(step, roots, claims.contract.document.value)
        for claim, violation in step.body.violations:
            if claim is None or violation not in roots:
                continue
            if is_masked(step.exchange, value_at(step.value, steps(violation.pointer))):
                yield from unjudged(MASKED, claim)
                continue
            root = next((form for form in forms if f"{violation.pointer}/".startswith(f"{form}/")), None)
            broken = _broken(step, claim, violation, claims.contract.document.value)
            yield broken if root is None else replace(broken, root=f"another form at {pattern_of(root)}")


def _other_forms(step: ReadExchange, violations: list[Violation], document: Mapping[str, Json]) -> set[str]:
    """Pointers of objects without any of their required fields: another envelope, error or event than documented.

    All violations within one of them count as one fault.
    """
    foreign = set(_foreign_events(step))
    for violation in violations:
        parent = violation.pointer.rpartition("/")[0]
        wanted, value = _stated(document, violation), value_at(step.value, steps(parent))
        if violation.keyword == "required" and isinstance(wanted, list) and len(wanted) > 1 and isinstance(value, dict):
            foreign |= {parent} if not value.keys() & set(wanted) else set()
    return foreign


def _foreign_events(step: ReadExchange) -> Iterator[str]:
    """Pointers of a stream's events with an undocumented name."""
    if step.media is None or step.media.name != STREAM or not isinstance(step.value, list) or not step.media.examples:
        return
    documented = {_name_of(event) for event in step.media.examples[0].value}
    yield from (f"/{index}" for index, event in enumerate(step.value) if _name_of(event) not in documented)


def _name_of(event: Json) -> Json:
    name = event.get("event") if isinstance(event, dict) else None
    return name if isinstance(name, str) else None


def _broken(step: ReadExchange, claim: Claim, violation: Violation, document: Mapping[str, Json]) -> Observation:
    value = value_at(step.value, steps(violation.pointer))
    observed = "it is missing" if value is UNDEFINED else short_json(value)
    extra = _instead(step, violation)
    return Observation(
        claims=(claim,),
        kept=False,
        kind=violation.keyword,
        severity="breaking",
        pointer=violation.pointer,
        promised=claim.text,
        observed=observed + (f"; there is {extra} instead" if extra else ""),
        detail=_kind_of(value, violation, _stated(document, violation)),
        steps=(step.index,),
    )


_OTHER_CASE = "in capitals or not"


def _is_otherwise_spelled(value: str | bool, allowed: Json) -> bool:
    """Whether a word is documented with different capitals: then all words are probably written so."""
    if not isinstance(value, str) or not isinstance(allowed, list):
        return False
    return value.casefold() in {word.casefold() for word in allowed if isinstance(word, str)}


def _kind_of(value: Json, violation: Violation, allowed: Json) -> str:
    """What distinguishes faults of one kind at one field: the word outside an enum, or the type that is not allowed."""
    if violation.keyword in ("enum", "const") and isinstance(value, (str, bool)):
        return _OTHER_CASE if _is_otherwise_spelled(value, allowed) else str(value)
    return type(value).__name__ if violation.keyword == "type" else ""


def _stated(document: Mapping[str, Json], violation: Violation) -> Json:
    """The value of the broken keyword; None if it cannot be resolved."""
    try:
        return at(document, violation.schema)
    except KeyError:
        return None


def _instead(step: ReadExchange, violation: Violation) -> str:
    """The undocumented fields beside a missing one: perhaps it was renamed."""
    if violation.keyword != "required" or step.body is None:
        return ""
    parent = violation.pointer.rpartition("/")[0]
    names = [pointer.rpartition("/")[2] for _, pointer in step.body.unknown if pointer.rpartition("/")[0] == parent]
    return ", ".join(names)


def root_violations(violations: list[Violation], document: Mapping[str, Json]) -> list[Violation]:
    """The violations that do not follow from another one.

    A violation follows from a wrong value that its condition reads, or from a wrong field within its `oneOf`, `anyOf`
    or `contains`.
    """
    pointers = {violation.pointer for violation in violations}
    return [
        violation for violation in violations if not _follows(violation, violations, pointers, document)
    ] or violations[:1]


def _follows(
    violation: Violation, violations: list[Violation], pointers: set[str], document: Mapping[str, Json]
) -> bool:
    if any(
        another is not violation and (_is_inside(another, violation) or _is_forbidden(another, violation))
        for another in violations
    ):
        return True
    names = steps(violation.schema)
    for index, name in enumerate(names):
        if name in _CONDITIONAL:
            condition = _condition(document, names[:index])
            read = {
                pointer
                for pointer in pointers
                if pointer != violation.pointer and pointer.rpartition("/")[2] in condition
            }
            if read:
                return True
    return False


def _is_inside(another: Violation, violation: Violation) -> bool:
    """Whether `violation` is of a whole form, and `another` of a value within it."""
    return (
        violation.keyword in _FORMS
        and another.pointer.startswith(violation.pointer)
        and another.pointer != violation.pointer
    )


def _is_forbidden(another: Violation, violation: Violation) -> bool:
    """Whether `another` forbids the field that `violation` is about, or an object around it."""
    return (
        another.keyword == "false"
        and violation.keyword != "false"
        and f"{violation.pointer}/".startswith(f"{another.pointer}/")
    )


def _condition(document: Mapping[str, Json], names: tuple[str, ...]) -> set[str]:
    """The fields that the condition beside a `then` or `else` reads."""
    value: Json = document
    for name in names:
        value = value[int(name)] if isinstance(value, list) else value[name]
    stated = value.get("if", {}) if isinstance(value, dict) else {}
    if isinstance(stated, dict) and "$ref" in stated:
        stated = at(document, stated["$ref"])
    return set(stated.get("properties", {})) if isinstance(stated, dict) else set()
