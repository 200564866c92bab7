"""Which servers' certificates are trusted.

Owns the choice of the authorities: `SSL_CERT_FILE` and `SSL_CERT_DIR`, which OpenSSL reads, else `REQUESTS_CA_BUNDLE` and
`CURL_CA_BUNDLE`, which companies set for other programs, else those of the system; for one server, a file of its own
(`ca_bundle`). Refuses a file that cannot be read, rather than go on with others. Nothing switches the check off.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import TYPE_CHECKING, Final

from lambda_rlm.llm.providers.exchange import NoAuthorities

if TYPE_CHECKING:
    import ssl

_OF_OPENSSL: Final = ("SSL_CERT_FILE", "SSL_CERT_DIR")
_BUNDLES: Final = ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE")

ADVICE: Final = "if your organization has a certificate authority of its own, set SSL_CERT_FILE to its certificates, or ca_bundle for one server"


def bundle(environ: Mapping[str, str] = os.environ) -> str | None:
    """The file of authorities that OpenSSL does not find by itself; None where it does."""
    if any(environ.get(name) for name in _OF_OPENSSL):
        return None
    return next((environ[name] for name in _BUNDLES if environ.get(name)), None)


def tls_context(authorities: str | None = None) -> ssl.SSLContext:
    """The context for a connection to a server, which trusts these authorities, None for the usual ones; raises
    `NoAuthorities` for a file of them that cannot be read."""
    import ssl

    file = authorities or bundle() or os.environ.get(_OF_OPENSSL[0]) or None  # OpenSSL would overlook one that is missing
    try:
        is_folder = file is not None and authorities is None and os.path.isdir(file)
        return ssl.create_default_context(cafile=None if is_folder else file, capath=file if is_folder else None)
    except (OSError, ssl.SSLError) as error:
        said = "ca_bundle" if authorities else next(name for name in (*_BUNDLES, *_OF_OPENSSL) if os.environ.get(name) == file)
        why = getattr(error, "strerror", None) or error
        raise NoAuthorities(f"cannot read the certificates in {file} ({said}): {why}") from None
