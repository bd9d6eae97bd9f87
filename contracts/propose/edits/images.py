"""What a contract must say where the images were others: how many, how large, of which format, for how long."""

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
"""Values of a field that are tried as its default."""


@dataclass(frozen=True, slots=True)
class MadeImages:
    """What one request was promised, and what it got."""

    case: TaskCase
    promise: ImagePromise
    facts: tuple[ImageFacts, ...]
    count: int


def requests_with_images(scene: FindingContext) -> Iterator[MadeImages]:
    """Every request that yielded images."""
    for case in scene.seen.cases:
        start, response = case.start, delivering(case)
        if start and response and start.exercise and start.exercise.promise:
            shown = shown_images(case)
            facts = tuple(
                shown_image.image.facts for shown_image in shown if shown_image.image and shown_image.image.facts
            )
            yield MadeImages(case, start.exercise.promise, facts, len(shown) + images_withheld(response))


def judged_by(scene: FindingContext, about: str, pointers: frozenset[str]) -> list[MadeImages]:
    """The requests whose images are judged by one of these statements."""
    judged = []
    for made in requests_with_images(scene):
        exercise = made.case.start.exercise if made.case.start else None
        claim = exercise.promised.get(about) if exercise else None
        if claim is not None and claim.pointer in pointers:
            judged.append(made)
    return judged


# ---- sizes


def pixels(scene: FindingContext) -> Iterator[ContractEdit]:
    """Each row of a table has the size that its images had."""
    if scene.claim.pointer.endswith("/default"):
        yield from default(scene)
        return
    judged = judged_by(scene, "pixels", frozenset(claim.pointer for claim in scene.claims))
    yield from _whatever_size(scene, [made for made in judged if made.promise.row == (EXACT,)])
    sizes: dict[str, set[str]] = {}
    wrong: set[str] = set()
    for made in judged:
        for facts in made.facts:
            row = _row(scene, made)
            sizes.setdefault(row, set()).add(f"{facts.width}x{facts.height}")
            wrong |= set() if has_promised_pixels(made.promise, facts) else {row}
    clear = {row: next(iter(sizes[row])) for row in sizes if row in wrong and len(sizes[row]) == 1}
    if wrong and "" not in wrong and clear.keys() == wrong:
        puts = [put for row, size in clear.items() for put in _cell(scene, row, size)]
        yield edit(f"images have {', '.join(dict.fromkeys(clear.values()))} px", *puts)
    for claim in scene.claims:
        if "/pixels/table/" in claim.pointer:
            continue
        drops = [RemoveValue(claim.pointer)] if steps(claim.pointer)[-1] == "from" else []
        if drops:
            yield edit("their aspect ratio is not that of the reference", *drops)


_SIZE_TEXT = "^[1-9][0-9]{0,5}x[1-9][0-9]{0,5}$"


def _whatever_size(scene: FindingContext, judged: list[MadeImages]) -> Iterator[ContractEdit]:
    """Size texts that do not stand for themselves: whatever was sent, images had one size."""
    sizes = {f"{facts.width}x{facts.height}" for made in judged for facts in made.facts}
    wanted = {(made.promise.width, made.promise.height) for made in judged}
    if len(sizes) != 1 or len(wanted) < 2:
        return
    size = sizes.pop()
    table = parent_of(scene.claim.pointer)[0]
    for text in at(scene.document, f"{table}/by"):
        if (path := field_of(text)) is not None and any(_requested(made.case, text).count("x") == 1 for made in judged):
            for schema in _open_schemas(scene, judged):
                yield edit(
                    f"images have {size} px, whatever size text {'.'.join(path)} is",
                    SetValue(pointer_below(schema, "if"), _condition(path, {"type": "string", "pattern": _SIZE_TEXT})),
                    SetValue(pointer_below(schema, "then"), {"x-images": {"pixels": size}}),
                )


def _row(scene: FindingContext, made: MadeImages) -> str:
    """The pointer of the cell that promises the pixels of a request: of an exact size, the cell it would have."""
    start = made.case.start
    claim = start.exercise.promised["pixels"] if start and start.exercise else scene.claim
    if made.promise.row == (FIXED,):
        return claim.pointer
    if made.promise.row == (REFERENCE,):
        return ""
    if made.promise.row != (EXACT,):
        return claim.pointer
    table = parent_of(claim.pointer)[0]
    names = [_requested(made.case, text) for text in at(scene.document, f"{table}/by")]
    return pointer_below(f"{table}/table", *names) if all(names) else ""


def _requested(case: TaskCase, text: str) -> str:
    start = case.start
    value = parse(text).evaluate(ExpressionRoots(request=start.asked.request)) if start and start.asked else UNDEFINED
    return "" if value is UNDEFINED else value if isinstance(value, str) else short_json(value)


def _cell(scene: FindingContext, row: str, size: str) -> Iterator[Operation]:
    holder, name = parent_of(row)
    if exists(scene.document, holder):
        yield SetValue(row, size)
    else:
        yield SetValue(holder, {name: size})


# ---- formats


def form(scene: FindingContext) -> Iterator[ContractEdit]:
    """Images are of the format that was seen: always, or where a field has the value that was sent."""
    if scene.claim.pointer.endswith("/default"):
        yield from default(scene)
        return
    about = "format" if scene.finding.kind == "format" else "transparent"
    judged = judged_by(scene, about, frozenset(claim.pointer for claim in scene.claims))
    written = scene.statement
    observed = {_form(facts, about) for made in judged for facts in made.facts}
    if len(observed) == 1:
        value = observed.pop()
        yield edit(f"{about} is {short_json(value)}", SetValue(scene.claim.pointer, value))
    yield from _where(scene, about, written, judged)
    yield edit(f"{about} is not promised", RemoveValue(scene.claim.pointer))


def _form(facts: ImageFacts, about: str) -> Any:
    return facts.format if about == "format" else facts.transparent


def _where(scene: FindingContext, about: str, written: Json, judged: list[MadeImages]) -> Iterator[ContractEdit]:
    """Where the field that decides has the value that was sent, images are of the format that was seen."""
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
            for schema in _open_schemas(scene, judged):
                yield edit(
                    f"{about} is {short_json(got)} where {'.'.join(path)} is {short_json(value)}",
                    SetValue(pointer_below(schema, "if"), _condition(path, {"const": value})),
                    SetValue(pointer_below(schema, "then"), {"x-images": {about: got}}),
                )


def _open_schemas(scene: FindingContext, judged: list[MadeImages]) -> list[str]:
    """The schemas that can still be given a condition: what stands under `then` outranks what stands beside it."""
    branches = [
        start.asked.reading.branch.pointer
        for made in judged
        if (start := made.case.start) and start.asked and start.asked.reading and start.asked.reading.branch
    ]
    schemas = dict.fromkeys((scene.claim.pointer.rpartition("/x-images/")[0], *branches))
    return [pointer for pointer in schemas if not {"if", "then", "else"} & at(scene.document, pointer).keys()]


def _condition(path: tuple[str, ...], schema: Json) -> Json:
    """The condition that a field is there and fits a schema."""
    for name in reversed(path):
        schema = {"required": [name], "properties": {name: schema}}
    return schema


# ---- how many, for how long, for how much


def count(scene: FindingContext) -> Iterator[ContractEdit]:
    """As many images as came: always so many, or a default or a limit that explains it."""
    if scene.claim.pointer.endswith("/default"):
        yield from default(scene)
        return
    for claim in scene.claims:
        if "/x-clamp/" in claim.pointer:
            counts = {
                made.count
                for made in requests_with_images(scene)
                if made.case.start and made.case.start.exercise and claim.id in made.case.start.exercise.claims
            }
            if len(counts) == 1:
                number = counts.pop()
                yield edit(f"it is clamped to {number}", SetValue(claim.pointer, number))
    pointers = frozenset(claim.pointer for claim in scene.claims)
    judged = judged_by(scene, "count", pointers) or list(_single(scene, pointers))
    counts = {made.count for made in judged}
    if not any(counts):
        return  # there is nowhere to look for images: how many there are was not seen
    yield from _capped(scene, judged)
    if len(counts) == 1:
        number = counts.pop()
        yield edit(
            f"{number} image{'s are' if number != 1 else ' is'} delivered", SetValue(scene.claim.pointer, number)
        )
    else:
        if not isinstance(scene.statement, dict):
            yield edit(
                "no more images than that are delivered", SetValue(scene.claim.pointer, {"upTo": scene.statement})
            )
        yield edit(
            f"up to {max(counts, default=1)} images are delivered",
            SetValue(scene.claim.pointer, {"upTo": max(counts, default=1)}),
        )


def _single(scene: FindingContext, pointers: frozenset[str]) -> Iterator[MadeImages]:
    """The requests for a single image: they keep a claim on the number of images by chance, but can break it."""
    for made in requests_with_images(scene):
        exercise = made.case.start.exercise if made.case.start else None
        if exercise and exercise.counted and exercise.counted.pointer in pointers:
            yield made


def _capped(scene: FindingContext, judged: list[MadeImages]) -> Iterator[ContractEdit]:
    """What is asked for, but never more than the most that came."""
    path = field_of(scene.statement)
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
            if exists(scene.document, limit) and at(scene.document, limit) > most:
                yield edit(f"{path[0]} above {most} is clamped to {most}", SetValue(limit, most))


def default(scene: FindingContext) -> Iterator[ContractEdit]:
    """A field that is left out has another value: the first that explains what came."""
    old, holder = scene.statement, parent_of(scene.claim.pointer)[0]
    pointer = scene.claim.pointer
    name = steps(holder)[-1]
    sent = [mark.instance for _, mark in scene.marks(pointer)]
    values = [
        *_words(scene, holder),
        *sorted({request.count for request in requests_with_images(scene)}),
        *sent,
    ]
    tried = []
    for value in values[:MOST_VALUES]:
        if value not in tried and value != old and isinstance(value, type(old)):
            tried.append(value)
            yield edit(f"{name} is {short_json(value)} where it is left out", SetValue(pointer, value))
    yield edit(f"what {name} defaults to is not promised", RemoveValue(pointer))


def _words(scene: FindingContext, holder: str) -> Iterator[Json]:
    """The words that a field may have, wherever below its schema they are listed."""
    waiting = [at(scene.document, holder)]
    while waiting:
        pointer = waiting.pop(0)
        if isinstance(pointer, dict):
            yield from pointer.get("enum", ())
            waiting += [inner for key, inner in pointer.items() if isinstance(inner, (dict, list)) and key != "enum"]
        elif isinstance(pointer, list):
            waiting += pointer


def lifetime(scene: FindingContext) -> Iterator[ContractEdit]:
    """The lifetime that a response states: in whole hours or minutes where clocks allow it, else in seconds."""
    case = scene.case
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
                yield edit(f"images expire after {rounded / 3600:g} h", SetValue(scene.claim.pointer, rounded))
    yield from expired(scene)


def expired(scene: FindingContext) -> Iterator[ContractEdit]:
    """Images are gone sooner, and nothing says when: no lifetime is promised."""
    yield edit("how long images can be downloaded is not promised", RemoveValue(scene.claim.pointer))


def price(scene: FindingContext) -> Iterator[ContractEdit]:
    """The price of one image as the responses state it, in the row that the request chose."""
    case = scene.case
    response = delivering(case) if case else None
    stated = response.says("$task.cost") if response else None
    if case is None or response is None or case.start is None or not isinstance(stated, (int, float)):
        return
    number = len(shown_images(case)) + images_withheld(response)
    each = round(stated / number, 6) if number else stated
    written = scene.statement
    pointer = scene.claim.pointer
    if isinstance(written, dict):
        names = [_requested(case, text) for text in written["by"]]
        pointer = pointer_below(pointer, "table", *names) if all(names) else ""
    if pointer and exists(scene.document, pointer):
        yield edit(f"an image costs {each:g}", SetValue(pointer, int(each) if float(each).is_integer() else each))


def token_edits(scene: FindingContext) -> Iterator[ContractEdit]:
    """Tokens count other pixels: a number of them that comes to what every response says, rounded down."""
    low, high = 0, 10**9
    for made in requests_with_images(scene):
        response = delivering(made.case)
        value = response.says("$usage.tokens") if response else None
        area = sum(facts.pixels for facts in made.facts)
        if isinstance(value, int) and value > 0 and area and len(made.facts) == made.count:
            low, high = max(low, area // (value + 1) + 1), min(high, area // value)
    if 0 < low <= high < 10**9:
        each = _roundest(low, high)
        for pointer in _per_pixels(scene.document, ""):
            yield edit(f"a token is {each} pixels", SetValue(pointer, each))


def _roundest(low: int, high: int) -> int:
    """The number between two others that most powers of two divide: vendors count in such."""
    step = 1
    while (high // (step * 2)) * step * 2 >= low:
        step *= 2
    return (high // step) * step


def _per_pixels(document: Json, pointer: str) -> Iterator[str]:
    """Where the contract says how many pixels a token is."""
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


def order(scene: FindingContext) -> Iterator[ContractEdit]:
    """The events of a stream as they came: the documented example has them in this order, and no others."""
    step = scene.step
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
