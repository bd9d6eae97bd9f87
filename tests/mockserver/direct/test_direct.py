"""The usual request goes straight through, and nobody can tell it from one that went the plain way."""

from __future__ import annotations

import json
from decimal import Decimal

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pixpact.mockserver.core.pace import parse
from pixpact.mockserver.direct.routes import DirectRoutes
from pixpact.mockserver.state.memory import MemoryStore

NAMES = ("apimart", "toapis", "fal", "replicate")
KEYS = {"sk-rich": Decimal(10**6), "sk-poor": Decimal("0.05")}
PATHS = {
    "apimart": ("/apimart/v1/images/generations", "/apimart/v1/tasks/"),
    "toapis": ("/toapis/v1/images/generations", "/toapis/v1/images/generations/"),
    "fal": ("/fal/fal-ai/flux/dev", "/fal/fal-ai/flux/requests/"),
    "replicate": ("/replicate/v1/models/black-forest-labs/flux-kontext-pro/predictions", "/replicate/v1/predictions/"),
}
HEADERS = [
    {},
    {"Traceparent": "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"},
    {"Prefer": "state=failed"},
    {"Prefer": "code=429"},
    {"Prefer": "respond-async"},
    {"Prefer": "fault=nonsense"},
    {"Content-Encoding": "gzip"},
    {"Content-Type": "application/json; charset=utf-8"},
    {"Content-Type": "text/plain"},
    {"Host": "other.test:8080"},
    {"Host": "not a host"},
    {"Host": "api.apimart.ai"},
    {"Idempotency-Key": "once"},
]
FAULTS = [
    {"fault": "server-error", "times": 1},
    {"fault": "rate-limited", "probability": 0.5},
    {"fault": "latency", "delay": 2, "every": 2},
    {"fault": "failed", "times": 1, "stage": "submit"},
    {"fault": "stuck", "times": 1},
    {"fault": "partial", "times": 1},
]
PACES = ["1x", "10x", "instant", "polls:2", "manual"]

keys = st.sampled_from(["sk-rich", "sk-rich", "sk-poor", "sk-unknown", "sk-rate-limited", None])
values = st.none() | st.booleans() | st.integers(-3, 70_000) | st.text(max_size=8) | st.lists(st.text(max_size=4))
odd_values = values | st.sampled_from(
    ["data:image/png;base64,", "Data:image/png;base64,AAAA", "http://mock.test/_files/"]
)
steps = st.one_of(
    st.tuples(st.just("submit"), st.sampled_from(NAMES), st.integers(0, 99), keys, st.sampled_from(HEADERS)),
    st.tuples(st.just("submit"), st.sampled_from(NAMES), st.integers(0, 99), st.just("sk-rich"), st.just({})),
    st.tuples(st.just("change"), st.sampled_from(NAMES), st.integers(0, 99), st.text(max_size=10), odd_values),
    st.tuples(st.just("send"), st.sampled_from(NAMES), st.binary(max_size=30) | st.sampled_from([b"{}", b"[]"])),
    st.tuples(st.just("poll"), st.integers(0, 9), st.just("sk-rich"), st.just({})),
    st.tuples(st.just("poll"), st.integers(0, 9), keys, st.sampled_from(HEADERS)),
    st.tuples(st.just("ask"), st.sampled_from(NAMES), st.sampled_from(["nobody", "a%2Fb", "x?language=ko", "", "."])),
    st.tuples(st.just("again"),),
    st.tuples(st.just("advance"), st.sampled_from([0.5, 9.0, 60.0, 90_000.0])),
    st.tuples(st.just("fault"), st.sampled_from(FAULTS)),
    st.tuples(st.just("calm"),),
    st.tuples(st.just("pace"), st.sampled_from(PACES)),
    st.tuples(st.just("reset"), st.sampled_from(["tasks", "all"])),
)  # fmt: skip


class Session:
    """What one client does, and what comes back: the same for the same steps, whichever way its mock answers."""

    def __init__(self, client, examples):
        self.client, self.examples = client, examples
        self.tasks: list[tuple[str, str]] = []
        self.last = ("GET", "/apimart/v1/balance", b"", "sk-rich", {})
        self.seen: list[object] = []

    def take(self, kind, *what):
        getattr(self, f"_{kind}")(*what)

    def _sent(self, method, url, content, key, headers):
        self.last = (method, url, content, key, headers)
        scheme = "Key" if url.startswith("/fal/") else "Bearer"
        owner = {} if key is None else {"Authorization": f"{scheme} {key}"}
        sent = {**owner, **({"Content-Type": "application/json"} if method == "POST" else {}), **headers}
        response = self.client.request(method, url, content=content, key=None, headers=sent)
        self.seen.append((response.status, list(response.headers.items()), response.body))
        return response

    def _submit(self, name, number, key, headers, **more):
        body = {**self.examples[name][number % len(self.examples[name])], **more}
        response = self._sent("POST", PATHS[name][0], json.dumps(body).encode(), key, headers)
        if response.status < 300:
            shown = response.json
            task = shown.get("id") or shown.get("request_id") or shown["data"][0]["task_id"]
            self.tasks.append((name, task))

    def _change(self, name, number, field, value):
        self._submit(name, number, "sk-rich", {}, **{field: value})

    def _send(self, name, content):
        self._sent("POST", PATHS[name][0], content, "sk-rich", {})

    def _poll(self, number, key, headers):
        if self.tasks:
            name, task = self.tasks[number % len(self.tasks)]
            self._sent("GET", PATHS[name][1] + task, b"", key, headers)

    def _ask(self, name, task):
        self._sent("GET", PATHS[name][1] + task, b"", "sk-rich", {})

    def _again(self):
        self._sent(*self.last)

    def _advance(self, seconds):
        self.client.advance(seconds)

    def _fault(self, fault):
        self.client.context.faults.add(fault)

    def _calm(self):
        self.client.context.faults.clear()

    def _pace(self, pace):
        self.client._loop.run_until_complete(self.client.context.keep_pace(parse(pace)))

    def _reset(self, what):
        self.seen.append(self.client.post("/_pixpact/reset", json={"what": [what]}, key=None).status)

    def remembered(self):
        """All that is kept behind the responses."""
        context = self.client.context
        kept = self.client._loop.run_until_complete(context.journal.kept())
        tasks = self.client._loop.run_until_complete(context.store.tasks())
        return kept.exchanges, kept.forgotten, kept.total, tasks, context.ledger.charges(), context.journal.keys


def plain(client):
    """The same mock without the way that goes straight through."""
    client.app.direct = DirectRoutes(client.context, ())
    return client


@pytest.fixture(scope="module")
def examples(contract):
    """The bodies that the contracts show for each submission."""
    found = {}
    for name in NAMES:
        path = PATHS[name][0].removeprefix(f"/{name}")
        operation = next(it for it in contract(name).operations if it.method == "POST" and it.path == path)
        found[name] = [example.value for media in operation.body.media for example in media.examples]
    return found


@pytest.mark.sweep
@pytest.mark.parametrize("pace", ["10x", "instant"])
@settings(max_examples=100, deadline=None, suppress_health_check=list(HealthCheck))
@given(taken=st.lists(steps, min_size=1, max_size=25), seed=st.integers(0, 3))
def test_both_ways_give_and_remember_the_same(mocked, examples, pace, taken, seed):
    """Statuses, headers, bodies, journal, tasks, charges and counts, whatever is sent, injected and moved."""
    clients = [mocked(*NAMES, pace=pace, seed=seed, keys=KEYS, store=MemoryStore(most_tasks=4)) for _ in range(2)]
    for client in clients:
        client.context.journal._most = 8  # so that exchanges and tasks make room within a few steps
    straight, reference = Session(clients[0], examples), Session(plain(clients[1]), examples)
    for step in taken:
        straight.take(*step)
        reference.take(*step)

    assert reference.seen == straight.seen
    assert reference.remembered() == straight.remembered()


@pytest.mark.parametrize("name", ["apimart", "toapis"])
def test_the_usual_request_does_not_need_the_plain_way(mocked, examples, name):
    """A submission and its polls are answered by a mock whose plain way leads nowhere."""
    client = mocked(name, key="sk-rich", keys=KEYS)
    assert client.get("/nothing").status == 404
    client.app.mounts.clear()
    session = Session(client, examples)

    for number in range(len(examples[name])):
        if not any("image" in field or "mask" in field for field in examples[name][number]):
            session.take("submit", name, number, "sk-rich", {})
    for number in range(len(session.tasks)):
        session.take("poll", number, "sk-rich", {})
        client.advance(3600)
        session.take("poll", number, "sk-rich", {})

    assert session.tasks
    assert {200} == {status for status, _, _ in session.seen}


@pytest.mark.parametrize(
    "settings", [{"responses": "extreme"}, {"strict": True}, {"public_url": "https://mock.test/below"}, {"token": "t"}]
)
def test_the_settings_of_a_mock_hold_on_both_ways(mocked, examples, settings):
    """Extreme responses, strictness, another address and hidden links come out the same."""
    clients = [mocked("apimart", pace="instant", keys=KEYS, **settings) for _ in range(2)]
    sessions = [Session(clients[0], examples), Session(plain(clients[1]), examples)]
    for session in sessions:
        session.take("submit", "apimart", 0, "sk-rich", {})
        session.take("change", "apimart", 0, "siez", "1:1")
        session.take("poll", 0, "sk-rich", {})

    assert sessions[0].seen == sessions[1].seen
    assert 200 == sessions[0].seen[0][0]
