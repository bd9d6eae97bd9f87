"""Edits for responses with another status, media type or header, and for links that lead nowhere."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from pixpact.contracts.propose.bounds import rule_of
from pixpact.contracts.propose.finding_context import ContractEdit, FindingContext, edit
from pixpact.contracts.propose.operations import Operation, RemoveValue, SetValue, exists, parent_of, pointer_below
from pixpact.contracts.samples.statements import statements
from pixpact.contracts.traffic.case import ReadExchange
from pixpact.specs.contract.model import Example
from pixpact.specs.contract.model import Operation as Call
from pixpact.specs.openapi.document import Json, at, steps
from pixpact.specs.openapi.messages import short_json
from pixpact.wire.bodies import STREAM


def success_status(context: FindingContext) -> Iterator[ContractEdit]:
    """Move the success response to another status."""
    yield from _moved(context, [(context.claim.pointer, context.finding.detail)])


def refusal_status(context: FindingContext) -> Iterator[ContractEdit]:
    """Move a refusal to another status: the whole response, or only its example if the response has others."""
    status = context.finding.detail
    pointers = {claim.pointer for claim in context.claims}
    whole: list[tuple[str, list[Example]]] = []
    apart: list[tuple[str, list[Example]]] = []
    for call in _calls(context):
        for response in call.responses:
            mine = [example for media in response.media for example in media.examples if example.pointer in pointers]
            all_ = [example for media in response.media for example in media.examples]
            if mine and response.status != status:
                response_pointer = pointer_below(call.pointer, "responses", response.status)
                (whole if len(mine) == len(all_) else apart).append((response_pointer, mine))
    yield from _moved(context, [(response_pointer, status) for response_pointer, _ in whole if not apart])
    if apart or whole:
        operations = [
            operation
            for response_pointer, mine in (*whole, *apart)
            for operation in _split(context, response_pointer, status, mine)
        ]
        yield edit(f"its status is {status}", *operations)


def _calls(context: FindingContext) -> list[Call]:
    names = dict.fromkeys(claim.operation for claim in context.claims if claim.operation)
    return [context.seen.contract.operation(name) for name in names]


def _moved(context: FindingContext, pointers: list[tuple[str, str]]) -> Iterator[ContractEdit]:
    operations: list[Operation] = []
    for pointer, status in pointers:
        new = pointer_below(parent_of(pointer)[0], status)
        if exists(context.document, new):
            return
        operations += [SetValue(new, at(context.document, pointer)), RemoveValue(pointer)]
    if operations:
        yield edit(f"its status is {pointers[0][1]}", *operations)


def _split(context: FindingContext, pointer: str, status: str, examples: list[Example]) -> Iterator[Operation]:
    """Move examples to another status: into its response, or as a new one."""
    responses = parent_of(pointer)[0]
    old = _resolved(context, at(context.document, pointer))
    names = {example.name for example in examples}
    new = pointer_below(responses, status)
    if exists(context.document, new):
        yield from _joined(context, new, old, names)
    else:
        yield SetValue(new, _keeping(old, lambda name: name in names))
    left = _keeping(old, lambda name: name not in names)
    if any(media.get("examples") for media in left.get("content", {}).values()):
        yield SetValue(pointer, left)
    else:
        yield RemoveValue(pointer)


def _joined(context: FindingContext, new: str, old: Json, names: set[str]) -> Iterator[Operation]:
    documented = at(context.document, new)
    target = documented["$ref"].removeprefix("#") if "$ref" in documented else new
    for name, media in old.get("content", {}).items():
        for example, value in media.get("examples", {}).items():
            examples_pointer = pointer_below(target, "content", name, "examples")
            if example in names and exists(context.document, examples_pointer):
                yield SetValue(pointer_below(examples_pointer, example), value)


def _resolved(context: FindingContext, response: Json) -> Json:
    return at(context.document, response["$ref"]) if "$ref" in response else response


def _keeping(response: Json, wanted: Any) -> Json:
    content = {}
    for name, media in response.get("content", {}).items():
        kept = {key: value for key, value in media.get("examples", {}).items() if wanted(key)}
        content[name] = {**media, "examples": kept}
    return {**response, "content": content}


# ---- media types


def content_type(context: FindingContext) -> Iterator[ContractEdit]:
    """Change the media type of a response: the default of the field that decides it, or the type itself."""
    detail = context.finding.detail
    step = context.step
    if step is None or step.response is None or not detail:
        return
    yield from _asked_for(context, step, detail)
    for pointer in dict.fromkeys(claim.pointer for claim in context.claims):
        content = at(context.document, pointer)
        if _is_readable(detail) and detail not in content and step.media is not None and step.media.name in content:
            moved = content[step.media.name]
            yield edit(
                f"its media type is {detail}",
                SetValue(pointer_below(pointer, detail), moved),
                RemoveValue(pointer_below(pointer, step.media.name)),
            )


def _is_readable(media_type: str) -> bool:
    """Whether a body of this type can match the contract: an HTML page never does."""
    return media_type == STREAM or media_type.endswith(("/json", "+json"))


def _asked_for(context: FindingContext, step: ReadExchange, detail: str) -> Iterator[ContractEdit]:
    """If the observed media type is documented for requests with a certain field, change the default of that field."""
    media = (
        next((documented for documented in step.response.media if documented.name == detail), None)
        if step.response
        else None
    )
    reading = step.asked.reading if step.asked else None
    if media is None or media.when is None or reading is None or reading.branch is None:
        return
    written = at(context.document, media.pointer).get("x-when", {})
    for text, condition in written.items() if isinstance(written, dict) else ():
        wanted = condition.get("const") if isinstance(condition, dict) else None
        if wanted is None or not text.startswith("$request.body#"):
            continue
        path = steps(text.removeprefix("$request.body#"))
        for statement in statements(context.document, reading.branch.pointer, ("default",)):
            if statement.keyword == "default" and statement.path == path:
                yield edit(
                    f"{'.'.join(path)} is {short_json(wanted)} where it is left out",
                    SetValue(statement.pointer, wanted),
                )


# ---- headers and links


def header(context: FindingContext) -> Iterator[ContractEdit]:
    """Make a missing header optional; let a header of another form be any text."""
    pointer = context.claim.pointer
    if context.finding.kind == "missing":
        yield edit("the header may be missing", SetValue(pointer_below(pointer, "required"), False))
    else:
        schema = rule_of(context, pointer_below(pointer, "schema"))
        kept = {word: schema[word] for word in ("x-value", "x-evidence") if word in schema}
        yield edit("the header is a text", SetValue(pointer_below(pointer, "schema"), {"type": "string", **kept}))
    yield edit("the header is not documented", RemoveValue(pointer))


def link(context: FindingContext) -> Iterator[ContractEdit]:
    """Remove a link that leads nowhere."""
    yield edit(f"there is no link {steps(context.claim.pointer)[-1]}", RemoveValue(context.claim.pointer))
