"""A mock without a socket: both libraries of httpx's kind, blocking and asynchronous, and any ASGI client."""

from __future__ import annotations

import asyncio

import httpx2
import pytest

import pixpact

httpx = pytest.importorskip("httpx")
LIBRARIES = [httpx, httpx2]
HEADERS = {"Authorization": "Bearer sk-test"}
ARK = {"model": "seedream-5-0-260128", "prompt": "A kite", "size": "1280x720"}
SUBMIT = "/v1/images/generations"


@pytest.fixture
def mock():
    with pixpact.mock("apiyi") as mock:
        yield mock


def client_of(library, mock, **options):
    return library.Client(transport=mock.transport(), base_url=mock.url("apiyi"), headers=HEADERS, **options)


@pytest.mark.parametrize("library", LIBRARIES)
def test_a_blocking_client(mock, library):
    """Submission, result and download, through one client and no socket."""
    with client_of(library, mock) as client:
        response = client.post(SUBMIT, json=ARK)
        image = client.get(response.json()["data"][0]["url"])

    assert (200, "image/jpeg") == (image.status_code, image.headers["content-type"])
    assert int(image.headers["content-length"]) == len(image.content)
    assert ["createImage", "(file)"] == [request.note["operation"] for request in mock.requests]


@pytest.mark.parametrize("library", LIBRARIES)
def test_an_asynchronous_client(mock, library):
    """In whatever event loop it runs; the vendor's own address leads to the mock."""

    async def go():
        async with library.AsyncClient(transport=mock.transport(), headers=HEADERS) as client:
            responses = await asyncio.gather(
                *(client.post(f"https://api.apiyi.com{SUBMIT}", json=ARK) for _ in range(5))
            )
        return [response.status_code for response in responses]

    assert [200] * 5 == asyncio.run(go())


@pytest.mark.parametrize("library", LIBRARIES)
def test_a_stream_is_read_event_by_event(mock, library):
    """Lines come as they are sent, to both kinds of client."""
    body = ARK | {"stream": True}

    async def lines():
        async with (
            library.AsyncClient(transport=mock.transport(), base_url=mock.url("apiyi"), headers=HEADERS) as client,
            client.stream("POST", SUBMIT, json=body) as response,
        ):
            return [line async for line in response.aiter_lines()]

    with client_of(library, mock) as client, client.stream("POST", SUBMIT, json=body) as response:
        first = next(response.iter_lines())

    assert first.startswith("event: ")
    assert first == asyncio.run(lines())[0]


@pytest.mark.parametrize("library", LIBRARIES)
def test_any_asgi_client(mock, library):
    """The application can be given to a transport, or a test client, of somebody else's."""

    async def go():
        transport = library.ASGITransport(app=mock.asgi)
        async with library.AsyncClient(transport=transport, base_url=mock.url("apiyi"), headers=HEADERS) as client:
            return (await client.post(SUBMIT, json=ARK)).status_code

    assert 200 == asyncio.run(go())
    mock.requests.assert_called_once(operation="createImage")


@pytest.mark.parametrize("library", LIBRARIES)
def test_an_address_of_nobody_is_never_called(mock, library):
    """Nothing leaves the process: what the mock does not serve it answers with 404."""
    with library.Client(transport=mock.transport()) as client:
        assert 404 == client.get("https://example.com/v1/anything").status_code


@pytest.mark.parametrize("library", LIBRARIES)
def test_a_client_that_does_not_wait(mock, library):
    """The library's own time-out, though there is no socket to wait for."""
    mock.fail_next("hang")
    with client_of(library, mock) as client, pytest.raises(library.ReadTimeout):
        client.post(SUBMIT, json=ARK)

    assert 1 == len(mock.tasks)


@pytest.mark.parametrize("library", LIBRARIES)
def test_a_client_that_waits_too_short(library):
    """An image that takes its time is not waited for longer than the client says."""

    async def go(mock):
        async with library.AsyncClient(transport=mock.transport(), headers=HEADERS, timeout=0.01) as client:
            await client.post(mock.url("apiyi") + SUBMIT, json=ARK)

    with pixpact.mock("apiyi", pace="1x") as mock:
        with client_of(library, mock, timeout=0.01) as client, pytest.raises(library.ReadTimeout):
            client.post(SUBMIT, json=ARK)
        with pytest.raises(library.ReadTimeout):
            asyncio.run(go(mock))


@pytest.mark.parametrize("library", LIBRARIES)
@pytest.mark.parametrize("fault", ["accept-then-drop", "reset-after", "stream-cut"])
def test_a_connection_that_breaks(mock, library, fault):
    """The library's own error, whether nothing came or only half of the response."""
    mock.fail_next(fault)
    with client_of(library, mock) as client, pytest.raises(library.TransportError):
        client.post(SUBMIT, json=ARK)


def test_one_mock_for_several_threads(mock):
    """A transport may be used by as many threads as there are."""
    from concurrent.futures import ThreadPoolExecutor

    def submit(number):
        with client_of(httpx2, mock) as client:
            return client.post(SUBMIT, json=ARK | {"prompt": str(number)}).status_code

    with ThreadPoolExecutor(8) as pool:
        assert [200] * 40 == list(pool.map(submit, range(40)))
    assert 40 == len({task.id for task in mock.tasks})


def test_an_official_client_without_a_socket(mock, tmp_path):
    """The SDK's own calls, blocking and asynchronous, streamed and not; and what it was sent, played to it again."""
    import openai

    def ask(served):
        transport = httpx2.Client(transport=served.transport())
        client = openai.OpenAI(api_key="sk-test", base_url=served.url("apiyi") + "/v1", http_client=transport)
        whole = client.images.generate(model=ARK["model"], prompt="A kite", response_format="b64_json", size="2K")
        return client, len(whole.data[0].b64_json)

    async def ask_later(served):
        transport = httpx2.AsyncClient(transport=served.transport())
        client = openai.AsyncOpenAI(api_key="sk-test", base_url=served.url("apiyi") + "/v1", http_client=transport)
        return (await client.images.generate(model=ARK["model"], prompt="A boat")).data[0].url

    client, size = ask(mock)
    url = asyncio.run(ask_later(mock))
    mock.fail_next("rate-limited")
    with pytest.raises(openai.RateLimitError):
        client.with_options(max_retries=0).images.generate(model=ARK["model"], prompt="A kite")
    mock.save_har(tmp_path / "app.har")

    with pixpact.mock("apiyi", play=tmp_path / "app.har", recorded_only=True, seed=3) as player:
        assert ask(player)[1] > size / 2
        assert url != asyncio.run(ask_later(player))
        again = ask(player)[0]
        with pytest.raises(openai.NotFoundError) as caught:
            again.images.generate(model=ARK["model"], prompt="A car")

    assert "body/prompt" in caught.value.response.json()["detail"]


@pytest.mark.parametrize("library", LIBRARIES)
def test_another_event_loop_than_asyncios_is_reported(mock, library):
    """A coroutine that no loop of asyncio's drives is one of trio's: the remedy is the socket."""
    request = library.Request("GET", mock.url("apiyi") + "/v1/models")
    response = mock.transport().handle_async_request(request)

    with pytest.raises(RuntimeError, match=r"only works in asyncio's event loop; in a trio program use mock\.url"):
        response.send(None)
