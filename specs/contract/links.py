"""OpenAPI links: the expressions that pass a task id from a response to another operation."""

from __future__ import annotations

from pixpact.specs.contract.model import Operation
from pixpact.specs.dialect.expressions import Expression


def link_expressions(operation: Operation, show: Operation) -> list[Expression]:
    """The link expressions of `operation` that give `show` (which shows or ends tasks) its task id."""
    assert show.role is not None
    assert show.role.expression is not None
    name = show.role.expression.text.rpartition(".")[2]
    return [
        link.parameters[name]
        for response in operation.responses
        for link in response.links
        if link.operation == show.id and name in link.parameters
    ]
