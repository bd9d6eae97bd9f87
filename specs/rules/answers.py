"""Examples: valid against their schemas, one for each cause, bound only to what has a value."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from pixpact.specs.expressions import Expression
from pixpact.specs.model import CAUSES, Example, Operation
from pixpact.specs.problems import Problem
from pixpact.specs.reading import Member
from pixpact.specs.rules.subject import Meaning


def example(spec: Meaning) -> Iterator[Problem]:
    """An example that its own schema refuses."""
    for _, _, media, it in spec.examples():
        for broken in spec.schemas.violations(media.schema or media.pointer, it.value):
            yield _invalid(spec, it, broken.message)
    for operation in spec.contract.operations:
        for request in operation.body.media if operation.body else ():
            for it in request.examples:
                for broken in request.reader.read(it.value).violations:
                    yield _invalid(spec, it, broken.message)


def _invalid(spec: Meaning, it: Example, message: str) -> Problem:
    return spec.problem("example", it.pointer, f"the example {it.name!r} is refused by its schema: {message}", "correct one of them")


def missing_refusal(spec: Meaning) -> Iterator[Problem]:
    """An operation that cannot say what every client will meet."""
    for operation in spec.contract.operations:
        answered = set(unconditional_causes(operation))
        for cause, why in _needed(operation):
            if cause not in answered:
                message = f"{operation.id} has no unconditional example named {cause!r}, and {why}"
                remedy = f"add an error answer with an example named {cause!r}"
                yield spec.problem("missing-refusal", operation.pointer, message, remedy)


def _needed(operation: Operation) -> Iterator[tuple[str, str]]:
    if operation.credentials:
        yield "unauthenticated", "it needs a key"
    if operation.body:
        yield "invalid-request", "it reads a body"
    if operation.role and operation.role.verb == "show":
        yield "unknown-task", "it shows a task"


def unconditional_causes(operation: Operation) -> list[str]:
    """The causes that an operation answers whatever was asked."""
    return [
        str(it.answers)
        for response in operation.responses
        for media in response.media
        for it in media.examples
        if it.answers in CAUSES and it.when is None
    ]


def cause_twice(spec: Meaning) -> Iterator[Problem]:
    """A cause with two unconditional answers: which one would be given?"""
    for operation in spec.contract.operations:
        for cause, count in Counter(unconditional_causes(operation)).items():
            if count > 1:
                message = f"{operation.id} answers {cause!r} {count} times"
                remedy = "keep one unconditional example of that name, give the others an x-when"
                yield spec.problem("cause-twice", operation.pointer, message, remedy)


def undefined_binding(spec: Meaning) -> Iterator[Problem]:
    """A required member bound to something that may have no value."""
    for operation, _, _, it in spec.examples():
        for binding in it.bindings:
            why = _undefined(spec, operation, it, binding.expression) if binding.required else None
            if why:
                name = ".".join(str(step) for step in binding.path)
                message = f"{name} is required and bound to {binding.expression.text}, which {why}"
                remedy = "make the member optional, or bind it to something that always has a value"
                yield spec.problem("undefined-binding", it.pointer, message, remedy)


_GIVEN_BY = {"task": ("start", "run", "show"), "image": ("run", "show"), "usage": ("run", "show"), "upload": ("store",)}


def _undefined(spec: Meaning, operation: Operation, it: Example, expression: Expression) -> str | None:
    verbs = _GIVEN_BY.get(expression.root)
    if verbs and (operation.role is None or operation.role.verb not in verbs):
        return f"only exists where x-lifecycle is {' or '.join(verbs)}"
    if expression.root == "violation" and not _after_violation(it):
        return "only exists in an answer to an invalid request"
    if expression.text in ("$task.completedAt", "$task.expiresAt") and not _over(spec, operation, it):
        return "only exists once the task is over"
    if expression.text == "$task.cost":
        return "does not exist where no price is known"
    return _undefined_member(spec, operation, expression)


def _after_violation(it: Example) -> bool:
    return it.answers == "invalid-request" or bool(it.when and "violation" in it.when.roots)


def _over(spec: Meaning, operation: Operation, it: Example) -> bool:
    lifecycle = spec.lifecycle(operation)
    if lifecycle is None or it.answers not in lifecycle.states:
        return True  # the success of an operation that runs to the outcome
    return lifecycle.states[it.answers].outcome is not None


def _undefined_member(spec: Meaning, operation: Operation, expression: Expression) -> str | None:
    if expression.text.startswith("$task.request.body#/"):
        readers = [op for op in spec.contract.operations if op.role and op.role.verb == "start"]
    elif expression.text.startswith("$request.body#/"):
        readers = [operation]
    else:
        return None
    name = expression.text.rpartition("#/")[2]
    absent = any(not _always(members.get(name)) for op in readers for members in _members(op))
    return "a request may leave out" if absent else None


def _always(member: Member | None) -> bool:
    return member is not None and (member.required or member.has_default)


def _members(operation: Operation) -> Iterator[dict[str, Member]]:
    for media in operation.body.media if operation.body else ():
        for branch in media.reader.all_branches():
            yield branch.members
