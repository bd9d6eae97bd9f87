"""Which requests a fault strikes, by which channel it comes, and what is reported about it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pixpact.mockserver.core.identity import SeededChance, entropy
from pixpact.mockserver.core.latency import ResponseDelay
from pixpact.mockserver.core.latency import parse as parse_delay
from pixpact.mockserver.faults import connection
from pixpact.mockserver.faults.names import NAMES, STAGES
from pixpact.mockserver.faults.parsing import from_text, read
from pixpact.mockserver.state.active_faults import BadFault, run_sync

SUBMIT = "/apimart/v1/images/generations"
BODY = {"model": "doubao-seedream-5-0-lite", "prompt": "A kite", "n": 2}
BASE64 = {"model": "seedream-5-0-260128", "prompt": "A kite", "size": "1280x720", "response_format": "b64_json"}
CALLED_BACK = {"model": "doubao-seedream-5-0", "prompt": "A kite", "callback_url": "http://elsewhere.example"}
STRUCK = {
    "unknown-task": ("apimart", "GET", "/v1/tasks/task_01K8ZQ4M6T2V7X9B3C5D8E0FGH", None),
    "task-over": ("fixtures/specs/modes.yaml", "POST", "/prints/pr_8fK2mQ/stop", None),
    "truncated-image": ("apiyi", "POST", "/v1/images/generations", BASE64),
    **dict.fromkeys(
        ("sse-comments", "sse-crlf"),
        ("apiyi", "POST", "/v1/images/generations", {"model": "seedream-5-0-260128", "prompt": "x", "stream": True}),
    ),
    "webhook-forged": ("toapis", "POST", "/v1/images/generations", CALLED_BACK),
    **dict.fromkeys(
        ("webhook-lost", "webhook-late", "webhook-twice", "webhook-again"),
        ("apimart", "POST", "/v1/images/generations", BODY | {"webhook": "http://elsewhere.example"}),
    ),
}
"""Requests that a fault strikes which says nothing of a submission."""


def statuses(client, count=6, body=BODY, url=SUBMIT, **options):
    return [client.post(url, body, **options).status for _ in range(count)]


class TestReading:
    @pytest.mark.parametrize(
        ("text", "written"),
        [
            ("rate-limited", {"fault": "rate-limited"}),
            (
                "rate-limited, operation=createImage, times=2",
                {"fault": "rate-limited", "operation": "createImage", "times": 2},
            ),
            ("latency,delay=1.5", {"fault": "latency", "delay": 1.5}),
            ("latency,delay=2m,stage=queue", {"fault": "latency", "delay": 120.0, "stage": "queue"}),
            ("latency,delay=uniform:1:3", {"fault": "latency", "delay": {"uniform": [1, 3]}}),
            ("latency,delay=lognormal:0.5:0.8", {"fault": "latency", "delay": {"lognormal": [0.5, 0.8]}}),
            ("server-error,probability=0.25,every=3", {"fault": "server-error", "probability": 0.25, "every": 3}),
            ("partial,images=0", {"fault": "partial", "images": 0}),
            ("rate-limited,retry-after=30", {"fault": "rate-limited", "retry-after": 30}),
            ("html,status=524", {"fault": "html", "status": 524}),
            ("server-error,charged=true", {"fault": "server-error", "charged": True}),
            ("takes,delay=3m", {"fault": "takes", "delay": 180.0}),
            ("unknown-status,status=on-hold", {"fault": "unknown-status", "status": "on-hold"}),
        ],
    )
    def test_text_and_json_are_one_vocabulary(self, text, written):
        """What the command line reads is what the control side reads, and what it lists."""
        assert from_text(text) == read(written)
        assert written == from_text(text).json()

    @pytest.mark.parametrize(
        ("text", "said"),
        [
            ("rate-limit", "did you mean 'rate-limited'?"),
            ("", "'' is not a fault; there are"),
            ("hang,operations=x", "did you mean 'operation'?"),
            ("hang,times", "'times' in 'hang,times' has no value"),
            ("hang,times=1,times=2", "times occurs twice"),
            ("hang,times=0", "times is 0; write a whole number from 1"),
            ("hang,every=1.5", "every is 1.5"),
            ("hang,probability=2", "probability is 2; write a number from 0 to 1"),
            ("hang,delay=3", "delay does not apply to 'hang'; it applies to latency, slow, slow-drip"),
            ("latency,delay=soon", "'soon' is not a delay"),
            ("latency,delay=uniform:3:1", "is not a delay"),
            ("latency,delay=normal:3:1", "is not a delay"),
            ("hang,stage=lunch", "'lunch' is not a stage; there are submit, poll"),
            ("hang,stage=queue", "'hang' has no stage 'queue'"),
            ("failed,stage=poll", "'failed' has no stage 'poll'"),
            ("stuck,example=x", "example does not apply to 'stuck'"),
            ("html,status=99", "status is '99'; write an HTTP status from 200 to 599"),
            ("response,status=200", "write an HTTP status from 400 to 599"),
            ("server-error,charged=yes", "charged is 'yes'; write true or false"),
            ("hang,charged=true", "charged does not apply to 'hang'"),
            ("server-error,charged=true,stage=poll", "'server-error' has no stage 'poll'; there are submit"),
            ("image,image=kite.png", "not a JPEG, PNG or WebP"),
            ("hang,body=prompt", "body of 'hang' is not an object"),
            ("hang,vendor=", "vendor of 'hang' is empty"),
        ],
    )
    def test_what_is_no_fault_is_reported(self, text, said):
        """The value, and what would be right."""
        with pytest.raises(BadFault) as caught:
            from_text(text)

        assert said in str(caught.value)

    @pytest.mark.parametrize("written", [None, "hang", 5, {"fault": 5}, {"fault": "hang", "vendor": 7}, {}])
    def test_other_json_is_refused(self, written):
        """Anything but an object with a known name."""
        with pytest.raises(BadFault):
            read(written)

    def test_no_fault_holds_a_key(self):
        """An API key in a fault is kept as a digest and listed as redacted."""
        fault = read({"fault": "hang", "key": "sk-very-secret"})

        assert "very-secret" not in repr(fault)
        assert {"fault": "hang", "key": "[redacted]"} == fault.json()

    @given(st.text())
    def test_no_text_breaks_the_reader(self, text):
        """A fault, or a refusal that says something."""
        try:
            said = from_text(text).fault
        except BadFault as error:
            said = str(error)

        assert said


class TestDelays:
    @pytest.mark.parametrize(
        ("delay", "low", "high"),
        [
            (ResponseDelay("fixed", (2.0,)), 2.0, 2.0),
            (ResponseDelay("uniform", (1.0, 3.0)), 1.0, 3.0),
            (ResponseDelay("lognormal", (0.0, 0.5)), 0.1, 10.0),
        ],
    )
    def test_a_drawn_delay_is_where_its_distribution_says(self, delay, low, high):
        """Within its ends; a log-normal one around exp(mu), 99.999 % of it within the range."""
        drawn = [delay.drawn(SeededChance(entropy(number))) for number in range(300)]

        assert all(low <= seconds <= high for seconds in drawn)

    def test_half_of_a_lognormal_delay_is_below_its_median(self):
        """The median is exp(mu)."""
        delay = parse_delay({"lognormal": [1.0, 0.7]})
        drawn = [delay.drawn(SeededChance(entropy(number))) for number in range(2000)]

        assert pytest.approx(1000, abs=90) == sum(seconds < 2.718281828 for seconds in drawn)


class TestSelection:
    @pytest.mark.parametrize(
        ("fault", "found"),
        [
            ({"times": 1}, [500, 200, 200, 200, 200, 200]),
            ({"times": 3}, [500, 500, 500, 200, 200, 200]),
            ({"every": 2}, [200, 500, 200, 500, 200, 500]),
            ({"every": 2, "times": 2}, [200, 500, 200, 500, 200, 200]),
            ({"probability": 0}, [200] * 6),
            ({"probability": 1, "times": 2}, [500, 500, 200, 200, 200, 200]),
            ({"operation": "createImage", "times": 1}, [500, 200, 200, 200, 200, 200]),
            ({"operation": "getTask"}, [200] * 6),
            ({"vendor": "apimart", "times": 1}, [500, 200, 200, 200, 200, 200]),
            ({"vendor": "toapis"}, [200] * 6),
            ({"model": "doubao-seedream-5-0-lite", "every": 6}, [200, 200, 200, 200, 200, 500]),
            ({"model": "gpt-image-1-official"}, [200] * 6),
            ({"key": "sk-test", "times": 1}, [500, 200, 200, 200, 200, 200]),
            ({"key": "sk-other"}, [200] * 6),
            ({"stage": "submit", "times": 1}, [500, 200, 200, 200, 200, 200]),
            ({"stage": "poll"}, [200] * 6),
        ],
    )
    def test_a_fault_strikes_whom_it_names(self, mocked, fault, found):
        """First, every n-th, by vendor, operation, model, key and stage."""
        client = mocked("apimart", "toapis", pace="instant")
        client.context.faults.add({"fault": "server-error", **fault})

        assert found == statuses(client)

    def test_a_poll_is_for_the_model_of_its_task(self, mocked):
        """A fault of a model strikes looks at that model's tasks, and no others."""
        client = mocked("apimart", pace="instant")
        found = []
        for model in ("gpt-image-1-official", BODY["model"]):
            task = client.post(SUBMIT, BODY | {"model": model}).json["data"][0]["task_id"]
            client.context.faults.add({"fault": "server-error", "stage": "poll", "model": BODY["model"]})
            found.append(client.get(f"/apimart/v1/tasks/{task}").status)

        assert [200, 500] == found

    def test_chance_is_seeded(self, mocked):
        """The same seed strikes the same requests, another one others, each about as often as it says."""
        rows = []
        for seed in (1, 1, 2):
            client = mocked("apimart", seed=seed)
            client.context.faults.add({"fault": "server-error", "probability": 0.3})
            rows.append(statuses(client, 200))

        assert rows[0] == rows[1] != rows[2]
        assert 35 < rows[0].count(500) < 85

    def test_the_first_that_fits_responses(self, mocked):
        """Of two refusals one is given; the other is not used up."""
        client = mocked("apimart")
        client.context.faults.add({"fault": "rate-limited", "times": 1})
        client.context.faults.add({"fault": "server-error", "times": 1})

        assert [429, 500, 200] == statuses(client, 3)

    def test_a_cause_strikes_only_where_it_is_documented(self, mocked):
        """An operation whose contract has no such response is let alone."""
        client = mocked("apimart")
        client.context.faults.add({"fault": "moderated"})

        assert 200 == client.get("/apimart/v1/balance").status
        assert [500] == statuses(client, 1)

    def test_an_outcome_waits_for_a_valid_request(self, mocked):
        """A refused submission does not use a fault of a task up; nor does one it says nothing of."""
        client = mocked("apimart", pace="instant")
        client.context.faults.add({"fault": "partial", "times": 1})
        client.post(SUBMIT, BODY | {"n": 9})
        client.post(SUBMIT, BODY | {"n": 1})

        assert [(0, 0)] == [(it.fitted, it.struck) for it in client.context.faults.standing()]
        assert "fault=partial" == client.post(SUBMIT, BODY).headers["preference-applied"]

    def test_stages_of_a_task(self, mocked):
        """A task is held in its first state, then at its last, for so many seconds beyond its own."""
        client = mocked("apimart", pace="instant")
        client.context.faults.add({"fault": "latency", "stage": "queue", "delay": 10})
        client.context.faults.add({"fault": "latency", "stage": "run", "delay": 5})
        task = client.post(SUBMIT, BODY).json["data"][0]["task_id"]
        found = []
        for seconds in (0, 9.9, 0.1, 4.9, 0.1):
            client.advance(seconds)
            data = client.get(f"/apimart/v1/tasks/{task}").json["data"]
            found.append((data["status"], data["progress"]))

        assert [("pending", 0)] * 2 + [("processing", 99)] * 2 + [("completed", 100)] == found

    def test_a_download_is_a_stage(self, mocked):
        """Faults of downloads strike images only, by vendor and model of their task."""
        client = mocked("apimart", pace="instant")
        task = client.post(SUBMIT, BODY).json["data"][0]["task_id"]
        client.context.faults.add({"fault": "html", "stage": "download", "model": BODY["model"], "times": 1})
        data = client.get(f"/apimart/v1/tasks/{task}").json["data"]
        url = data["result"]["images"][0]["url"][0]

        assert ["text/html", "image/jpeg"] == [client.get(url).headers["content-type"] for _ in range(2)]
        asked = client.get(url, headers={"Prefer": "fault=empty"})
        assert (b"", "fault=empty") == (asked.body, asked.headers["preference-applied"])
        refused = client.get(url, headers={"Prefer": "fault=server-error"})
        assert (400, True) == (refused.status, "does not apply to downloads" in refused.json["detail"])
        assert [200, 200, 200, 400] == [it.status for it in client.journal() if it.note["operation"] == "(file)"]


class TestChannels:
    @pytest.mark.parametrize("name", sorted(set(NAMES) - {"file-error", "authorization-refused", "no-cors"}))
    def test_four_channels_are_one_vocabulary(self, mocked, name):
        """A header, a key, the control API and the command line do the same, and what they did is reported and kept."""
        contract, method, path, body = STRUCK.get(name, ("apimart@2026-09", "POST", "/v1/images/generations", BODY))
        found = []
        for channel in ("header", "key", "control", "command line"):
            client = mocked(contract, pace="instant")
            options = {"headers": {"Prefer": f"fault={name}"}} if channel == "header" else {}
            options |= {"key": f"sk-{name}"} if channel == "key" else {}
            if channel == "control":
                assert 201 == client.post("/_pixpact/faults", {"fault": name}).status
            elif channel == "command line":
                run_sync(client.context.faults.put(from_text(name)))
            try:
                mount = contract.rpartition("/")[2].removesuffix(".yaml")
                response = client.request(method, f"/{mount}{path}", json=body, **options)
                assert f"fault={name}" == response.headers["preference-applied"]
                found.append((response.status, response.body))
            except (ConnectionError, TimeoutError) as error:
                found.append(type(error))
            requests = [it for it in client.journal() if "callback" not in it.note]
            assert [name] == [request.note.get("fault") for request in requests]

        assert [found[0]] * 4 == found

    def test_a_key_strikes_where_its_fault_has_a_meaning(self, mocked):
        """A client has one key for all its requests: what says nothing of one is served as ever, and charged."""
        client = mocked("apimart", pace="instant")
        task = client.post(SUBMIT, BODY, key="sk-unknown-task").json["data"][0]["task_id"]
        poll = client.get(f"/apimart/v1/tasks/{task}", key="sk-unknown-task")

        assert (400, "fault=unknown-task") == (poll.status, poll.headers["preference-applied"])
        assert 200 == client.get("/apimart/v1/balance", key="sk-moderated").status

    def test_a_key_of_a_refusal_that_the_contract_has_not_is_refused(self, mocked):
        """With what there is instead."""
        body = {"model": "doubao-seedream-5-0", "prompt": "A kite"}
        response = mocked("toapis").post("/toapis/v1/images/generations", body, key="sk-bad-gateway")

        assert (400, "Cannot be done") == (response.status, response.json["title"])
        assert "the contract has no such response; choose from insufficient-balance" in response.json["detail"]

    def test_what_the_mock_itself_says_is_in_the_journal(self, mocked):
        """A wish that is none, one that cannot be, a response that is none: each with its response."""
        client = mocked("apimart")
        for prefer in ("fault=nope", "fault=unknown-task", "code=418"):
            client.post(SUBMIT, BODY, headers={"Prefer": prefer})
        kept = client.journal()

        assert [400, 400, 400] == [it.status for it in kept]
        assert ["createImage"] * 3 == [it.note["operation"] for it in kept]
        assert [True] * 3 == [b"pixpact" in it.response_body for it in kept]

    @pytest.mark.parametrize(
        ("prefer", "applied"),
        [
            ("fault=latency; delay=3", "fault=latency"),
            ("delay=3", "fault=latency"),
            ("fault=failed; example=failed-in-short", "fault=failed"),
            ('fault="partial"; images=1, state=completed', "state=completed, fault=partial"),
        ],
    )
    def test_a_preference_brings_what_belongs_to_it(self, mocked, prefer, applied):
        """What stands beside a fault's name is the fault's."""
        client = mocked("apimart", pace="instant")

        assert applied == client.post(SUBMIT, BODY, headers={"Prefer": prefer}).headers["preference-applied"]

    def test_an_unknown_fault_is_refused(self, mocked):
        """Nothing is done for a wish that nobody understands."""
        response = mocked("apimart").post(SUBMIT, BODY, headers={"Prefer": "fault=rate-limit"})

        assert 400 == response.status
        assert "did you mean 'rate-limited'?" in response.json["detail"]

    def test_a_fault_that_cannot_be_is_refused(self, mocked):
        """One image cannot be delivered partially; who asks for it is reported."""
        response = mocked("apimart").post(SUBMIT, BODY | {"n": 1}, headers={"Prefer": "fault=partial"})

        assert 400 == response.status
        assert "cannot be delivered partially" in response.json["detail"]

    def test_a_wish_in_vain_is_refused(self, mocked):
        """A poll ends no task: who asks for it there is reported, and nothing is silently ignored."""
        client = mocked("apimart")
        task = client.post(SUBMIT, BODY).json["data"][0]["task_id"]
        response = client.get(f"/apimart/v1/tasks/{task}", headers={"Prefer": "fault=failed"})

        assert (400, "fault=failed does not apply to getTask") == (response.status, response.json["detail"])
        assert 200 == client.get(f"/apimart/v1/tasks/{task}").status

    def test_the_control_side(self, mocked):
        """Faults are added one or several at a time, listed with their counts, and removed."""
        client = mocked("apimart")
        one = client.post("/_pixpact/faults", {"fault": "server-error", "times": 1})
        two = client.post("/_pixpact/faults", [{"fault": "hang", "stage": "poll"}, {"fault": "empty", "key": "sk-x"}])
        statuses(client, 2)
        listed = client.get("/_pixpact/faults").json

        assert [201, 201] == [one.status, two.status]
        assert {"id": 1, "fault": "server-error", "times": 1, "fitted": 2, "fired": 1} == listed["faults"][0]
        assert {"id": 3, "fault": "empty", "key": "[redacted]", "fitted": 0, "fired": 0} == listed["faults"][2]
        assert NAMES == listed["names"]
        assert {"removed": 1} == client.request("DELETE", "/_pixpact/faults/2").json
        assert 404 == client.request("DELETE", "/_pixpact/faults/2").status
        assert {"removed": 2} == client.request("DELETE", "/_pixpact/faults").json

    @pytest.mark.parametrize(
        ("body", "said"),
        [
            ({"fault": "nope"}, "'nope' is not a fault"),
            ({"fault": "hang", "vendor": "nope"}, "vendor 'nope' is not served; there are apimart"),
            ({"fault": "hang", "operation": "nope"}, "there is no operation 'nope'; there are createImage"),
            ({"fault": "unknown-task", "operation": "createImage"}, "no response to 'unknown-task' is documented"),
            (
                {"fault": "failed", "example": "nope"},
                "'failed' has no example 'nope'; there are failed, failed-in",
            ),
            ({"fault": "failed", "example": "rate-limited"}, "'failed' has no example 'rate-limited'"),
            (
                {"fault": "hang", "model": "nope"},
                "no operation accepts the model 'nope'; there are doubao-seedream-5-0-lite",
            ),
            ({"fault": "stuck", "operation": "getTask"}, "'stuck' is for operations that start a task"),
            ({"fault": "hang", "operation": "getTask", "stage": "submit"}, "has the stage 'submit'; there are poll"),
            ([{"fault": "hang"}, {"fault": "nope"}], "'nope' is not a fault"),
        ],
    )
    def test_a_fault_that_can_never_strike_is_refused(self, mocked, body, said):
        """Nothing of what is served would meet it; of a list none stands."""
        client = mocked("apimart")
        response = client.post("/_pixpact/faults", body)

        assert 400 == response.status
        assert said in response.json["detail"]
        assert [] == client.context.faults.standing()

    def test_a_contract_without_tasks_to_look_at(self, mocked):
        """Where nothing is polled, neither a poll nor a status can go wrong."""
        client = mocked("apiyi")
        for fault in ({"fault": "unknown-status"}, {"fault": "server-error", "stage": "poll"}):
            assert 400 == client.post("/_pixpact/faults", fault).status
        assert 201 == client.post("/_pixpact/faults", {"fault": "slow", "model": "seedream-5-0-260128"}).status

    def test_what_was_injected_is_reported(self, mocked):
        """In `Preference-Applied`, and in the journal."""
        client = mocked("apimart")
        client.context.faults.add({"fault": "latency", "delay": 2})
        client.context.faults.add({"fault": "failed"})
        response = client.post(SUBMIT, BODY)

        assert "fault=latency, fault=failed" == response.headers["preference-applied"]
        assert ["latency, failed"] == [it.note["fault"] for it in client.journal()]

    def test_in_process_the_connection_is_an_exception(self, mocked):
        """Without a socket, what a client's transport would meet is raised."""
        client = mocked("apimart")
        raised = {
            "reset-before": connection.ConnectionReset,
            "reset-after": connection.ConnectionReset,
            "accept-then-drop": connection.ConnectionEnded,
            "stream-cut": connection.ConnectionEnded,
            "hang": connection.NoResponse,
        }
        for name, error in raised.items():
            with pytest.raises(error):
                client.post(SUBMIT, BODY, headers={"Prefer": f"fault={name}"})

    def test_reset_forgets_them(self, mocked):
        """`faults`, or `all`."""
        client = mocked("apimart")
        for what in ("faults", "all"):
            client.context.faults.add({"fault": "server-error"})
            client.post("/_pixpact/reset", {"what": what})
            assert [200] == statuses(client, 1)


def test_the_page_of_faults_is_true():
    """The table of docs/faults.md has every name, with the sentence that the control side gives."""
    page = (Path(__file__).parents[3] / "docs/faults.md").read_text().partition("## Names")[2]
    rows = dict(re.findall(r"^\| `([a-z-]+)` \| (.+) \|$", page.partition("\n## ")[0], re.MULTILINE))

    assert NAMES == rows


def test_every_stage_says_what_it_is():
    """Stages are reported in words for the docs."""
    assert all(text and not text.endswith(".") for text in STAGES.values())


def test_the_same_seed_and_faults_give_the_same_journal(mocked):
    """Chance, delays, ids and times: two mocks told the same record the same bytes."""
    from pixpact.wire.har import to_har

    def journal():
        client = mocked("apimart", "apiyi", pace="manual", seed=7)
        for fault in (
            {"fault": "server-error", "probability": 0.3},
            {"fault": "latency", "delay": {"lognormal": [0.5, 0.8]}, "probability": 0.5},
            {"fault": "latency", "stage": "run", "delay": {"uniform": [1, 9]}},
            {"fault": "slow-drip", "delay": {"uniform": [1, 9]}, "every": 4},
            {"fault": "partial", "probability": 0.4},
        ):
            client.context.faults.add(fault)
        for _ in range(12):
            response = client.post(SUBMIT, BODY)
            client.advance(40)
            if response.status == 200:
                client.get(f"/apimart/v1/tasks/{response.json['data'][0]['task_id']}")
        return to_har(client.journal(), creator_version="0")

    assert journal() == journal()


@pytest.mark.parametrize(
    "fault",
    [
        {"fault": "unknown-task", "charged": True},
        {"fault": "unknown-task", "stage": "submit"},
        {"fault": "unknown-task", "under-way": 2},
        {"fault": "response", "status": 413, "charged": True},
    ],
)
def test_a_refusal_that_no_submission_can_meet_is_refused(mocked, fault):
    """The contract documents it of another operation: what is asked of a submission would be waited for in vain."""
    with pytest.raises(BadFault, match="is documented"):
        mocked("apimart").context.faults.add(fault)
