"""The contract model: frozen values that the mock serves, checks verify and the diff compares.

Values keep the JSON pointer of the part that states them, which leads to a line of the YAML.
"""

from __future__ import annotations

import re
from base64 import b64encode
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Literal

from pixpact.specs.contract.signature import WebhookSignature
from pixpact.specs.dialect.applicators import Path
from pixpact.specs.dialect.expressions import UNDEFINED, Expression, ExpressionRoots
from pixpact.specs.dialect.lifecycle import Lifecycle
from pixpact.specs.dialect.request_body import BodyReader
from pixpact.specs.openapi.document import Json, SpecDocument
from pixpact.specs.openapi.problems import SpecProblem
from pixpact.specs.openapi.schemas import CompiledSchemas
from pixpact.wire.exchange import status_keys

CAUSES = (
    "unauthenticated",
    "forbidden",
    "invalid-request",
    "unknown-task",
    "task-over",
    "insufficient-balance",
    "rate-limited",
    "moderated",
    "server-error",
    "bad-gateway",
    "unavailable",
    "idempotency-in-progress",
    "idempotency-reused",
    "idempotency-indeterminate",
    "idempotency-unavailable",
    "gateway-error",
    "origin-down",
    "origin-connect-timeout",
    "origin-unreachable",
    "gateway-timeout",
)
"""Causes of refusal: error examples are named after them. The last five are those of a gateway."""

Verb = Literal["start", "run", "show", "store", "end"]


@dataclass(frozen=True, slots=True)
class WhenCondition:
    """`x-when`: each expression's value must match its schema; `absent` expressions must have no value.

    With `never`, the response is returned only if the client requests it by name.
    """

    tests: tuple[tuple[Expression, Callable[[Json], bool]], ...] = ()
    absent: tuple[Expression, ...] = ()
    never: bool = False
    schemas: tuple[Json, ...] = field(default=(), compare=False)
    """The schemas of the tests, as written."""

    def holds(self, roots: ExpressionRoots) -> bool:
        """Whether the condition holds for these values."""
        if self.never:
            return False
        for expression, test in self.tests:
            value = expression.evaluate(roots)
            if value is UNDEFINED or not test(value):
                return False
        return all(expression.evaluate(roots) is UNDEFINED for expression in self.absent)

    @property
    def roots(self) -> frozenset[str]:
        """The expression roots that the condition reads."""
        expressions = [expression for expression, _ in self.tests] + list(self.absent)
        return frozenset(expression.root for expression in expressions)


@dataclass(frozen=True, slots=True)
class ExampleBinding:
    """A bound value of an example: its path, its expression, and the JSON types that it may be written as."""

    path: Path
    expression: Expression
    types: tuple[str, ...]
    format: str | None
    required: bool
    nullable: bool = False
    """Whether a missing value is written as null."""


@dataclass(frozen=True, slots=True)
class ImageItem:
    """A list item of an example that stands for one image, and the condition for its images."""

    path: Path
    when: WhenCondition | None


@dataclass(frozen=True, slots=True)
class Example:
    """A literal example. `subject`: its cause or state; None: the success of its operation."""

    name: str
    pointer: str
    value: Json
    when: WhenCondition | None
    subject: str | None = None
    bindings: tuple[ExampleBinding, ...] = ()
    images: tuple[ImageItem, ...] = ()


@dataclass(frozen=True, slots=True)
class MediaType:
    """One media type of a response."""

    name: str
    pointer: str
    schema: str | None
    when: WhenCondition | None
    examples: tuple[Example, ...]


@dataclass(frozen=True, slots=True)
class ResponseHeader:
    """A response header: with an example value, or bound to an expression."""

    name: str
    pointer: str
    required: bool
    example: Json
    value: Expression | None


@dataclass(frozen=True, slots=True)
class Link:
    """A link from a response to another operation: parameter name → expression."""

    name: str
    pointer: str
    operation: str
    parameters: Mapping[str, Expression]


@dataclass(frozen=True, slots=True)
class Response:
    """One documented status (`2XX` and `default` as written)."""

    status: str
    pointer: str
    description: str
    headers: tuple[ResponseHeader, ...]
    media: tuple[MediaType, ...]
    links: tuple[Link, ...]


@dataclass(frozen=True, slots=True)
class Parameter:
    """A path, query or header parameter."""

    name: str
    place: str
    pointer: str
    schema: str
    required: bool
    types: tuple[str, ...]
    default: Json
    shown: Json = None
    """The first value that the spec states for it; None without one."""
    pattern: str | None = None


@dataclass(frozen=True, slots=True)
class RequestMedia:
    """One media type of a request body, with its compiled reader and documented examples."""

    name: str
    pointer: str
    reader: BodyReader
    examples: tuple[Example, ...]


@dataclass(frozen=True, slots=True)
class RequestBody:
    """A request body."""

    required: bool
    pointer: str
    media: tuple[RequestMedia, ...]


@dataclass(frozen=True, slots=True)
class CredentialPlace:
    """Where a client puts its key: `Authorization: Bearer …`, another header, or a query parameter."""

    name: str
    place: Literal["header", "query"]
    prefix: str

    def written(self, key: str) -> str:
        """The value to send for a key; for `Basic` (RFC 7617) the key is `USER:PASSWORD`."""
        if self.prefix == "Basic ":
            key = b64encode((key if ":" in key else f"{key}:").encode()).decode()
        return self.prefix + key


@dataclass(frozen=True, slots=True)
class LifecycleRole:
    """`x-lifecycle`: what an operation does with a task or an upload."""

    verb: Verb
    lifecycle: str | None = None
    expression: Expression | None = None
    lifetime: float | None = None
    becomes: str | None = None
    """The state of the task that it ends; None: the task is deleted."""
    since: tuple[str, ...] = ()
    """The states in which it can end a task; empty: all."""
    when: WhenCondition | None = None
    """The requests to which the role applies; None: all others."""
    of: Expression | None = None
    """The expression for the id of the finished task that the new task continues."""
    wait: tuple[float | Expression, ...] = ()
    """How long the request waits for the outcome: the minimum of these seconds."""
    asked: str = ""
    """The condition as written, for comparison."""

    def wait_seconds(self, roots: ExpressionRoots) -> float | None:
        """Seconds that a request waits for the outcome of its task; None if it does not wait, as a value is missing.

        Of a text such as `wait=5` (RFC 7240) the number counts; a text without a number sets no bound.
        """
        least = float("inf") if self.wait else None
        for window in self.wait:
            value = window.evaluate(roots) if isinstance(window, Expression) else window
            if value is UNDEFINED or value is None or least is None:
                return None
            least = min(least, _seconds_in(value))
        return least


def _seconds_in(value: Json) -> float:
    number = re.search(r"[0-9]+(?:[.][0-9]+)?", str(value))
    return float(number[0]) if number else float("inf")


@dataclass(frozen=True, slots=True)
class BillingRule:
    """`x-billing`: when an operation charges, and what is refunded."""

    charge: Literal["on-submit", "on-success"]
    refund: Literal["on-failure", "undelivered"] | None = None
    """`on-failure`: refund failed tasks; `undelivered`: refund every image that was not delivered."""
    currency: str | None = None


@dataclass(frozen=True, slots=True)
class IdempotencyRule:
    """`x-idempotency`: the request value that identifies repetitions, and for how many seconds."""

    key: Expression
    lifetime: float


@dataclass(frozen=True, slots=True)
class SentHeader:
    """A header that a callback sends: the value of an expression, a signature, or neither."""

    name: str
    pointer: str
    required: bool
    value: Expression | None
    signature: WebhookSignature | None


@dataclass(frozen=True, slots=True)
class Callback:
    """An OpenAPI callback of an operation that starts tasks: the request to send once the task has ended.

    Its body examples are named after states. A response with a status in `taken` (`2XX` and the like) ends the
    delivery; after any other one, or none within `timeout` seconds, the request is repeated after each of the `retries`
    seconds. `same_origin`: send only to the origin of the account's registered webhook.
    """

    name: str
    pointer: str
    url: Expression
    headers: tuple[SentHeader, ...]
    media: tuple[MediaType, ...]
    taken: tuple[str, ...]
    timeout: float
    retries: tuple[float, ...]
    same_origin: bool = False


@dataclass(frozen=True, slots=True)
class Operation:
    """One method of one path."""

    id: str
    method: str
    path: str
    pointer: str
    summary: str
    parameters: tuple[Parameter, ...]
    body: RequestBody | None
    responses: tuple[Response, ...]
    credentials: tuple[CredentialPlace, ...]
    roles: tuple[LifecycleRole, ...]
    """The operation's roles: the first whose condition holds applies; the last has no condition."""
    billing: BillingRule | None
    idempotency: IdempotencyRule | None = None
    callbacks: tuple[Callback, ...] = ()

    @property
    def role(self) -> LifecycleRole | None:
        """The operation's default role."""
        return self.roles[-1] if self.roles else None

    def role_for(self, roots: ExpressionRoots) -> LifecycleRole | None:
        """The operation's role for a request."""
        return next((role for role in self.roles if role.when is None or role.when.holds(roots)), None)

    def does(self, *verbs: Verb) -> bool:
        """Whether one of its roles has one of these verbs."""
        return any(role.verb in verbs for role in self.roles)

    @property
    def responses_without_body(self) -> bool:
        """Whether successes or states without an example are returned as a status without a body."""
        return any(response.status.startswith("2") and not response.media for response in self.responses)

    def response(self, status: int) -> Response | None:
        """The documented response for this status: exact, by range, or `default`."""
        by_status = {response.status: response for response in self.responses}
        return next((by_status[key] for key in status_keys(status) if key in by_status), None)

    def conditions(self) -> Iterator[WhenCondition]:
        """Yield every `x-when` of its roles, media types and examples."""
        roles = [role.when for role in self.roles]
        media = [media_type for response in self.responses for media_type in response.media]
        examples = [example.when for media_type in media for example in media_type.examples]
        yield from (
            when for when in (*roles, *(media_type.when for media_type in media), *examples) if when is not None
        )

    def examples(self) -> Iterator[tuple[str, Example]]:
        """Yield (status, example) of every response example."""
        for response in self.responses:
            for media in response.media:
                for example in media.examples:
                    yield response.status, example


@dataclass(frozen=True, slots=True)
class FileHost:
    """`x-files`: how the host of images responds. `expired`: the status after their lifetime; None: unknown."""

    cors: bool = True
    expired: int | None = None


@dataclass(frozen=True, slots=True)
class Contract:
    """All that a spec, with its overlays, states."""

    name: str
    """The name the user gave: `vendor` or `vendor@overlay`."""
    vendor: str
    title: str
    version: str
    servers: tuple[str, ...]
    operations: tuple[Operation, ...]
    lifecycles: Mapping[str, Lifecycle]
    document: SpecDocument
    schemas: CompiledSchemas
    files: FileHost = FileHost()
    notes: tuple[SpecProblem, ...] = ()
    """For an adopted document: what was left out, changed or made up."""

    def operation(self, name: str) -> Operation:
        """The operation with this id. Raises KeyError."""
        for operation in self.operations:
            if operation.id == name:
                return operation
        raise KeyError(name)
