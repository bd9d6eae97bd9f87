"""Lint rules for idempotency keys and callbacks."""

from __future__ import annotations

from collections.abc import Iterator

from pixpact.specs.contract.model import Callback, Operation
from pixpact.specs.dialect.lifecycle import Lifecycle
from pixpact.specs.lint.rules.subject import CompiledSpec, LintFault


def idempotency(spec: CompiledSpec) -> Iterator[LintFault]:
    """An `x-idempotency` whose key is not a parameter of the operation, or on an operation that starts no task."""
    for operation in spec.contract.operations:
        if operation.idempotency is None:
            continue
        pointer = f"{operation.pointer}/x-idempotency"
        if not operation.does("start", "run"):
            message = f"{operation.id} starts no task, so repeating it does no harm"
            yield LintFault(pointer, message, "put x-idempotency on the operation that starts or runs a task")
        elif not _reads_parameter(operation, operation.idempotency.key.text):
            message = f"{operation.id} has no parameter that {operation.idempotency.key.text} reads"
            yield LintFault(
                f"{pointer}/key", message, "declare the header, with `in: header`, or correct the expression"
            )


def _reads_parameter(operation: Operation, text: str) -> bool:
    return any(
        text.lower() == f"$request.{parameter.place}.{parameter.name}".lower() for parameter in operation.parameters
    )


def callback(spec: CompiledSpec) -> Iterator[LintFault]:
    """A callback that is never sent: of an operation that starts no task, or without an example of a state."""
    begun = any(operation.does("start") for operation in spec.contract.operations)
    for operation in spec.contract.operations if begun else ():  # plain OpenAPI has no tasks
        lifecycle = spec.lifecycle(operation)
        for callback in operation.callbacks:
            if not operation.does("start") or lifecycle is None:
                message = f"{operation.id} starts no task, so the callback {callback.name!r} is never sent"
                yield LintFault(callback.pointer, message, "put it on the operation that starts the task")
            elif not _reported(callback, lifecycle):
                message = f"the callback {callback.name!r} has no example of a state, so it is never sent"
                names = " or ".join(map(repr, lifecycle.outcomes()))
                yield LintFault(callback.pointer, message, f"add an example to its requestBody, named {names}")


def _reported(callback: Callback, lifecycle: Lifecycle) -> bool:
    states = lifecycle.reachable()
    return any(example.subject in states for media in callback.media for example in media.examples)
