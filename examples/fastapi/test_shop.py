"""What customers see, whatever the vendor does."""

import json
from io import BytesIO
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import pytest
from PIL import Image

pytestmark = pytest.mark.pixpact("toapis")

WISH = {"prompt": "A red kite", "images": 2}


def ordered(customer):
    return customer.post("/orders", json=WISH).json()["id"]


def test_an_order_becomes_images(customer):
    """Ordered, looked at, fetched."""
    order = customer.get(f"/orders/{ordered(customer)}").json()
    sizes = [Image.open(BytesIO(customer.get(link).content)).size for link in order["images"]]

    assert ("ready", 0, [(2048, 2048)] * 2) == (order["status"], order["missing"], sizes)


def test_images_outlive_the_vendors_links(customer, pixpact_mock):
    """After 25 hours the vendor's links are dead, and the shop still has the images."""
    order = customer.get(f"/orders/{ordered(customer)}").json()
    (shown,) = pixpact_mock.requests.where(operation="getImage")
    link = json.loads(shown.response_body)["result"]["data"][0]["url"]
    assert 200 == urlopen(link).status

    pixpact_mock.clock.advance("25h")

    with pytest.raises(HTTPError, match="410"):
        urlopen(link)
    assert 200 == customer.get(order["images"][0]).status_code


def test_a_moderated_prompt_is_the_customers_to_change(customer, pixpact_mock):
    """The vendor's words reach the customer; it is not tried again."""
    pixpact_mock.fail_next("moderated")
    response = customer.post("/orders", json=WISH)

    assert (422, "The content policy refuses this") == (response.status_code, response.json()["detail"])
    pixpact_mock.requests.assert_called_once(operation="createImage")


def test_a_task_that_fails_says_why_and_costs_nothing(customer, pixpact_mock, paid):
    """The reason is the vendor's; what was reserved comes back."""
    pixpact_mock.fail_next("failed")
    order = customer.get(f"/orders/{ordered(customer)}").json()

    assert "failed" == order["status"]
    assert "upstream returned status 422" in order["problem"]
    assert 0 == paid()


def test_a_batch_in_part_is_reported(customer, pixpact_mock):
    """One of two images came: the customer gets it, and knows that one is missing."""
    pixpact_mock.fail_next("partial")
    order = customer.get(f"/orders/{ordered(customer)}").json()

    assert ("ready", 1, 1) == (order["status"], len(order["images"]), order["missing"])


@pytest.mark.parametrize("fault", ["stuck", "unknown-status"])
def test_an_order_that_never_ends_is_called_late(customer, pixpact_mock, fault):
    """The deadline is the shop's own; a status that it does not know is no end."""
    pixpact_mock.fail_next(fault)
    order = ordered(customer)
    early = customer.get(f"/orders/{order}").json()["status"]
    pixpact_mock.clock.advance("16m")

    assert ["painting", "late"] == [early, customer.get(f"/orders/{order}").json()["status"]]


@pytest.mark.parametrize("fault", ["insufficient-balance", "unauthenticated", "rate-limited", "server-error"])
def test_what_is_not_the_customers_fault_is_not_reported(customer, pixpact_mock, paid, fault):
    """An empty purse, a wrong key, a limit or a failure that lasts: it does not work now, and nothing is bought."""
    pixpact_mock.add_fault(fault, operation="createImage")
    response = customer.post("/orders", json=WISH)

    assert (503, "The painter is not available") == (response.status_code, response.json()["detail"])
    assert 0 == paid()


@pytest.mark.pixpact("toapis", responses="extreme")
def test_the_shop_relies_on_the_contract_alone(customer):
    """Answers as unusual as the contract allows: unknown fields, none that may be missing, every status word."""
    order = ordered(customer)
    seen = [customer.get(f"/orders/{order}").json()["status"] for _ in range(9)]

    assert "ready" == seen[-1]


# ---------------------------------------------------------------------- webhooks

# ToAPIs calls the origin of the webhook that is set up for the key: here any port (0) of this machine. After the comma
# stands the secret that the mock signs with.
SIGNED = {"toapis": "http://127.0.0.1:0,whsec-1"}
FORGED = {"toapis": "http://127.0.0.1:0,another"}


def call(url, body=None, headers=None):
    request = Request(url, body, {"Content-Type": "application/json"} | (headers or {}))
    with urlopen(request) as response:
        return json.loads(response.read() or "null")


@pytest.mark.pixpact("toapis", pace="manual", webhooks=SIGNED)
def test_a_webhook_makes_an_order_ready(served, pixpact_mock, later):
    """Nobody looked: the vendor told, signed, and the shop fetched the images."""
    call(f"{served}/orders", json.dumps(WISH).encode())
    later("1m")
    (reported,) = [request for request in pixpact_mock.requests if "callback" in request.note]
    polls = len(pixpact_mock.requests.where(operation="getImage"))
    order = call(f"{served}/orders/order-1")

    assert (204, 1) == (reported.status, polls)
    assert "ready" == order["status"]
    assert polls == len(pixpact_mock.requests.where(operation="getImage"))


@pytest.mark.pixpact("toapis", pace="manual", webhooks=FORGED)
def test_a_webhook_of_somebody_else_is_refused(served, pixpact_mock, later):
    """Signed with another secret: nothing is believed, and the order goes on."""
    call(f"{served}/orders", json.dumps(WISH).encode())
    later("1m")
    (reported,) = [request for request in pixpact_mock.requests if "callback" in request.note]

    assert 401 == reported.status
    pixpact_mock.requests.assert_not_called(operation="getImage")


def test_an_unsigned_webhook_is_refused(customer, pixpact_mock):
    """Anybody can send one."""
    event = {"id": "evt_1", "type": "generation.completed", "data": {"task_id": "task_img_1"}}

    assert 401 == customer.post("/hooks/toapis", json=event).status_code
    pixpact_mock.requests.assert_not_called()
