"""Plans provoked responses: those that no client request can cause, requested from an endpoint that simulates them.

They are requested by `Prefer` (RFC 7240). An endpoint that ignores it gives another response, which is not judged.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from pixpact.contracts.claims.acceptance import AcceptanceClaims
from pixpact.contracts.claims.contract_claims import ContractClaims
from pixpact.contracts.samples.bodies import put
from pixpact.contracts.samples.samples import RequestSamples
from pixpact.specs.contract.model import Example, LifecycleRole, MediaType, Operation, WhenCondition
from pixpact.specs.dialect.expressions import field_of
from pixpact.specs.openapi.document import Json

CAUSES = frozenset(
    [
        *("forbidden", "insufficient-balance", "rate-limited", "moderated", "server-error", "bad-gateway"),
        *("unavailable", "idempotency-in-progress", "idempotency-reused"),
        *("gateway-error", "origin-down", "origin-connect-timeout", "origin-unreachable", "gateway-timeout"),
    ]
)
_PARTIAL = "fault=partial"

Asked = tuple[str, dict[str, Any]]
"""(description, fields of the probe)."""


def provoked_probes(claims: ContractClaims, operation: Operation, usual: dict[str, Any]) -> Iterator[Asked]:
    """Yield everything to provoke of one operation; `usual` holds the fields of a plain request."""
    yield from _refusals(claims, operation, usual)
    for role in operation.roles:
        begins = role.verb in ("start", "run") and role.of is None  # a continuation has no finished task to continue
        for word in _failures(claims, role) if begins else ():
            if role.verb == "start" or _is_success(operation, word):
                asked = in_mode(claims, operation, role, usual)
                yield f"a task that is {word} in the end", {**asked, "prefer": f"state={word}"}
    yield from _withheld(claims, operation, usual)


def _failures(claims: ContractClaims, role: LifecycleRole) -> list[str]:
    """The failed states of a role's tasks."""
    life = claims.contract.lifecycles.get(role.lifecycle or "")
    return [word for word in life.outcomes() if life.states[word].outcome == "failure"] if life else []


def _is_success(operation: Operation, word: str) -> bool:
    """Whether a state is reported with a 2XX status."""
    return any(status.startswith("2") and example.subject == word for status, example in operation.examples())


def in_mode(claims: ContractClaims, operation: Operation, role: LifecycleRole, usual: dict[str, Any]) -> dict[str, Any]:
    """The fields of a plain request, changed so that the operation acts in this role."""
    if role.when is None:
        return usual
    given = claims.parameters[operation.id].given
    headers = tuple(
        (parameter_claim.parameter.name, parameter_claim.text)
        for expression, holds in role.when.tests
        for parameter_claim in given
        if expression.text.lower() == f"$request.header.{parameter_claim.parameter.name}".lower()
        and not parameter_claim.refused
        and holds(parameter_claim.text)
    )
    return {**usual, "body": _fitting(claims, operation, usual, role.when), "headers": headers}


def _refusals(claims: ContractClaims, operation: Operation, usual: dict[str, Any]) -> Iterator[Asked]:
    runs = [role for role in operation.roles if role.verb == "run"]
    failures = [word for role in runs for word in _failures(claims, role) if not _is_success(operation, word)]
    for status, example in operation.examples():
        apart = example.subject is None and not status.startswith("2") and not _reads_violation(example)
        if example.subject not in CAUSES and example.subject not in failures and not apart:
            continue
        claim = claims.responses.causes.get((operation.id, example.subject or ""))
        body = _fitting(claims, operation, usual, example.when)
        yield (
            f"{example.subject or example.name}, asked for",
            {
                **usual,
                "body": body,
                "claims": (claim.id,) if claim else (),
                "expects": example.subject or example.name,
                "prefer": _named(operation, status, example),
            },
        )


def _named(operation: Operation, status: str, example: Example) -> str:
    """The preference for an example: its name, as the status is judged; with the status where names repeat."""
    alike = [another for _, another in operation.examples() if another.name == example.name]
    return f"example={example.name}" if len(alike) == 1 else f"code={status}, example={example.name}"


def _reads_violation(example: Example) -> bool:
    return example.when is not None and "violation" in example.when.roots


def _withheld(claims: ContractClaims, operation: Operation, usual: dict[str, Any]) -> Iterator[Asked]:
    """Yield requests for several images of which some are withheld, one for each media type that documents this."""
    for media in _delivering(claims, operation):
        if any(map(_shows_withheld, media.examples)):
            body = _several(claims, operation, usual, media.when if operation.does("run") else None)
            yield f"images that are withheld, as {media.name}", {**usual, "body": body, "prefer": _PARTIAL}


def _delivering(claims: ContractClaims, operation: Operation) -> Iterator[MediaType]:
    """The media types of the responses with an operation's images: its own, or those of polls of its task."""
    shows = (
        [candidate for candidate in claims.contract.operations if candidate.does("show")]
        if operation.does("start")
        else []
    )
    for delivering in (operation, *shows) if operation.does("start", "run") else ():
        yield from (
            media for response in delivering.responses if response.status.startswith("2") for media in response.media
        )


def _shows_withheld(example: Example) -> bool:
    conditions = [item.when for item in example.images if item.when]
    return any(expression.text == "$image.withheld" for when in conditions for expression, _ in when.tests)


def _several(claims: ContractClaims, operation: Operation, usual: dict[str, Any], when: WhenCondition | None) -> Json:
    """A body that requests several images: the usual one changed, or the smallest one of another branch."""
    bases = [
        accepted.base(branch)
        for accepted in _acceptances(claims, operation)
        for branch in accepted.media.reader.all_branches()
    ]
    for body in (usual.get("body"), *bases):
        fitted = _fitting(claims, operation, {**usual, "body": body}, when)
        if (made := _with_several(claims, operation, fitted)) is not None:
            return made
    return _fitting(claims, operation, usual, when)


def _with_several(claims: ContractClaims, operation: Operation, body: Json) -> Json:
    """The body changed to request several images; None if no change does that."""
    for accepted in _acceptances(claims, operation):
        counts = [want for want in accepted.wants if want.claim.area == "image" and want.claim.id.endswith("/count")]
        for want in counts:
            for change in want.changes:
                made, reading = accepted.valid(change(body))
                if not reading.violations and accepted.promise(reading).count > 1:
                    return made
    return None


def _fitting(claims: ContractClaims, operation: Operation, usual: dict[str, Any], when: WhenCondition | None) -> Json:
    """The usual body, changed so that a condition on the request holds."""
    body = usual.get("body")
    for accepted in _acceptances(claims, operation):
        for expression, holds in when.tests if when else ():
            path = field_of(expression.text)
            if path is not None:
                body = _with(body, path, holds, accepted)
    return body


def _with(body: Json, path: tuple[str, ...], holds: Any, accepted: AcceptanceClaims) -> Json:
    for samples in accepted.samples.values():
        for value in (*_values(samples, path), True):
            made = put(body, path, value)
            if holds(value) and not accepted.valid(made)[1].violations:
                return accepted.valid(made)[0]
    return body


def _values(samples: RequestSamples, path: tuple[str, ...]) -> list[Json]:
    return samples.of(path) if any(statement.path == path for statement in samples.statements) else []


def _acceptances(claims: ContractClaims, operation: Operation) -> Iterator[AcceptanceClaims]:
    for media in operation.body.media if operation.body else ():
        yield claims.acceptance[(operation.id, media.name)]


def asking_for(claims: ContractClaims, operation: Operation, body: Json, media: MediaType) -> Json:
    """The body, changed so that the response has this media type."""
    return _fitting(claims, operation, {"body": body}, media.when)
