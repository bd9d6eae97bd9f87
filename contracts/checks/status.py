"""Status check: a success has the documented status."""

from __future__ import annotations

from collections.abc import Iterator

from pixpact.contracts.checks.observation import Observation, kept
from pixpact.contracts.claims.contract_claims import ContractClaims
from pixpact.contracts.traffic.case import ReadExchange, TaskCase
from pixpact.contracts.traffic.task_states import states_of_word


def status(case: TaskCase, claims: ContractClaims) -> Iterator[Observation]:
    """Whether each successful response has the documented status."""
    for step in case.steps:
        if step.asked is None or not step.accepted or step.expects not in ("", "?"):
            continue
        status = step.response.status if step.response else ""
        claim = claims.responses.statuses.get(
            (step.operation.id, status), claims.responses.success.get(step.operation.id)
        )
        if claim is None:
            continue
        right = _statuses_of_state(step, claims)
        if step.documented and right and status not in right:
            claim = claims.responses.statuses[(step.operation.id, right[0])]
            observed = f"{status} with what is documented under {' or '.join(right)}"
            yield Observation(
                (claim,), False, "status", "breaking", "", claim.text, observed, status, steps=(step.index,)
            )
        elif step.documented:
            yield from kept(claim)
        else:
            observed = str(step.exchange.status)
            yield Observation(
                (claim,),
                False,
                "status",
                "breaking",
                "",
                claim.text,
                f"returned {observed}",
                observed,
                steps=(step.index,),
            )


def _statuses_of_state(step: ReadExchange, claims: ContractClaims) -> list[str]:
    """The 2XX statuses that document the state which a response reports by a word; empty without one."""
    word = step.says("$task.status")
    if not isinstance(word, str):
        return []
    lives = claims.contract.lifecycles.values()
    states = {
        state for life in lives for state in states_of_word(life, word, step.media, step.value) if word in life.words()
    }
    statuses = {status for status, example in step.operation.examples() if example.subject in states}
    return sorted(status for status in statuses if (step.operation.id, status) in claims.responses.statuses)
