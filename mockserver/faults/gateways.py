"""What gateways in front of a service say on their own: pages of HTML that no contract has to document.

The statuses from 520 to 524 and their titles are those of Cloudflare (developers.cloudflare.com, "5xx errors"). Two of
them come after the service took the request: it goes on, and charges, whatever its client is reported.
"""

from __future__ import annotations

from dataclasses import dataclass
from http import HTTPStatus


@dataclass(frozen=True, slots=True)
class Gateway:
    """One way of a gateway to give up. `carried_out`: the service has the request, and does what it asks for."""

    status: int
    title: str
    carried_out: bool


GATEWAYS: dict[str, Gateway] = {
    "gateway-error": Gateway(520, "Web server is returning an unknown error", carried_out=True),
    "origin-down": Gateway(521, "Web server is down", carried_out=False),
    "origin-connect-timeout": Gateway(522, "Connection timed out", carried_out=False),
    "origin-unreachable": Gateway(523, "Origin is unreachable", carried_out=False),
    "gateway-timeout": Gateway(524, "A timeout occurred", carried_out=True),
}
"""The causes of a gateway, by the names that examples and faults have."""

GAVE_UP = frozenset((504, *(gateway.status for gateway in GATEWAYS.values() if gateway.carried_out)))
"""Statuses that say: the service had the request, and the gateway did not wait for its response."""

_TITLES = {gateway.status: gateway.title for gateway in GATEWAYS.values()}
_PAGE = """<!DOCTYPE html>
<html><head><title>{title}</title></head>
<body><center><h1>{title}</h1></center><hr><center>gateway</center></body></html>
"""


def page(status: int) -> bytes:
    """The page of a gateway for a status; that of a 502 for one that is no error."""
    shown = status if status >= 400 else 502
    if shown in _TITLES:
        return _PAGE.format(title=f"{shown}: {_TITLES[shown]}").encode()
    phrases = {status.value: status.phrase for status in HTTPStatus}
    return _PAGE.format(title=f"{shown} {phrases.get(shown, 'Error')}").encode()
