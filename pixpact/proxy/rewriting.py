"""Rewrites responses so that result images are downloaded through the proxy: only their URLs change."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator, Callable, Iterator
from urllib.parse import urljoin

from pixpact.contracts.traffic.images import value_of
from pixpact.contracts.traffic.next_requests import FollowUpReader
from pixpact.contracts.traffic.requests import ReadRequest, RequestReader
from pixpact.contracts.transport.content_coding import BadCoding, ContentDecoder
from pixpact.contracts.transport.response_reader import TransportFault
from pixpact.proxy.addresses import ImageAddresses
from pixpact.proxy.exchange_capture import MOST_BODY, PassingExchange
from pixpact.proxy.headers import Raw, without_headers
from pixpact.specs.contract.model import Contract, Operation
from pixpact.wire.bodies import STREAM
from pixpact.wire.exchange import Exchange, media_type

_OF_THE_BYTES = (b"content-length", b"content-encoding", b"etag", b"content-md5", b"content-digest", b"repr-digest")
_STAYS = "the URLs in a response could not be rewritten"
_END_OF_EVENT = re.compile(rb"\r\n\r\n|\n\n|\r\r")


class ResponseRewriter:
    """Selects the responses of a contract that contain image URLs, and rewrites them."""

    def __init__(self, contract: Contract, base: str, problem: Callable[[str], None]) -> None:
        """`problem` is called for a response that stays unchanged because it could not be read."""
        self.problem = problem
        self.addresses = ImageAddresses()
        self._reader = RequestReader(contract, (base,))
        self._follow_up_reader = FollowUpReader(contract)
        self._delivering = frozenset(operation.id for operation in contract.operations if _delivers(operation))

    def of(self, passing: PassingExchange, base: str) -> RewrittenResponse | None:
        """The rewriting of the response to this request; None if it stays unchanged. `base`: the proxy's base URL."""
        kind = media_type(passing.response_headers)
        if not 200 <= passing.status < 300 or not (kind == STREAM or kind.endswith("json")):
            return None
        operation = self._reader.operation_of(passing.method, passing.url)
        if operation is None or operation[0].id not in self._delivering:
            return None
        try:
            asked = self._reader.asked(passing.request())
            return RewrittenResponse(self, asked, passing, base) if asked else None
        except Exception as error:
            self.problem(f"{_STAYS}: {type(error).__name__}")
            return None

    def location(self, headers: Raw, url: str, base: str) -> Raw:
        """The headers of a redirect to an image, with a proxy URL as Location."""
        return [
            (name, self.addresses.given(urljoin(url, value.decode("latin-1")), base).encode("latin-1", "replace"))
            if name.lower() == b"location"
            else (name, value)
            for name, value in headers
        ]

    def urls(self, asked: ReadRequest, passing: PassingExchange, body: bytes) -> frozenset[str]:
        """The image URLs in a response, or in a part of one."""
        exchange = Exchange(
            passing.started,
            passing.method,
            passing.url,
            status=passing.status,
            response_headers=passing.response_headers,
        )
        value = value_of(passing.response_headers, body)
        return frozenset(url for url in self._follow_up_reader.follow_ups(asked, exchange, value).urls if "://" in url)


class RewrittenResponse:
    """One response, rewritten while it is forwarded: JSON as a whole, a stream event by event."""

    def __init__(self, rewriting: ResponseRewriter, asked: ReadRequest, passing: PassingExchange, base: str) -> None:
        """Content codings are decoded on the way; codings that cannot be raise BadCoding."""
        self._rewriting, self._asked, self._passing, self._base = rewriting, asked, passing, base
        self._stream = media_type(passing.response_headers) == STREAM
        codings = [value for name, value in passing.response_headers if name.lower() == "content-encoding"]
        self._decoder = ContentDecoder(",".join(codings))

    @staticmethod
    def headers(headers: Raw) -> Raw:
        """The headers of the response, without those that depend on its bytes."""
        return without_headers(headers, _OF_THE_BYTES)

    async def pieces(self, pieces: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
        """Yield the rewritten body. A text too long to hold is forwarded unchanged."""
        held = b""
        async for raw in pieces:
            held += b"".join(self._decoded(raw))
            if self._stream:
                *events, held = _events(held)
                for event in events:
                    yield await asyncio.to_thread(self._anew, event)
            if len(held) > MOST_BODY:
                yield held
                held = b""
        if held:
            yield await asyncio.to_thread(self._anew, held)

    def _decoded(self, raw: bytes) -> Iterator[bytes]:
        try:
            yield from self._decoder.decode(raw)
        except BadCoding as error:
            raise TransportFault("bad-encoding", str(error)) from None

    def _anew(self, body: bytes) -> bytes:
        try:
            urls = self._rewriting.urls(self._asked, self._passing, body)
            return self._rewriting.addresses.rewritten(body, urls, self._base)
        except Exception as error:
            self._rewriting.problem(f"{_STAYS}: {type(error).__name__}")
            return body


def _events(text: bytes) -> list[bytes]:
    """The complete events at the start of a stream, and as last item the incomplete rest."""
    events, begin = [], 0
    for end in _END_OF_EVENT.finditer(text):
        events.append(text[begin : end.end()])
        begin = end.end()
    return [*events, text[begin:]]


def _delivers(operation: Operation) -> bool:
    return any(
        binding.expression.text == "$image.url" for _, example in operation.examples() for binding in example.bindings
    )
