"""Which of a user's own calls break."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from pixpact.contracts.diff.compare.compare import ComparedContracts
from pixpact.contracts.diff.read.contract_version import read_version
from pixpact.contracts.diff.report import judged
from pixpact.contracts.diff.traffic.impact import CallEffect, CallImpact, impact
from pixpact.specs.catalogue import SpecCatalogue
from pixpact.wire.exchange import Exchange

from .conftest import answered, asked, field, side, whole

JSON = (("Content-Type", "application/json"),)
KEY = ("Authorization", "Bearer [redacted]")


def call(body: Any, response: Any = None, status: int = 200, **more: Any) -> Exchange:
    return Exchange(
        started=0.0,
        method="POST",
        url=more.pop("url", "https://api.example/things"),
        request_headers=(*JSON, *more.pop("headers", ())),
        request_body=json.dumps(body).encode(),
        status=status,
        response_headers=JSON,
        response_body=json.dumps(response or {}).encode(),
        **more,
    )


def judge(before: Mapping[str, Any], after: Mapping[str, Any], *calls: Exchange) -> CallImpact:
    both = ComparedContracts(side(dict(before)), side(dict(after)))
    return impact(both, judged(both), calls)


def of_vendor(base: str, revision: str, *calls: Exchange) -> CallImpact:
    catalogue = SpecCatalogue()
    sides = [read_version(catalogue.source(name).document(), name) for name in (base, revision)]
    both = ComparedContracts(*sides)
    return impact(both, judged(both), calls)


def only(found: CallImpact) -> CallEffect:
    ((effect, tally),) = found.effects
    assert tally.count == found.calls
    return effect


def bounded(most: int) -> dict[str, Any]:
    return asked({"type": "object", "properties": {"n": {"type": "integer", "maximum": most}}})


def test_a_call_that_is_refused_now_breaks() -> None:
    """Only the one above the new bound; the value itself is not repeated."""
    found = judge(bounded(10), bounded(8), call({"n": 9}), call({"n": 8}), call({"n": 3}))

    assert (3, 1) == (found.calls, found.breaking)
    assert ("n must be at most 8",) == found.effects[0][0].reasons
    assert 0 == found.effects[0][1].first


def test_what_was_refused_before_is_nobodys_news() -> None:
    """It neither breaks nor works."""
    effect = only(judge(bounded(10), bounded(8), call({"n": 11})))

    assert ("refused before", False) == (effect.outcome, effect.breaks)


def test_an_operation_that_is_gone_breaks_its_calls() -> None:
    """The reason says so."""
    gone = {**whole({}), "paths": {"/others": {"get": {"responses": {"200": {"description": "Done."}}}}}}
    effect = only(judge(whole({}), gone, call({})))

    assert ("refused", True, ("the operation is gone",)) == (effect.outcome, effect.breaks, effect.reasons)


def test_a_call_of_no_operation_is_not_judged() -> None:
    """Could not look is never clean: it is counted apart."""
    found = judge(whole({}), whole({}), call({}, url="https://api.example/elsewhere"))

    assert (1, 0) == (found.count("unknown"), found.breaking)


def test_only_responses_that_have_the_field_are_concerned() -> None:
    """A change of a field that the recorded response lacks is no change for its caller."""
    before = answered({"type": "object", "properties": {"a": {"type": "integer"}, "b": {"type": "integer"}}})
    after = answered({"type": "object", "properties": {"a": {"type": ["integer", "string"]}, "b": {"type": "integer"}}})
    found = judge(before, after, call({}, {"a": 1}), call({}, {"b": 1}))

    assert (2, 1) == (found.calls, found.breaking)
    assert ("a",) == found.effects[0][0].fields


def test_a_field_that_is_gone_is_reported_and_breaks_nothing_by_itself() -> None:
    """It was optional: the caller had to do without it."""
    before = answered({"type": "object", "properties": {"a": {"type": "integer"}, "b": {"type": "integer"}}})
    after = answered({"type": "object", "properties": {"a": {"type": "integer"}}})
    effect = only(judge(before, after, call({}, {"a": 1, "b": 1})))

    assert ("changed", False, ("b",)) == (effect.outcome, effect.breaks, effect.fields)


def test_a_key_that_is_asked_for_breaks_calls_without_one() -> None:
    """A recording keeps the name of the header whose value it redacts."""
    before, after = whole({"security": []}), whole({"security": [{"bearer": []}]})

    assert 1 == judge(before, after, call({}), call({}, headers=[KEY])).breaking


IMAGE = {"model": "doubao-seedream-5-0-lite", "prompt": "A kite"}
SUBMITTED = {"code": 200, "data": [{"status": "submitted", "task_id": "task_01K8"}]}


def order(body: Any) -> Exchange:
    url = "http://127.0.0.1:4747/apimart/v1/images/generations"
    return call(body, SUBMITTED, url=url, headers=[KEY])


def test_a_shorter_lifetime_breaks_whoever_was_promised_more() -> None:
    """The mock's mount and the vendor's own address are the same operation."""
    effect = only(of_vendor("apimart", "apimart@observed", order(IMAGE)))

    assert effect.breaks
    assert ("lifetime: 86400 s, before 259200 s",) == effect.reasons


def test_a_response_that_must_be_asked_for_breaks_nobody_else() -> None:
    """The new form of the response comes with a header that this call does not send."""
    effect = only(of_vendor("apimart", "apimart@2026-09", order(IMAGE)))

    assert ("changed", False) == (effect.outcome, effect.breaks)


def test_what_a_call_costs_then_and_now() -> None:
    """A price for each image, times the images."""
    catalogue = SpecCatalogue()
    base = catalogue.source("apimart").document()
    text = json.dumps(base.value).replace('"price": 0.0228', '"price": 0.03')
    both = ComparedContracts(read_version(base, "base"), side(json.loads(text)))
    effect = only(impact(both, judged(both), [order({**IMAGE, "n": 2})]))

    assert ("0.0456", "0.06") == effect.price
    assert effect.breaks


def test_the_same_effect_is_counted_not_kept() -> None:
    """Memory goes with different effects."""
    found = judge(bounded(10), bounded(8), *(call({"n": 9}) for _ in range(50)))

    assert [50] == [tally.count for _, tally in found.effects]


def secured(schemes: list[str], most: int = 10) -> dict[str, Any]:
    document = bounded(most)
    return {**document, "security": [{name: []} for name in schemes]}


def test_a_credential_that_was_left_out_of_the_recording_was_sent() -> None:
    """Browsers leave it out of what they export; the call was answered, so it was there."""
    stripped = call({"n": 9})
    stripped = replace(stripped, request_headers=JSON)

    assert "refused" == only(judge(secured(["bearer"]), secured(["bearer"], 8), stripped)).outcome
    assert "same" == only(judge(secured(["bearer"]), secured(["bearer", "key"]), stripped)).outcome
    assert "refused" == only(judge(secured(["bearer"]), secured(["key"]), stripped)).outcome
    assert (
        "refused before" == only(judge(secured(["bearer"]), secured(["bearer"]), replace(stripped, status=401))).outcome
    )


def test_a_parameter_that_stands_twice_is_a_list() -> None:
    """All of its values are judged."""
    schema = {"type": "array", "items": {"type": "integer"}, "maxItems": 2}
    documents = [
        whole({"parameters": [{"name": "n", "in": "query", "schema": {**schema, "maxItems": most}}]}) for most in (2, 1)
    ]
    twice = Exchange(0, "POST", "https://a.example/things?n=1&n=2", (), b"", 200, (), b"")

    assert ("query n: the value must have at most 1 item",) == only(judge(*documents, twice)).reasons
    assert "same" == only(judge(documents[0], documents[0], twice)).outcome


def test_a_media_type_in_a_document_may_be_a_range_or_have_parameters() -> None:
    """The call is judged by its schema all the same."""
    for media in ("application/json; charset=utf-8", "application/*"):
        sides = [
            whole({"requestBody": {"content": {media: {"schema": field({"type": "integer", "maximum": most})}}}})
            for most in (10, 8)
        ]

        assert ("x must be at most 8",) == only(judge(*sides, call({"x": 9}))).reasons
