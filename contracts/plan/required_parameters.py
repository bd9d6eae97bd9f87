"""What goes around the body of a request: a value for each parameter without which it would be refused."""

from __future__ import annotations

from collections.abc import Mapping

from pixpact.contracts.claims.contract_claims import ContractClaims
from pixpact.contracts.claims.parameters import ParameterValue
from pixpact.contracts.plan.capabilities import Capabilities
from pixpact.contracts.samples.pattern_texts import matching
from pixpact.contracts.samples.samples import ELSEWHERE, MARK, PLAIN
from pixpact.specs.contract.model import Operation, Parameter

UNKNOWN_ID = "pixpact-no-such-task"
"""Stands where a request names a task: nobody has one of this name."""

SAFE = ("GET", "HEAD")
"""The methods of requests that change nothing: only these are sent without a purpose, or more than once."""

Pairs = tuple[tuple[str, str], ...]


class OptionalParameters:
    """The values of parameters that planned requests carry beside what they must: each is sent once, by itself."""

    def __init__(self, claims: ContractClaims, means: Capabilities) -> None:
        self._claims = claims
        self._means = means
        self._sent: set[tuple[str, str]] = set()

    def next(self, operation: Operation) -> ParameterValue | None:
        """A value that no planned request has yet; None when there is none."""
        for given in self._claims.parameters[operation.id].given:
            key = (given.claim.id, given.text)
            calls_back = self._means.live and given.text.startswith((ELSEWHERE, PLAIN))
            if not given.refused and key not in self._sent and not calls_back:
                self._sent.add(key)
                return given
        return None


def parameter_slot(given: ParameterValue) -> dict[str, Pairs]:
    """The field of a probe that carries the value of a parameter."""
    return {"headers" if given.parameter.place == "header" else "query": ((given.parameter.name, given.text),)}


def path_values(operation: Operation, given: Mapping[str, str]) -> dict[str, str]:
    """A value for each template of the path: what is given, else what the contract shows."""
    return {
        parameter.name: given.get(parameter.name, sample(operation, parameter))
        for parameter in operation.parameters
        if parameter.place == "path"
    }


def with_required(operation: Operation, location: str, given: Pairs) -> Pairs:
    """The parameters that are given for a place (query or header), after those that a request must have beside them."""
    names = {_key(name, location) for name, _ in given}
    missing = [
        (parameter.name, sample(operation, parameter))
        for parameter in operation.parameters
        if parameter.place == location and parameter.required and _key(parameter.name, location) not in names
    ]
    return (*missing, *given)


def is_safe_to_poll(operation: Operation) -> bool:
    """Whether a request changes nothing (RFC 9110, section 9.2.1) and the contract shows what its path needs."""
    return operation.method in SAFE and all(
        parameter.shown is not None for parameter in operation.parameters if parameter.place == "path"
    )


def sample(operation: Operation, parameter: Parameter) -> str:
    """A text for a parameter: an unknown task where it names one, else what the contract shows, else any."""
    if names_task(operation, parameter):
        return UNKNOWN_ID
    if parameter.shown is not None:
        return text_of(parameter.shown)
    if parameter.pattern and (made := matching([parameter.pattern], 1)):
        return made
    return "1" if {"integer", "number"} & set(parameter.types) else MARK


def names_task(operation: Operation, parameter: Parameter) -> bool:
    """Whether the parameter says which task is meant."""
    role = operation.role
    return bool(role and role.expression and role.expression.text == f"$request.{parameter.place}.{parameter.name}")


def text_of(value: object) -> str:
    """A value as a parameter's text."""
    return str(value).lower() if isinstance(value, bool) else str(value)


def _key(name: str, location: str) -> str:
    return name.lower() if location == "header" else name
