"""A probe: one thing a run does to an endpoint, what it exercises, and the most it can cost."""

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
"""What may be asked of an endpoint of a task that is begun all the same."""
_OF_REQUEST = ("operation", "media", "body", "text", "query", "headers", "path", "key", "expects", "prefer")


@dataclass(frozen=True, slots=True)
class Probe:
    """One request to send, with what follows from it. Plain values: it can be written to a file and read again."""

    id: str
    kind: Kind
    operation: str
    what: str
    """For people: what it tries."""
    claims: tuple[str, ...] = ()
    """Ids of the claims it exercises by itself; what follows (looks, downloads) exercises more."""
    media: str = ""
    """Content type of the body; empty: no body."""
    body: Json = None
    """The body before slots of images are filled."""
    text: str | None = None
    """The body as it stands, where it is no JSON."""
    query: tuple[tuple[str, str], ...] = ()
    headers: tuple[tuple[str, str], ...] = ()
    path: tuple[tuple[str, str], ...] = ()
    """Values for the path's templates."""
    key: Key = "own"
    expects: str = ""
    """Empty: that it is taken. Else the cause for which it must be refused."""
    images: int = 0
    """The most images it can buy."""
    price: str | None = None
    """Of one image; None: unknown."""
    axis: str = ""
    """The claim after whose breaking it is pointless: further tries would only buy."""
    prefer: str = ""
    """What an endpoint in this process is asked for (RFC 7240)."""
    fetched: int | None = None
    """How many of its images are fetched; None: all."""
    ends: str = ""
    """The operation by which its task is ended as soon as it is begun; empty: it goes its way."""
    alone: bool = False
    """Whether nothing else may happen to the account meanwhile: its balance is looked at before and after."""

    @property
    def cost(self) -> Decimal | None:
        """The most it can cost; None: unknown."""
        return None if self.price is None else Decimal(self.price) * self.images

    @property
    def case(self) -> str:
        """16 hexadecimal digits that stand for the request, whatever run it is of."""
        reported = self.to_json()
        parts = {name: reported.get(name) for name in _OF_REQUEST}
        return sha256(json.dumps(parts, sort_keys=True).encode("utf-8", "surrogatepass")).hexdigest()[:16]

    def to_json(self) -> dict[str, Any]:
        """As plain JSON, without what has its usual value."""
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
