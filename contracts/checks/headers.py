"""Headers check: documented response headers are present where required, and match their schemas."""

from __future__ import annotations

from collections.abc import Iterator

from pixpact.contracts.checks.observation import Observation, kept, unjudged
from pixpact.contracts.claims.contract_claims import ContractClaims
from pixpact.contracts.traffic.case import TaskCase
from pixpact.contracts.traffic.unrecorded import HEADERS, lacks
from pixpact.specs.contract.model import ResponseHeader
from pixpact.specs.openapi.document import Json, at
from pixpact.specs.openapi.messages import short_json


def headers(case: TaskCase, claims: ContractClaims) -> Iterator[Observation]:
    """Whether the response headers are there and match their schemas."""
    for step in case.steps:
        if step.asked is None or step.response is None or not step.answered or not step.documented:
            continue
        for header in step.response.headers:
            claim = claims.responses.header(step.operation, header)
            text = step.exchange.response_header(header.name)
            if text is None and not header.required:
                continue
            if text is None and lacks(step.exchange, "response-headers"):
                yield from unjudged(HEADERS, claim)
            elif text is None:
                yield Observation(
                    (claim,),
                    False,
                    "missing",
                    "breaking",
                    "",
                    f"{header.name} is there",
                    "it is not",
                    steps=(step.index,),
                )
            elif wrong := _violation(claims, header, text):
                yield Observation(
                    (claim,),
                    False,
                    "schema",
                    "breaking",
                    "",
                    wrong,
                    f"{header.name}: {short_json(text)}",
                    steps=(step.index,),
                )
            else:
                yield from kept(claim)


def _violation(claims: ContractClaims, header: ResponseHeader, text: str) -> str:
    """The violation of a header's schema, as a sentence; empty without one."""
    schema = f"{header.pointer}/schema"
    try:
        stated = at(claims.contract.document.value, schema)
    except KeyError:
        return ""
    violations = claims.contract.schemas.violations(schema, _value(text, stated.get("type")), "header")
    return violations[0].message if violations else ""


def _value(text: str, kind: Json) -> Json:
    """The value of a header's text, by the type of its schema (OpenAPI 3.1.0, style `simple`)."""
    if kind in ("integer", "number"):
        try:
            return int(text) if kind == "integer" else float(text)
        except ValueError:
            return text
    return text == "true" if kind == "boolean" and text in ("true", "false") else text
