"""Runtime expressions (OpenAPI 3.1.0, section 4.8.20.4): parsed when a spec is loaded, evaluated per response.

An expression selects the value; the schema of its target decides how it is written. The roots are a closed list:
OpenAPI's own, and the named ones below. ``{$a} (request id: {$b})`` embeds expressions in a text.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from pixpact.specs.openapi.document import Json, steps


class UndefinedValue:
    """The value of an expression without one: no such field, no such header, no task."""

    def __repr__(self) -> str:
        return "UNDEFINED"

    def __bool__(self) -> bool:
        return False


UNDEFINED = UndefinedValue()
_BODY = "$request.body#"

# The roots besides OpenAPI's own, each with its attribute. A vendor that needs another root adds a *named* one for
# every vendor.
NAMED: dict[str, dict[str, str]] = {
    "task": {
        "id": "id",
        "status": "status",
        "progress": "progress",
        "fraction": "fraction",
        "createdAt": "created_at",
        "startedAt": "started_at",
        "completedAt": "completed_at",
        "elapsed": "elapsed",
        "estimate": "estimate",
        "expiresAt": "expires_at",
        "cost": "cost",
    },
    "image": {
        "index": "index",
        "url": "url",
        "base64": "base64",
        "bytes": "bytes",
        "width": "width",
        "height": "height",
        "size": "size",
        "format": "format",
        "expiresAt": "expires_at",
        "withheld": "withheld",
    },
    "usage": {"images": "images", "tokens": "tokens"},
    "account": {"balance": "balance", "used": "used"},
    "upload": {
        "id": "id",
        "url": "url",
        "bytes": "bytes",
        "mediaType": "media_type",
        "filename": "filename",
        "createdAt": "created_at",
    },
    "violation": {"message": "message", "field": "field", "keyword": "keyword"},
    "exchange": {"id": "id", "replayed": "replayed"},
    "event": {"id": "id", "sentAt": "sent_at", "body": "body"},
}
TIMES = frozenset({"createdAt", "startedAt", "completedAt", "expiresAt", "sentAt"})


class ExpressionError(ValueError):
    """A text is not a runtime expression; the message lists valid ones."""


@dataclass(slots=True)
class ExpressionRequest:
    """The request values that expressions read: decoded parameters by location and name, and the body."""

    path: Mapping[str, Any] = field(default_factory=dict)
    query: Mapping[str, Any] = field(default_factory=dict)
    header: Mapping[str, Any] = field(default_factory=dict)  # names in lower case
    body: Json = UNDEFINED


@dataclass(slots=True)
class ExpressionRoots:
    """The values that expressions are evaluated against; a root that is None is undefined."""

    method: Any = UNDEFINED
    url: Any = UNDEFINED
    status: Any = UNDEFINED
    server: Any = UNDEFINED
    """The base URL under which the contract was requested, without a trailing slash."""
    request: ExpressionRequest | None = None
    response: ExpressionRequest | None = None
    task: Any = None
    image: Any = None
    usage: Any = None
    account: Any = None
    upload: Any = None
    violation: Any = None
    exchange: Any = None
    event: Any = None
    images: Sequence[Any] = ()
    """All images of the task; `image` is the current one."""


Evaluate = Callable[[ExpressionRoots], Json]


@dataclass(frozen=True)
class Expression:
    """A parsed expression. `time`: its value is an instant; `evaluate` returns its value, or UNDEFINED."""

    text: str
    evaluate: Evaluate = field(compare=False, repr=False)
    time: bool = False
    embedded: tuple[Expression, ...] = ()
    """The expressions embedded in a text; empty for a plain expression."""

    @property
    def root(self) -> str:
        """The first root, such as `request`, `task` or `image`."""
        match = re.search(r"\$([a-zA-Z]+)", self.text)
        return match[1] if match else ""


_EMBEDDED = re.compile(r"\{(\$[^{}]+)\}")
_SOURCE = re.compile(r"\$(request|response)\.(?:(path|query|header)\.([^\s{}]+)|(body)(?:#((?:/(?:[^~/]|~[01])*)*))?)")
_NAMED = re.compile(r"\$([a-z]+)\.([a-zA-Z0-9]+)")
_PLAIN: dict[str, str] = {"$method": "method", "$url": "url", "$statusCode": "status", "$server": "server"}


def field_of(expression: Json) -> tuple[str, ...] | None:
    """The path of the request field that an expression reads; None for any other value."""
    if isinstance(expression, str) and expression.startswith(_BODY):
        return steps(expression.removeprefix(_BODY))
    return None


def parse(text: str) -> Expression:
    """Parse one expression, or a text with embedded ones. Raises ExpressionError."""
    if _EMBEDDED.search(text):
        return _template(text)
    if text in _PLAIN:
        return Expression(text, _attribute(_PLAIN[text]))
    if text.startswith("$task.request."):
        return Expression(text, _of_task(_source("$" + text.removeprefix("$task."), text)))
    if text.startswith(("$request.", "$response.")):
        return Expression(text, _source(text, text))
    return _named(text)


def literal(text: str) -> Expression:
    """An expression that evaluates to the text itself, such as the fixed URL of a callback."""
    return Expression(text, lambda _: text)


def _named(text: str) -> Expression:
    match = _NAMED.fullmatch(text)
    if not match or match[1] not in NAMED:
        raise ExpressionError(f"{text!r} is not a runtime expression: {_roots_text()}")
    group, name = match[1], match[2]
    if name not in NAMED[group]:
        names = ", ".join(f"${group}.{name}" for name in NAMED[group])
        raise ExpressionError(f"{text!r} is not a runtime expression: there are {names}")
    return Expression(text, _field(group, NAMED[group][name]), time=name in TIMES)


def _roots_text() -> str:
    own = ", ".join(f"${group}.…" for group in NAMED)
    return f"it begins with $request.…, $response.…, $method, $statusCode, $url, $server, {own}"


def _attribute(name: str) -> Evaluate:
    return lambda roots: getattr(roots, name)


def _field(group: str, name: str) -> Evaluate:
    def evaluate(roots: ExpressionRoots) -> Json:
        holder = getattr(roots, group)
        return UNDEFINED if holder is None else getattr(holder, name)

    def of_image(roots: ExpressionRoots) -> Json:
        """Outside a list item, the first image that is not withheld."""
        holder = roots.image or next((image for image in roots.images if not image.withheld), None)
        return UNDEFINED if holder is None else getattr(holder, name)

    return of_image if group == "image" else evaluate


def _source(text: str, written: str) -> Evaluate:
    match = _SOURCE.fullmatch(text)
    if not match or (match[1] == "response" and match[2] in ("path", "query")):
        raise ExpressionError(
            f"{written!r} is not a runtime expression: there are $request.path.NAME, $request.query.NAME, "
            "$request.header.NAME, $request.body#/POINTER, $response.header.NAME, $response.body#/POINTER"
        )
    message, location, name, body, pointer = match.groups()
    if body:
        return _body(message, pointer or "")
    return _parameter(message, location, name.lower() if location == "header" else name)


def _parameter(message: str, location: str, name: str) -> Evaluate:
    def evaluate(roots: ExpressionRoots) -> Json:
        holder = getattr(roots, message)
        return UNDEFINED if holder is None else getattr(holder, location).get(name, UNDEFINED)

    return evaluate


def _body(message: str, pointer: str) -> Evaluate:
    path = steps(pointer)
    if len(path) == 1:
        return _body_field(message, path[0])

    def evaluate(roots: ExpressionRoots) -> Json:
        holder = getattr(roots, message)
        return UNDEFINED if holder is None else value_at(holder.body, path)

    return evaluate


def _body_field(message: str, name: str) -> Evaluate:
    def evaluate(roots: ExpressionRoots) -> Json:
        holder = getattr(roots, message)
        body = None if holder is None else holder.body
        return body.get(name, UNDEFINED) if type(body) is dict else UNDEFINED

    return evaluate


def value_at(value: Json, path: tuple[str, ...]) -> Json:
    """The value at the tokens of a JSON pointer, or UNDEFINED."""
    for step in path:
        if isinstance(value, dict) and step in value:
            value = value[step]
        elif isinstance(value, list) and step.isdecimal() and int(step) < len(value):
            value = value[int(step)]
        else:
            return UNDEFINED
    return value


def _of_task(evaluate_request: Evaluate) -> Evaluate:
    """The expression evaluated against the request that created the task."""

    def evaluate(roots: ExpressionRoots) -> Json:
        if roots.task is None:
            return UNDEFINED
        return evaluate_request(ExpressionRoots(request=roots.task.request))

    return evaluate


def _template(text: str) -> Expression:
    parts = _EMBEDDED.split(text)  # text, expression, text, expression, … text
    inner = [parse(part) for part in parts[1::2]]
    if any("{$" in part for part in parts[0::2]):
        raise ExpressionError(f"{text!r} is not a runtime expression: a brace before a dollar sign is not closed")

    def evaluate(roots: ExpressionRoots) -> Json:
        words = [parts[0]]
        for expression, following in zip(inner, parts[2::2], strict=True):
            value = expression.evaluate(roots)
            if value is UNDEFINED:
                return UNDEFINED
            words += [_text(value, expression), following]
        return "".join(words)

    return Expression(text, evaluate, embedded=tuple(inner))


def _text(value: Json, expression: Expression) -> str:
    """A value within a text: texts unchanged, instants as epoch seconds, anything else as JSON."""
    if value is None or isinstance(value, (bool, dict, list)):
        return json.dumps(value, ensure_ascii=False)
    return str(int(value)) if expression.time else str(value)
