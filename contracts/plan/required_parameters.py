"""Values for the path, query and header parameters of a planned request."""

from __future__ import annotations

from collections.abc import Mapping

from pixpact.contracts.claims.contract_claims import ContractClaims
from pixpact.contracts.claims.parameters import ParameterValue
from pixpact.contracts.plan.capabilities import Capabilities
from pixpact.contracts.samples.pattern_texts import matching
from pixpact.contracts.samples.samples import ELSEWHERE, MARK, PLAIN
from pixpact.specs.contract.model import Operation, Parameter

UNKNOWN_ID = "pixpact-no-such-task"
"""A task id that no account has."""

SAFE = ("GET", "HEAD")
"""Safe methods: only these are sent without a claim to check, or more than once."""

Pairs = tuple[tuple[str, str], ...]


class OptionalParameters:
    """Values of optional parameters, added to planned requests: each is sent once, one per request."""

    def __init__(self, claims: ContractClaims, means: Capabilities) -> None:
        self._claims = claims
        self._means = means
        self._sent: set[tuple[str, str]] = set()

    def next(self, operation: Operation) -> ParameterValue | None:
        """The next value that no planned request has yet; None when there is none."""
        for given in self._claims.parameters[operation.id].given:
            key = (given.claim.id, given.text)
            calls_back = self._means.live and given.text.startswith((ELSEWHERE, PLAIN))
            if not given.refused and key not in self._sent and not calls_back:
                self._sent.add(key)
                return given
        return None


def parameter_slot(given: ParameterValue) -> dict[str, Pairs]:
    """The probe field (`headers` or `query`) with the value of a parameter."""
    return {"headers" if given.parameter.place == "header" else "query": ((given.parameter.name, given.text),)}


def path_values(operation: Operation, given: Mapping[str, str]) -> dict[str, str]:
    """The path parameters: given values, else the contract's samples."""
    return {
        parameter.name: given.get(parameter.name, sample(operation, parameter))
        for parameter in operation.parameters
        if parameter.place == "path"
    }


def with_required(operation: Operation, location: str, given: Pairs) -> Pairs:
    """The given parameters of a location (query or header), with missing required ones put before them."""
    names = {_key(name, location) for name, _ in given}
    missing = [
        (parameter.name, sample(operation, parameter))
        for parameter in operation.parameters
        if parameter.place == location and parameter.required and _key(parameter.name, location) not in names
    ]
    return (*missing, *given)


def is_safe_to_poll(operation: Operation) -> bool:
    """Whether a request is safe (RFC 9110, section 9.2.1) and the contract has values for its path."""
    return operation.method in SAFE and all(
        parameter.shown is not None for parameter in operation.parameters if parameter.place == "path"
    )


def sample(operation: Operation, parameter: Parameter) -> str:
    """A text for a parameter: an unknown task id, else the contract's value, else one that matches its schema."""
    if names_task(operation, parameter):
        return UNKNOWN_ID
    if parameter.shown is not None:
        return text_of(parameter.shown)
    if parameter.pattern and (made := matching([parameter.pattern], 1)):
        return made
    return "1" if {"integer", "number"} & set(parameter.types) else MARK


def names_task(operation: Operation, parameter: Parameter) -> bool:
    """Whether the parameter identifies the task."""
    role = operation.role
    return bool(role and role.expression and role.expression.text == f"$request.{parameter.place}.{parameter.name}")


def text_of(value: object) -> str:
    """A value as the text of a parameter."""
    return str(value).lower() if isinstance(value, bool) else str(value)


def _key(name: str, location: str) -> str:
    return name.lower() if location == "header" else name
