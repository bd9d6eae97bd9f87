"""A contract as frozen values: what the mock serves, the runner checks and the diff compares.

Every value keeps the JSON pointer of the place that states it, so that it leads back to a line of the YAML.
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
"""Why a request is refused; error examples are named after them. The last five are those of a gateway."""

Verb = Literal["start", "run", "show", "store", "end"]


@dataclass(frozen=True, slots=True)
class WhenCondition:
    """`x-when`: every expression's value must fit its schema; `absent` ones must have no value.

    `never` tells that what it stands on is given only to who asks for it by name.
    """

    tests: tuple[tuple[Expression, Callable[[Json], bool]], ...] = ()
    absent: tuple[Expression, ...] = ()
    never: bool = False
    schemas: tuple[Json, ...] = field(default=(), compare=False)
    """The schema behind each of the tests, as it is written."""

    def holds(self, roots: ExpressionRoots) -> bool:
        """Whether the values are such as it asks for."""
        if self.never:
            return False
        for expression, test in self.tests:
            value = expression.evaluate(roots)
            if value is UNDEFINED or not test(value):
                return False
        return all(expression.evaluate(roots) is UNDEFINED for expression in self.absent)

    @property
    def roots(self) -> frozenset[str]:
        """The roots that the condition reads."""
        expressions = [expression for expression, _ in self.tests] + list(self.absent)
        return frozenset(expression.root for expression in expressions)


@dataclass(frozen=True, slots=True)
class ExampleBinding:
    """One leaf of an example that is computed: where it stands, from what, and the schema types it is written as."""

    path: Path
    expression: Expression
    types: tuple[str, ...]
    format: str | None
    required: bool
    nullable: bool = False
    """Whether null stands for a value that there is not."""


@dataclass(frozen=True, slots=True)
class ImageItem:
    """An item of an example's list that stands for one image, and for which images it is used."""

    path: Path
    when: WhenCondition | None


@dataclass(frozen=True, slots=True)
class Example:
    """One literal example. `subject` is the cause or state it belongs to; None: the success of its operation."""

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
    """A header of a response: a literal example, or an expression."""

    name: str
    pointer: str
    required: bool
    example: Json
    value: Expression | None


@dataclass(frozen=True, slots=True)
class Link:
    """A way from a response to another operation: parameter name → expression."""

    name: str
    pointer: str
    operation: str
    parameters: Mapping[str, Expression]


@dataclass(frozen=True, slots=True)
class Response:
    """One documented status (`2XX` and `default` are kept as written)."""

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
    """The first value that the spec shows for it; None where it shows none."""
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
        """What a client sends for a key; of `Basic` (RFC 7617) the key is `USER:PASSWORD`."""
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
    """The state in which a task is that it ends; None: the task is gone."""
    since: tuple[str, ...] = ()
    """The states in which it ends a task; none: all."""
    when: WhenCondition | None = None
    """Which requests it is the role for; None: all others."""
    of: Expression | None = None
    """What names the finished task that it goes on from."""
    wait: tuple[float | Expression, ...] = ()
    """Seconds, of which the least counts, that it waits for the outcome of what it starts."""
    asked: str = ""
    """The same as it is written, to be compared."""

    def patience(self, roots: ExpressionRoots) -> float | None:
        """Seconds that a request waits for the outcome of its task; None where it does not, for a value is missing.

        Of a text such as `wait=5` (RFC 7240) its number counts; one without a number sets no bound.
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
    """`x-billing`: when an operation charges, whether a failure is refunded."""

    charge: Literal["on-submit", "on-success"]
    refund: Literal["on-failure", "undelivered"] | None = None
    """Given back is what a failed task took, or what every image took that was not delivered."""
    currency: str | None = None


@dataclass(frozen=True, slots=True)
class IdempotencyRule:
    """`x-idempotency`: which value of a request makes it the same request, and for how many seconds."""

    key: Expression
    lifetime: float


@dataclass(frozen=True, slots=True)
class SentHeader:
    """A header of what a callback sends: the value of an expression, a signature, or neither."""

    name: str
    pointer: str
    required: bool
    value: Expression | None
    signature: WebhookSignature | None


@dataclass(frozen=True, slots=True)
class Callback:
    """One OpenAPI callback of an operation that starts a task: what is sent where, once the task is over.

    An example of its body is named after the state it tells. A status of `taken` (`2XX` and the like) ends the
    delivery; after any other, and after `timeout` seconds without a response, it is sent again `retries` seconds later.
    Of the `same_origin`, it goes only to the origin that is known as the webhook of the account.
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
    """What it does with a task, by request: the first whose condition holds; the last has none."""
    billing: BillingRule | None
    idempotency: IdempotencyRule | None = None
    callbacks: tuple[Callback, ...] = ()

    @property
    def role(self) -> LifecycleRole | None:
        """What it does with a task or an upload unless a request asks for something else."""
        return self.roles[-1] if self.roles else None

    def role_for(self, roots: ExpressionRoots) -> LifecycleRole | None:
        """What it does with a task or an upload for one request."""
        return next((role for role in self.roles if role.when is None or role.when.holds(roots)), None)

    def does(self, *verbs: Verb) -> bool:
        """Whether one of these is what it does, or may be asked to."""
        return any(role.verb in verbs for role in self.roles)

    @property
    def responses_without_body(self) -> bool:
        """Whether a success, or a state, that no example shows is answered with a status and no body."""
        return any(response.status.startswith("2") and not response.media for response in self.responses)

    def response(self, status: int) -> Response | None:
        """The documented response with this status: exactly, by its range, or `default`."""
        by_status = {response.status: response for response in self.responses}
        return next((by_status[key] for key in status_keys(status) if key in by_status), None)

    def conditions(self) -> Iterator[WhenCondition]:
        """Every `x-when` that chooses its role, or among its responses."""
        roles = [role.when for role in self.roles]
        media = [it for response in self.responses for it in response.media]
        examples = [example.when for it in media for example in it.examples]
        yield from (when for when in (*roles, *(it.when for it in media), *examples) if when is not None)

    def examples(self) -> Iterator[tuple[str, Example]]:
        """Every example of every response, with its status."""
        for response in self.responses:
            for media in response.media:
                for example in media.examples:
                    yield response.status, example


@dataclass(frozen=True, slots=True)
class FileHost:
    """`x-files`: what the host of images answers. `expired`: the status after their lifetime; None: not said."""

    cors: bool = True
    expired: int | None = None


@dataclass(frozen=True, slots=True)
class Contract:
    """Everything one spec, with its overlays, states."""

    name: str
    """As the user asked for it: `vendor` or `vendor@overlay`."""
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
    """Of a document that was not written for us: what was left out of it, and what was made up."""

    def operation(self, name: str) -> Operation:
        """The operation with this id. Raises KeyError."""
        for operation in self.operations:
            if operation.id == name:
                return operation
        raise KeyError(name)
