"""The checks: pure functions from a case (exchanges read with the contract) to observations of its claims.

Live runs, recordings and the mock's journal pass through the same checks.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from pixpact.contracts.checks.acceptance import acceptance
from pixpact.contracts.checks.billing import billing
from pixpact.contracts.checks.bindings import bindings
from pixpact.contracts.checks.body import body
from pixpact.contracts.checks.content_type import content_type
from pixpact.contracts.checks.headers import headers
from pixpact.contracts.checks.images import images
from pixpact.contracts.checks.isolation import isolation
from pixpact.contracts.checks.lifecycle import lifecycle
from pixpact.contracts.checks.links import links
from pixpact.contracts.checks.observation import Observation
from pixpact.contracts.checks.refusal import refusal
from pixpact.contracts.checks.status import status
from pixpact.contracts.checks.streaming import streaming
from pixpact.contracts.checks.unknown_fields import unknown_fields
from pixpact.contracts.claims.contract_claims import ContractClaims
from pixpact.contracts.traffic.case import TaskCase

Check = Callable[[TaskCase, ContractClaims], Iterator[Observation]]

CHECKS: tuple[Check, ...] = (
    acceptance,
    refusal,
    status,
    content_type,
    headers,
    body,
    unknown_fields,
    bindings,
    links,
    lifecycle,
    images,
    streaming,
    isolation,
    billing,
)
