"""Exchanges with a small vendor, judged by a contract that says something else, and the edits for what is found."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from copy import deepcopy
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from pixpact.contracts.findings import Finding
from pixpact.contracts.propose.edits import edits
from pixpact.contracts.propose.finding_context import ContractEdit, FindingContext
from pixpact.contracts.propose.operations import Operation, actions, parent_of
from pixpact.contracts.propose.replay import TrafficReplay
from pixpact.contracts.samples.reference_images import image, media_type
from pixpact.specs.contract.model import Contract
from pixpact.specs.lint.lint import contract_of
from pixpact.specs.openapi.document import SpecDocument, at, read
from pixpact.wire.exchange import Exchange

TOY = Path(__file__).parents[4] / "fixtures" / "specs" / "toy.yaml"
BASE = "https://api.toy.example"
FILE = "https://files.toy.example/dr_1-0.png"
START = 1_769_860_800.0  # 2026-01-31T12:00:00Z
KEY = ("X-Api-Key", "sk-1")
JSON = ("Content-Type", "application/json")
SCHEMAS = "/components/schemas"
STATES = "/components/x-lifecycles/drawing/states"


def call(
    method: str, path: str, response: Any, body: Any = None, *, after: float = 0.0, status: int = 200, **note: str
) -> Exchange:
    """One exchange with JSON bodies; `after` is in seconds."""
    sent = b"" if body is None else json.dumps(body).encode()
    headers = (KEY, *((JSON,) if sent else ()))
    kind = (("Content-Type", note.pop("kind", "application/json")),)
    content = response if isinstance(response, bytes) else json.dumps(response).encode()
    return Exchange(START + after, method, BASE + path, headers, sent, status, kind, content, 0.1, note)


def drawing(state: str = "waiting", percent: int = 0, **more: Any) -> dict[str, Any]:
    """A task as the contract documents it."""
    value = {"drawing": "dr_1", "state": state, "percent": percent, "ordered": "2026-01-31T12:00:00Z"}
    if state == "done":
        value |= {"finished": "2026-01-31T12:00:20Z", "sheets": [{"files": [FILE]}]}
    return value | more


def submit(response: Any = None, *, status: int = 202, note: Mapping[str, str] | None = None, **body: Any) -> Exchange:
    """An order of one crayon drawing."""
    sent = {"model": "crayon-1", "prompt": "A kite"} | body
    said = {"role": "start", "expects": "", **(note or {})}
    return call("POST", "/v2/drawings", drawing() if response is None else response, sent, status=status, **said)


def refused(name: str = "", value: Any = None, *, status: int = 422, **more: Any) -> Exchange:
    """An order that is refused, with one field, if it is named, and others."""
    return submit({"error": "no"}, status=status, **({name: value} if name else {}), **more)


def order_with(response: Any, *, kind: str) -> Exchange:
    """An order whose response is of another media type."""
    sent = {"model": "crayon-1", "prompt": "A kite"}
    return call("POST", "/v2/drawings", response, sent, status=202, kind=kind, role="start", expects="")


def poll(state: str = "done", percent: int = 100, after: float = 20.0, **more: Any) -> Exchange:
    """A look at it."""
    value = drawing(state, percent, **more)
    return call("GET", "/v2/drawings/dr_1", value, after=after, role="show", expects="")


def download(name: str = "png-512x512", after: float = 21.0, url: str = FILE) -> Exchange:
    """The fetching of its image."""
    kind = (("Content-Type", media_type(name)),)
    return Exchange(START + after, "GET", url, (), b"", 200, kind, image(name), 0.1, {"role": "download"})


def sketch(response: Any, kind: str = "application/json", **body: Any) -> Exchange:
    """A synchronous request."""
    sent = {"prompt": "A kite"} | body
    return call("POST", "/v2/sketches", response, sent, kind=kind, role="run", expects="")


def changed(changes: Mapping[str, Any] | None) -> Contract:
    """The contract of the small vendor with other values at some pointers."""
    return _changed(json.dumps(changes or {}))


@cache
def _changed(changes: str) -> Contract:
    document = read(TOY)
    value = deepcopy(document.value)
    for pointer, new in json.loads(changes).items():
        holder, name = parent_of(pointer)
        at(value, holder)[name] = new
    return contract_of(SpecDocument(document.root, value), "toy")


@dataclass(frozen=True)
class Proposed:
    """The edits for one finding."""

    contract: Contract
    replay: TrafficReplay
    edits: list[ContractEdit]

    @property
    def said(self) -> list[str]:
        """What each says, the most precise first."""
        return [edit.said for edit in self.edits]

    @property
    def holding(self) -> list[str]:
        """What those say with which the contract agrees with everything that was seen."""
        return [edit.said for edit in self.edits if not self._findings(edit)]

    def _findings(self, edit: ContractEdit) -> tuple[Finding, ...]:
        _, value = actions(self.contract.document.value, edit.operations)
        return self.replay.judged(contract_of(SpecDocument(self.contract.document.root, value), "toy")).findings

    def operations(self, said: str) -> tuple[Operation, ...]:
        """What an edit does to the document."""
        return next(edit.operations for edit in self.edits if edit.said == said)


@pytest.fixture
def proposed() -> Callable[..., Proposed]:
    """The edits for the finding about a claim, by the contract with `changes`."""

    def made(claim: str, *exchanges: Exchange, changes: Mapping[str, Any] | None = None) -> Proposed:
        contract = changed(changes)
        replay = TrafficReplay(contract, exchanges, (BASE,))
        seen = replay.judged(contract)
        findings = {finding.claim.id.removeprefix("toy:"): finding for finding in seen.findings}
        assert claim in findings, f"there is no such finding; there are {', '.join(findings) or 'none'}"
        return Proposed(contract, replay, list(edits(FindingContext(findings[claim], seen))))

    return made
