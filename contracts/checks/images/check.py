"""Images check: a response shows the promised number of images, as promised."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from pixpact.contracts.checks.images.delivery import fetched
from pixpact.contracts.checks.images.facts import promised_facts, stated_facts
from pixpact.contracts.checks.images.image_observation import broken_claim
from pixpact.contracts.checks.images.lifetime import available, lifetime
from pixpact.contracts.checks.observation import Observation, kept
from pixpact.contracts.claims.contract_claims import ContractClaims
from pixpact.contracts.claims.delivery import BASE64, URL, way_of
from pixpact.contracts.traffic.case import ReadExchange, TaskCase, condition_holds
from pixpact.contracts.traffic.case_images import ShownImage, delivering, images_withheld, shown_images
from pixpact.contracts.traffic.task_states import states_of_word
from pixpact.specs.openapi.messages import plural

_NOTHING, _TWICE = "no image at all", "the same image twice"
_MORE, _FEWER = "more images than promised", "fewer images than promised"


def images(case: TaskCase, claims: ContractClaims) -> Iterator[Observation]:
    """Observe whether the images of one task keep their promises."""
    start, response = case.start, delivering(case) or _empty(case, claims)
    if start is None or response is None or start.exercise is None or start.exercise.promise is None:
        return
    shown = shown_images(case)
    yield from _count(start, response, shown)
    yield from _delivery_kept(claims, start, response, shown)
    for shown_image in shown:
        yield from fetched(claims, start, shown_image)
        if shown_image.image is not None and shown_image.image.facts is not None:
            yield from promised_facts(start, shown_image, shown_image.image.facts)
            yield from stated_facts(shown_image, shown_image.image.facts)
    yield from lifetime(case, start, response)
    yield from available(case, start)
    yield from _price(start, response, len(shown))


def _empty(case: TaskCase, claims: ContractClaims) -> ReadExchange | None:
    """The successful response that should show images but has none, and is valid otherwise."""
    for step in case.steps:
        if step.accepted and step.body and not step.body.violations and not step.problem and _is_success(step, claims):
            return step
    return None


def _is_success(step: ReadExchange, claims: ContractClaims) -> bool:
    lives = claims.contract.lifecycles.values()
    word = step.says("$task.status")
    promised_words = [
        (life, states_of_word(life, word, step.media, step.value)) for life in lives if isinstance(word, str)
    ]
    state = next((life.states[name] for life, names in promised_words for name in names if name in life.states), None)
    if state is None:
        return step.role == "run"
    return step.role in ("run", "show") and state.outcome == "success"


def _count(start: ReadExchange, response: ReadExchange, shown: list[ShownImage]) -> Iterator[Observation]:
    exercise = start.exercise
    assert exercise is not None
    assert exercise.promise is not None
    most, positions = exercise.promise.count, len(shown) + images_withheld(response)
    made = positions - _repeated(shown)
    clamps = tuple(claim for claim in exercise.claims.values() if claim.area == "normalisation")
    side_claims = (*exercise.defaults.get("count", ()), *clamps)
    if made == positions and (made == most or (exercise.promise.up_to and 1 <= made < most)):
        shows = () if exercise.promise.up_to else side_claims  # where the model chooses the count, no default shows
        yield from kept(exercise.promised.get("count"), *shows)
        return
    blamed = tuple(
        dict.fromkeys(
            promised for promised in (exercise.promised.get("count"), exercise.counted, *side_claims) if promised
        )
    )
    if blamed:
        promised = f"{'1 to ' if exercise.promise.up_to else ''}{plural(most, 'image')}"
        observed = (
            f"{made}" if made == positions else f"{made}: the same image appears at several of {positions} places"
        )
        root = _NOTHING if not made else _TWICE if made < positions else _MORE if made > most else _FEWER
        yield replace(broken_claim(blamed, "count", promised, observed, (start.index, response.index)), root=root)


def _repeated(shown: list[ShownImage]) -> int:
    """How many images repeat another image of the response."""
    texts = [shown_image.text for shown_image in shown if shown_image.image is not None]
    return len(texts) - len(set(texts))


def _delivery_kept(
    claims: ContractClaims, start: ReadExchange, response: ReadExchange, shown: list[ShownImage]
) -> Iterator[Observation]:
    """Whether images come as URL or base64, as the request chose; the schema decides about responses with both."""
    exercise = start.exercise
    wrong = response.body is None or response.body.violations
    if exercise is None or response.media is None or response is not start or wrong or not shown:
        return
    way = way_of(response.media, lambda condition: condition_holds(condition, response.roots))
    claim = claims.lives.image.get((start.operation.id, way or ""))
    if claim is None:
        return
    blamed = (claim, *exercise.defaults.get("as", ()))
    delivered_as = {BASE64 if shown_image.encoded else URL for shown_image in shown}
    if delivered_as == {way}:
        yield from kept(*blamed)
    else:
        observed = f"they come as {' and '.join(sorted(delivered_as))}"
        yield broken_claim(
            blamed, "way", claim.text, observed, (start.index,), shown[0].pointer, "".join(sorted(delivered_as))
        )


def _price(start: ReadExchange, response: ReadExchange, made: int) -> Iterator[Observation]:
    exercise = start.exercise
    assert exercise is not None
    assert exercise.promise is not None
    claim, price = exercise.promised.get("price"), exercise.promise.price
    stated = response.says("$task.cost")
    if claim is None or price is None or not isinstance(stated, (int, float)):
        return
    if abs(float(price * made) - float(stated)) < 1e-6:
        yield from kept(claim)
    else:
        yield Observation(
            (claim,),
            False,
            "price",
            "warning",
            "",
            f"{price * made} for {plural(made, 'image')}",
            str(stated),
            steps=(start.index, response.index),
            root=f"{float(stated) / float(price * made):.4g} times the price" if price * made else "",
        )
