"""What a request asked, read with the contract."""

from __future__ import annotations

import base64
import json
from io import BytesIO
from pathlib import Path

import pytest
import yaml
from PIL import Image

from pixpact.contracts.traffic.recording import recorded_exchange
from pixpact.contracts.traffic.requests import RequestReader, asked, operation_of
from pixpact.wire.exchange import Exchange

ROOT = Path(__file__).parents[3]
CASES = [
    pytest.param(path.stem, case, id=f"{path.stem}:{case['name']}")
    for path in sorted((ROOT / "fixtures/requests").glob("*.yaml"))
    for case in yaml.safe_load(path.read_text())
]
BODY = {"model": "doubao-seedream-5-0-lite", "prompt": "A lighthouse"}
BEARER = ("Authorization", "Bearer sk-abcdef")


def sent(url, body=None, method="POST", headers=(BEARER,), **facts):
    kind = () if body is None else (("Content-Type", "application/json"),)
    content = body if isinstance(body, bytes) else b"" if body is None else json.dumps(body).encode()
    return Exchange(0.0, method, url, (*headers, *kind), content, note=facts.pop("note", {}), **facts)


def submit(body, **facts):
    return sent("https://api.apimart.ai/v1/images/generations", body, **facts)


def form(content, *, name="file", filename="cat.png"):
    head = f'--q\r\nContent-Disposition: form-data; name="{name}"; filename="{filename}"\r\n\r\n'
    headers = (BEARER, ("content-type", "multipart/form-data; boundary=q"))
    body = head.encode() + content + b"\r\n--q--"
    return Exchange(0.0, "POST", "https://api.apimart.ai/v1/uploads/images", headers, body)


def edit(body, headers):
    return Exchange(0.0, "POST", "http://mock.test/edits/v1/images/edits", headers, body)


def image(size, kind="PNG"):
    stream = BytesIO()
    Image.new("RGB", size, "teal").save(stream, kind)
    return stream.getvalue()


class TestWhatTheMockFinds:
    @pytest.mark.parametrize(("name", "case"), CASES)
    def test_a_request_is_judged_as_the_mock_judges_it(self, contract, name, case):
        """What the corpus says is refused has a violation of that field, all else has none and a promise."""
        served = contract(name)
        operation = served.operation(case.get("operation", "createImage"))
        headers = tuple((case.get("headers") or {}).items())
        found = asked(served, sent(f"http://mock.test/{name}{operation.path}", case["body"], headers=headers))

        assert operation.id == found.operation.id
        assert ("refused" in case) == bool(found.violations)
        assert ("refused" in case) == (found.promise is None)
        if case.get("refused"):
            assert case["refused"].split(".")[-1] in found.violations[0].message

    @pytest.mark.parametrize("name", ["apimart", "apiyi", "fasttoken", "toapis"])
    @pytest.mark.parametrize(
        "body", [b"", b"{", b"[]", b"null", b"{}{}", b'{"model": 5}', b"\xff", b'{"model": "?", "n": "2"}']
    )
    def test_the_first_violation_is_the_one_the_mock_reports(self, mocked, contract, name, body):
        """Malformed and absent bodies too: the message is the same, where the vendor's response has one."""
        client = mocked(name)
        path = f"/{name}/v1/images/generations"
        response = client.request("POST", path, content=body, headers={"content-type": "application/json"})
        found = asked(contract(name), sent(f"http://mock.test{path}", body))

        assert 400 <= response.status < 500
        first = found.violations[0]
        of_the_model = "The model or endpoint" if first.pointer == "/model" and response.status == 404 else None
        assert (of_the_model or json.dumps(first.message)[1:-1]) in response.body.decode()

    def test_a_wrong_media_type_is_a_violation(self, contract):
        """Of a body that is there; what the operation takes is reported."""
        headers = (BEARER, ("content-type", "text/plain"))
        url = "https://api.apimart.ai/v1/images/generations"
        found = asked(contract("apimart"), Exchange(0.0, "POST", url, headers, b"hello"))

        assert ["content-type"] == [violation.keyword for violation in found.violations]
        assert "application/json" in found.violations[0].message

    @pytest.mark.parametrize("content", [b"[object Object]", b"undefined"])
    def test_a_text_in_place_of_a_file_is_a_violation(self, contract, content):
        """Of a form with a field that must be a file."""
        body = b"".join(
            f'--q\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n'.encode() + text + b"\r\n"
            for name, text in (("model", b"m"), ("prompt", b"A kite"), ("image", content))
        )
        headers = (BEARER, ("content-type", "multipart/form-data; boundary=q"))
        found = asked(contract("fixtures/specs/edits.yaml"), edit(body + b"--q--", headers))

        assert ["image[0] must be a file, sent with a filename"] == [
            violation.message.partition(";")[0] for violation in found.violations
        ]

    def test_a_recorder_may_leave_a_file_out(self, contract):
        """What stands for bytes that were not recorded is no violation."""
        kept = recorded_exchange(form(image((8, 8))))

        assert () == asked(contract("apimart"), kept).violations

    def test_base64_alone_is_still_no_data_uri_when_it_is_recorded_as_a_mark(self, contract):
        """What stood before the bytes is known: nothing."""
        text = base64.b64encode(image((800, 800))).decode()
        body = {"model": "crayon-1", "prompt": "A kite", "pictures": [text]}
        kept = recorded_exchange(sent("http://mock.test/toy/v2/drawings", body, headers=(("x-api-key", "k"),)))

        assert text not in kept.request_body.decode()
        assert ["pattern"] == [
            violation.keyword for violation in asked(contract("fixtures/specs/toy.yaml"), kept).violations
        ]


class TestWhere:
    @pytest.mark.parametrize(
        ("url", "path"),
        [
            ("https://api.apimart.ai/v1/tasks/t1", {"task_id": "t1"}),
            ("http://api.apimart.ai:8080/v1/tasks/t1?language=zh", {"task_id": "t1"}),
            ("HTTPS://API.apimart.ai/v1/tasks/a%2Fb", {"task_id": "a/b"}),
            ("http://127.0.0.1:4747/apimart/v1/tasks/t1", {"task_id": "t1"}),
            ("http://mock/apimart/v1/tasks/t1", {"task_id": "t1"}),
            ("http://localhost:9000/v1/tasks/t1#x", {"task_id": "t1"}),
            ("http://[::1]:9000/v1/tasks/t1", {"task_id": "t1"}),
        ],
    )
    def test_the_places_where_a_contract_is_served(self, contract, url, path):
        """The vendor's host, a mock's prefix on any host, and a loopback address."""
        operation, values = operation_of(contract("apimart"), "get", url)

        assert ("getTask", path) == (operation.id, values)

    @pytest.mark.parametrize(
        "url",
        [
            "https://example.com/v1/tasks/t1",
            "https://api.apimart.ai/v2/tasks/t1",
            "https://api.apimart.ai/v1/tasks/t1/more",
            "https://api.apimart.ai.example.com/v1/tasks/t1",
            "https://example.com/toapis/v1/tasks/t1",
            "http://[::1/v1/tasks/t1",
            "http://127.0.0.1:99999/v1/tasks/t1",
            "/v1/tasks/t1",
            "",
        ],
    )
    def test_other_places_are_none(self, contract, url):
        """Another host, another path, no URL: nothing is guessed."""
        assert operation_of(contract("apimart"), "GET", url) is None

    def test_any_base_that_is_named(self, contract):
        """A gateway's prefix; its scheme's usual port may be written or not."""
        reader = RequestReader(contract("apimart"), ["https://gateway.example:443/ai/"])

        assert reader.operation_of("GET", "https://gateway.example/ai/v1/tasks/t1") is not None
        assert reader.operation_of("GET", "https://gateway.example/v1/tasks/t1") is None
        assert reader.operation_of("GET", "https://gateway.example:8443/ai/v1/tasks/t1") is None

    def test_an_overlay_is_served_under_its_own_name_too(self, contract):
        """As a mock mounts it."""
        served = contract("apimart@2026-09")

        assert operation_of(served, "GET", "http://mock/apimart@2026-09/v1/tasks/t1") is not None
        assert operation_of(served, "GET", "http://mock/apimart/v1/tasks/t1") is not None


class TestReading:
    def test_the_body_is_as_the_vendor_reads_it(self, contract):
        """Defaults are filled, and the promise follows from them."""
        found = asked(contract("apimart"), submit({**BODY, "n": 3}))

        assert "2K" == found.request.body["resolution"]
        assert (3, 2048, 2048) == (found.promise.count, found.promise.width, found.promise.height)
        assert found.valid

    def test_parameters_are_decoded(self, contract):
        """By place and name; a header that is not declared is found as it was sent."""
        url = "https://api.apimart.ai/v1/tasks/t1?language=zh"
        found = asked(contract("apimart"), sent(url, method="GET", headers=(BEARER, ("X-Trace", "7"))))

        assert {"task_id": "t1"} == found.request.path
        assert {"language": "zh"} == found.request.query
        assert "7" == found.request.header.get("x-trace")

    def test_uploads_are_looked_at(self, contract):
        """`fetch` gives their bytes, which are judged as references."""
        url = "https://upload.example/thin.png"
        exchange = submit({**BODY, "image_urls": [url]})
        thin = asked(contract("apimart"), exchange, lambda it: image((100, 20)) if it == url else None)

        assert ["x-image/aspect"] == [violation.keyword for violation in thin.violations]
        assert asked(contract("apimart"), exchange).valid

    def test_a_file_of_a_form_is_judged(self, contract):
        """An image is taken, another file and a mere text are not."""
        found = [asked(contract("apimart"), exchange) for exchange in (form(image((8, 8))), form(b"%PDF"))]

        assert [[], ["x-image/format"]] == [[violation.keyword for violation in each.violations] for each in found]


class TestWhatARecordingHides:
    def test_a_reference_that_was_shortened_is_judged_by_its_facts(self, contract):
        """The recording has a mark and a note; the rules and the shape of the result follow from them."""
        for size, keywords in (((100, 90), []), ((100, 20), ["x-image/aspect"])):
            uri = "data:image/png;base64," + base64.b64encode(image(size)).decode()
            kept = recorded_exchange(submit({**BODY, "image_urls": [uri]}))

            assert b"sha256" in kept.request_body
            assert keywords == [violation.keyword for violation in asked(contract("apimart"), kept).violations]

    def test_a_reference_without_facts_is_not_judged(self, contract):
        """A mark alone says nothing of the image."""
        uri = "data:image/png;base64,[68 bytes, sha256 0123456789abcdef]"

        assert asked(contract("apimart"), submit({**BODY, "image_urls": [uri]})).valid

    def test_a_file_that_was_recorded_as_facts_is_judged_by_them(self, contract):
        """An upload's form keeps a mark in place of the file."""
        kept = recorded_exchange(form(image((8, 8), "BMP")))

        assert len(kept.request_body) < 200
        assert ["x-image/format"] == [violation.keyword for violation in asked(contract("apimart"), kept).violations]

    @pytest.mark.parametrize(
        "exchange",
        [
            submit(b'{"model": "doubao', note={"truncated": "true"}),
            submit(b'{"model": "doubao', note={"truncated": "request response"}),
            submit(b"", note={"truncated": "request"}),
            submit(b"", headers=(BEARER, ("Content-Length", "400"))),
        ],
    )
    def test_a_body_that_is_not_all_there_is_not_judged(self, contract, exchange):
        """Nothing is said of it, neither good nor bad."""
        found = asked(contract("apimart"), exchange)

        assert (False, (), None, False) == (found.whole, found.violations, found.promise, found.valid)

    def test_a_broken_body_is_broken_where_only_the_response_was_cut(self, contract):
        """The note tells which of the two lacks something."""
        found = asked(contract("apimart"), submit(b'{"model": "doubao', note={"truncated": "response"}))

        assert ["json"] == [violation.keyword for violation in found.violations]

    @pytest.mark.parametrize(
        ("headers", "note", "authenticated"),
        [
            ((BEARER,), {}, True),
            ((("authorization", "bearer [redacted]"),), {}, True),
            ((("authorization", "[redacted]"),), {}, True),
            ((("Authorization", "***"),), {}, True),
            ((("Authorization", "Basic dTpw"),), {}, False),
            ((("Authorization", "Bearer "),), {}, False),
            ((), {}, False),
            ((), {"recorder": "browser"}, None),
            ((BEARER,), {"recorder": "browser"}, True),
        ],
    )
    def test_whether_a_key_was_sent(self, contract, headers, note, authenticated):
        """Redacted ones count; browsers leave the header out, so that its absence says nothing."""
        assert authenticated is asked(contract("apimart"), submit(BODY, headers=headers, note=note)).authenticated
