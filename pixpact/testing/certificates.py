"""Creates a temporary certificate and its authority. The only module that imports trustme."""

from __future__ import annotations

import ssl
from collections.abc import Iterable
from pathlib import Path
from tempfile import mkdtemp

TRUST = ("SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "NODE_EXTRA_CA_CERTS")
"""The environment variables of clients (OpenSSL and httpx, requests, curl, Node) for trusted certificates."""


class NoCertificate(ValueError):
    """No certificate can be created; says what to install."""


def create_certificate(hosts: Iterable[str]) -> tuple[ssl.SSLContext, Path]:
    """(server context for this machine and these hosts, file of the authority). Raises NoCertificate."""
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
    """Delete the authority's file and its folder."""
    path.unlink(missing_ok=True)
    path.parent.rmdir()
