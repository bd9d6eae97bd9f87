"""Edits for images that differ from their promise: number, size, format, lifetime, price."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from pixpact.contracts.checks.images.facts import has_promised_pixels
from pixpact.contracts.propose.finding_context import ContractEdit, FindingContext, edit
from pixpact.contracts.propose.operations import Operation, RemoveValue, SetValue, exists, parent_of, pointer_below
from pixpact.contracts.traffic.case import TaskCase
from pixpact.contracts.traffic.case_images import delivering, images_withheld, shown_images
from pixpact.contracts.traffic.instants import stated_instant
from pixpact.specs.dialect.expressions import UNDEFINED, ExpressionRoots, field_of, parse, value_at
from pixpact.specs.dialect.images import EXACT, FIXED, REFERENCE, ImagePromise
from pixpact.specs.openapi.document import Json, at, escaped, steps
from pixpact.specs.openapi.messages import short_json
from pixpact.wire.images import ImageFacts

MOST_VALUES = 24
"""How many values of a field are tried as its default."""


@dataclass(frozen=True, slots=True)
class MadeImages:
    """The images that one request was promised, and those it got."""

    case: TaskCase
    promise: ImagePromise
    facts: tuple[ImageFacts, ...]
    count: int


def requests_with_images(context: FindingContext) -> Iterator[MadeImages]:
    """Every request that yielded images."""
    for case in context.seen.cases:
        start, response = case.start, delivering(case)
        if start and response and start.exercise and start.exercise.promise:
            shown = shown_images(case)
            facts = tuple(
                shown_image.image.facts for shown_image in shown if shown_image.image and shown_image.image.facts
            )
            yield MadeImages(case, start.exercise.promise, facts, len(shown) + images_withheld(response))


def judged_by(context: FindingContext, about: str, pointers: frozenset[str]) -> list[MadeImages]:
    """The requests whose images are judged by one of these statements."""
    judged = []
    for made in requests_with_images(context):
        exercise = made.case.start.exercise if made.case.start else None
        claim = exercise.promised.get(about) if exercise else None
        if claim is not None and claim.pointer in pointers:
            judged.append(made)
    return judged


# ---- sizes


def pixels(context: FindingContext) -> Iterator[ContractEdit]:
    """Set each row of a table to the size that its images had."""
    if context.claim.pointer.endswith("/default"):
        yield from default(context)
        return
    judged = judged_by(context, "pixels", frozenset(claim.pointer for claim in context.claims))
    yield from _whatever_size(context, [made for made in judged if made.promise.row == (EXACT,)])
    sizes: dict[str, set[str]] = {}
    wrong: set[str] = set()
    for made in judged:
        for facts in made.facts:
            row = _row(context, made)
            sizes.setdefault(row, set()).add(f"{facts.width}x{facts.height}")
            wrong |= set() if has_promised_pixels(made.promise, facts) else {row}
    clear = {row: next(iter(sizes[row])) for row in sizes if row in wrong and len(sizes[row]) == 1}
    if wrong and "" not in wrong and clear.keys() == wrong:
        puts = [put for row, size in clear.items() for put in _cell(context, row, size)]
        yield edit(f"images have {', '.join(dict.fromkeys(clear.values()))} px", *puts)
    for claim in context.claims:
        if "/pixels/table/" in claim.pointer:
            continue
        drops = [RemoveValue(claim.pointer)] if steps(claim.pointer)[-1] == "from" else []
        if drops:
            yield edit("their aspect ratio is not that of the reference", *drops)


_SIZE_TEXT = "^[1-9][0-9]{0,5}x[1-9][0-9]{0,5}$"


def _whatever_size(context: FindingContext, judged: list[MadeImages]) -> Iterator[ContractEdit]:
    """Replace exact sizes by one size: whatever size was sent, the images had that one."""
    sizes = {f"{facts.width}x{facts.height}" for made in judged for facts in made.facts}
    wanted = {(made.promise.width, made.promise.height) for made in judged}
    if len(sizes) != 1 or len(wanted) < 2:
        return
    size = sizes.pop()
    table = parent_of(context.claim.pointer)[0]
    for text in at(context.document, f"{table}/by"):
        if (path := field_of(text)) is not None and any(_requested(made.case, text).count("x") == 1 for made in judged):
            for schema in _open_schemas(context, judged):
                yield edit(
                    f"images have {size} px, whatever size text {'.'.join(path)} is",
                    SetValue(pointer_below(schema, "if"), _condition(path, {"type": "string", "pattern": _SIZE_TEXT})),
                    SetValue(pointer_below(schema, "then"), {"x-images": {"pixels": size}}),
                )


def _row(context: FindingContext, made: MadeImages) -> str:
    """The pointer of the cell that promises the size of a request; for an exact size, the cell that it would have."""
    start = made.case.start
    claim = start.exercise.promised["pixels"] if start and start.exercise else context.claim
    if made.promise.row == (FIXED,):
        return claim.pointer
    if made.promise.row == (REFERENCE,):
        return ""
    if made.promise.row != (EXACT,):
        return claim.pointer
    table = parent_of(claim.pointer)[0]
    names = [_requested(made.case, text) for text in at(context.document, f"{table}/by")]
    return pointer_below(f"{table}/table", *names) if all(names) else ""


def _requested(case: TaskCase, text: str) -> str:
    start = case.start
    value = parse(text).evaluate(ExpressionRoots(request=start.asked.request)) if start and start.asked else UNDEFINED
    return "" if value is UNDEFINED else value if isinstance(value, str) else short_json(value)


def _cell(context: FindingContext, row: str, size: str) -> Iterator[Operation]:
    holder, name = parent_of(row)
    if exists(context.document, holder):
        yield SetValue(row, size)
    else:
        yield SetValue(holder, {name: size})


# ---- formats


def form(context: FindingContext) -> Iterator[ContractEdit]:
    """Promise the observed format: always, or where a field has the value that was sent."""
    if context.claim.pointer.endswith("/default"):
        yield from default(context)
        return
    about = "format" if context.finding.kind == "format" else "transparent"
    judged = judged_by(context, about, frozenset(claim.pointer for claim in context.claims))
    written = context.statement
    observed = {_form(facts, about) for made in judged for facts in made.facts}
    if len(observed) == 1:
        value = observed.pop()
        yield edit(f"{about} is {short_json(value)}", SetValue(context.claim.pointer, value))
    yield from _where(context, about, written, judged)
    yield edit(f"{about} is not promised", RemoveValue(context.claim.pointer))


def _form(facts: ImageFacts, about: str) -> Any:
    return facts.format if about == "format" else facts.transparent


def _where(context: FindingContext, about: str, written: Json, judged: list[MadeImages]) -> Iterator[ContractEdit]:
    """Promise the observed format where the deciding field has the value that was sent."""
    path = field_of(written)
    if path is None:
        return
    by_value: dict[Any, set[Any]] = {}
    for made in judged:
        start = made.case.start
        value = value_at(start.asked.reading.body, path) if start and start.asked and start.asked.reading else None
        if isinstance(value, (str, bool)):
            by_value.setdefault(value, set()).update(_form(facts, about) for facts in made.facts)
    for value, forms in by_value.items():
        if len(forms) == 1 and (got := next(iter(forms))) != value:
            for schema in _open_schemas(context, judged):
                yield edit(
                    f"{about} is {short_json(got)} where {'.'.join(path)} is {short_json(value)}",
                    SetValue(pointer_below(schema, "if"), _condition(path, {"const": value})),
                    SetValue(pointer_below(schema, "then"), {"x-images": {about: got}}),
                )


def _open_schemas(context: FindingContext, judged: list[MadeImages]) -> list[str]:
    """The schemas to which a condition can be added; `then` takes precedence over the schema around it."""
    branches = [
        start.asked.reading.branch.pointer
        for made in judged
        if (start := made.case.start) and start.asked and start.asked.reading and start.asked.reading.branch
    ]
    schemas = dict.fromkeys((context.claim.pointer.rpartition("/x-images/")[0], *branches))
    return [pointer for pointer in schemas if not {"if", "then", "else"} & at(context.document, pointer).keys()]


def _condition(path: tuple[str, ...], schema: Json) -> Json:
    """The condition that a field is present and matches a schema."""
    for name in reversed(path):
        schema = {"required": [name], "properties": {name: schema}}
    return schema


# ---- how many, for how long, for how much


def count(context: FindingContext) -> Iterator[ContractEdit]:
    """Promise the observed number of images: a constant, or a default or a limit that explains it."""
    if context.claim.pointer.endswith("/default"):
        yield from default(context)
        return
    for claim in context.claims:
        if "/x-clamp/" in claim.pointer:
            counts = {
                made.count
                for made in requests_with_images(context)
                if made.case.start and made.case.start.exercise and claim.id in made.case.start.exercise.claims
            }
            if len(counts) == 1:
                number = counts.pop()
                yield edit(f"it is clamped to {number}", SetValue(claim.pointer, number))
    pointers = frozenset(claim.pointer for claim in context.claims)
    judged = judged_by(context, "count", pointers) or list(_single(context, pointers))
    counts = {made.count for made in judged}
    if not any(counts):
        return  # no response lists images, so their number was not observed
    yield from _capped(context, judged)
    if len(counts) == 1:
        number = counts.pop()
        yield edit(
            f"{number} image{'s are' if number != 1 else ' is'} delivered", SetValue(context.claim.pointer, number)
        )
    else:
        if not isinstance(context.statement, dict):
            yield edit(
                "no more images than that are delivered", SetValue(context.claim.pointer, {"upTo": context.statement})
            )
        yield edit(
            f"up to {max(counts, default=1)} images are delivered",
            SetValue(context.claim.pointer, {"upTo": max(counts, default=1)}),
        )


def _single(context: FindingContext, pointers: frozenset[str]) -> Iterator[MadeImages]:
    """The requests for a single image: they can break a claim about the number, but keep it only by chance."""
    for made in requests_with_images(context):
        exercise = made.case.start.exercise if made.case.start else None
        if exercise and exercise.counted and exercise.counted.pointer in pointers:
            yield made


def _capped(context: FindingContext, judged: list[MadeImages]) -> Iterator[ContractEdit]:
    """Promise what is asked for, but at most the largest observed number."""
    path = field_of(context.statement)
    most = max((made.count for made in judged), default=0)
    if path is None or not most:
        return
    reading = {
        start.asked.reading.branch.pointer: start.asked.reading.branch
        for made in judged
        if (start := made.case.start) and start.asked and start.asked.reading and start.asked.reading.branch
    }
    for branch in reading.values():
        field = branch.fields.get(path[0]) if len(path) == 1 else None
        for pointer in field.places if field else ():
            limit = pointer_below(pointer, "x-clamp", "maximum")
            if exists(context.document, limit) and at(context.document, limit) > most:
                yield edit(f"{path[0]} above {most} is clamped to {most}", SetValue(limit, most))


def default(context: FindingContext) -> Iterator[ContractEdit]:
    """Change a default to the first value that explains the observed images."""
    old, holder = context.statement, parent_of(context.claim.pointer)[0]
    pointer = context.claim.pointer
    name = steps(holder)[-1]
    sent = [mark.instance for _, mark in context.marks(pointer)]
    values = [
        *_words(context, holder),
        *sorted({request.count for request in requests_with_images(context)}),
        *sent,
    ]
    tried = []
    for value in values[:MOST_VALUES]:
        if value not in tried and value != old and isinstance(value, type(old)):
            tried.append(value)
            yield edit(f"{name} is {short_json(value)} where it is left out", SetValue(pointer, value))
    yield edit(f"what {name} defaults to is not promised", RemoveValue(pointer))


def _words(context: FindingContext, holder: str) -> Iterator[Json]:
    """The listed values of a field, wherever below its schema."""
    waiting = [at(context.document, holder)]
    while waiting:
        pointer = waiting.pop(0)
        if isinstance(pointer, dict):
            yield from pointer.get("enum", ())
            waiting += [inner for key, inner in pointer.items() if isinstance(inner, (dict, list)) and key != "enum"]
        elif isinstance(pointer, list):
            waiting += pointer


def lifetime(context: FindingContext) -> Iterator[ContractEdit]:
    """Promise the lifetime that responses state: in whole hours or minutes if clocks allow it, else in seconds."""
    case = context.case
    response = delivering(case) if case else None
    if response is None:
        return
    ended = stated_instant(response, "$task.completedAt")
    for expression in ("$image.expiresAt", "$task.expiresAt"):
        expires = stated_instant(response, expression)
        if expires is None:
            continue
        lasts = expires - (response.exchange.started if ended is None else ended)
        for unit in (3600, 60, 1):
            if (rounded := round(lasts / unit) * unit) > 0:
                yield edit(f"images expire after {rounded / 3600:g} h", SetValue(context.claim.pointer, rounded))
    yield from expired(context)


def expired(context: FindingContext) -> Iterator[ContractEdit]:
    """Remove the promised lifetime: images expire earlier, and nothing says when."""
    yield edit("how long images can be downloaded is not promised", RemoveValue(context.claim.pointer))


def price(context: FindingContext) -> Iterator[ContractEdit]:
    """Set the price of one image to what the responses state, in the row that the request chose."""
    case = context.case
    response = delivering(case) if case else None
    stated = response.says("$task.cost") if response else None
    if case is None or response is None or case.start is None or not isinstance(stated, (int, float)):
        return
    number = len(shown_images(case)) + images_withheld(response)
    each = round(stated / number, 6) if number else stated
    written = context.statement
    pointer = context.claim.pointer
    if isinstance(written, dict):
        names = [_requested(case, text) for text in written["by"]]
        pointer = pointer_below(pointer, "table", *names) if all(names) else ""
    if pointer and exists(context.document, pointer):
        yield edit(f"an image costs {each:g}", SetValue(pointer, int(each) if float(each).is_integer() else each))


def token_edits(context: FindingContext) -> Iterator[ContractEdit]:
    """Set the pixels for each token to a number that gives the tokens of every response, rounded down."""
    low, high = 0, 10**9
    for made in requests_with_images(context):
        response = delivering(made.case)
        value = response.says("$usage.tokens") if response else None
        area = sum(facts.pixels for facts in made.facts)
        if isinstance(value, int) and value > 0 and area and len(made.facts) == made.count:
            low, high = max(low, area // (value + 1) + 1), min(high, area // value)
    if 0 < low <= high < 10**9:
        each = _roundest(low, high)
        for pointer in _per_pixels(context.document, ""):
            yield edit(f"a token is {each} pixels", SetValue(pointer, each))


def _roundest(low: int, high: int) -> int:
    """The number between two others with the most factors of two: vendors use such numbers."""
    step = 1
    while (high // (step * 2)) * step * 2 >= low:
        step *= 2
    return (high // step) * step


def _per_pixels(document: Json, pointer: str) -> Iterator[str]:
    """The pointer of the statement how many pixels a token covers."""
    if isinstance(document, dict):
        for key, inner in document.items():
            inner_pointer = f"{pointer}/{escaped(key)}"
            if key == "perPixels":
                yield inner_pointer
            else:
                yield from _per_pixels(inner, inner_pointer)
    elif isinstance(document, list):
        for index, inner in enumerate(document):
            yield from _per_pixels(inner, f"{pointer}/{index}")


# ---- streams


def order(context: FindingContext) -> Iterator[ContractEdit]:
    """Set the documented stream to the observed events, in their order."""
    step = context.step
    if step is None or step.media is None or not isinstance(step.value, list):
        return
    operations: list[Operation] = []
    observed = list(dict.fromkeys(_event(event) for event in step.value))
    for example in step.media.examples:
        by_event = {_event(event): event for event in reversed(example.value)}
        events = [by_event[name] for name in observed if name in by_event]
        if events and events != example.value:
            operations.append(SetValue(pointer_below(example.pointer, "value"), events))
    if operations:
        yield edit(f"its events are {' → '.join(name for name in observed if name)}", *operations)


def _event(event: Json) -> str:
    name = (event.get("event") or event.get("data")) if isinstance(event, dict) else None
    return name if isinstance(name, str) else ""
