"""Records ↔ bytes (MessagePack), as shared stores keep them. The door to msgspec.

A record is read back with the types of its class: bytes that are no such record are refused, and nothing is run.
"""

from __future__ import annotations

from collections.abc import Hashable
from functools import lru_cache
from typing import Any, TypeVar, cast

import msgspec

from pixpact.specs.dialect.expressions import UNDEFINED

T = TypeVar("T")
_UNDEFINED = 1
"""The type of the extension that stands for a value that was not sent (MessagePack, extension types)."""


class UnreadableRecord(ValueError):
    """Bytes of a store that are no record of the kind that is looked for."""


def _written(value: Any) -> msgspec.msgpack.Ext:
    if value is UNDEFINED:
        return msgspec.msgpack.Ext(_UNDEFINED, b"")
    raise NotImplementedError(f"no record holds a {type(value).__name__}")


def _read(code: int, data: memoryview) -> Any:
    return UNDEFINED if code == _UNDEFINED else msgspec.msgpack.Ext(code, bytes(data))


_ENCODER = msgspec.msgpack.Encoder(enc_hook=_written)


@lru_cache(maxsize=64)
def _decoder(kind: Hashable) -> msgspec.msgpack.Decoder[Any]:
    return msgspec.msgpack.Decoder(kind, ext_hook=_read)


def pack(record: Any) -> bytes:
    """The bytes of a record: a dataclass, a named tuple, or a tuple or mapping of plain values."""
    return _ENCODER.encode(record)


def unpack(kind: type[T], data: bytes) -> T:
    """The record of these bytes. Raises UnreadableRecord."""
    try:
        record: T = _decoder(cast(Hashable, kind)).decode(data)
    except (msgspec.DecodeError, msgspec.ValidationError) as error:
        raise UnreadableRecord(f"{len(data)} bytes are no {kind}: {error}") from None
    return record
