"""Generated requests find what no planned one can, and show it with the members that matter."""

from __future__ import annotations

import asyncio
import json
from dataclasses import replace

import pytest

from pixpact.checking import IN_PROCESS, against_mock, in_process
from pixpact.contracts.budget import Caps
from pixpact.contracts.check import Run, prepared
from pixpact.contracts.claims import Claims
from pixpact.contracts.planfile import PlanFile
from pixpact.specs.catalogue import Catalogue

ASYNC, SYNC = "toapis", "apiyi"
COUNT = 80


def contract(vendor):
    return Catalogue().source(vendor).contract()


def before(change):
    """A proxy before the mock: `change(body)` gives the body to forward, the headers to add, or neither."""

    def around(app):
        async def proxy(scope, receive, send):
            message = await receive()
            try:
                body = json.loads(message.get("body", b""))
            except ValueError:
                body = None
            made = change(dict(body)) if isinstance(body, dict) and scope["path"].endswith("/generations") else None
            if isinstance(made, dict):
                content = json.dumps(made).encode()
                message = {**message, "body": content}
                headers = [it for it in scope["headers"] if it[0] != b"content-length"]
                scope = {**scope, "headers": [*headers, (b"content-length", str(len(content)).encode())]}
            elif made is not None:
                scope = {**scope, "headers": [*scope["headers"], (b"prefer", made.encode())]}
            told = [message]

            async def again():
                return told.pop() if told else await receive()

            await app(scope, again, send)

        return proxy

    return around


def refusing(when):
    """A vendor that refuses what its contract allows, in its own words."""
    return before(lambda body: {**body, "n": "none"} if when(body) else None)


def checked(vendor, around, fuzz=COUNT, **more):
    run = Run(means=IN_PROCESS, fuzz=fuzz, target="the mock in this process", **more)
    return in_process(contract(vendor), run=run, around=around)


def sent_by(finding):
    return json.loads(finding.trace.exchanges[0].request_body)


def is_three(body):
    return body.get("n") == 3


def is_long(body):
    return isinstance(body.get("prompt"), str) and 300 < len(body["prompt"]) < 3000


def is_traced_pair(body):
    return body.get("n") == 2 and "trace_id" in body


def is_far(body):
    """A series of 18 pictures: the contract allows 15, and 16 is what is planned to be refused."""
    options = body.get("metadata")
    options = options.get("sequential_image_generation_options") if isinstance(options, dict) else None
    return isinstance(options, dict) and isinstance(options.get("max_images"), int) and options["max_images"] >= 18


def lenient(body):
    """What a vendor forwards that only looks at a series whose length is near the bound."""
    return {**body, "metadata": {}} if is_far(body) else None


@pytest.mark.parametrize("when", [is_three, is_long], ids=["n=3", "a-long-prompt"])
def test_a_planned_run_cannot_see_an_inner_value(when):
    """Values between the bounds are not planned: without generated requests this vendor is clean."""
    assert () == checked(ASYNC, refusing(when), fuzz=0).findings


def test_an_inner_value_is_found_and_shown_alone():
    """The vendor refuses n=3: the finding says so, and its command has nothing that does not matter."""
    result = checked(ASYNC, refusing(is_three))

    (finding,) = result.findings
    assert ("refused", "breaking", "n", "/n") == (finding.kind, finding.severity, finding.detail, finding.pointer)
    assert "a request with n 3 is taken" == finding.promised
    assert "n must be" in finding.observed
    assert {"model", "prompt", "n"} == sent_by(finding).keys()
    assert '"n":3' in finding.repro
    assert finding.claim.id.endswith("/together")
    assert not finding.once
    assert [finding.fingerprint] == [it.finding for it in result.judgements if it.verdict == "broken"]


def test_a_length_is_found_and_shortened():
    """The vendor refuses prompts above 300 characters: the one that is shown is hardly longer."""
    (finding,) = checked(ASYNC, refusing(is_long)).findings

    assert ("refused", "prompt") == (finding.kind, finding.detail)
    assert 300 < len(sent_by(finding)["prompt"]) <= 320
    assert {"model", "prompt"} == sent_by(finding).keys()


def test_two_values_that_do_not_go_together():
    """Each is taken by itself: the finding names both, and its command has only them."""
    (finding,) = checked(ASYNC, refusing(is_traced_pair), fuzz=200).findings

    assert "n + trace_id" == finding.detail
    assert {"model", "prompt", "n", "trace_id"} == sent_by(finding).keys()


def test_what_the_planned_part_found_is_not_found_again():
    """The vendor takes 4 pictures at most: the generated requests add no finding of their own."""
    around = refusing(lambda body: isinstance(body.get("n"), int) and 4 < body["n"] < 16)
    planned, both = checked(ASYNC, around, fuzz=0), checked(ASYNC, around)

    assert {it.fingerprint for it in planned.findings} == {it.fingerprint for it in both.findings}
    assert max(it.seen for it in both.findings) > max(it.seen for it in planned.findings)


def test_a_rule_that_is_only_kept_near_its_bound():
    """The vendor refuses 16 and takes 18: a warning, for it is paid, on the claim of the planned refusal."""
    planned, both = checked(ASYNC, before(lenient), fuzz=0), checked(ASYNC, before(lenient), fuzz=200)

    (finding,) = both.findings
    assert () == planned.findings
    assert ("accepted", "warning") == (finding.kind, finding.severity)
    assert finding.claim.id.endswith("/max_images/maximum")
    assert "refusal" == finding.claim.area
    assert "kept" == next(it.verdict for it in planned.judgements if it.claim.id == finding.claim.id)
    assert {"model", "prompt", "metadata"} == sent_by(finding).keys()
    assert {"sequential_image_generation_options": {"max_images": 18}} == sent_by(finding)["metadata"]


def test_a_refusal_by_chance_is_said_to_be_one():
    """What is taken when it is sent again was seen once."""
    refused = []
    (accepted,) = (it for key, it in Claims(contract(ASYNC)).acceptance.items() if key[0] == "createImage")

    def once(body):
        if body.get("n") == 3 and not refused and not accepted.read(body).violations:
            refused.append(body)
            return {**body, "n": "none"}
        return None

    (finding,) = checked(ASYNC, before(once)).findings

    assert finding.once
    assert "refused" == finding.kind


@pytest.mark.parametrize("cause", ["server-error", "moderated"])
def test_moderation_and_errors_of_the_server_say_nothing(cause):
    """A documented answer of either kind is no finding."""
    vendor = contract(SYNC)
    operation = next(it for it in vendor.operations if it.role and it.role.verb == "run")
    status, example = next((status, it) for status, it in operation.examples() if it.answers == cause)
    around = before(lambda body: f"code={status}, example={example.name}" if body.get("n") == 3 else None)

    result = checked(SYNC, around)

    assert () == result.findings
    assert str(status) in {str(it.status) for it in seen_by(SYNC, around)}


def seen_by(vendor, around):
    found = []
    checked(vendor, around, recorded=found.append)
    return found


def test_a_wrong_result_is_shown_with_the_shortest_request():
    """Of three pictures the vendor gives two: the finding's request has nothing beside n."""
    around = before(lambda body: {**body, "n": 2} if body.get("n") == 3 else None)

    (finding,) = checked(SYNC, around).findings

    assert "count" == finding.kind
    assert {"model", "prompt", "n"} == sent_by(finding).keys()


def test_the_caps_end_it_quietly():
    """What the caps forbid is noted, it is no failure; and not one picture more is bought."""
    vendor = contract(ASYNC)
    run = Run(means=replace(IN_PROCESS, images=20), fuzz=COUNT)
    result = asyncio.run(against_mock(prepared(vendor, run), vendor, run, Caps(2000, images=20)))

    (note,) = result.notes
    assert "not sent: --max-images is 20" in note
    assert () == result.failures
    assert result.spent.images <= 20


def test_the_first_one_that_is_taken_ends_it_where_it_costs_something():
    """Shorter requests are sent as long as they are refused; one that is taken is the last for this failure."""
    means = replace(IN_PROCESS, can_wait=False)
    found = []
    run = Run(means=means, fuzz=COUNT, recorded=found.append)
    result = in_process(contract(ASYNC), run=run, around=refusing(is_three))

    (finding,) = result.findings
    shorter = [it for it in found if it.note.get("probe", "").startswith("narrow")]
    assert "refused" == finding.kind
    assert 3 == sent_by(finding)["n"]
    assert 400 in [it.status for it in shorter]
    assert len([it for it in shorter if it.status < 300]) <= 1


def test_a_shorter_form_of_what_was_bought_is_not_sent():
    """Where a rule was broken at a price, the command is shortened by the validator alone."""
    found = []
    run = Run(means=replace(IN_PROCESS, can_wait=False), fuzz=200, recorded=found.append)

    (finding,) = in_process(contract(ASYNC), run=run, around=before(lenient)).findings

    assert "accepted" == finding.kind
    assert [] == [it for it in found if it.note.get("probe", "").startswith("narrow")]
    command = json.loads(finding.repro.partition("-d '")[2].rpartition("'")[0])
    assert {"model", "prompt", "metadata"} == command.keys()
    assert is_far(command)


def test_a_plan_file_holds_them(tmp_path):
    """Run again, the same requests are taken from the file and nothing is sent."""
    vendor, sent = contract(SYNC), []

    def run():
        plan_file = PlanFile(tmp_path / "plan.jsonl")
        how = Run(means=IN_PROCESS, fuzz=10, plan_file=plan_file, recorded=sent.append)
        ready = prepared(vendor, how)
        result = asyncio.run(against_mock(ready, vendor, how))
        plan_file.close()
        return ready.plan.generated, result

    first, result = run()
    generated = [it for it in sent if it.note.get("probe", "").startswith("fuzz")]
    sent.clear()
    second, again = run()

    assert first == second
    assert 10 == len(generated)
    assert [] == [it for it in sent if it.note.get("probe", "").startswith("fuzz")]
    assert result.findings == again.findings == ()


@pytest.mark.parametrize("vendor", Catalogue().names())
def test_a_clean_vendor_has_no_finding(vendor):
    """The mock of a contract keeps it, whatever is asked of it."""
    result = checked(vendor, lambda app: app)

    assert () == result.findings
    assert () == result.failures
    assert () == result.notes
