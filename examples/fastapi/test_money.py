"""One order is paid once, whatever happens to the response."""

import pytest
from painter import submit_naively
from shop import submission

pytestmark = pytest.mark.pixpact("toapis")

WISH = {"prompt": "A red kite"}
LOST = ["accept-then-drop", "reset-after", "hang", "empty", "malformed-json", "two-json-objects", "html", "stream-cut"]
LATE = ["server-error", "html 502", "html 524", "gateway-timeout"]


def lose(mock, fault):
    """The vendor does the work and charges; a 5xx, or a gateway's page, comes in place of its response."""
    name, _, status = fault.partition(" ")
    late = {"charged": True} if fault in LATE else {}
    mock.fail_next(name, **late, **({"status": int(status)} if status else {}))


@pytest.mark.parametrize("fault", LOST + LATE)
def test_an_order_is_paid_once(customer, pixpact_mock, paid, fault):
    """The vendor did the work and charged, its response was lost: the shop asks before it buys again."""
    lose(pixpact_mock, fault)
    order = customer.post("/orders", json=WISH).json()["id"]

    assert "ready" == customer.get(f"/orders/{order}").json()["status"]
    assert 1 == paid()


@pytest.mark.parametrize("fault", LOST + LATE)
def test_this_is_how_the_first_version_was_caught(app, customer, pixpact_mock, paid, fault):
    """It simply tried again: one image wanted, two paid. The test above fails with it."""
    app.dependency_overrides[submission] = lambda: submit_naively
    lose(pixpact_mock, fault)
    customer.post("/orders", json=WISH)

    assert 2 == paid()


@pytest.mark.parametrize("fault", ["reset-before", "server-error"])
def test_a_request_that_was_not_carried_out_is_sent_again(customer, pixpact_mock, paid, fault):
    """There is no task of that order, so it is bought now."""
    pixpact_mock.fail_next(fault)

    assert 201 == customer.post("/orders", json=WISH).status_code
    assert 1 == paid()


def test_what_cannot_be_asked_now_is_not_bought_again(customer, pixpact_mock, paid):
    """The response is lost and the vendor is down: the order stays, and is found when the vendor is back."""
    pixpact_mock.fail_next("accept-then-drop")
    pixpact_mock.add_fault("server-error", stage="poll")
    order = customer.post("/orders", json=WISH).json()
    pixpact_mock.reset("faults")

    assert "painting" == order["status"]
    assert "ready" == customer.get(f"/orders/{order['id']}").json()["status"]
    assert 1 == paid()


def test_a_limit_is_waited_out(customer, pixpact_mock, paid):
    """As long as the vendor says."""
    before = pixpact_mock.clock.now()
    pixpact_mock.fail_next("rate-limited", retry_after=30)

    assert 201 == customer.post("/orders", json=WISH).status_code
    assert 30 <= pixpact_mock.clock.now() - before < 60
    assert 1 == paid()
