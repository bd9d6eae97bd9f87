"""A probe: one planned request with the claims that it exercises and its maximum cost."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, fields
from decimal import Decimal
from hashlib import sha256
from typing import Any, Literal

from pixpact.contracts.transport.planned_request import Key
from pixpact.specs.openapi.document import Json

Kind = Literal["look", "upload", "refuse", "take", "provoke", "fuzz", "narrow"]
"""A free poll; an upload; a request that must be refused; one that must be taken; a response asked for by name; a
generated request; a shorter form of one, whose task is not followed."""


MAKING = ("state=", "fault=")
"""Values of `Prefer` with which an endpoint still starts a task."""
_OF_REQUEST = ("operation", "media", "body", "text", "query", "headers", "path", "key", "expects", "prefer")


@dataclass(frozen=True, slots=True)
class Probe:
    """One request to send. All values are plain, so that it can be written to a file and read again."""

    id: str
    kind: Kind
    operation: str
    what: str
    """A description for people."""
    claims: tuple[str, ...] = ()
    """Ids of the claims that the request itself exercises; its polls and downloads exercise more."""
    media: str = ""
    """Media type of the body; empty: no body."""
    body: Json = None
    """The body, with image placeholders."""
    text: str | None = None
    """The body as literal text, where it is not JSON."""
    query: tuple[tuple[str, str], ...] = ()
    headers: tuple[tuple[str, str], ...] = ()
    path: tuple[tuple[str, str], ...] = ()
    """Path parameters (name, value)."""
    key: Key = "own"
    expects: str = ""
    """Empty when it must be accepted; else the cause for which it must be refused."""
    images: int = 0
    """The maximum number of images it can cost."""
    price: str | None = None
    """The price of one image; None: unknown."""
    axis: str = ""
    """Id of a claim; once that is broken, the probe is skipped, because it would only cost images."""
    prefer: str = ""
    """The `Prefer` header (RFC 7240) for an endpoint in this process."""
    fetched: int | None = None
    """How many of its images are downloaded; None: all."""
    ends: str = ""
    """Id of the operation that ends its task at once; empty: the task runs to its end."""
    alone: bool = False
    """Whether the account must be idle meanwhile: its balance is read before and after."""

    @property
    def cost(self) -> Decimal | None:
        """The maximum cost; None: unknown."""
        return None if self.price is None else Decimal(self.price) * self.images

    @property
    def case(self) -> str:
        """16 hexadecimal digits that identify the request across runs."""
        reported = self.to_json()
        parts = {name: reported.get(name) for name in _OF_REQUEST}
        return sha256(json.dumps(parts, sort_keys=True).encode("utf-8", "surrogatepass")).hexdigest()[:16]

    def to_json(self) -> dict[str, Any]:
        """The probe as plain JSON, without fields that have their default."""
        plain = asdict(self)
        usual = {field.name: field.default for field in fields(self)}
        return {name: value for name, value in plain.items() if value != usual.get(name) or name == "id"}

    @classmethod
    def from_json(cls, written: dict[str, Any]) -> Probe:
        """The probe that `to_json` wrote. Raises TypeError or ValueError for anything else."""
        values = dict(written)
        for name in ("query", "headers", "path"):
            values[name] = tuple((str(key), str(value)) for key, value in values.get(name, ()))
        values["claims"] = tuple(values.get("claims", ()))
        return cls(**values)
