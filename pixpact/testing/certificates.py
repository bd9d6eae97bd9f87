"""A certificate to throw away, and the authority that clients trust for it. The door to trustme."""

from __future__ import annotations

import ssl
from collections.abc import Iterable
from pathlib import Path
from tempfile import mkdtemp

TRUST = ("SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "NODE_EXTRA_CA_CERTS")
"""The environment variables by which clients (OpenSSL and httpx, requests, curl, Node) learn whom to trust."""


class NoCertificate(ValueError):
    """There can be no certificate; says what to install."""


def throw_away(hosts: Iterable[str]) -> tuple[ssl.SSLContext, Path]:
    """A server's context for this machine and these hosts, and the file of the authority. Raises NoCertificate."""
    try:
        import trustme
    except ImportError:
        raise NoCertificate("tls: a certificate needs trustme; install pixpact[tls]") from None
    authority = trustme.CA(organization_name="Pixpact, to throw away")
    names = dict.fromkeys(("localhost", "127.0.0.1", "::1", *hosts))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert(*names).configure_cert(context)
    path = Path(mkdtemp(prefix="pixpact-tls-")) / "ca.pem"
    authority.cert_pem.write_to_path(str(path))
    return context, path


def delete_authority(path: Path) -> None:
    """Delete the file of an authority, and the folder made for it."""
    path.unlink(missing_ok=True)
    path.parent.rmdir()
