"""Recorded exchanges → traces."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from pixpact.contracts.traffic.images import facts_of, image_of
from pixpact.contracts.traffic.recording import HarRecorder
from pixpact.contracts.traffic.trace_builder import TraceBuilder, build_traces
from pixpact.wire.exchange import Exchange
from pixpact.wire.har import from_har

ROOT = Path(__file__).parents[3]
APIMART = "https://api.apimart.ai/v1"
TOAPIS = "https://toapis.com/v1/images/generations"
JSON = (("content-type", "application/json"),)
KEYED = (("Authorization", "Bearer sk-abcdef"), *JSON)


def har(name):
    return from_har(json.loads((ROOT / f"fixtures/traffic/{name}.har").read_text()))


def said(found):
    """Each trace as its operations and roles."""
    return [[exchange.note["operation"] or exchange.note["role"] for exchange in trace] for trace in found]


def exchange(at, method, url, response=None, body=None, status=200, **more):
    return Exchange(
        float(at),
        method,
        url,
        KEYED,
        b"" if body is None else json.dumps(body).encode(),
        status,
        more.pop("headers", JSON),
        response if isinstance(response, bytes) else json.dumps(response).encode(),
        **more,
    )


def submit(at, task, **more):
    response = {"code": 200, "data": [{"status": "submitted", "task_id": task}]}
    return exchange(at, "POST", f"{APIMART}/images/generations", response, MODEL, **more)


def poll(at, task, status="processing", urls=(), **more):
    data = {"id": task, "status": status, "progress": 40, "created": 1}
    if urls:
        data |= {"progress": 100, "completed": 9, "result": {"images": [{"url": [url]} for url in urls]}}
    return exchange(at, "GET", f"{APIMART}/tasks/{task}", {"code": 200, "data": data}, **more)


def order(at, task, reference, status="queued", method="POST", url=TOAPIS):
    response = {"id": task, "object": "generation.task", "model": "doubao-seedream-5-0", "status": status}
    response |= {"progress": 0, "created_at": 1, "metadata": {}}
    body = {"model": "doubao-seedream-5-0", "prompt": "A boat", "client_business_id": reference}
    return exchange(at, method, url, response, body if method == "POST" else None)


def download(at, url, **more):
    return exchange(at, "GET", url, b"", **more)


MODEL = {"model": "doubao-seedream-5-0-lite", "prompt": "A boat"}
IMAGE = "https://cdn.example/1.png"


class TestRecordingsOfOthers:
    def test_chrome(self, contract):
        """Preflights, other hosts and the page itself are left out; nothing is said of keys that it strips."""
        traffic = TraceBuilder(contract("apimart"))
        found = list(traffic.traces(har("chrome")))

        assert [["getBalance"], ["createImage", "getTask", "getTask", "download"]] == said(found)
        assert {
            "a browser's preflight": 1,
            "another host: studio.example": 1,
            "another host: metrics.example": 1,
        } == traffic.ignored
        assert (4, 3, "png") == tuple(
            getattr(facts_of(found[1].exchanges[3]), it) for it in ("width", "height", "format")
        )
        assert "browser" == found[1].exchanges[0].note["recorder"]
        assert "response" == found[0].exchanges[0].note["truncated"]

    def test_firefox(self, contract):
        """Two ways to one task; an image that came from the cache; a poll of a task of another day."""
        found = list(build_traces(contract("toapis"), har("firefox")))

        assert [["createImage", "getImage", "getImage", "download", "download"], ["getImage"]] == said(found)
        assert image_of(found[0].exchanges[3]).facts is not None
        assert image_of(found[0].exchanges[4]) is None

    def test_mitmproxy(self, contract):
        """A synchronous response with its download, one with base64, a refusal, and a connection that broke."""
        found = list(build_traces(contract("apiyi"), har("mitmproxy")))
        statuses = [[it.status for it in trace] for trace in found]

        assert [["createImage"]] * 3 + [["createImage", "download"]] == said(found)
        assert [[200], [400], [0], [200, 200]] == statuses
        image = json.loads(found[0].exchanges[0].response_body)["data"][0]["b64_json"]
        assert 24 == facts_of(found[0].exchanges[0], image).width

    def test_charles(self, contract):
        """A tunnel, the usual port written out, nulls, an order of its own, and a redirect to the image."""
        traffic = TraceBuilder(contract("apimart"))
        found = list(traffic.traces(har("charles")))

        assert [["createImage"], ["createImage", "getTask", "download", "download"]] == said(found)
        assert [400] == [it.status for it in found[0]]
        assert [200, 200, 302, 200] == [it.status for it in found[1]]
        assert {"a proxy's tunnel": 1} == traffic.ignored

    def test_proxyman(self, contract):
        """Base64 bodies, an offset, a form without its file, and a method that the contract does not have."""
        traffic = TraceBuilder(contract("toapis"))
        found = list(traffic.traces(har("proxyman")))

        assert [["uploadImage"], ["createImage", "getImage", "getImage"]] == said(found)
        assert ["store", "start", "show", "show"] == [it.note["role"] for trace in found for it in trace]
        assert {"no operation: PUT /v1/images/generations/order-7": 1} == traffic.ignored

    @pytest.mark.parametrize("name", ["chrome", "firefox", "mitmproxy", "charles", "proxyman"])
    @pytest.mark.parametrize("vendor", ["apimart", "apiyi", "fasttoken", "toapis"])
    def test_every_exchange_is_in_one_trace_or_counted(self, contract, name, vendor):
        """Nothing is lost and nothing comes twice; no key is in what comes out."""
        recorded = har(name)
        traffic = TraceBuilder(contract(vendor))
        found = [exchange for trace in traffic.traces(recorded) for exchange in trace]

        assert len(recorded) == traffic.seen == len(found) + sum(traffic.ignored.values())
        assert len(found) == len({(it.started, it.url, it.method) for it in found})
        assert "sk-" not in repr(found)


class TestRecordingsOfOurs:
    @pytest.mark.parametrize("images", [False, True])
    def test_what_a_mock_served_is_joined_again(self, mocked, contract, tmp_path, images):
        """The journal, recorded and read back: each task with its polls and downloads."""
        client = mocked("apimart", "toapis", pace="instant")
        tasks = [client.post("/apimart/v1/images/generations", {**MODEL, "n": 2}).json for _ in range(2)]
        for task in reversed(tasks):
            seen = client.get(f"/apimart/v1/tasks/{task['data'][0]['task_id']}").json
            for image in seen["data"]["result"]["images"]:
                client.get(image["url"][0], key=None)
        client.post("/toapis/v1/images/generations", {"model": "doubao-seedream-5-0", "prompt": "A boat"})
        path = tmp_path / "a.har"
        with HarRecorder(path, images=images) as recorder:
            recorder.extend(client.context.journal)
        traffic = TraceBuilder(contract("apimart"))
        found = list(traffic.traces(from_har(json.loads(path.read_text()))))

        assert [["createImage", "getTask", "download", "download"]] * 2 == said(found)
        assert ["/data/result/images/0/url/0", "/data/result/images/1/url/0"] == [
            it.note["pointer"] for it in found[0].exchanges[2:]
        ]
        assert 1 == sum(traffic.ignored.values())

    def test_traces_of_traces_are_the_same(self, contract):
        """What came out can go in again: reading is not changed by redaction or notes."""
        first = list(build_traces(contract("apimart"), har("charles")))
        again = list(build_traces(contract("apimart"), [exchange for trace in first for exchange in trace]))

        assert first == again


class TestJoining:
    def test_tasks_that_run_at_once_are_kept_apart(self, contract):
        """By the id that each submit was given."""
        recorded = [submit(0, "a"), submit(0, "b"), poll(1, "b"), poll(1, "a"), poll(2, "a"), poll(2, "b")]
        found = list(build_traces(contract("apimart"), recorded))

        assert [["a", "a"], ["b", "b"]] == [[it.url[-1] for it in trace.exchanges[1:]] for trace in found]

    def test_several_links_lead_to_one_task(self, contract):
        """By its id and by the client's own reference."""
        recorded = [
            order(0, "task_1", "order-1"),
            order(1, "task_1", "order-1", "in_progress", "GET", f"{TOAPIS}/order-1"),
            order(2, "task_1", "order-1", "in_progress", "GET", f"{TOAPIS}/task_1"),
        ]

        assert [["createImage", "getImage", "getImage"]] == said(build_traces(contract("toapis"), recorded))

    def test_a_reference_that_is_used_again_leads_to_the_latest_task(self, contract):
        """The polls before belong to the first, those after to the second."""
        recorded = [
            order(0, "task_1", "order-1"),
            order(1, "task_1", "order-1", "in_progress", "GET", f"{TOAPIS}/order-1"),
            order(2, "task_2", "order-1"),
            order(3, "task_2", "order-1", "in_progress", "GET", f"{TOAPIS}/order-1"),
            order(4, "task_1", "order-1", "in_progress", "GET", f"{TOAPIS}/task_1"),
        ]
        found = list(build_traces(contract("toapis"), recorded))

        assert [[0, 1, 4], [2, 3]] == [[it.started for it in trace] for trace in found]

    def test_a_submit_that_is_answered_with_the_same_task_is_of_its_trace(self, contract):
        """Sent again under an idempotency key: one task, one trace."""
        recorded = [submit(0, "a"), submit(1, "a"), poll(2, "a")]

        assert [["createImage", "createImage", "getTask"]] == said(build_traces(contract("apimart"), recorded))

    def test_polls_without_their_submit_are_a_trace_of_their_own(self, contract):
        """One for each task."""
        recorded = [poll(0, "a"), poll(1, "b"), poll(2, "a"), poll(3, "a", status=400)]

        assert [["getTask"] * 3, ["getTask"]] == said(build_traces(contract("apimart"), recorded))

    def test_a_recorder_may_write_exchanges_as_they_end(self, contract):
        """Looks that stand before their submit are joined to it, and come after it."""
        recorded = [poll(3, "a"), poll(2, "a"), submit(1, "a")]
        found = list(build_traces(contract("apimart"), recorded))

        assert [[1, 2, 3]] == [[it.started for it in trace] for trace in found]

    def test_polls_by_two_names_come_together_with_their_submit(self, contract):
        """Until then nothing tells that they are of one task."""
        recorded = [
            order(3, "task_1", "order-1", "in_progress", "GET", f"{TOAPIS}/order-1"),
            order(2, "task_1", "order-1", "in_progress", "GET", f"{TOAPIS}/task_1"),
            order(1, "task_1", "order-1"),
        ]
        found = list(build_traces(contract("toapis"), recorded))

        assert [[1, 2, 3]] == [[it.started for it in trace] for trace in found]

    @pytest.mark.parametrize(
        ("listed", "fetched"),
        [
            (IMAGE, IMAGE),
            (IMAGE, "https://CDN.example:443/1.png#top"),
            (IMAGE + "?Signature=abcdef123", IMAGE + "?Signature=abcdef123"),
            (IMAGE + "?Signature=redacted", IMAGE + "?Signature=redacted"),
        ],
    )
    def test_a_download_is_known_by_its_url(self, contract, listed, fetched):
        """However it is written; signed ones too, redacted or not."""
        recorded = [submit(0, "a"), poll(1, "a", "completed", [listed]), download(2, fetched)]

        assert [["createImage", "getTask", "download"]] == said(build_traces(contract("apimart"), recorded))

    @pytest.mark.parametrize("other", ["https://cdn.example/2.png", IMAGE + "?x=1", "http://cdn.example/1.png"])
    def test_another_url_is_none(self, contract, other):
        """What no response named is counted."""
        traffic = TraceBuilder(contract("apimart"))
        found = list(traffic.traces([submit(0, "a"), poll(1, "a", "completed", [IMAGE]), download(2, other)]))

        assert [["createImage", "getTask"]] == said(found)
        assert {"another host: cdn.example": 1} == traffic.ignored

    def test_a_refused_submit_is_a_trace_of_one(self, contract):
        """It leads nowhere."""
        refused = exchange(0, "POST", f"{APIMART}/images/generations", {"error": {"message": "no"}}, {}, 400)
        recorded = [refused, submit(1, "a"), replace(submit(2, "b"), status=0, response_body=b"")]

        assert [["createImage"]] * 3 == said(build_traces(contract("apimart"), recorded))

    @pytest.mark.parametrize("response", [b"", b"{", b"[]", b"null", b'{"data": []}', b'{"data": [{"task_id": null}]}'])
    def test_a_response_that_gives_no_id_leads_nowhere(self, contract, response):
        """Whatever it is instead."""
        recorded = [replace(submit(0, "a"), response_body=response), poll(1, "a")]

        assert [["createImage"], ["getTask"]] == said(build_traces(contract("apimart"), recorded))

    def test_named_bases(self, contract):
        """A gateway that the user names."""
        recorded = [
            replace(it, url=it.url.replace(APIMART, "https://gw.example/ai/v1"))
            for it in (submit(0, "a"), poll(1, "a"))
        ]

        assert [] == said(build_traces(contract("apimart"), recorded))
        assert [["createImage", "getTask"]] == said(
            build_traces(contract("apimart"), recorded, ["https://gw.example/ai"])
        )


class TestMemory:
    def recording(self, count):
        for number in range(count):
            task = f"t{number}"
            yield submit(number, task)
            yield poll(number, task, "completed", [f"https://cdn.example/{number}.png"])
            yield download(number, f"https://cdn.example/{number}.png")

    def test_traces_are_handed_out_while_exchanges_come(self, contract):
        """However long a recording is, no more than the given number wait."""
        traffic = TraceBuilder(contract("apimart"), most_open=5)
        waiting, found = [], 0
        source = self.recording(100)
        for trace in traffic.traces(source):
            waiting.append(traffic.waiting)
            found += len(trace)

        assert 300 == found
        assert max(waiting) <= 5
        assert 0 == traffic.waiting

    def test_what_is_complete_goes_first(self, contract):
        """A task that is still under way is kept, though it began before."""
        traffic = TraceBuilder(contract("apimart"), most_open=3)
        recorded = [submit(0, "slow"), *self.recording(20), poll(99, "slow", "completed", [IMAGE])]
        found = list(traffic.traces(recorded))

        assert ["createImage", "getTask"] in said(found)
        assert 21 == len(found)

    def test_an_unfinished_one_goes_when_all_are(self, contract):
        """The one that nothing was heard of for longest; its later polls are a trace of their own."""
        recorded = [submit(0, "a"), submit(1, "b"), poll(2, "a"), submit(3, "c"), poll(4, "b")]
        found = list(TraceBuilder(contract("apimart"), most_open=2).traces(recorded))

        assert [[1], [0, 2], [3], [4]] == [[it.started for it in trace] for trace in found]

    def test_large_bodies_are_bounded_too(self, contract, monkeypatch):
        """By their bytes together."""
        monkeypatch.setattr("pixpact.contracts.traffic.trace_builder.MOST_BYTES", 10_000)
        traffic = TraceBuilder(contract("apimart"))
        waiting = [traffic.waiting for _ in traffic.traces(poll(n, f"t{n}" + ".z" * 1000) for n in range(9))]

        assert [4, 4, 4, 4, 4, 3, 2, 1, 0] == waiting

    def test_reasons_are_bounded(self, contract):
        """A recording of a thousand hosts does not fill the page."""
        traffic = TraceBuilder(contract("apimart"))
        list(traffic.traces(download(n, f"https://host-{n}.example/") for n in range(1000)))

        assert len(traffic.ignored) <= 201
        assert 1000 == sum(traffic.ignored.values())
