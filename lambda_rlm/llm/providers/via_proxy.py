"""The lean door's other carrier: through a proxy that the environment names, by aiohttp, which knows proxies.

Owns the choice of the carrier. Promises the same of its answers as `http_pool`: no redirect is followed, nothing is inflated,
nothing beyond the allowed bytes is read. A server on this machine is never asked through a proxy.
"""

from __future__ import annotations

import os
import socket
import sys
from ipaddress import ip_address
from typing import Final

from lambda_rlm.llm.providers.exchange import Answer, Carrier, Destination, Lost, Unreachable, UnreadableResponse, Untrusted
from lambda_rlm.llm.providers.sockets import Sockets
from lambda_rlm.llm.providers.trust import tls_context

_IDLE_SECONDS: Final = 60


def carrier(to: Destination, timeout: float, sockets: Sockets | None = None) -> Carrier:
    """What carries requests to a destination from here. Connections to a proxy do not count among `sockets`."""
    proxy = proxy_to(to)
    if proxy is not None:
        return ProxiedPool(to, timeout, proxy)
    from lambda_rlm.llm.providers.http_pool import ConnectionPool

    return ConnectionPool(to, timeout, sockets)


def proxy_to(to: Destination) -> str | None:
    """The URL of the proxy that the environment or the system names for a destination."""
    if _is_here(to.host):
        return None
    if sys.platform not in ("darwin", "win32") and not any(name.lower().endswith("_proxy") for name in os.environ):
        return None
    from urllib.request import getproxies, proxy_bypass

    proxies = getproxies()
    proxy = proxies.get(to.scheme) or proxies.get("all")
    return None if proxy is None or proxy_bypass(to.host) else proxy


def _is_here(host: str) -> bool:
    """Whether a host is this machine by its name or number, in whatever form a resolver takes."""
    if host.lower().rstrip(".").endswith("localhost"):
        return host.lower().rstrip(".") == "localhost" or host.lower().rstrip(".").endswith(".localhost")
    try:
        address = ip_address(socket.inet_ntoa(socket.inet_aton(host)) if ":" not in host else host)
    except (OSError, ValueError):
        return False
    mapped = getattr(address, "ipv4_mapped", None) or address
    return bool(mapped.is_loopback or mapped.is_unspecified)


class ProxiedPool:
    """A `Carrier` over aiohttp and a proxy."""

    def __init__(self, to: Destination, timeout: float, proxy: str) -> None:
        import aiohttp

        self._to = to
        self._proxy = proxy
        self._session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(limit=0, keepalive_timeout=_IDLE_SECONDS, ssl=tls_context()),
            timeout=aiohttp.ClientTimeout(total=timeout),
            cookie_jar=aiohttp.DummyCookieJar(),
            auto_decompress=False,
        )

    async def post(self, body: bytes, most: int) -> Answer:
        """As `Carrier` says."""
        import aiohttp

        to = self._to
        asked = self._session.request(
            to.method, to.url, data=body, headers=to.headers, proxy=self._proxy, allow_redirects=False
        )
        try:
            async with asked as answer:
                headers = {name.lower(): value for name, value in answer.headers.items()}
                if headers.get("content-encoding", "identity").lower() not in ("", "identity"):
                    raise UnreadableResponse("unexpected Content-Encoding")
                data = bytearray()
                async for part in answer.content.iter_any():
                    data += part
                    if len(data) > most:
                        raise UnreadableResponse(f"larger than {most:,} bytes")
                return Answer(answer.status, headers, bytes(data))
        except TimeoutError:
            raise
        except aiohttp.ClientConnectorCertificateError as error:
            raise Untrusted(getattr(error.certificate_error, "verify_message", None) or str(error)) from None
        except (aiohttp.ClientConnectorError, aiohttp.ClientHttpProxyError, aiohttp.InvalidURL) as error:
            raise Unreachable(str(error)) from None
        except (aiohttp.ClientError, OSError) as error:
            raise Lost(str(error) or type(error).__name__) from None

    async def aclose(self) -> None:
        """End all connections."""
        await self._session.close()
