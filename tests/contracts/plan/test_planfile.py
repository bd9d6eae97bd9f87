"""The plan file: a run that was cut off goes on where it was, and buys nothing twice."""

from __future__ import annotations

import json
import shutil

import pytest

from pixpact.contracts.limits.budget import SpendingCaps
from pixpact.contracts.plan.capabilities import Capabilities
from pixpact.contracts.plan.planfile import PlanFile, ProbeRecord
from pixpact.contracts.plan.probe import Probe
from pixpact.contracts.run.verdict import outcome
from pixpact.mockserver.faults.connection import ConnectionReset
from pixpact.specs.openapi.problems import SpecError
from pixpact.wire.exchange import Exchange, Trace
from pixpact.wire.locks import FileInUse

TOY = "fixtures/specs/toy.yaml"
MEANS = Capabilities()
ORDERS, SKETCHES = "/v2/drawings", "/v2/sketches"


@pytest.fixture
def path(tmp_path):
    return tmp_path / "run.plan"


@pytest.fixture
def run(checked, path):
    """Check the toy with the plan file, once."""

    def go(around=lambda app: app, **options):
        file = PlanFile(path)
        try:
            return checked(TOY, around, means=MEANS, plan_file=file, only=is_valid, **options)
        finally:
            file.close()

    return go


def is_valid(probe):
    """What must be refused is left out here: it makes the tests slow, and is bought by nobody."""
    return probe.kind != "refuse"


def lines(path):
    return [json.loads(line) for line in path.read_text().splitlines()]


def taken(path):
    """The planned probes that buy."""
    return [line["probe"] for line in lines(path) if line.get("probe", {}).get("kind") == "take"]


def verdicts(result):
    return {judgement.claim.id: judgement.verdict for judgement in result.judgements}


def test_it_holds_the_plan_and_how_far_it_is(run, path):
    """A line for what it is for, one for each probe, then one before and one after each that is sent."""
    run()
    found = lines(path)
    kinds = [next(iter(line)) for line in found]
    ids = [line["probe"]["id"] for line in found if "probe" in line and line["probe"]["kind"] != "refuse"]
    planned = kinds.count("probe")

    assert {"contract": "toy", "target": "the mock"}.items() <= found[0]["plan"].items()
    assert ["plan", *["probe"] * planned] == kinds[: planned + 1]
    assert sorted(ids) == sorted(line["sent"] for line in found if "sent" in line)
    assert sorted(ids) == sorted(line["answered"] for line in found if "answered" in line)


def test_run_again_it_sends_nothing_and_says_the_same(run, path, watched):
    """Everything is judged from the file; what was bought counts."""
    first, before = run(), watched()
    second = run(before)

    assert [] == before.asked
    assert verdicts(first) == verdicts(second)
    assert (first.spent.images, ()) == (second.spent.images, second.failures)


def cut_after(path, wanted):
    """Cut the file behind the first line that `wanted` holds for, as a crash would."""
    kept = []
    for line in path.read_text().splitlines(keepends=True):
        kept.append(line)
        if wanted(json.loads(line)):
            break
    path.write_text("".join(kept))
    return kept


def test_a_crash_after_sending_buys_nothing_again(run, path, watched):
    """The paid request without a response counts at its maximum, is never repeated, and everything else goes on."""
    whole = watched()
    run(whole)
    dear = max(taken(path), key=lambda probe: probe["images"])
    cut_after(path, lambda line: line.get("sent") == dear["id"])
    answered = {line["answered"] for line in lines(path) if "answered" in line}
    done = [probe["body"] for probe in taken(path) if probe["id"] in answered]
    before = watched()
    result = run(before)

    assert not [asked for asked in before.paid(ORDERS, SKETCHES) if asked.json in [dear["body"], *done]]
    assert [
        f"{dear['what']}: an earlier run sent it and got no response: it may have been bought, and is not sent again"
    ] == list(result.failures)
    assert result.ceiling.images == result.spent.images
    assert 3 == outcome(result).code
    assert done
    assert len(whole.paid(ORDERS, SKETCHES)) - len(done) - 1 == len(before.paid(ORDERS, SKETCHES))


def test_what_was_not_sent_is_sent(run, path, watched):
    """A crash between two probes: the rest is sent, exactly that, and the run is whole."""
    whole = watched()
    first = run(whole)
    middle = taken(path)[len(taken(path)) // 2]
    cut_after(path, lambda line: line.get("answered") == middle["id"])
    before = watched()
    second = run(before)
    sent = [line["sent"] for line in lines(path) if "sent" in line]

    assert len(sent) == len(set(sent))
    assert verdicts(first) == verdicts(second)
    assert (first.spent.images, ()) == (second.spent.images, second.failures)
    assert 0 < len(before.paid(ORDERS)) < len(whole.paid(ORDERS))


def test_a_free_request_without_a_response_is_sent_again(run, path, watched):
    """A look, or an upload, buys nothing."""
    run(watched())
    cut_after(path, lambda line: "sent" in line)
    before = watched()
    result = run(before)

    assert "/toy/v2/purse" == before.asked[0].path
    assert () == result.failures


def test_what_did_not_arrive_is_sent_again(run, path, watched):
    """A target that was down the first time is asked the second time: nothing was bought."""
    down = run(watched(lambda asked: ConnectionReset()))
    result = run(watched())

    assert 3 == len(down.failures)
    assert ((), ()) == (result.failures, result.findings)


def test_a_line_that_was_being_written_counts_for_nothing(run, path, watched):
    """Power fails in the middle of a line: it is cut off, and the run goes on."""
    run()
    kept = cut_after(path, lambda line: line.get("answered") == taken(path)[0]["id"])
    path.write_text("".join(kept)[:-40])
    before = watched()
    result = run(before)

    assert taken(path)[0]["body"] not in [asked.json for asked in before.paid(ORDERS, SKETCHES)]
    assert 1 == len(result.failures)
    assert all(isinstance(line, dict) for line in lines(path))


def test_the_same_plan_gives_the_same_requests(run, path, watched):
    """Byte by byte, in whatever run."""
    first, second = watched(), watched()
    run(first)
    count = sum(1 for line in lines(path) if line.keys() & {"plan", "probe"})
    path.write_text("".join(path.read_text().splitlines(keepends=True)[:count]))
    run(second)

    assert [(it.method, it.path, it.headers, it.body) for it in first.asked] == [
        (it.method, it.path, it.headers, it.body) for it in second.asked
    ]


def test_images_of_an_earlier_run_are_known(run, path):
    """An answered request that refers to an upload is judged by the image that was uploaded."""
    first = run()
    second = run()
    about = [key for key in verdicts(first) if "Picture/x-image" in key and ":request/" in key]

    assert about
    assert {"kept"} == {verdicts(second)[key] for key in about}
    assert {line["picture"] for line in lines(path) if "picture" in line}


def test_caps_count_what_was_bought_before(run, path, watched):
    """A cap is for the plan: going on with it does not begin to count anew."""
    run()
    cut_after(path, lambda line: line.get("answered") == taken(path)[-2]["id"])
    bought = sum(probe["images"] for probe in taken(path)[:-1])
    before = watched()
    result = run(before, caps=SpendingCaps(requests=2000, images=bought))

    assert [] == before.paid(ORDERS, SKETCHES)
    assert bought == result.spent.images
    assert ["--max-images" in text for text in result.failures] == [True]


# ---- files that cannot be used


def test_a_plan_for_something_else_is_refused(run, path, contract):
    """Another contract, another target, or the contract as it was before an edit: its responses tell nothing."""
    run()
    file = PlanFile(path)
    file.close()

    with pytest.raises(SpecError, match=r"run.plan:1 .*this is a plan for the contract toy.*name another file"):
        file.plan(contract("apiyi"), "the mock")
    with pytest.raises(SpecError, match="this is a plan for the target the mock"):
        file.plan(contract(TOY), "https://api.toy.example")
    path.write_text(path.read_text().replace('"digest":"', '"digest":"0'))
    other = PlanFile(path)
    other.close()
    with pytest.raises(SpecError, match="this is a plan for another state of this contract"):
        other.plan(contract(TOY), "the mock")


@pytest.mark.parametrize(
    "text", ["openapi: 3.1.0\n", '{"a": 1}\n', "[]\n", '{"probe": {"id": 1}}\n', '{"sent": "x"}\n', "\0", '{"a": 1']
)
def test_a_file_that_is_no_plan_stays_as_it_is(path, text):
    """A mistaken name must not cost somebody their file; the message has its line."""
    path.write_text(text)

    with pytest.raises(SpecError, match=r"run.plan:1 plan-file: this line cannot be read"):
        PlanFile(path)
    assert text == path.read_text()


def test_bytes_that_are_no_text_are_refused(path):
    """As any other line that cannot be read."""
    path.write_bytes(b"\xff\xfe\n")

    with pytest.raises(SpecError, match=r"run.plan:1"):
        PlanFile(path)


# ---- one probe


@pytest.fixture
def file(path, contract, planned):
    made = PlanFile(path)
    made.begin(planned(TOY, MEANS), contract(TOY), "the mock")
    yield made
    made.close()


def probe(name="extra", **more):
    return Probe(name, "take", "startDrawing", "a kite", images=1, **more)


def test_what_comes_up_on_the_way_is_no_part_of_the_plan(file, path, contract):
    """It is known by what it holds: another request under the same id was not sent."""
    file.record_sending(probe(body={"n": 1}))
    file.record_completion(probe(body={"n": 1}), ProbeRecord(Trace((Exchange(1.0, "GET", "https://a.test/"),))))
    file.close()
    again = PlanFile(path)
    again.close()

    assert "extra" not in {it.id for it in again.plan(contract(TOY), "the mock").probes}
    assert "https://a.test/" == again.completed(probe(body={"n": 1})).trace.exchanges[0].url
    assert None is again.completed(probe(body={"n": 2}))
    assert not again.is_incomplete(probe(body={"n": 1}))


def test_sent_is_on_disk_before_the_request_goes_out(file, path):
    """Whatever happens next, the file says that it may have been bought."""
    file.record_sending(probe())
    crashed = left_of(path)

    assert crashed.is_incomplete(probe())
    file.record_failed_sending(probe())
    assert not left_of(path).is_incomplete(probe())


def left_of(path):
    """The file as it is on the disk at this moment, with the run that writes it gone."""
    left = PlanFile(shutil.copy(path, path.with_name("left.plan")))
    left.close()
    return left


def test_no_secret_stands_in_the_file(file, path):
    """Neither a key in a header, nor a signature in the URL of an upload."""
    headers = (("Authorization", "Bearer sk-very-secret"),)
    file.record_sending(probe())
    file.record_completion(probe(), ProbeRecord(Trace((Exchange(1.0, "GET", "https://a.test/", headers),))))
    file.record_upload("png-64x64", "https://files.test/1.png?X-Amz-Signature=abcdef0123456789")

    assert "sk-very-secret" not in path.read_text()
    assert "abcdef0123456789" not in path.read_text()


def test_two_runs_never_go_on_with_one_file(path):
    """The second is refused before it reads what the first has bought so far."""
    first = PlanFile(path)

    with pytest.raises(FileInUse):
        PlanFile(path)
    first.close()
    PlanFile(path).close()
