"""Keys and money: who may call, what it costs, what is left."""

from __future__ import annotations

from decimal import Decimal

import pytest

from pixpact.mockserver.faults.gateways import GATEWAYS
from pixpact.specs.contract.model import CAUSES

SUBMIT = "/apimart/v1/images/generations"
BODY = {"model": "doubao-seedream-5-0-lite", "prompt": "A kite"}
PRICE = 0.0228


def balance(client, **options):
    return client.get("/apimart/v1/balance", **options).json


@pytest.mark.parametrize("name", ["apimart", "apiyi", "fasttoken", "toapis"])
@pytest.mark.parametrize("header", [{}, {"Authorization": "Bearer "}, {"Authorization": "Basic abc"}])
def test_without_a_key_every_operation_refuses(mocked, contract, name, header):
    """A missing bearer is refused in the vendor's shape, before anything else is looked at."""
    client = mocked(name)
    for operation in contract(name).operations:
        path = operation.path.replace("{task_id}", "x").replace("{id}", "x")
        response = client.request(operation.method, f"/{name}{path}", key=None, headers=header)
        assert response.status == 401 or not response.json["success"]


def test_any_key_will_do_unless_keys_are_named(mocked):
    """Without `--api-key` any key is accepted; with it only those."""
    assert mocked("apimart").post(SUBMIT, BODY, key="anything").status == 200

    client = mocked("apimart", keys={"sk-a": Decimal(10)})
    assert client.post(SUBMIT, BODY, key="sk-a").status == 200
    assert client.post(SUBMIT, BODY, key="sk-b").status == 401


def test_a_submission_is_charged_for_every_image(mocked):
    """Balance and use differ by price times n at once."""
    client = mocked("apimart", keys={"sk-a": Decimal(10)}, key="sk-a")
    client.post(SUBMIT, BODY | {"n": 3})
    found = balance(client)

    assert pytest.approx(10 - 3 * PRICE) == found["remain_balance"]
    assert pytest.approx(3 * PRICE) == found["used_balance"]


def test_sums_are_exact(mocked):
    """A thousand charges of 0.0228 make 22.8, not 22.800000000000189."""
    client = mocked("apimart", key="sk-a")
    for _ in range(100):
        client.post(SUBMIT, BODY)

    assert balance(client)["used_balance"] == 2.28


def test_who_cannot_pay_is_refused_and_not_charged(mocked):
    """An account pays while its balance covers the price, to the last cent, and not beyond."""
    client = mocked("apimart", keys={"sk-a": Decimal("0.0456")}, key="sk-a")
    statuses = [client.post(SUBMIT, BODY).status for _ in range(3)]

    assert statuses == [200, 200, 402]
    assert balance(client)["remain_balance"] == 0


def test_a_refused_request_costs_nothing(mocked):
    """Neither a broken rule nor a response asked for with `Prefer` buys anything."""
    client = mocked("apimart")
    client.post(SUBMIT, BODY | {"n": 9})
    client.post(SUBMIT, BODY, headers={"Prefer": "code=429"})

    assert balance(client)["used_balance"] == 0


def test_accounts_do_not_share_money(mocked):
    """Another key, and the same key with another vendor, have their own balance."""
    client = mocked("apimart", "toapis")
    client.post(SUBMIT, BODY)

    assert balance(client, key="sk-other")["used_balance"] == 0
    assert client.get("/toapis/v1/balance").json["used_balance"] == 0


@pytest.mark.parametrize(
    ("name", "model", "status"),
    [
        ("toapis", "doubao-seedream-5-0", 402),
        ("apiyi", "seedream-5-0-260128", 429),
        ("fasttoken", "doubao-seedream-5-0-260128", 403),
    ],
)
def test_an_empty_balance_is_refused_by_every_vendor(mocked, contract, name, model, status):
    """In its own words, a published price or not."""
    client = mocked(name, keys={"sk-broke": Decimal(0)}, key="sk-broke")
    response = client.post(f"/{name}/v1/images/generations", BODY | {"model": model})
    examples = [it.value for _, it in contract(name).operation("createImage").examples()]

    assert status == response.status
    assert response.json in examples
    assert [] == client.get("/_pixpact/ledger").json["charges"]


def test_a_model_without_a_known_price_is_not_charged(mocked):
    """Where no price is published none is invented."""
    client = mocked("apimart")
    client.post(SUBMIT, {"model": "gpt-image-1-official", "prompt": "A kite"})

    assert balance(client)["used_balance"] == 0


@pytest.mark.parametrize("name", ["apimart", "toapis"])
@pytest.mark.parametrize("cause", CAUSES)
def test_a_key_named_after_a_cause_gives_that_refusal(mocked, contract, name, cause):
    """`sk-rate-limited` and the like, for clients that cannot send headers."""
    operation = contract(name).operation("createImage")
    documented = {example.subject for it in operation.responses for media in it.media for example in media.examples}
    body = BODY | {"model": "doubao-seedream-5-0" if name == "toapis" else BODY["model"]}
    response = mocked(name).post(f"/{name}/v1/images/generations", body, key=f"sk-{cause}")

    given = cause in documented or cause in GATEWAYS  # a gateway in front of the vendor needs no contract

    assert given == (f"fault={cause}" == response.headers.get("preference-applied"))
    assert (given or cause != "unknown-task") == (response.status >= 400)


def test_keys_never_reach_the_journal_or_memory(mocked):
    """The key of a request is in no record of the mock, in no form."""
    client = mocked("apimart", key="sk-very-secret")
    client.post(SUBMIT, BODY)

    assert "very-secret" not in client.get("/_pixpact/journal.har", key=None).text
    assert "very-secret" not in str(client.context.store.__dict__)
