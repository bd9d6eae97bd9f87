"""A fault as a value: the one vocabulary of all channels, read from JSON and from the text of the command line."""

from __future__ import annotations

import dataclasses
import difflib
from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any, Literal, get_args

from pixpact.mockserver.core.identity import account_of
from pixpact.mockserver.core.json_diff import differences
from pixpact.mockserver.core.latency import NoDelay, ResponseDelay
from pixpact.mockserver.core.latency import parse as parse_delay
from pixpact.mockserver.faults.gateways import GATEWAYS
from pixpact.mockserver.faults.given_images import GivenImage, NoImage, images_of
from pixpact.specs.contract.model import CAUSES

Stage = Literal["submit", "poll", "queue", "run", "download", "webhook"]
STAGES: dict[Stage, str] = {
    "submit": "operations that start a task, or run one while the client waits",
    "poll": "operations that show a task",
    "queue": "the first state of a task under way",
    "run": "the last state of a task under way",
    "download": "images and uploads under `/_files/`",
    "webhook": "callbacks of a task that is over",
}

_OF_CAUSES: dict[str, str] = {
    "unauthenticated": "The contract's response to a missing or wrong key.",
    "forbidden": "The contract's response to a key that may not do this.",
    "invalid-request": "The contract's response to a request that breaks a rule.",
    "unknown-task": "The contract's response to a task that it does not know.",
    "insufficient-balance": "The contract's response to a key that cannot pay.",
    "rate-limited": "The contract's response to too many requests.",
    "moderated": "The contract's response to a request, or an end of a task, that its safety check refuses.",
    "server-error": "The contract's response when the service fails.",
    "bad-gateway": "The contract's response when the service behind it fails.",
    "unavailable": "The contract's response when it has no capacity.",
    "idempotency-in-progress": "The contract's response while an earlier request with the same idempotency key runs.",
    "idempotency-reused": "The contract's response to an idempotency key that was used with another body.",
    "idempotency-indeterminate": "The contract's response when the result of the first request is not known.",
    "idempotency-unavailable": "The contract's response when idempotency keys cannot be looked up.",
    "gateway-error": "The gateway does not understand the service's response (520): carried out and charged.",
    "origin-down": "The gateway is refused by the service (521): nothing is charged.",
    "origin-connect-timeout": "The gateway cannot connect to the service in time (522): nothing is charged.",
    "origin-unreachable": "The gateway finds no way to the service (523): nothing is charged.",
    "gateway-timeout": "The gateway gives up waiting (524, or as documented): carried out and charged.",
}
_CHOSEN = "response"
_TRANSPORT: dict[str, str] = {
    "reset-before": "The connection is reset (TCP RST) before the request is carried out: nothing is charged.",
    "reset-after": "The request is carried out and charged; the connection is reset instead of the response.",
    "accept-then-drop": "The request is carried out and charged; the connection is closed without a byte of response.",
    "hang": "The request is carried out and charged; the response never comes, until the client gives up.",
    "empty": "The response has its status and headers, and no body.",
    "malformed-json": "The response's body breaks off inside its JSON, with a content length that fits.",
    "two-json-objects": "Two JSON objects stand one after the other in the body.",
    "html": "A gateway's page of HTML, with `status`, 200 unless told otherwise.",
    "wrong-content-type": "The right body as text/plain.",
    "truncated-image": "The bytes of images end half-way, with a content length that fits; in downloads and in base64.",
    "slow-drip": "The response comes in ten pieces over `delay` seconds, ten unless told otherwise.",
    "stream-cut": "The connection ends after the first event of a stream, or after half of any other body.",
    "redirect": "A redirect leads to the same place below another path; its `status` is 307 unless told otherwise.",
    "compressed": "The body is compressed with gzip, whether the client takes that or not.",
    "chunked": "The body comes in chunks of a few bytes without a length, cut inside of characters and events.",
    "sse-comments": "Comments and heartbeats stand between the events of a stream.",
    "sse-crlf": "The lines of a stream end with CR and LF.",
}
_OF_FILES: dict[str, str] = {
    "file-error": "The image's host answers with `status`, 503 unless told otherwise, and the XML of an object store.",
    "authorization-refused": "The image's host refuses, with 400 and XML, a link that is sent with `Authorization`.",
    "no-cors": "The image's host sends no CORS headers: a page of another origin cannot read the file.",
}
STREAMED = frozenset({"sse-comments", "sse-crlf"})
"""What has a meaning for streams of events alone."""
_CODES = {"redirect": (301, 302, 303, 307, 308), "file-error": tuple(range(400, 600))}
"""The status codes that a fault may be given."""
_OUTCOMES: dict[str, str] = {
    "failed": "The task fails; `example` names one of the contract's ways to tell it.",
    "partial": "Some images are not delivered; `images` says how many are, all but one unless told otherwise.",
    "stuck": "The task never comes to an outcome.",
    "slow": "The task takes `delay` seconds longer, or ten times as long as usual.",
    "takes": "The task takes `delay` seconds in all, at any pace; three minutes unless told otherwise.",
    "unknown-status": "The task stays in a status that the contract does not know; `status` names the word.",
}
_OF_WEBHOOKS: dict[str, str] = {
    "webhook-lost": "The callback of a task is never sent.",
    "webhook-late": "The callback is sent `delay` seconds later, a minute unless told otherwise: others overtake it.",
    "webhook-twice": "The callback is sent twice, one right after the other.",
    "webhook-again": "The callback is sent again `delay` seconds after it was taken, a minute unless told otherwise.",
    "webhook-forged": "The callback is signed with another secret than the receiver's.",
}
NAMES: dict[str, str] = {
    **_OF_CAUSES,
    _CHOSEN: "The contract's refusal of `status`, 500 unless told otherwise, or the one that `example` names.",
    "latency": "The response, or the stage of a task, takes `delay` seconds longer; one second unless told otherwise.",
    **_TRANSPORT,
    **_OUTCOMES,
    **_OF_WEBHOOKS,
    **_OF_FILES,
}
"""Every fault there is, with what it does."""

assert tuple(_OF_CAUSES) == CAUSES

NOT_CARRIED_OUT = frozenset({"reset-before", "redirect"})
IMAGE = "image"
"""Not a fault, but chosen like one: the task yields the images that it names."""
RESPONSE_LOST = frozenset({"reset-after", "accept-then-drop", "hang"})
UNKNOWN_WORD = "archived"
"""The status that `unknown-status` shows unless told otherwise."""


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
        return self.fault in _OF_CAUSES or self.fault == _CHOSEN

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
        return self.fault in _TRANSPORT

    @property
    def is_outcome(self) -> bool:
        """Whether it decides how a task ends."""
        return self.fault in _OUTCOMES or self.fault == IMAGE

    @property
    def is_of_webhooks(self) -> bool:
        """Whether it strikes what the mock sends by itself."""
        return self.fault in _OF_WEBHOOKS

    @property
    def is_of_files(self) -> bool:
        """Whether only the host of images knows it."""
        return self.fault in _OF_FILES

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
        for name in _FIELDS:
            value = getattr(self, name.replace("-", "_"))
            if value is not None:
                value = [str(it) for it in value] if name == IMAGE else value
                written[name] = (
                    value.json() if isinstance(value, ResponseDelay) else "[redacted]" if name == "key" else value
                )
        return written


@dataclass(frozen=True, slots=True)
class StandingFault:
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


_FIELDS = tuple(it.name.replace("_", "-") for it in fields(Fault) if it.name != "number")
_TEXTS = ("vendor", "operation", "model", "example", "status")
_COUNTS = {"times": 1, "every": 1, "images": 0, "retry-after": 0}
_ONLY = {
    "example": ("failed", *_OF_CAUSES, _CHOSEN),
    "status": ("unknown-status", "html", "redirect", "file-error", *GATEWAYS, _CHOSEN),
    "charged": (*_OF_CAUSES, _CHOSEN, "html"),
    "images": ("partial",),
    "retry-after": (*_OF_CAUSES, _CHOSEN, "html"),
    "delay": ("latency", "slow", "slow-drip", "takes", "webhook-late", "webhook-again"),
    IMAGE: (IMAGE,),
}


def key_digest(key: str) -> str:
    """What a fault holds of an API key."""
    return account_of("", key)


def read(written: Mapping[str, Any]) -> Fault:
    """A fault from its JSON object. Raises BadFault."""
    if not isinstance(written, Mapping):
        raise BadFault(f'{written!r} is no fault: write an object such as {{"fault": "server-error", "times": 1}}')
    for field in written:
        if field not in _FIELDS:
            raise BadFault(f"{field!r} is no field of a fault; {_nearest(str(field), _FIELDS)}")
    name = written.get("fault")
    if not isinstance(name, str) or (name not in NAMES and name != IMAGE):
        raise BadFault(f"{name!r} is no fault; {_nearest(str(name), tuple(NAMES))}")
    values = {field: _value(name, field, written[field]) for field in written if field != "fault"}
    found = Fault(name, **{field.replace("-", "_"): value for field, value in values.items() if value is not None})
    return _consistent(found)


def _value(name: str, field: str, value: Any) -> Any:
    if value is None:
        return None
    if field in _ONLY and name not in _ONLY[field]:
        raise BadFault(f"{field} says nothing of {name!r}; it goes with {', '.join(_ONLY[field])}")
    if field in ("delay", IMAGE):
        try:
            return images_of(value) if field == IMAGE else parse_delay(value)
        except (NoDelay, NoImage) as error:
            raise BadFault(f"{name}: {error}") from None
    if field == "status" and name in _CODES:
        return _code(name, value)
    if field in _COUNTS:
        return _count(field, value)
    if field == "probability":
        return _share(value)
    if field == "charged":
        return _truth(value)
    if field == "body":
        if not isinstance(value, Mapping):
            raise BadFault(f'body of {name!r} is no object; write the fields, such as {{"prompt": "A kite"}}')
        return dict(value)
    if field == "status" and name != "unknown-status":
        return _status(value, least=200 if name == "html" else 400)
    if not isinstance(value, str) or not value:
        raise BadFault(f"{field} of {name!r} is {'empty' if value == '' else 'no text'}; write a text")
    if field == "stage" and value not in STAGES:
        raise BadFault(f"{value!r} is no stage; there are {', '.join(STAGES)}")
    return key_digest(value) if field == "key" else value


def _count(field: str, value: Any) -> int:
    least = _COUNTS[field]
    if isinstance(value, bool) or not isinstance(value, int) or value < least:
        raise BadFault(f"{field} is {value!r}; write a whole number from {least}")
    return value


def _code(name: str, value: Any) -> str:
    if isinstance(value, bool) or str(value) not in map(str, _CODES[name]):
        codes = _CODES[name]
        there = f"{codes[0]} to {codes[-1]}" if len(codes) > 9 else ", ".join(map(str, codes))
        raise BadFault(f"status of {name!r} is {value!r}; write a code, {there}")
    return str(value)


def _share(value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not 0 <= value <= 1:
        raise BadFault(f"probability is {value!r}; write a number from 0 to 1")
    return float(value)


def _truth(value: Any) -> bool:
    if not isinstance(value, bool):
        raise BadFault(f"charged is {value!r}; write true or false")
    return value


def _status(value: Any, least: int) -> int:
    number = int(value) if isinstance(value, str) and value.isdecimal() else value
    if isinstance(number, bool) or not isinstance(number, int) or not least <= number <= 599:
        raise BadFault(f"status is {value!r}; write a status of HTTP from {least} to 599")
    return number


def _consistent(fault: Fault) -> Fault:
    """The same fault. Raises BadFault when its stage makes no sense."""
    stages: tuple[Stage, ...] = get_args(Stage)
    if fault.charged and fault.is_cause:
        stages = ("submit",)
    elif fault.is_cause:
        stages = ("submit", "poll")
    elif fault.is_transport:
        stages = ("download",) if fault.fault == "truncated-image" else ("submit", "poll", "download")
        stages = ("submit", "poll") if fault.fault in STREAMED else stages
    elif fault.is_of_files:
        stages = ("download",)
    elif fault.is_outcome:
        stages = ("submit",)
    elif fault.is_of_webhooks:
        stages = ("webhook",)
    else:
        stages = tuple(stage for stage in stages if stage != "webhook")
    if fault.stage is not None and fault.stage not in stages:
        raise BadFault(f"{fault.fault!r} has no stage {fault.stage!r}; there are {', '.join(stages)}")
    return fault


def _nearest(word: str, known: tuple[str, ...]) -> str:
    near = difflib.get_close_matches(word, known, 1)
    return f"did you mean {near[0]!r}?" if near else f"there are {', '.join(known)}"


def from_text(text: str) -> Fault:
    """A fault from a text such as `rate-limited,operation=createImage,times=2`. Raises BadFault.

    A delay is `2.5`, `90s`, `uniform:1:3` or `lognormal:0.5:0.8`.
    """
    name, *fields = (part.strip() for part in text.split(","))
    written: dict[str, Any] = {"fault": name}
    for field in fields:
        key, equals, value = field.partition("=")
        if not equals:
            raise BadFault(f"{field!r} in {text!r} has no value; write MEMBER=VALUE, such as times=1")
        if key.strip() in written:
            raise BadFault(f"{key.strip()} stands twice in {text!r}; keep one")
        written[key.strip()] = typed(key.strip(), value.strip())
    return read(written)


def typed(field: str, value: str) -> Any:
    """The text of a field as the JSON value it stands for; left as it is where it stands for none."""
    kind, *numbers = value.split(":")
    if field == "delay" and numbers:
        return {kind: [_number(number) for number in numbers]}
    if field == "charged":
        return {"true": True, "false": False}.get(value, value)
    return _number(value) if field in (*_COUNTS, "probability") else value


def _number(text: str) -> Any:
    for kind in (int, float):
        try:
            return kind(text)
        except ValueError:
            continue
    return text
