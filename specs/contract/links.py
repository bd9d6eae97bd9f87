"""OpenAPI links, followed from the response that hands something on to the operation that reads it."""

from __future__ import annotations

from pixpact.specs.contract.model import Operation
from pixpact.specs.dialect.expressions import Expression


def link_expressions(operation: Operation, show: Operation) -> list[Expression]:
    """The expressions of an operation's links that lead to what `show`, which shows a task or ends it, reads."""
    assert show.role is not None
    assert show.role.expression is not None
    name = show.role.expression.text.rpartition(".")[2]
    return [
        link.parameters[name]
        for response in operation.responses
        for link in response.links
        if link.operation == show.id and name in link.parameters
    ]
