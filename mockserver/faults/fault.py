"""A fault as a value, and what it makes of one request."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any

from pixpact.mockserver.core.json_diff import differences
from pixpact.mockserver.core.latency import ResponseDelay
from pixpact.mockserver.faults.gateways import GATEWAYS
from pixpact.mockserver.faults.given_images import GivenImage
from pixpact.mockserver.faults.names import (
    CHOSEN,
    IMAGE,
    NOT_CARRIED_OUT,
    OF_CAUSES,
    OF_FILES,
    OF_WEBHOOKS,
    OUTCOMES,
    TRANSPORT_FAULTS,
    Stage,
)


class BadFault(ValueError):
    """Something that is no fault; names the value and the remedy."""


@dataclass(frozen=True, slots=True)
class FaultOccasion:
    """What is going on, as faults look at it. `vendors` are the names that the contract goes by."""

    vendors: tuple[str, ...]
    operation: str
    stage: Stage | None
    model: str | None = None
    key: str | None = None
    """A digest: no fault holds a key."""
    body: Any = None


@dataclass(frozen=True, slots=True)
class Fault:
    """One fault. What is None does not narrow it; see `NAMES` for what each name does."""

    fault: str
    vendor: str | None = None
    operation: str | None = None
    model: str | None = None
    key: str | None = None
    stage: Stage | None = None
    times: int | None = None
    every: int | None = None
    under_way: int | None = None
    """How many tasks of its key must be under way already."""
    probability: float | None = None
    delay: ResponseDelay | None = None
    example: str | None = None
    status: str | int | None = None
    charged: bool | None = None
    body: Mapping[str, Any] | None = dataclasses.field(default=None, hash=False)
    """Fields that the body of a request must hold."""
    image: tuple[GivenImage, ...] | None = None
    images: int | None = None
    retry_after: int | None = None
    number: int = 0
    """Which of the standing faults it is, from 1; 0 for a fault of one request."""

    @property
    def is_cause(self) -> bool:
        """Whether it is answered by an example of the contract."""
        return self.fault in OF_CAUSES or self.fault == CHOSEN

    @property
    def is_gateway(self) -> bool:
        """Whether a gateway has a page for it where the contract has no example."""
        return self.fault in GATEWAYS or self.fault == "html"

    @property
    def is_refusal(self) -> bool:
        """Whether it gives a whole response of its own, in place of the usual one."""
        return self.is_cause or (self.fault == "html" and not self.carried_out)

    @property
    def carried_out(self) -> bool:
        """Whether a request that it strikes is carried out, and charged."""
        if self.charged is not None:
            return self.charged
        if self.fault in GATEWAYS:
            return GATEWAYS[self.fault].carried_out
        return not self.is_cause and self.fault not in NOT_CARRIED_OUT

    @property
    def wanted(self) -> tuple[int | None, str | None]:
        """The status and the name of the example of a `response`; None where any will do."""
        status = None if self.status is None else int(self.status)
        return status or (None if self.example else 500), self.example

    @property
    def page_status(self) -> int:
        """The status of a gateway's page."""
        usual = GATEWAYS[self.fault].status if self.fault in GATEWAYS else 200
        return usual if self.status is None else int(self.status)

    @property
    def is_transport(self) -> bool:
        """Whether it spoils a response on its way."""
        return self.fault in TRANSPORT_FAULTS

    @property
    def is_outcome(self) -> bool:
        """Whether it decides how a task ends."""
        return self.fault in OUTCOMES or self.fault == IMAGE

    @property
    def is_of_webhooks(self) -> bool:
        """Whether it strikes what the mock sends by itself."""
        return self.fault in OF_WEBHOOKS

    @property
    def is_of_files(self) -> bool:
        """Whether only the host of images knows it."""
        return self.fault in OF_FILES

    def fits(self, occasion: FaultOccasion) -> bool:
        """Whether it speaks of this occasion."""
        return (
            self._stage_fits(occasion.stage)
            and (self.vendor is None or self.vendor in occasion.vendors)
            and self.operation in (None, occasion.operation)
            and self.model in (None, occasion.model)
            and self.key in (None, occasion.key)
            and (self.body is None or not any(True for _ in differences(self.body, occasion.body, exact=False)))
        )

    def _stage_fits(self, stage: Stage | None) -> bool:
        if self.fault == "truncated-image":
            return True
        if self.is_of_webhooks:
            return stage == "webhook"
        if self.is_of_files:
            return stage == "download"
        if self.stage is None:
            return stage not in ("download", "queue", "run", "webhook")
        return self.stage == stage

    def strikes(self, fitted: int, struck: int, drawn: float) -> bool:
        """Whether it strikes the `fitted`-th request that it fits, having struck `struck`; `drawn` is from 0 to 1."""
        return (
            (self.times is None or struck < self.times)
            and (self.every is None or fitted % self.every == 0)
            and (self.probability is None or drawn < self.probability)
        )

    def json(self) -> dict[str, Any]:
        """As it is written; of a key only that there is one."""
        written: dict[str, Any] = {}
        for name in FIELDS:
            value = getattr(self, name.replace("-", "_"))
            if value is not None:
                value = [str(item) for item in value] if name == IMAGE else value
                written[name] = (
                    value.json() if isinstance(value, ResponseDelay) else "[redacted]" if name == "key" else value
                )
        return written


@dataclass(frozen=True, slots=True)
class ActiveFault:
    """A standing fault, how many requests it fitted and how many of them it struck."""

    fault: Fault
    fitted: int = 0
    struck: int = 0

    def json(self) -> dict[str, Any]:
        """As the control side lists it."""
        counts = {"fitted": self.fitted, "fired": self.struck}
        return {"id": self.fault.number, **self.fault.json(), **counts}


@dataclass(slots=True)
class FaultInjection:
    """What strikes one request. `wait` is in seconds of the clock; `names` are told to the client and the journal."""

    response: Fault | None = None
    webhook: Fault | None = None
    """What becomes of the callback of its task."""
    wait: float = 0.0
    names: list[str] = dataclasses.field(default_factory=list)

    @property
    def cause(self) -> Fault | None:
        """The refusal that is given, whether the request is carried out or not."""
        return self.response if self.response and self.response.is_refusal else None

    @property
    def transport(self) -> Fault | None:
        """The fault that spoils the response on its way, or puts a refusal in its place."""
        return self.response if self.response and self.response.carried_out else None

    @property
    def carried_out(self) -> bool:
        """Whether the request is carried out at all."""
        return self.response is None or self.response.carried_out


FIELDS = tuple(field.name.replace("_", "-") for field in fields(Fault) if field.name != "number")
"""The fields of a fault as users write them."""
