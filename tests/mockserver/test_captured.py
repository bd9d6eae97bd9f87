"""Bodies recorded from the real services: the observed overlays accept them, the documents do not always."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parent.parent.parent
CASES = [
    pytest.param(yaml.safe_load(path.read_text()), id=path.stem)
    for path in sorted((ROOT / "fixtures/captured").glob("*.yaml"))
]


def verdict(contract, case):
    """Whether a contract's documented response of that status takes the body."""
    operation = contract.operation(case["operation"])
    response = next((it for it in operation.responses if it.status == str(case["status"])), None)
    try:
        body = json.loads(case["text"]) if "text" in case else case["body"]
    except ValueError:
        return "refuses"
    if response is None:
        return "refuses"
    media = next((it for it in response.media if it.name == "application/json"), None)
    if media is None:
        return "refuses"
    return "refuses" if contract.schemas.violations(media.schema, body) else "accepts"


@pytest.mark.parametrize("case", CASES)
def test_what_was_recorded_is_judged_as_the_file_says(contract, case):
    """The base contract and the observed overlay each say what they were expected to."""
    assert case["base"] == verdict(contract(case["vendor"]), case)
    assert case["observed"] == verdict(contract(case["overlay"]), case)


def test_something_is_refused_by_the_documents(contract):
    """The recordings are there because documents and wire differ."""
    cases = [parameter.values[0] for parameter in CASES]

    assert any(case["base"] == "refuses" and case["observed"] == "accepts" for case in cases)
