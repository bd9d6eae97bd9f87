"""Whether a webhook comes from ToAPIs, as its page says: HMAC-SHA256 of `<event id>.<timestamp>.<raw body>`."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping

FRESH = 300
"""How many seconds the timestamp may be off."""


def genuine(secret: str, headers: Mapping[str, str], body: bytes, now: float) -> bool:
    """Whether it is signed with the secret, and not older than five minutes. `now`: seconds since the epoch."""
    try:
        event, sent = headers["X-ToAPIs-Webhook-Id"], headers["X-ToAPIs-Webhook-Timestamp"]
        signatures = headers["X-ToAPIs-Webhook-Signature"].split(",")  # two while the secret is being replaced
        fresh = abs(now - int(sent)) <= FRESH
    except (KeyError, ValueError):
        return False
    digest = hmac.new(secret.encode(), f"{event}.{sent}.".encode() + body, hashlib.sha256).hexdigest()
    expected = f"v1={digest}".encode()
    return fresh and any(hmac.compare_digest(expected, signature.strip().encode()) for signature in signatures)
