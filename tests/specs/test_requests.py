"""The corpus of request bodies in fixtures/requests: what each contract must take and promise, or refuse and why."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from pixpact.specs.contract.model import Contract, Operation
from pixpact.specs.dialect.expressions import ExpressionRequest
from pixpact.specs.dialect.images import ImagePromise
from pixpact.specs.dialect.request_body import BodyReading, no_fetch
from pixpact.specs.openapi.document import parse
from pixpact.specs.openapi.schemas import Violation

FOLDER = Path(__file__).parent.parent.parent / "fixtures/requests"
PROMISES: dict[str, Callable[[ImagePromise], Any]] = {
    "images": lambda it: None if it.up_to else it.count,
    "upTo": lambda it: it.count if it.up_to else None,
    "pixels": lambda it: f"{it.width}x{it.height}" if it.promised else None,
    "format": lambda it: it.format,
    "watermark": lambda it: it.watermark,
    "transparent": lambda it: it.transparent,
    "lifetime": lambda it: it.lifetime,
    "price": lambda it: it.price,
}
KNOWN = {"name", "body", "refused", "operation", "headers", "status", *PROMISES}


def cases() -> list[tuple[str, dict[str, Any]]]:
    """(contract, case), read as specs are: `0x0` is a text."""
    found = []
    for path in sorted(FOLDER.glob("*.yaml")):
        corpus = parse(f"cases:\n{path.read_text(encoding='utf-8')}", path).value
        found += [(path.stem, case) for case in corpus["cases"]]
    return found


CASES = [pytest.param(name, case, id=f"{name}:{case['name']}") for name, case in cases()]
TAKEN = [it for it in CASES if "refused" not in it.values[1]]
REFUSED = [it for it in CASES if "refused" in it.values[1]]


def operation_of(contract: Contract, case: dict[str, Any]) -> Operation:
    return contract.operation(case.get("operation", "createImage"))


def read(operation: Operation, case: dict[str, Any]) -> BodyReading:
    assert operation.body is not None
    media = next(it for it in operation.body.media if it.name == "application/json")
    return media.reader.read(case["body"])


def wrong_headers(contract: Contract, operation: Operation, case: dict[str, Any]) -> list[Violation]:
    headers = {name.lower(): value for name, value in case.get("headers", {}).items()}
    found = [
        parameter
        for parameter in operation.parameters
        if parameter.place == "header" and parameter.name.lower() in headers
    ]
    return [
        wrong for it in found for wrong in contract.schemas.violations(it.schema, headers[it.name.lower()], it.name)
    ]


@pytest.mark.parametrize(("name", "case"), TAKEN)
def test_taken(name: str, case: dict[str, Any], contract: Callable[[str], Contract]) -> None:
    """The body is valid, and promises the images that the case states."""
    operation = operation_of(contract(name), case)
    reading = read(operation, case)

    assert [] == [violation.message for violation in reading.violations]
    assert [] == wrong_headers(contract(name), operation, case)
    assert reading.branch is not None
    promise = reading.branch.promise(reading, ExpressionRequest(body=reading.body), no_fetch)
    stated = {key: Decimal(str(case[key])) if key == "price" else case[key] for key in PROMISES if key in case}
    assert stated == {key: PROMISES[key](promise) for key in stated}


@pytest.mark.parametrize(("name", "case"), REFUSED)
def test_refused(name: str, case: dict[str, Any], contract: Callable[[str], Contract]) -> None:
    """The first thing wrong is the field that the case names, and the message names it too."""
    operation = operation_of(contract(name), case)
    if case["refused"] in case.get("headers", {}):
        assert [case["refused"]] == [violation.kind for violation in wrong_headers(contract(name), operation, case)]
        return
    first = read(operation, case).violations[0]

    assert case["refused"] == first.field
    assert case["refused"] in first.message


def test_the_corpus_says_nothing_unknown() -> None:
    """Every field of a case is one that is looked at, names are reported once, and every contract has cases."""
    found = cases()

    assert set() == {key for _, case in found for key in case} - KNOWN
    assert len(found) == len({(name, case["name"]) for name, case in found})
    assert all("refused" in case or "status" not in case for _, case in found)
