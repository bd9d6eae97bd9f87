"""Downloads of result images through the proxy, and the addresses of them that apps send back.

A server chooses the URLs of its images. It must not be able to make the proxy read what only this machine can
reach, so that the rules for downloads of a check hold here too.
"""

from __future__ import annotations

from collections.abc import Iterable

from starlette.types import Scope

from pixpact.contracts.transport import hosts
from pixpact.contracts.transport.hosts import HttpAddress, Reach, Resolve
from pixpact.contracts.transport.network import proxy_url
from pixpact.proxy.headers import Raw, towards_vendor, without_headers
from pixpact.proxy.rewriting import ResponseRewriter
from pixpact.proxy.upstream import UpstreamRequest

_OF_A_DOWNLOAD = frozenset(
    [
        b"host",
        b"accept",
        b"accept-encoding",
        b"accept-language",
        b"cache-control",
        b"if-match",
        b"if-modified-since",
        b"if-none-match",
        b"if-range",
        b"if-unmodified-since",
        b"range",
        b"user-agent",
    ]
)
"""What the host of somebody else gets of a request: nobody knows under which further names a key may go."""
_TEXTS = (b"application/json", b"application/x-www-form-urlencoded", b"multipart/form-data")


class ForgottenAddress(Exception):
    """An address that leads nowhere; says why."""

    def __init__(self, status: int, title: str, detail: str) -> None:
        super().__init__(detail)
        self.status = status
        self.title = title


class ProxiedImages:
    """The images that one vendor's responses link to."""

    def __init__(self, rewriting: ResponseRewriter, address: HttpAddress, resolve: Resolve = hosts.resolve) -> None:
        """`place`: the vendor's base URL."""
        self.rewriting = rewriting
        self._upstream = address
        self._resolve = resolve
        self._reach: Reach | None = None

    async def call(self, scope: Scope, path: str) -> UpstreamRequest:
        """The request for the image that a path of ours stands for. Raises ForgottenAddress."""
        if scope["method"] not in ("GET", "HEAD"):
            raise ForgottenAddress(405, "Not a download", "images are downloaded with GET or HEAD")
        original = self.rewriting.addresses.original(path)
        if original is None:
            detail = "no response since the proxy was started contains this URL"
            raise ForgottenAddress(404, "Unknown image", detail)
        try:
            place = hosts.parse_url(original)
        except ValueError as error:
            raise ForgottenAddress(
                502, "No address", f"the URL in the vendor's response cannot be fetched: {error}"
            ) from None
        headers = towards_vendor(scope["headers"], place.authority)
        if place.origin != self._upstream.origin:  # the key is the vendor's, not of whoever keeps its images
            headers = [(name, value) for name, value in headers if name in _OF_A_DOWNLOAD]
        address = None if proxy_url(place) else await self._address(place)
        return UpstreamRequest(scope["method"], place, headers, address=address, url=original)

    def may_name_ours(self, headers: Iterable[tuple[bytes, bytes]], most: int) -> bool:
        """Whether a request may hold addresses of ours, in a body that can be held while they are replaced."""
        fields = dict(headers)
        length = fields.get(b"content-length", b"")
        is_text = fields.get(b"content-type", b"").lower().startswith(_TEXTS)
        return is_text and b"content-encoding" not in fields and length.isdigit() and int(length) <= most

    def restored(self, headers: Raw, body: bytes) -> tuple[Raw, bytes]:
        """A request with the vendor's own addresses in place of ours."""
        body = self.rewriting.addresses.restored(body)
        return [*without_headers(headers, [b"content-length"]), (b"content-length", b"%d" % len(body))], body

    async def _address(self, place: HttpAddress) -> str:
        """An address of the host, all of which may be visited. Raises ForgottenAddress."""
        if self._reach is None:
            self._reach = await hosts.target_reach(self._upstream.host, self._upstream.port, self._resolve)
        allowed = hosts.allowed(self._reach)
        try:
            addresses = await self._resolve(place.host, place.port)
        except OSError as error:
            raise ForgottenAddress(502, "No address", f"{place.host}: {error.strerror or error}") from None
        for address in addresses:
            if hosts.reach_of(address) not in allowed:
                detail = f"{place.host} leads to {address}, a private address, although the vendor is public"
                raise ForgottenAddress(403, "Not followed", detail)
        if not addresses:
            raise ForgottenAddress(502, "No address", f"{place.host} has no address")
        return addresses[0]  # the resolver sorts by what can be reached (RFC 6724)
