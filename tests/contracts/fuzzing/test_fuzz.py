"""Generated requests find what no planned one can, and show it with the fields that matter."""

from __future__ import annotations

import asyncio
import json
from dataclasses import replace

import pytest

from pixpact.cli.in_process import IN_PROCESS, against_mock, in_process
from pixpact.contracts.claims.contract_claims import ContractClaims
from pixpact.contracts.limits.budget import SpendingCaps
from pixpact.contracts.plan.planfile import PlanFile
from pixpact.contracts.run.check import RunOptions, prepare_run
from pixpact.specs.catalogue import SpecCatalogue
from tests.contracts.running import SWEEP

COUNT = 200
STAMPS = """
openapi: 3.1.0
info: {title: Stamps, version: '1'}
servers: [{url: 'https://api.stamps.example'}]
security: [{key: []}]
paths:
  /stamps:
    post:
      operationId: makeStamps
      summary: Make stamps while the client waits
      x-lifecycle: {run: stamp}
      x-billing: {charge: on-success}
      requestBody:
        required: true
        content:
          application/json:
            schema: {$ref: '#/components/schemas/Order'}
            examples: {plain: {value: {prompt: A red kite}}}
      responses:
        '200':
          description: The stamps.
          content:
            application/json:
              schema:
                type: object
                required: [stamps]
                properties:
                  stamps:
                    type: array
                    items:
                      type: object
                      required: [url]
                      x-value: $image
                      properties: {url: {type: string, x-value: $image.url}}
              examples: {done: {value: {stamps: [{url: 'https://files.stamps.example/1.png'}]}}}
        '400':
          description: The order is wrong.
          content:
            application/json:
              schema: {$ref: '#/components/schemas/Error'}
              examples:
                invalid-request: {value: {error: prompt is required}}
        '401':
          description: Who is it?
          content:
            application/json:
              schema: {$ref: '#/components/schemas/Error'}
              examples: {unauthenticated: {value: {error: No such key.}}}
        '402':
          description: Not enough money.
          content:
            application/json:
              schema: {$ref: '#/components/schemas/Error'}
              examples: {insufficient-balance: {value: {error: Not enough money.}}}
        '403':
          description: Not that.
          content:
            application/json:
              schema: {$ref: '#/components/schemas/Error'}
              examples: {moderated: {value: {error: We do not stamp that.}}}
        '500':
          description: The press is broken.
          content:
            application/json:
              schema: {$ref: '#/components/schemas/Error'}
              examples: {server-error: {value: {error: The press is broken.}}}
components:
  securitySchemes: {key: {type: http, scheme: bearer}}
  schemas:
    Order:
      type: object
      required: [prompt]
      properties:
        prompt: {type: string, maxLength: 2000}
        n: {type: integer, minimum: 1, maximum: 12, default: 1}
        edge: {type: integer, minimum: 0, maximum: 50, default: 0}
        shape: {enum: [square, round, long], default: square}
        glue: {type: boolean, default: false}
        ink: {type: object, properties: {colours: {type: integer, minimum: 1, maximum: 9}, fine: {type: boolean}}}
        note: {type: string, maxLength: 80}
      x-images: {count: $request.body#/n, pixels: 64x64, format: png}
    Error:
      type: object
      properties: {error: {type: string, x-value: $violation.message}}
  x-lifecycles:
    stamp:
      initial: making
      states:
        making: {after: 2, next: done}
        done: {outcome: success}
"""


@pytest.fixture(scope="module")
def stamps(tmp_path_factory):
    """A small vendor that draws small images."""
    path = tmp_path_factory.mktemp("specs") / "stamps.yaml"
    path.write_text(STAMPS)
    return SpecCatalogue().source(str(path)).contract()


@pytest.fixture(scope="module")
def gifts(tmp_path_factory):
    """The same one, where nothing costs anything."""
    path = tmp_path_factory.mktemp("specs") / "gifts.yaml"
    path.write_text(STAMPS.replace("      x-billing: {charge: on-success}\n", ""))
    return SpecCatalogue().source(str(path)).contract()


def before(change):
    """A proxy before the mock: `change(body)` gives the body to forward, the headers to add, or neither."""

    def around(app):
        async def proxy(scope, receive, send):
            message = await receive()
            try:
                body = json.loads(message.get("body", b""))
            except ValueError:
                body = None
            made = change(dict(body)) if isinstance(body, dict) and scope["path"].endswith("/stamps") else None
            if isinstance(made, dict):
                content = json.dumps(made).encode()
                message = {**message, "body": content}
                headers = [header for header in scope["headers"] if header[0] != b"content-length"]
                scope = {**scope, "headers": [*headers, (b"content-length", str(len(content)).encode())]}
            elif made is not None:
                scope = {**scope, "headers": [*scope["headers"], (b"prefer", made.encode())]}
            reported = [message]

            async def again():
                return reported.pop() if reported else await receive()

            await app(scope, again, send)

        return proxy

    return around


def refusing(when):
    """A vendor that refuses what its contract allows, in its own words."""
    return before(lambda body: {**body, "n": "none"} if when(body) else None)


def lenient(body):
    """What a vendor makes that only looks at edges near their bound, 50: it takes 60."""
    return {**body, "edge": 0} if isinstance(body.get("edge"), int) and body["edge"] >= 60 else None


def checked(contract, around, fuzz=COUNT, means=IN_PROCESS, **more):
    run = RunOptions(means=means, fuzz=fuzz, target="the mock in this process", **more)
    return in_process(contract, run=run, around=around)


def sent_by(finding):
    return json.loads(finding.trace.exchanges[0].request_body)


def shorter(exchanges):
    return [exchange for exchange in exchanges if exchange.note.get("probe", "").startswith("narrow")]


PAID = replace(IN_PROCESS, can_wait=False)
"""A target that is not in this process: it may cost something."""


def is_three(body):
    return body.get("n") == 3


def is_long(body):
    return isinstance(body.get("prompt"), str) and 300 < len(body["prompt"]) < 1990


def is_glued_and_fine(body):
    return body.get("glue") is True and isinstance(body.get("ink"), dict) and "fine" in body["ink"]


# ---- refused


@pytest.mark.parametrize("when", [is_three, is_long, is_glued_and_fine], ids=["a-value", "a-length", "two-values"])
def test_a_planned_run_does_not_see_it(stamps, when):
    """What lies between the bounds, or in company, is not planned: without generated requests the vendor is clean."""
    assert () == checked(stamps, refusing(when), fuzz=0).findings


def test_a_value_is_found_and_shown_alone(stamps):
    """The vendor refuses n=3: the finding says so, and its command has nothing that does not matter."""
    result = checked(stamps, refusing(is_three))

    (finding,) = result.findings
    assert ("refused", "breaking", "n", "/n") == (finding.kind, finding.severity, finding.detail, finding.pointer)
    assert "a request with n 3 is accepted" == finding.promised
    assert "n must be" in finding.observed
    assert {"prompt": sent_by(finding)["prompt"], "n": 3} == sent_by(finding)
    assert '"n":3' in finding.repro
    assert finding.claim.id.endswith("/together")
    assert not finding.once
    assert finding.seen > 1
    assert [finding.fingerprint] == [
        judgement.finding for judgement in result.judgements if judgement.verdict == "broken"
    ]


def test_a_length_is_found_and_shortened(stamps):
    """The vendor refuses prompts above 300 characters: the one that is shown is hardly longer."""
    (finding,) = checked(stamps, refusing(is_long)).findings

    assert ("refused", "prompt") == (finding.kind, finding.detail)
    assert ["prompt"] == list(sent_by(finding))
    assert 300 < len(sent_by(finding)["prompt"]) <= 320


@pytest.mark.sweep
def test_two_values_that_do_not_go_together(stamps):
    """Each is taken by itself: the finding names both, and its command has only them."""
    (finding,) = checked(stamps, refusing(is_glued_and_fine), fuzz=200).findings

    assert "glue + ink.fine" == finding.detail
    assert {"prompt", "glue", "ink"} == sent_by(finding).keys()
    assert ["fine"] == list(sent_by(finding)["ink"])


@pytest.mark.sweep
def test_what_the_planned_part_found_is_not_found_again(stamps):
    """The vendor makes 4 stamps at most: the generated requests add no finding of their own."""
    around = refusing(lambda body: isinstance(body.get("n"), int) and 4 < body["n"] < 13)
    planned, both = checked(stamps, around, fuzz=0), checked(stamps, around)

    assert (
        [finding.fingerprint for finding in planned.findings]
        == [finding.fingerprint for finding in both.findings]
        != []
    )
    assert max(finding.seen for finding in both.findings) > max(finding.seen for finding in planned.findings)


def test_a_refusal_by_chance_is_said_to_be_one(stamps):
    """What is taken when it is sent again was seen once."""
    refused = []
    (accepted,) = ContractClaims(stamps).acceptance.values()

    def once(body):
        if body.get("n") == 3 and not refused and not accepted.read(body).violations:
            refused.append(body)
            return {**body, "n": "none"}
        return None

    (finding,) = checked(stamps, before(once), fuzz=200).findings

    assert refused != []
    assert finding.once
    assert "refused" == finding.kind


@pytest.mark.sweep
@pytest.mark.parametrize("cause", ["server-error", "moderated"])
def test_moderation_and_errors_of_the_server_say_nothing(stamps, cause):
    """A documented response of either kind is no finding, though it came."""
    examples = stamps.operation("makeStamps").examples()
    status, example = next((status, it) for status, it in examples if it.subject == cause)
    seen = []
    around = before(lambda body: f"code={status}, example={example.name}" if body.get("n") == 3 else None)

    result = checked(stamps, around, recorded=seen.append)
    generated = [it for it in seen if it.note.get("probe", "").startswith("fuzz") and it.note["expects"] == ""]

    assert () == result.findings
    assert int(status) in [it.status for it in generated]


@pytest.mark.sweep
def test_the_first_one_that_is_taken_ends_it_where_it_costs_something(stamps):
    """Shorter requests are sent as long as they are refused; one that is taken is the last for its failure."""
    seen = []
    result = checked(stamps, refusing(is_three), means=PAID, recorded=seen.append)

    refused = [
        it for it in seen if it.note.get("probe", "").startswith("fuzz") and it.status == 400 and not it.note["expects"]
    ]

    assert {3} == {sent_by(finding)["n"] for finding in result.findings}
    assert 400 in [it.status for it in shorter(seen)]
    assert len([it for it in shorter(seen) if it.status < 300]) <= len(refused)


# ---- taken


@pytest.mark.sweep
def test_a_rule_that_is_only_kept_near_its_bound(stamps):
    """The vendor refuses 51 and takes 60: a warning, for it is paid, on the claim of the planned refusal."""
    planned, both = checked(stamps, before(lenient), fuzz=0), checked(stamps, before(lenient))

    (finding,) = both.findings
    assert () == planned.findings
    assert ("accepted", "warning") == (finding.kind, finding.severity)
    assert finding.claim.id.endswith("refusal/Order/edge/maximum")
    assert "kept" == next(
        judgement.verdict for judgement in planned.judgements if judgement.claim.id == finding.claim.id
    )
    assert {"prompt": sent_by(finding)["prompt"], "edge": 60} == sent_by(finding)


@pytest.mark.sweep
def test_what_costs_nothing_is_only_worth_a_word(gifts):
    """Where nothing is charged, what is taken against a rule is `info`."""
    (finding,) = checked(gifts, before(lenient)).findings

    assert ("accepted", "info") == (finding.kind, finding.severity)


@pytest.mark.sweep
def test_a_shorter_form_of_what_was_bought_is_not_sent(stamps):
    """Where a rule was broken at a price, the command is shortened by the validator alone; what was wrong stays."""
    seen = []
    (finding,) = checked(stamps, before(lenient), means=PAID, recorded=seen.append).findings

    command = json.loads(finding.repro.partition("-d '")[2].rpartition("'")[0])
    assert "accepted" == finding.kind
    assert [] == shorter(seen)
    assert {"prompt", "edge"} == command.keys()
    assert sent_by(finding)["edge"] == command["edge"] >= 60


def test_a_wrong_result_is_shown_with_the_shortest_request(stamps):
    """Of three stamps the vendor makes two: the finding's request has nothing beside n."""
    (finding,) = checked(stamps, before(lambda body: {**body, "n": 2} if body.get("n") == 3 else None)).findings

    assert "count" == finding.kind
    assert {"prompt", "n"} == sent_by(finding).keys()


# ---- the run


@pytest.mark.sweep
def test_the_caps_end_it_quietly(stamps):
    """What the caps forbid is noted, it is no failure; and not one image more is bought."""
    run = RunOptions(means=replace(IN_PROCESS, images=20), fuzz=COUNT)
    result = asyncio.run(against_mock(prepare_run(stamps, run), stamps, run, SpendingCaps(2000, images=20)))

    (note,) = result.notes
    assert "not sent: --max-images is 20" in note
    assert () == result.failures
    assert result.spent.images <= result.ceiling.images <= 20


@pytest.mark.sweep
def test_the_ceiling_holds_what_they_may_buy(stamps):
    """What is generated is part of what a run may cost, as it is printed beforehand."""
    planned, both = (prepare_run(stamps, RunOptions(means=IN_PROCESS, fuzz=fuzz)) for fuzz in (0, COUNT))
    generated = sum(probe.images for probe in both.plan.generated if not probe.expects)

    assert planned.plan.images + generated == both.plan.images


def test_a_plan_file_holds_them(stamps, tmp_path):
    """Run again, the same requests are taken from the file and nothing is sent."""
    seen = []

    def run():
        plan_file = PlanFile(tmp_path / "plan.jsonl")
        how = RunOptions(means=IN_PROCESS, fuzz=20, plan_file=plan_file, recorded=seen.append)
        ready = prepare_run(stamps, how)
        result = asyncio.run(against_mock(ready, stamps, how, around=refusing(is_three)))
        plan_file.close()
        return ready.plan.generated, result

    first, result = run()
    sent = [it for it in seen if it.note.get("probe", "").startswith(("fuzz", "narrow"))]
    seen.clear()
    second, again = run()

    assert first == second
    assert len(sent) >= 20
    assert [] == [it for it in seen if it.note.get("probe", "").startswith(("fuzz", "narrow"))]
    assert [finding.fingerprint for finding in result.findings] == [finding.fingerprint for finding in again.findings]


@pytest.mark.sweep
@pytest.mark.parametrize("vendor", SpecCatalogue().names() if SWEEP else ["apimart", "bfl", "fal"])
def test_a_clean_vendor_has_no_finding(vendor):
    """The mock of a contract keeps it, whatever is asked of it."""
    result = checked(SpecCatalogue().source(vendor).contract(), lambda app: app)

    assert () == result.findings
    assert () == result.failures
    assert () == result.notes
