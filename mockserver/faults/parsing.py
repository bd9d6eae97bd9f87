"""A fault as users write it: JSON, or a text such as `rate-limited,operation=createImage,times=2`."""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from typing import Any, get_args

from pixpact.mockserver.core.identity import account_of
from pixpact.mockserver.core.latency import NoDelay
from pixpact.mockserver.core.latency import parse as parse_delay
from pixpact.mockserver.faults.fault import FIELDS, BadFault, Fault
from pixpact.mockserver.faults.gateways import GATEWAYS
from pixpact.mockserver.faults.given_images import NoImage, images_of
from pixpact.mockserver.faults.names import (
    CHOSEN,
    CODES,
    IMAGE,
    NAMES,
    OF_CAUSES,
    STAGES,
    STREAMED,
    Stage,
)
from pixpact.wire.json_values import is_integer, is_number

_TEXTS = ("vendor", "operation", "model", "example", "status")
_COUNTS = {"times": 1, "every": 1, "under-way": 1, "images": 0, "retry-after": 0}
_ONLY = {
    "example": ("failed", *OF_CAUSES, CHOSEN),
    "status": ("unknown-status", "html", "redirect", "file-error", *GATEWAYS, CHOSEN),
    "charged": (*OF_CAUSES, CHOSEN, "html"),
    "images": ("partial",),
    "retry-after": (*OF_CAUSES, CHOSEN, "html"),
    "delay": ("latency", "slow", "slow-drip", "sse-comments", "takes", "webhook-late", "webhook-again"),
    IMAGE: (IMAGE,),
}


def key_digest(key: str) -> str:
    """What a fault holds of an API key."""
    return account_of("", key)


def read(written: Mapping[str, Any]) -> Fault:
    """A fault from its JSON object. Raises BadFault."""
    if not isinstance(written, Mapping):
        raise BadFault(f'{written!r} is not a fault: write an object such as {{"fault": "server-error", "times": 1}}')
    for field in written:
        if field not in FIELDS:
            raise BadFault(f"{field!r} is not a field of a fault; {_nearest(str(field), FIELDS)}")
    name = written.get("fault")
    if not isinstance(name, str) or (name not in NAMES and name != IMAGE):
        raise BadFault(f"{name!r} is not a fault; {_nearest(str(name), tuple(NAMES))}")
    values = {field: _value(name, field, written[field]) for field in written if field != "fault"}
    fault = Fault(name, **{field.replace("-", "_"): value for field, value in values.items() if value is not None})
    return _consistent(fault)


def _value(name: str, field: str, value: Any) -> Any:
    if value is None:
        return None
    if field in _ONLY and name not in _ONLY[field]:
        raise BadFault(f"{field} does not apply to {name!r}; it applies to {', '.join(_ONLY[field])}")
    if field in ("delay", IMAGE):
        try:
            return images_of(value) if field == IMAGE else parse_delay(value)
        except (NoDelay, NoImage) as error:
            raise BadFault(f"{name}: {error}") from None
    if field == "status" and name in CODES:
        return _code(name, value)
    if field in _COUNTS:
        return _count(field, value)
    if field == "probability":
        return _share(value)
    if field == "charged":
        return _truth(value)
    if field == "body":
        if not isinstance(value, Mapping):
            raise BadFault(f'body of {name!r} is not an object; write the fields, such as {{"prompt": "A kite"}}')
        return dict(value)
    if field == "status" and name != "unknown-status":
        return _status(value, least=200 if name == "html" else 400)
    if not isinstance(value, str) or not value:
        raise BadFault(f"{field} of {name!r} is {'empty' if value == '' else 'no text'}; write a text")
    if field == "stage" and value not in STAGES:
        raise BadFault(f"{value!r} is not a stage; there are {', '.join(STAGES)}")
    return key_digest(value) if field == "key" else value


def _count(field: str, value: Any) -> int:
    least = _COUNTS[field]
    if not is_integer(value) or value < least:
        raise BadFault(f"{field} is {value!r}; write a whole number from {least}")
    return value


def _code(name: str, value: Any) -> str:
    if isinstance(value, bool) or str(value) not in map(str, CODES[name]):
        codes = CODES[name]
        allowed = f"{codes[0]} to {codes[-1]}" if len(codes) > 9 else ", ".join(map(str, codes))
        raise BadFault(f"status of {name!r} is {value!r}; write one of these: {allowed}")
    return str(value)


def _share(value: Any) -> float:
    if not is_number(value) or not 0 <= value <= 1:
        raise BadFault(f"probability is {value!r}; write a number from 0 to 1")
    return float(value)


def _truth(value: Any) -> bool:
    if not isinstance(value, bool):
        raise BadFault(f"charged is {value!r}; write true or false")
    return value


def _status(value: Any, least: int) -> int:
    number = int(value) if isinstance(value, str) and value.isdecimal() else value
    if not is_integer(number) or not least <= number <= 599:
        raise BadFault(f"status is {value!r}; write an HTTP status from {least} to 599")
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
    if fault.under_way is not None:
        stages = tuple(stage for stage in stages if stage in ("submit", "queue", "run"))
        if not stages:
            raise BadFault(f"under-way does not apply to {fault.fault!r}: it is for faults of submissions")
    if fault.stage is not None and fault.stage not in stages:
        raise BadFault(f"{fault.fault!r} has no stage {fault.stage!r}; there are {', '.join(stages)}")
    return fault


def _nearest(word: str, words: tuple[str, ...]) -> str:
    near = difflib.get_close_matches(word, words, 1)
    return f"did you mean {near[0]!r}?" if near else f"there are {', '.join(words)}"


def from_text(text: str) -> Fault:
    """A fault from a text such as `rate-limited,operation=createImage,times=2`. Raises BadFault.

    A delay is `2.5`, `90s`, `uniform:1:3` or `lognormal:0.5:0.8`.
    """
    name, *fields = (part.strip() for part in text.split(","))
    written: dict[str, Any] = {"fault": name}
    for field in fields:
        key, equals, value = field.partition("=")
        if not equals:
            raise BadFault(f"{field!r} in {text!r} has no value; write FIELD=VALUE, such as times=1")
        if key.strip() in written:
            raise BadFault(f"{key.strip()} occurs twice in {text!r}; keep one")
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
