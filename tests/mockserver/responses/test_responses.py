"""What the mock says and when: conditions, preferences, media types, paths, CORS, hosts."""

from __future__ import annotations

import pytest

SUBMIT = "/apimart/v1/images/generations"
OBSERVED = "/apimart@observed/v1/images/generations"
BODY = {"model": "doubao-seedream-5-0-lite", "prompt": "A kite"}
TOAPIS = {"model": "doubao-seedream-5-0", "prompt": "A kite"}
ARK = {"model": "seedream-5-0-260128", "prompt": "A kite", "size": "1280x720"}


def test_a_preference_for_a_code_gets_that_response_and_says_so(mocked):
    """`Prefer: code=429` gives the documented 429, echoed in Preference-Applied."""
    response = mocked("apimart").post(SUBMIT, BODY, headers={"Prefer": "code=429"})

    assert response.status == 429
    assert response.headers["preference-applied"] == "code=429"


def test_a_preference_for_an_example_gets_it(mocked):
    """`Prefer: example=moderated` gives the example of that name."""
    response = mocked("apimart").post(SUBMIT, BODY, headers={"Prefer": "example=moderated"})

    assert "moderation" in response.text


def test_a_preference_for_nothing_documented_is_reported(mocked):
    """Nothing is silent: the response lists what could be asked for."""
    response = mocked("apimart").post(SUBMIT, BODY, headers={"Prefer": "code=418"})

    assert response.status == 400
    assert "429" in response.json["detail"]
    assert "rate-limited" in response.json["detail"]


def test_preferences_of_others_are_ignored(mocked):
    """RFC 7240: a preference that is not known changes nothing."""
    response = mocked("apimart").post(SUBMIT, BODY, headers={"Prefer": "respond-async, wait=100"})

    assert response.status == 200
    assert "preference-applied" not in response.headers


def test_a_refused_request_stays_refused_whatever_is_preferred_of_success(mocked):
    """`Prefer: state=` does not make an invalid request valid."""
    response = mocked("apimart").post(SUBMIT, BODY | {"n": 99}, headers={"Prefer": "state=failed"})

    assert response.status == 400


def test_without_and_with_a_wrong_key_the_messages_differ(mocked):
    """Two 401 examples, chosen by whether a header was sent."""
    client = mocked("apimart@observed", keys={"sk-right": 1})
    missing, wrong = (client.post(OBSERVED, BODY, key=key) for key in (None, "sk-wrong"))

    assert (missing.status, wrong.status) == (401, 401)
    assert missing.json["error"]["message"] != wrong.json["error"]["message"]


def test_an_unknown_model_has_its_own_response(mocked):
    """A condition on the violation chooses another status."""
    body = {"model": "nope", "prompt": "A kite"}
    response = mocked("fasttoken").post("/fasttoken/v1/images/generations", body)

    assert response.status == 404
    assert "The model or endpoint nope does not exist" in response.text


@pytest.mark.parametrize(
    ("name", "model", "advice"),
    [
        ("apimart", "seedream-5-0-lite", "it is in apimart@2026-09"),
        ("apimart", "kling-image", "`pixpact models apimart --add kling-image` prints an overlay that adds it"),
        (
            "apimart@2026-09",
            "kling-image",
            "`pixpact models apimart@2026-09 --add kling-image` prints an overlay that adds it",
        ),
    ],
)
def test_the_refusal_of_an_unknown_model_says_how_to_have_it_taken(mocked, name, model, advice):
    """An overlay of the vendor that takes it, or the command that prints one: in the message and in a header."""
    response = mocked(name).post(f"/{name}/v1/images/generations", {"model": model, "prompt": "A kite"})

    assert 400 == response.status
    assert advice in response.json["error"]["message"]
    assert response.headers["x-pixpact-advice"].startswith(advice)


def test_advice_stands_in_a_header_where_the_vendor_has_its_own_words(mocked):
    """The body is the vendor's to the letter."""
    response = mocked("ark").post("/ark/api/v3/images/generations", {"model": "ep-20260101-abcde", "prompt": "A kite"})

    assert "`pixpact models ark --add ep-20260101-abcde` prints" in response.headers["x-pixpact-advice"]
    assert "pixpact" not in response.text


def test_advice_stands_in_a_header_where_another_status_refuses_the_model(mocked):
    """As the vendor was recorded: 503, in words that name no field."""
    body = {"model": "seedream-5-0-lite", "prompt": "A kite"}
    response = mocked("apimart@observed").post("/apimart@observed/v1/images/generations", body)

    assert (503, "model_not_found") == (response.status, response.json["error"]["code"])
    assert response.headers["x-pixpact-advice"].startswith("it is in apimart@observed@2026-09")


def test_other_refusals_come_without_advice(mocked):
    """A missing or nameless model has no overlay that would take it."""
    client = mocked("apimart")
    responses = [client.post(SUBMIT, {"prompt": "A kite"}), client.post(SUBMIT, {"model": "a\nb", "prompt": "A kite"})]

    assert [400, 400] == [response.status for response in responses]
    assert [False, False] == ["x-pixpact-advice" in response.headers for response in responses]


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (b"", "application/json"),
        (b"{", "application/json"),
        (b"[1, 2]", "application/json"),
        (b"null", "application/json"),
        (b'"text"', "application/json"),
        (b'{"prompt": NaN}', "application/json"),
        (b'{"prompt": "\\ud800"}', "application/json"),
        (b"\xff\xfe\x00", "application/json"),
        (b'{"a":1}{"b":2}', "application/json"),
        (b"[" * 100_000, "application/json"),
        (b"prompt=a", "application/x-www-form-urlencoded"),
        (b"<xml/>", "text/xml"),
        (b'{"model": "x"}', ""),
    ],
)
@pytest.mark.parametrize("name", ["apimart", "apiyi", "fasttoken", "toapis"])
def test_a_body_that_cannot_be_read_gets_the_vendors_refusal(mocked, contract, name, content, kind):
    """Whatever arrives, the response is a 4xx in the vendor's own shape."""
    headers = {"Content-Type": kind} if kind else {}
    response = mocked(name).post(f"/{name}/v1/images/generations", content=content, headers=headers)
    operation = contract(name).operation("createImage")
    media = next(it for it in operation.responses if it.status == str(response.status)).media[0]

    assert 400 <= response.status < 500
    assert contract(name).schemas.violations(media.schema, response.json) == []


def test_a_charset_in_the_media_type_is_fine(mocked):
    """Parameters of a media type do not matter, nor does its case."""
    headers = {"Content-Type": "Application/JSON; charset=utf-8"}
    content = b'{"model": "doubao-seedream-5-0-lite", "prompt": "A kite"}'

    assert mocked("apimart").post(SUBMIT, content=content, headers=headers).status == 200


def test_an_unknown_path_names_the_nearest_operation(mocked):
    """A typing error is answered with what was probably meant."""
    response = mocked("apimart").post("/apimart/v1/image/generation", BODY)

    assert response.status == 404
    assert response.headers["content-type"] == "application/problem+json"
    assert response.json["nearest"] == "POST /v1/images/generations"


def test_a_wrong_method_names_the_right_ones(mocked):
    """405 tells which methods the path has."""
    response = mocked("apimart").get(SUBMIT)

    assert response.status == 405
    assert "POST" in response.json["detail"]


def test_an_unknown_vendor_names_the_served_ones(mocked):
    """The first segment of a path is the vendor."""
    response = mocked("apimart").get("/nobody/v1")

    assert response.status == 404
    assert "/apimart" in response.json["detail"]


def test_the_host_header_leads_to_the_vendor(mocked):
    """A client that was only given another resolver is served too, and its URLs lead back to the mock."""
    client = mocked("apimart", "toapis", pace="instant")
    response = client.post("/v1/images/generations", BODY, host="api.apimart.ai")
    task_id = response.json["data"][0]["task_id"]
    task = client.get(f"/v1/tasks/{task_id}", host="api.apimart.ai").json["data"]

    assert task["result"]["images"][0]["url"][0].startswith("http://127.0.0.1:4747/_files/")


@pytest.mark.parametrize(
    "host",
    [
        "API.ApiMart.AI",
        "api.apimart.ai.",
        "api.apimart.ai:8443",
        "api.apimart.ai.localhost:4747",
        "API.APIMART.AI.LOCALHOST.:4747",
        "api.apib.ai",
        "api.aishuch.com.localhost",
    ],
)
def test_every_way_to_write_a_vendors_host_leads_to_it(mocked, host):
    """Case, port and the dot of the root make no other host; `.localhost` and the other servers count too."""
    response = mocked("apimart", "toapis").post("/v1/images/generations", BODY, host=host)

    assert 200 == response.status
    assert "task_id" in response.json["data"][0]


def test_urls_of_a_localhost_name_keep_it(mocked):
    """A client that judges by the vendor's name in its URLs meets that name in result URLs as well."""
    client, host = mocked("apimart", "toapis", pace="instant"), "api.apimart.ai.localhost:4747"
    task_id = client.post("/v1/images/generations", BODY, host=host).json["data"][0]["task_id"]
    (url,) = client.get(f"/v1/tasks/{task_id}", host=host).json["data"]["result"]["images"][0]["url"]

    assert url.startswith(f"http://{host}/_files/")
    assert 200 == client.get(url.partition(host)[2], host=host).status


def test_a_single_contract_needs_no_prefix(mocked):
    """A client that builds its paths from scheme and host alone is served; with its prefix it still is."""
    client = mocked("toapis", pace="instant")
    task_id = client.post("/v1/images/generations", TOAPIS).json["id"]

    assert "completed" == client.get(f"/v1/images/generations/{task_id}").json["status"]
    assert "completed" == client.get(f"/toapis/v1/images/generations/{task_id}").json["status"]
    assert 405 == client.get("/v1/images/generations").status
    assert "ok" == client.get("/").json["status"]


def test_several_contracts_need_their_prefixes(mocked):
    """Which one a bare path means would be a guess."""
    response = mocked("apimart", "toapis").post("/v1/images/generations", BODY)

    assert 404 == response.status
    assert "/apimart, /toapis" in response.json["detail"]


def test_result_urls_use_the_address_the_client_knows(mocked):
    """The Host of the request, or the public URL when one is set."""
    urls = []
    for public in (None, "https://mock.example:8443"):
        client = mocked("apiyi", pace="instant", public_url=public)
        response = client.post("/apiyi/v1/images/generations", ARK, host="localhost:9999")
        urls.append(response.json["data"][0]["url"])

    assert urls[0].startswith("http://localhost:9999/_files/")
    assert urls[1].startswith("https://mock.example:8443/_files/")


def test_browsers_may_call_vendors_and_not_the_control_side(mocked):
    """CORS: preflights and responses of vendors allow any origin; the control prefix allows none."""
    client = mocked("apimart")
    headers = {"Origin": "https://app.example", "Access-Control-Request-Method": "POST"}
    preflight = client.request("OPTIONS", SUBMIT, headers=headers, key=None)

    assert preflight.status == 204
    assert "POST" in preflight.headers["access-control-allow-methods"]
    assert client.post(SUBMIT, BODY).headers["access-control-allow-origin"] == "*"
    assert "access-control-allow-origin" not in client.get("/_pixpact/clock", key=None).headers


def test_defaults_choose_the_response_too(mocked):
    """`response_format` left out means url; nulls of optional fields are as if left out."""
    client = mocked("apiyi", pace="instant")
    responses = [
        client.post("/apiyi/v1/images/generations", ARK | more).json["data"][0]
        for more in ({}, {"response_format": None, "stream": None, "n": None, "seed": None})
    ]

    assert all("url" in image and "b64_json" not in image for image in responses)


def test_responses_echo_the_request(mocked):
    """The model that was asked for is named in the response."""
    client = mocked("apiyi", pace="instant")
    body = {"model": "seedream-4-0-250828", "prompt": "A kite", "size": "1K"}

    assert client.post("/apiyi/v1/images/generations", body).json["model"] == "seedream-4-0-250828"


def test_tokens_count_pixels(mocked):
    """Ark's rule: the integer part of all pixels over 256."""
    client = mocked("apiyi", pace="instant")
    response = client.post("/apiyi/v1/images/generations", ARK | {"n": 3}).json

    assert response["usage"]["output_tokens"] == 3 * 1280 * 720 // 256
    assert 3 == response["usage"]["generated_images"] == len(response["data"])


def test_request_ids_differ_and_agree_within_a_response(mocked):
    """The id in the header is the one in the message; the next response has another."""
    client = mocked("apimart@observed", keys={"sk-right": 1})
    responses = [client.post(OBSERVED, BODY, key="sk-wrong") for _ in range(2)]
    ids = [response.json["error"]["message"].partition("request id: ")[2].rstrip(")") for response in responses]

    assert ids[0] != ids[1]
    assert ids[0] in responses[0].headers.get("x-oneapi-request-id", ids[0])
    assert len(ids[0]) == 31


def test_a_body_beyond_the_limit_is_refused_by_the_mock(mocked, monkeypatch):
    """The mock never reads more than it can hold."""
    import pixpact.mockserver.requests.decoding as decoding

    monkeypatch.setattr(decoding, "MOST_BODY", 10)  # the real bound would need 64 MB in every run
    client = mocked("apimart")
    pieces = [{"type": "http.request", "body": b"x" * 8, "more_body": True}] * 3

    async def exchange():
        sent = []

        async def receive():
            return pieces.pop(0)

        async def send(message):
            sent.append(message)

        scope = {
            "type": "http",
            "method": "POST",
            "path": SUBMIT,
            "scheme": "http",
            "query_string": b"",
            "headers": [(b"host", b"mock.test")],
            "server": ("127.0.0.1", 1),
        }
        await client.app(scope, receive, send)
        return sent[0]["status"]

    assert client._loop.run_until_complete(exchange()) == 413
    assert [413] == [it.status for it in client.journal()]


def test_a_request_that_breaks_off_is_in_the_journal(mocked):
    """Its client went away while it was sent: nothing is answered or bought, and nobody says that it never came."""
    client = mocked("apimart")
    messages = [{"type": "http.request", "body": b"{", "more_body": True}, {"type": "http.disconnect"}]

    async def receive():
        return messages.pop(0)

    async def send(message):
        raise AssertionError(message)

    scope = {"type": "http", "method": "POST", "path": SUBMIT, "scheme": "http", "query_string": b"", "headers": []}
    client._loop.run_until_complete(client.app({**scope, "server": ("127.0.0.1", 1)}, receive, send))

    assert [(0, "createImage")] == [(it.status, it.note["operation"]) for it in client.journal()]
    assert ["the client disconnected before its request was complete"] == [
        exchange.note["problem"] for exchange in client.journal()
    ]
    assert [] == client.context.ledger.charges()


def test_an_example_of_another_state_is_given_as_written(mocked):
    """`Prefer: example=pending` for a finished task shows the documented example, not a mixture of both."""
    client = mocked("apimart", pace="instant")
    task_id = client.post(SUBMIT, BODY).json["data"][0]["task_id"]
    found = client.get(f"/apimart/v1/tasks/{task_id}", headers={"Prefer": "example=pending"}).json["data"]

    assert found["status"] == "pending"
    assert task_id != found["id"]


def test_a_preference_for_what_comes_anyway_changes_nothing(mocked):
    """`Prefer: code=200` of a task shows the task."""
    client = mocked("apimart", pace="instant")
    task_id = client.post(SUBMIT, BODY, headers={"Prefer": "code=200"}).json["data"][0]["task_id"]
    found = client.get(f"/apimart/v1/tasks/{task_id}", headers={"Prefer": "code=200"}).json["data"]

    assert ("completed", task_id) == (found["status"], found["id"])


def test_images_beyond_all_bounds_are_not_painted(mocked, tmp_path):
    """A contract that limits no size cannot make the mock use up the machine."""
    overlay = tmp_path / "unlimited.yaml"
    overlay.write_text(
        "overlay: 1.0.0\ninfo: {title: No limit, version: '1'}\nactions:\n"
        "  - target: $.components.schemas.*.properties.size['x-image']\n    remove: true\n"
    )
    client = mocked(f"fasttoken@{overlay}", pace="instant")
    body = {"model": "doubao-seedream-4-0-250828", "prompt": "A kite", "size": "60000x60000"}
    response = client.post("/fasttoken/v1/images/generations", body)

    assert 400 == response.status
    assert "60000x60000" in response.json["detail"]


def test_the_media_type_is_chosen_before_the_example(mocked):
    """Who asks for a stream and for base64 gets a stream, although only the JSON example speaks of base64."""
    client = mocked("fixtures/specs/toy.yaml")
    body = {"prompt": "A kite", "stream": True, "answer": "base64"}

    response = client.post("/toy/v2/sketches", json=body, headers={"X-Api-Key": "k"})

    assert 200 == response.status
    assert "text/event-stream" == response.headers["content-type"].partition(";")[0]


def test_a_reload_begins_no_id_again(mocked, contract):
    """Specs that are read again response with request ids that were not given before."""
    client = mocked("apimart")
    found = []
    for _ in range(3):
        found += [client.post(SUBMIT, BODY).headers["x-oneapi-request-id"] for _ in range(2)]
        client.app.serve([contract("apimart")])

    assert 6 == len(set(found))
