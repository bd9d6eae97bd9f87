"""Bindings check: the value of a bound field is true.

The mock evaluates a binding forwards. Here the binding is inverted: the value in a response implies what was sent,
fetched or seen elsewhere, and is compared with it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

from pixpact.contracts.checks.observation import Observation, kept, unjudged
from pixpact.contracts.claims.claim import Claim
from pixpact.contracts.claims.contract_claims import ContractClaims
from pixpact.contracts.claims.responses import BoundField
from pixpact.contracts.traffic.case import ReadExchange, TaskCase
from pixpact.contracts.traffic.case_images import (
    BASE64,
    BYTES,
    ITEM,
    URL,
    delivering,
    places_are_clear,
    shown_images,
    shown_in,
)
from pixpact.contracts.traffic.images import length_of
from pixpact.contracts.traffic.instants import is_near, knows_time, natural
from pixpact.contracts.traffic.parts import files_of
from pixpact.contracts.traffic.unrecorded import MASKED, TIME, is_masked
from pixpact.specs.dialect.expressions import UNDEFINED, ExpressionRoots, parse
from pixpact.specs.openapi.document import escaped
from pixpact.specs.openapi.messages import short_json
from pixpact.wire.exchange import media_type
from pixpact.wire.json_values import is_number

Expected = tuple[bool | None, str]
"""(whether the value is right, None if that is unknown; what it should have been)."""
Judge = Callable[[TaskCase, ReadExchange, BoundField, Any], Expected]
_UNREPORTED: Expected = (None, "")


def bindings(case: TaskCase, claims: ContractClaims) -> Iterator[Observation]:
    """Whether echoed values, ids, counts, sums and times in responses are right."""
    for step in case.steps:
        if step.body is None or not step.answered:
            continue
        wrong = {violation.pointer for _, violation in step.body.violations}
        for bound in step.body.bound:
            if bound.claim is None or bound.expression in (URL, BASE64, BYTES) or bound.pointer in wrong:
                continue  # `images` judges URLs and base64, `body` judges bytes
            for observation in _stated_value(case, step, bound):
                named = _named_instead(step, bound, claims) if observation.kept is False else ()
                yield replace(observation, claims=(*observation.claims, *named))


def _named_instead(step: ReadExchange, bound: BoundField, claims: ContractClaims) -> tuple[Claim, ...]:
    """The claims about the field that a refusal names instead of the wrong one: it may be what was refused."""
    if bound.expression != "$violation.field" or step.asked is None or step.asked.reading is None:
        return ()
    accepted = claims.acceptance.get((step.operation.id, media_type(step.exchange.request_headers)))
    if accepted is None:
        return ()
    field_pointer = f"/properties/{escaped(str(bound.value))}"
    exercised = accepted.exercised(step.sent, step.asked.reading).values()
    return tuple(claim for claim in exercised if f"{field_pointer}/" in f"{claim.pointer}/")


def _stated_value(case: TaskCase, step: ReadExchange, bound: BoundField) -> Iterator[Observation]:
    claim = bound.claim
    assert claim is not None
    if is_masked(step.exchange, bound.value):
        yield from unjudged(MASKED, claim)
        return
    right, promised = _judged(case, step, bound)
    if right:
        yield from kept(claim)
    elif right is None:
        is_time = parse(bound.expression).time and not knows_time(case, step)
        yield from unjudged(TIME if is_time else "nothing to compare it with", claim)
    else:
        yield Observation(
            claims=(claim,),
            kept=False,
            kind="binding",
            severity="breaking",
            pointer=bound.pointer,
            promised=f"{claim.text}: {promised}",
            observed=short_json(bound.value),
            detail=type(bound.value).__name__,
            steps=_with_start(case, step),
            root=_unit(case, step, bound) or bound.expression,
        )


_MILLISECONDS, _ZONE = "milliseconds", "another time zone"
_HALF_HOUR, _MOST_HALF_HOURS = 1800, 28
_EXPIRES = ("$task.expiresAt", "$image.expiresAt")


def _unit(case: TaskCase, step: ReadExchange, bound: BoundField) -> str:
    """The unit or time zone in which a wrong time would be right, as then probably all times are; else empty."""
    value = (natural(bound) or {}).get(bound.expression)
    if not parse(bound.expression).time or not is_number(value) or not value:
        return ""

    def is_right(number: float) -> bool:
        return _root(case, step, bound, bound.expression, number)[0] is True

    if isinstance(bound.value, int) and is_right(bound.value / 1000):
        return _MILLISECONDS
    shifts = (sign * half * _HALF_HOUR for half in range(1, _MOST_HALF_HOURS + 1) for sign in (1, -1))
    return _ZONE if bound.expression not in _EXPIRES and any(is_right(value + shift) for shift in shifts) else ""


def _with_start(case: TaskCase, step: ReadExchange) -> tuple[int, ...]:
    start = case.start
    return (step.index,) if start is None or start is step else (start.index, step.index)


def _judged(case: TaskCase, step: ReadExchange, bound: BoundField) -> Expected:
    if bound.expression == ITEM:
        return True, ""
    if _SERVER in bound.expression and bound.expression != "$server":
        return _below_server(case, step, bound)
    natural_value = natural(bound)
    if natural_value is None:
        return False, f"of the form {bound.expression}"
    judgements = [_root(case, step, bound, text, value) for text, value in natural_value.items()]
    wrong = next((judgement for judgement in judgements if judgement[0] is False), None)
    return wrong or (_UNREPORTED if any(right is None for right, _ in judgements) else (True, ""))


_SERVER = "{$server}"


def _below_server(case: TaskCase, step: ReadExchange, bound: BoundField) -> Expected:
    """Judge a URL below the base URL: right if it is right for any base URL of the contract."""
    assert step.asked is not None
    texts = [bound.expression.replace(_SERVER, base) for base in step.asked.bases]
    judgements = [
        _judged(case, step, replace(bound, expression=text)) if "{$" in text else (bound.value == text, text)
        for text in texts
    ]
    wrong = (False, f"below {' or '.join(step.asked.bases)}")
    return next((judgement for judgement in judgements if judgement[0] is not False), wrong)


def _root(case: TaskCase, step: ReadExchange, bound: BoundField, text: str, value: Any) -> Expected:
    if text.startswith(("$task.request.", "$request.")):
        return _echo(case, step, text, value)
    judge = _ROOTS.get(text)
    if text in _TIMES and not knows_time(case, step):
        return _UNREPORTED
    return judge(case, step, bound, value) if judge else (True, "")


def _echo(case: TaskCase, step: ReadExchange, text: str, value: Any) -> Expected:
    asker = case.start if text.startswith("$task.") else step
    if asker is None or asker.asked is None or asker.asked.violations:
        return True, ""
    wanted = parse(text.replace("$task.", "$")).evaluate(ExpressionRoots(request=asker.asked.request))
    if is_masked(asker.exchange, wanted):
        return _UNREPORTED
    return (wanted is UNDEFINED or wanted == value), f"{short_json(wanted)}, as it was sent"


def _created(case: TaskCase, step: ReadExchange, _: BoundField, value: Any) -> Expected:
    start = case.start
    if start is None:
        return is_near(case, value, step.exchange.started, before=_LONG), "a time before the response"
    return is_near(case, value, start.exchange.started, after=start.exchange.duration), "the time of the request"


def _completed(case: TaskCase, step: ReadExchange, _: BoundField, value: Any) -> Expected:
    start = case.start
    since = start.exchange.started if start else step.exchange.started - _LONG
    return is_near(case, value, since, after=step.exchange.ended - since), "a time between the request and the response"


def _expires(case: TaskCase, step: ReadExchange, _: BoundField, value: Any) -> Expected:
    return is_near(case, value, step.exchange.started, before=_LONG, after=_LONG), "a time in seconds, not years away"


_LONG = 400 * 86400.0
_TIMES = frozenset(
    [
        "$task.createdAt",
        "$task.completedAt",
        "$task.elapsed",
        "$task.expiresAt",
        "$image.expiresAt",
        "$upload.createdAt",
    ]
)
"""Expressions whose values are compared with the times of exchanges."""


def _uploaded_at(case: TaskCase, step: ReadExchange, _: BoundField, value: Any) -> Expected:
    return is_near(case, value, step.exchange.started, after=step.exchange.duration), "the time of the upload"


def _elapsed(case: TaskCase, step: ReadExchange, _: BoundField, value: Any) -> Expected:
    start = case.start
    most = step.exchange.ended - start.exchange.started if start else _LONG
    return 0 <= value <= most + 1, f"seconds since the request, at most {most:.0f}"


def _index(_: TaskCase, step: ReadExchange, bound: BoundField, value: Any) -> Expected:
    assert step.body is not None
    if not places_are_clear(step):
        return _UNREPORTED
    paths = [binding.path for binding in step.body.bound if binding.expression == "$image.index"]
    return value == paths.index(bound.path), str(paths.index(bound.path))


def _used(case: TaskCase, step: ReadExchange, _: BoundField, value: Any) -> Expected:
    if not places_are_clear(step):
        return _UNREPORTED
    made = shown_in(step)
    if not made and delivering(case) not in (None, step):
        return _UNREPORTED  # another response has the images
    return value == made, f"{made}, the images delivered"


def _tokens(case: TaskCase, step: ReadExchange, _: BoundField, value: Any) -> Expected:
    promise = step.exercise.promise if step.exercise else None
    shown = [shown_image for shown_image in shown_images(case) if shown_image.step is step]
    decoded = [shown_image.image.facts.pixels for shown_image in shown if shown_image.image and shown_image.image.facts]
    if promise is None or promise.pixels_per_token is None or len(decoded) < len(shown) or not places_are_clear(step):
        return _UNREPORTED
    wanted = sum(decoded) // promise.pixels_per_token
    return abs(value - wanted) <= len(shown), f"{wanted}: {sum(decoded)} px / {promise.pixels_per_token}"


def _cost(_: TaskCase, __: ReadExchange, ___: BoundField, value: Any) -> Expected:
    return value >= 0, "an amount"


def _file(pick: Callable[[Any], Any]) -> Judge:
    """A judge for a fact of the uploaded file, which `pick` selects."""

    def judge(_: TaskCase, step: ReadExchange, __: BoundField, value: Any) -> Expected:
        files = files_of(step.exchange)
        wanted = [pick(part) for part in files.values()]
        return (not wanted or value in wanted), f"{short_json(wanted[0]) if wanted else ''}, as it was sent"

    return judge


def _field(_: TaskCase, step: ReadExchange, __: BoundField, value: Any) -> Expected:
    violations = step.asked.violations if step.asked else ()
    return (
        len(violations) != 1 or value == violations[0].field
    ), f"{violations[0].field if violations else ''}, the field that is wrong"


def _server(_: TaskCase, step: ReadExchange, __: BoundField, value: Any) -> Expected:
    assert step.asked is not None
    bases = step.asked.bases
    right = not bases or str(value).rstrip("/") in bases
    return right, f"{' or '.join(bases)}, where the contract is served"


def _fraction(_: TaskCase, __: ReadExchange, ___: BoundField, value: Any) -> Expected:
    return 0 <= value <= 1, "from 0 to 1"


_ROOTS: dict[str, Judge] = {
    "$server": _server,
    "$task.fraction": _fraction,
    "$task.startedAt": _completed,
    "$task.createdAt": _created,
    "$task.completedAt": _completed,
    "$task.elapsed": _elapsed,
    "$task.expiresAt": _expires,
    "$task.cost": _cost,
    "$image.expiresAt": _expires,
    "$image.index": _index,
    "$usage.images": _used,
    "$usage.tokens": _tokens,
    "$upload.bytes": _file(lambda part: length_of(part.content)),
    "$upload.mediaType": _file(lambda part: part.media_type),
    "$upload.filename": _file(lambda part: part.filename),
    "$upload.createdAt": _uploaded_at,
    "$violation.field": _field,
}
