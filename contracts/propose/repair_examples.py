"""Examples that an edit left wrong: those of requests go, those of responses are reported anew."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from functools import partial

from pixpact.contracts.claims.contract_claims import ContractClaims
from pixpact.contracts.propose.operations import Operation, RemoveValue, SetValue, exists, parent_of, pointer_below
from pixpact.specs.contract.model import Contract
from pixpact.specs.dialect.expressions import UNDEFINED, value_at
from pixpact.specs.openapi.document import Json, at, escaped, steps
from pixpact.specs.openapi.grammar import sites
from pixpact.specs.openapi.schemas import Violation
from pixpact.wire.json_values import is_number

SHORT = 80
"""Characters of a text that is copied out of a response."""
_MOST_ITEMS = 2

Seen = Callable[[str, str], Json]
"""(media type's pointer, JSON pointer into a response) → what was seen there; UNDEFINED where nothing was."""
Renamed = tuple[str, str, str]
"""(pointer of the `properties`, old name, new name)."""


def example_edits(contract: Contract, observed: Seen, renamed: Renamed | None = None) -> list[Operation]:
    """What to do about every example that its own schema refuses, one step of it."""
    if renamed is not None and (moved := list(_moved(contract, renamed))):
        return moved
    return [*_requests(contract), *_responses(contract, observed)]


def _moved(contract: Contract, renamed: Renamed) -> Iterator[Operation]:
    """The literals of a field that has another name, under that name."""
    fields, old, new = renamed
    responses = ContractClaims(contract).responses
    for operation in contract.operations:
        for response in operation.responses:
            for media in response.media:
                for example in media.examples:
                    for claim, pointer in responses.body(media, example.value).unknown:
                        if claim.pointer == fields and steps(pointer)[-1] == old:
                            value_pointer = f"{example.pointer}/value{pointer}"
                            yield SetValue(
                                pointer_below(parent_of(value_pointer)[0], new), value_at(example.value, steps(pointer))
                            )
                            yield RemoveValue(value_pointer)


def orphaned_components(before: Json, after: Json) -> list[Operation]:
    """The components that something referred to, and that nothing does any more."""
    left = _referred(after)
    return [RemoveValue(pointer) for pointer in sorted(_referred(before) - left) if exists(after, pointer)]


def _referred(value: Json) -> set[str]:
    if isinstance(value, dict):
        pointers = {pointer for inner in value.values() for pointer in _referred(inner)}
        target = value.get("$ref")
        if isinstance(target, str) and target.startswith("#/components/"):
            pointers.add(target.removeprefix("#"))
        return pointers
    return {pointer for inner in value for pointer in _referred(inner)} if isinstance(value, list) else set()


def _requests(contract: Contract) -> Iterator[Operation]:
    for operation in contract.operations:
        for media in operation.body.media if operation.body else ():
            for example in media.examples:
                if media.reader.read(example.value).violations:
                    yield RemoveValue(example.pointer)


def _responses(contract: Contract, observed: Seen) -> Iterator[Operation]:
    document = contract.document.value
    done: set[str] = set()
    for site in sites(document):
        if site.kind != "media-type" or "/requestBody/" in site.pointer.partition("/callbacks/")[0]:
            continue
        for name, example in site.value.get("examples", {}).items():
            value_pointer = f"{site.pointer}/examples/{escaped(name)}/value"
            for violation in contract.schemas.violations(f"{site.pointer}/schema", example.get("value")):
                for operation in _corrected(
                    document, value_pointer, example["value"], violation, partial(observed, site.pointer)
                ):
                    if operation.pointer not in done:
                        done.add(operation.pointer)
                        yield operation


def _corrected(
    document: Json, pointer: str, value: Json, violation: Violation, observed: Callable[[str], Json]
) -> Iterator[Operation]:
    """One field of one example, so that it keeps the rule that it breaks."""
    target = pointer + violation.pointer
    old = value_at(value, steps(violation.pointer))
    rule = at(document, violation.schema)
    if violation.keyword == "false" or rule is False:
        yield RemoveValue(target)
    elif violation.keyword == "type":
        schema = at(document, violation.schema.rpartition("/")[0])
        yield from _put(document, target, _converted(old, schema, observed(violation.pointer)))
    elif violation.keyword == "const":
        yield from _put(document, target, rule)
    elif violation.keyword == "enum":
        value_seen = observed(violation.pointer)
        yield from _put(document, target, value_seen if value_seen in rule else rule[0])
    elif violation.keyword in ("required", "pattern", "minimum", "maximum", "format"):
        yield from _put(document, target, sample(observed(violation.pointer)))


def _put(document: Json, target: str, value: Json) -> Iterator[Operation]:
    """A literal of an example; of an item of a list, the whole list."""
    if value is UNDEFINED:
        return
    holder, name = parent_of(target)
    if not exists(document, holder):
        return
    inside = at(document, holder)
    if isinstance(inside, list):
        items = [value if str(index) == name else item for index, item in enumerate(inside)]
        yield SetValue(holder, items)
    else:
        yield SetValue(target, value)


def _converted(old: Json, schema: Json, observed: Json) -> Json:
    """A literal as another type: the same fact where it can be said, else what was seen."""
    types = schema.get("type", ())
    wanted = (types,) if isinstance(types, str) else tuple(types)
    if "array" in wanted and old is not UNDEFINED and not isinstance(old, list):
        return [old] if isinstance(schema.get("items"), dict) else sample(observed)
    if "object" in wanted and isinstance(old, list) and old and isinstance(old[0], dict):
        return old[0]
    if "string" in wanted and is_number(old) and schema.get("format") == "date-time":
        return datetime.fromtimestamp(old, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    if "string" in wanted and is_number(old):
        return str(old)
    if "integer" in wanted and isinstance(old, str) and old.isdecimal():
        return int(old)
    return sample(observed)


def sample(value: Json) -> Json:
    """What was seen, as an example: lists and texts cut short, no address of anybody."""
    if isinstance(value, dict):
        return {key: sample(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [sample(inner) for inner in value[:_MOST_ITEMS]]
    if isinstance(value, str) and "://" in value:
        return "https://example.com/seen"
    return value[:SHORT] if isinstance(value, str) else value
