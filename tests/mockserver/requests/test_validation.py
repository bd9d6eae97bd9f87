"""Every request of the corpus, sent to the mock: accepted ones succeed, refused ones name the field at fault."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parents[3]
CASES = [
    pytest.param(path.stem, case, id=f"{path.stem}:{case['name']}")
    for path in sorted((ROOT / "fixtures/requests").glob("*.yaml"))
    for case in yaml.safe_load(path.read_text())
]


@pytest.mark.parametrize(("name", "case"), CASES)
def test_request(mocked, contract, name, case):
    """An accepted request gets a success, a refused one an error of the vendor's shape that names the field."""
    served = contract(name)
    operation = served.operation(case.get("operation", "createImage"))
    client = mocked(name, pace="instant")
    response = client.post(f"/{name}{operation.path}", case["body"], headers=case.get("headers"))

    if "refused" not in case:
        assert response.status < 300, response.text
    else:
        assert response.status >= 400
        assert response.status < 500 or "observed" in name, response.text
        assert names(response.text, case["refused"]), response.text
    assert breaches(served, operation, response) == []


def names(text, field):
    return not field or field.split(".")[-1] in text


def breaches(served, operation, reply):
    """What the response breaks of the schema that the contract gives it."""
    response = next(it for it in operation.responses if it.status == str(reply.status))
    kind = reply.headers["content-type"]
    media = next(it for it in response.media if it.name == kind)
    value = events(reply.text) if kind == "text/event-stream" else reply.json
    return served.schemas.violations(media.schema, value)


def events(text):
    import json

    found = []
    for block in text.strip().split("\n\n"):
        fields = dict(line.split(": ", 1) for line in block.split("\n"))
        data = fields["data"]
        found.append({**fields, "data": data if data == "[DONE]" else json.loads(data)})
    return found
