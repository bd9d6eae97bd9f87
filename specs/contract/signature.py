"""Computes `x-signature`: the signature in a header of a vendor's webhooks."""

from __future__ import annotations

import hmac
from base64 import b64decode, b64encode
from dataclasses import dataclass
from typing import Literal

from pixpact.specs.dialect.expressions import Expression


@dataclass(frozen=True, slots=True)
class WebhookSignature:
    """`x-signature`: an HMAC of a text with expressions, written after a prefix.

    The key is the receiver's secret, without `secret_prefix` and base64-decoded where the vendor writes secrets so
    (https://www.standardwebhooks.com).
    """

    hmac: Literal["sha256"]
    of: Expression
    prefix: str = ""
    encoding: Literal["hex", "base64"] = "hex"
    secret_prefix: str = ""
    secret_encoding: Literal["base64"] | None = None
    secret: Expression | None = None
    """The expression for a secret in the request; None: the receiver's own secret."""

    def write(self, text: str, secret: str) -> str:
        """The signature of a text. Raises ValueError for a secret that is not in the vendor's format."""
        plain = secret.removeprefix(self.secret_prefix)
        key = b64decode(plain, validate=True) if self.secret_encoding else plain.encode()
        digest = hmac.digest(key, text.encode(), self.hmac)
        return self.prefix + (b64encode(digest).decode() if self.encoding == "base64" else digest.hex())
