"""Downloads of result images through the proxy, and replacement of proxy URLs in requests.

A server chooses the URLs of its images. It must not make the proxy request what only this machine can reach, so the
rules for a check's downloads apply here too.
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
"""Headers that are forwarded to another host: any other might contain the key under an unknown name."""
_TEXTS = (b"application/json", b"application/x-www-form-urlencoded", b"multipart/form-data")


class ForgottenAddress(Exception):
    """The URL cannot be downloaded; gives status and reason."""

    def __init__(self, status: int, title: str, detail: str) -> None:
        super().__init__(detail)
        self.status = status
        self.title = title


class ProxiedImages:
    """The images that one vendor's responses link to."""

    def __init__(self, rewriting: ResponseRewriter, address: HttpAddress, resolve: Resolve = hosts.resolve) -> None:
        """`address`: the vendor's base URL."""
        self.rewriting = rewriting
        self._upstream = address
        self._resolve = resolve
        self._reach: Reach | None = None

    async def call(self, scope: Scope, path: str) -> UpstreamRequest:
        """The request for the image behind a proxy path. Raises ForgottenAddress."""
        if scope["method"] not in ("GET", "HEAD"):
            raise ForgottenAddress(405, "Not a download", "images are downloaded with GET or HEAD")
        original = self.rewriting.addresses.original(path)
        if original is None:
            detail = "no response since the proxy was started contains this URL"
            raise ForgottenAddress(404, "Unknown image", detail)
        try:
            target = hosts.parse_url(original)
        except ValueError as error:
            raise ForgottenAddress(
                502, "No address", f"the URL in the vendor's response cannot be fetched: {error}"
            ) from None
        headers = towards_vendor(scope["headers"], target.authority)
        if target.origin != self._upstream.origin:  # the key belongs to the vendor, not to another image host
            headers = [(name, value) for name, value in headers if name in _OF_A_DOWNLOAD]
        address = None if proxy_url(target) else await self._address(target)
        return UpstreamRequest(scope["method"], target, headers, address=address, url=original)

    def may_name_ours(self, headers: Iterable[tuple[bytes, bytes]], most: int) -> bool:
        """Whether a request may contain proxy URLs, in a body small enough to hold while they are replaced."""
        fields = dict(headers)
        length = fields.get(b"content-length", b"")
        is_text = fields.get(b"content-type", b"").lower().startswith(_TEXTS)
        return is_text and b"content-encoding" not in fields and length.isdigit() and int(length) <= most

    def restored(self, headers: Raw, body: bytes) -> tuple[Raw, bytes]:
        """(headers, body) of a request with proxy URLs replaced by the vendor's."""
        body = self.rewriting.addresses.restored(body)
        return [*without_headers(headers, [b"content-length"]), (b"content-length", b"%d" % len(body))], body

    async def _address(self, target: HttpAddress) -> str:
        """An address of the host, after all were checked. Raises ForgottenAddress."""
        if self._reach is None:
            self._reach = await hosts.target_reach(self._upstream.host, self._upstream.port, self._resolve)
        allowed = hosts.allowed(self._reach)
        try:
            addresses = await self._resolve(target.host, target.port)
        except OSError as error:
            raise ForgottenAddress(502, "No address", f"{target.host}: {error.strerror or error}") from None
        for address in addresses:
            if hosts.reach_of(address) not in allowed:
                detail = f"{target.host} leads to {address}, a private address, although the vendor is public"
                raise ForgottenAddress(403, "Not followed", detail)
        if not addresses:
            raise ForgottenAddress(502, "No address", f"{target.host} has no address")
        return addresses[0]  # the resolver sorts by reachability (RFC 6724)
