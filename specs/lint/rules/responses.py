"""Lint rules for examples: valid against their schemas, one per cause, bound to existing values."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from pixpact.specs.contract.model import CAUSES, Example, MediaType, Operation, Parameter, Verb, WhenCondition
from pixpact.specs.dialect.expressions import Expression
from pixpact.specs.dialect.images import format_named
from pixpact.specs.dialect.request_body import BodyBranch, FieldRule, conjuncts, field_at
from pixpact.specs.lint.rules.subject import CompiledSpec, LintFault
from pixpact.specs.openapi.document import at, steps
from pixpact.specs.openapi.messages import listed, short_json


def example(spec: CompiledSpec) -> Iterator[LintFault]:
    """An example that its own schema refuses."""
    for _, media in spec.responses:
        for example in media.examples:
            for broken in spec.schemas.violations(f"{media.pointer}/schema", example.value):
                yield _refused(example.pointer, example.name, broken.message)
    for _, request in spec.requests:
        for example in request.examples:
            for broken in request.reader.read(example.value).violations:
                yield _refused(example.pointer, example.name, broken.message)
    yield from _refused_callbacks(spec)


def _refused_callbacks(spec: CompiledSpec) -> Iterator[LintFault]:
    sent = (callback for operation in spec.contract.operations for callback in operation.callbacks)
    for media in {media.pointer: media for callback in sent for media in callback.media}.values():
        for example in media.examples:
            for broken in spec.schemas.violations(f"{media.pointer}/schema", example.value):
                yield _refused(example.pointer, example.name, broken.message)


def _refused(pointer: str, name: str, message: str) -> LintFault:
    return LintFault(pointer, f"the example {name!r} is refused by its schema: {message}", "correct one of them")


def missing_response(spec: CompiledSpec) -> Iterator[LintFault]:
    """An operation without a task that lacks an example of its success, so that the mock could not respond."""
    for operation in spec.contract.operations:
        role = operation.role
        plain = role is None or role.verb == "store" or (role.verb == "end" and role.becomes is None)
        shown = any(example.subject is None and example.when is None for _, example in operation.examples())
        if plain and not shown and not operation.responses_without_body:
            message = f"{operation.id} has no unconditional example of its success"
            remedy = "add an example to its 2XX response, or a 2XX response without `content`"
            yield LintFault(operation.pointer, message, remedy)


def missing_refusal(spec: CompiledSpec) -> Iterator[LintFault]:
    """An operation without an example of a refusal that every client may meet."""
    for operation in spec.contract.operations:
        answered = set(unconditional_causes(operation))
        for cause, why in _needed(spec, operation):
            if cause not in answered:
                message = f"{operation.id} has no unconditional example named {cause!r}, and {why}"
                yield LintFault(operation.pointer, message, f"add an error response with an example named {cause!r}")


def _needed(spec: CompiledSpec, operation: Operation) -> Iterator[tuple[str, str]]:
    if operation.credentials:
        yield "unauthenticated", "it needs a key"
    if operation.body:
        yield "invalid-request", "it reads a body"
    elif any(_refusable(spec, parameter) for parameter in operation.parameters):
        yield "invalid-request", "it has parameters that can be wrong"
    if operation.does("show"):
        yield "unknown-task", "it shows a task"
    if any(role.of for role in operation.roles):
        yield "unknown-task", "it goes on from a task"
    if operation.idempotency:
        yield "idempotency-in-progress", "it takes idempotency keys"
        yield "idempotency-reused", "it takes idempotency keys"


def _refusable(spec: CompiledSpec, parameter: Parameter) -> bool:
    """Whether some text is an invalid value of a parameter."""
    limits = {keyword for _, part in conjuncts(spec.value, parameter.schema) for keyword in part} - _NO_LIMITS
    missing = parameter.required and parameter.place != "path"
    return missing or bool(limits) or not spec.schemas.test(parameter.schema)("a text")


_NO_LIMITS = {"type", "title", "description", "default", "examples", "deprecated", "$comment", "$ref", "x-evidence"}


def unconditional_causes(operation: Operation) -> list[str]:
    """The causes with an unconditional example in an operation."""
    return [
        str(example.subject)
        for _, example in operation.examples()
        if example.subject in CAUSES and example.when is None
    ]


def cause_twice(spec: CompiledSpec) -> Iterator[LintFault]:
    """A cause with two unconditional examples: it is ambiguous which one to return."""
    for operation in spec.contract.operations:
        for cause, count in Counter(unconditional_causes(operation)).items():
            if count > 1:
                remedy = "keep one unconditional example of that name, give the others an x-when"
                yield LintFault(operation.pointer, f"{operation.id} answers {cause!r} {count} times", remedy)


def undefined_binding(spec: CompiledSpec) -> Iterator[LintFault]:
    """A required field bound to an expression that may have no value."""
    for operation, media in spec.responses:
        for example in media.examples:
            for binding in example.bindings:
                needed = binding.required and not binding.nullable
                why = _undefined(spec, operation, _ExamplePlace(media, example), binding.expression) if needed else None
                if why:
                    name = ".".join(str(step) for step in binding.path)
                    message = f"{name} is required and bound to {binding.expression.text}, which {why}"
                    remedy = (
                        "make the field optional, bind it otherwise, or give this response a schema of its own (oneOf)"
                    )
                    yield LintFault(example.pointer, message, remedy)


@dataclass(frozen=True, slots=True)
class _ExamplePlace:
    """An example with its media type: both may have a condition."""

    media: MediaType
    example: Example

    @property
    def subject(self) -> str | None:
        return self.example.subject

    @property
    def conditions(self) -> list[WhenCondition]:
        return [when for when in (self.media.when, self.example.when) if when is not None]


def _undefined(spec: CompiledSpec, operation: Operation, example: _ExamplePlace, expression: Expression) -> str | None:
    """Why an expression may have no value in an example; for a text with several, the first of them. None if it has."""
    reasons = (_absent(spec, operation, example, one) for one in expression.embedded or (expression,))
    return next((why for why in reasons if why), None)


_GIVEN_BY: dict[str, tuple[Verb, ...]] = {
    "task": ("start", "run", "show", "end"),
    "image": ("run", "show", "end"),
    "usage": ("run", "show", "end"),
    "upload": ("store",),
}


def _absent(spec: CompiledSpec, operation: Operation, example: _ExamplePlace, expression: Expression) -> str | None:
    verbs = _GIVEN_BY.get(expression.root)
    waits = "show" in (verbs or ()) and any(role.wait for role in operation.roles)
    if verbs and not operation.does(*verbs) and not waits:
        return f"only exists where x-lifecycle is {' or '.join(verbs)}"
    if expression.root == "violation" and not _after_violation(example):
        return "only exists in a response to an invalid request"
    if expression.root == "event":
        return "only exists in what a callback sends"
    if expression.text == "$exchange.replayed":
        return "only exists in a repeated response"
    if expression.root == "account" and operation.role is not None:
        return "only exists where there is no x-lifecycle"
    if expression.root == "task":
        return _absent_of_task(spec, operation, example, expression.text)
    if expression.text.startswith("$request.body#/"):
        return _left_out([operation], expression.text, example.conditions)
    return None


def _after_violation(example: _ExamplePlace) -> bool:
    when = example.example.when
    return example.subject == "invalid-request" or bool(when and "violation" in when.roots)


def _absent_of_task(spec: CompiledSpec, operation: Operation, example: _ExamplePlace, text: str) -> str | None:
    lifecycle = spec.lifecycle(operation)
    state = lifecycle.states.get(example.subject or "") if lifecycle else None
    if state is None and example.subject in CAUSES:
        return "does not exist in a refusal"
    if text in ("$task.completedAt", "$task.expiresAt") and state and not state.outcome:
        return "only exists once the task is over"
    if text == "$task.progress" and state and state.progress is None:
        return f"does not exist in the state {state.name}, which has no `progress`"
    if text == "$task.cost":
        return "does not exist where no price is known"
    if text.startswith("$task.request.body#/"):
        return _left_out([op for op in spec.contract.operations if op.does("start")], text)
    return None


def _left_out(operations: list[Operation], text: str, conditions: Sequence[WhenCondition] = ()) -> str | None:
    """Why a request field may be absent: a branch of these operations neither requires it nor has a default."""
    names = steps(text.rpartition("#")[2])
    if any(expression.text == text for condition in conditions for expression, _ in condition.tests):
        return None  # the example is only used where the field has a value
    branches = [
        branch
        for operation in operations
        for media in (operation.body.media if operation.body else ())
        for branch in media.reader.all_branches()
        if all(_can_hold(branch, condition) for condition in conditions)
    ]
    absent = any(not _always(branch.fields, names) for branch in branches)
    return "a request may leave out" if absent else None


def _always(fields: Mapping[str, FieldRule], names: Sequence[str]) -> bool:
    """Whether the field at nested names is in every request."""
    field = fields.get(names[0]) if names else None
    if field is None or not (field.required or field.has_default):
        return False
    return len(names) == 1 or _always(field.fields, names[1:])


def _can_hold(branch: BodyBranch, condition: WhenCondition) -> bool:
    """Whether a request of a branch can meet a condition: an enum field must have a value that passes."""
    for expression, test in condition.tests:
        if expression.text.startswith("$request.body#/"):
            field = field_at(branch.fields, steps(expression.text.removeprefix("$request.body#")))
            words = None if field is None else branch.words(field)
            if words is not None and not any(test(word) for word in words):
                return False
    return True


def image_format(spec: CompiledSpec) -> Iterator[LintFault]:
    """An `x-images` format read from a field whose values include a format that cannot be generated."""
    for site in spec.parts.of_kind("images"):
        text = site.value.get("format", "")
        names = steps(text.removeprefix("$request.body#")) if text.startswith("$request.body#/") else ()
        for field in _fields_at(spec, names):
            for pointer in field.places:
                schema = at(spec.value, pointer)
                words = schema.get("enum", ()) if isinstance(schema, dict) else ()
                unknown = [short_json(word) for word in words if format_named(word) is None]
                if unknown:
                    message = f"{'.'.join(names)} may be {listed(unknown)}, which the mock cannot paint"
                    remedy = "formats are jpeg, jpg, png, webp, and the same after `image/`"
                    yield LintFault(f"{pointer}/enum", message, remedy)


def _fields_at(spec: CompiledSpec, names: Sequence[str]) -> Iterator[FieldRule]:
    """Yield the field at nested names in each branch that has it."""
    for branch in spec.branches if names else ():
        if (field := field_at(branch.fields, names)) is not None:
            yield field
