"""The lean door's other carrier: through a proxy that the environment names, by aiohttp, which knows proxies.

Owns the choice of the carrier, and what `NO_PROXY` means. Promises the same of its answers as `http_pool`: no redirect is
followed, nothing is inflated, nothing beyond the allowed bytes is read; an error of the proxy names it, without user and
password. A server on this machine is never asked through a proxy. Refuses proxies that are not HTTP.
"""

from __future__ import annotations

import os
import re
import socket
import sys
from collections.abc import Callable
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from typing import Final
from urllib.parse import urlsplit

from lambda_rlm.llm.providers.exchange import (
    Answer,
    Carrier,
    Destination,
    Lost,
    NoAddress,
    Unreachable,
    UnreadableResponse,
    Untrusted,
)
from lambda_rlm.llm.providers.forms.event_stream import is_event_stream
from lambda_rlm.llm.providers.sockets import Sockets
from lambda_rlm.llm.providers.trust import tls_context

_IDLE_SECONDS: Final = 60
_WANTS_USER: Final = 407
"""The status with which a proxy asks who it is used by."""


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
    from urllib.request import getproxies, getproxies_environment, proxy_bypass

    named = getproxies_environment()
    proxies = named or getproxies()
    proxy = proxies.get(to.scheme) or proxies.get("all")
    if proxy is None or (is_direct(to, named.get("no", "")) if named else proxy_bypass(to.host)):
        return None
    return proxy if "://" in proxy else f"http://{proxy}"


def is_direct(to: Destination, listed: str) -> bool:
    """Whether a list as in `NO_PROXY` names a destination: `*` is all, `corp.example`, `.corp.example` and `*.corp.example` are
    a domain with all that is in it, `10.0.0.0/8` a network, `10.0.0.7` and `[fd00::1]` an address; `:8000` after one of them
    is that port alone."""
    return any(_is_named(to, entry) for entry in re.split(r"[,\s]+", listed.strip().lower()))


def _is_named(to: Destination, entry: str) -> bool:
    if entry in ("", "*"):
        return entry == "*"
    host = to.host.lower().rstrip(".")
    address = _address_of(host)
    try:
        network = ip_network(entry.strip("[]"), strict=False)
        return address is not None and address in network
    except ValueError:
        pass  # a name, or something with a port
    name, colon, port = entry.rpartition(":")
    if colon and port.isdecimal():
        return int(port) == to.port and _is_named(to, name)
    domain = entry.removeprefix("*").strip(".")
    return bool(domain) and (host == domain or host.endswith(f".{domain}"))


def _is_here(host: str) -> bool:
    """Whether a host is this machine by its name or number, in whatever form a resolver takes."""
    if host.lower().rstrip(".").endswith("localhost"):
        return host.lower().rstrip(".") == "localhost" or host.lower().rstrip(".").endswith(".localhost")
    address = _address_of(host)
    return address is not None and (address.is_loopback or address.is_unspecified)


def _address_of(host: str) -> IPv4Address | IPv6Address | None:
    """The address that a host is given by, in whatever form a resolver takes; None for a name."""
    try:
        address = ip_address(socket.inet_ntoa(socket.inet_aton(host)) if ":" not in host else host)
    except (OSError, ValueError):
        return None
    return getattr(address, "ipv4_mapped", None) or address


def _shown(proxy: str) -> str:
    """The address of a proxy without user and password. Raises `NoAddress` for what is none, or speaks no HTTP."""
    try:
        parts = urlsplit(proxy)
        host, port = parts.hostname, parts.port
    except ValueError:
        raise NoAddress("the address of the proxy is not valid") from None
    if parts.scheme not in ("http", "https") or not host:
        raise NoAddress(f"proxies of the kind {parts.scheme or '?'} are not supported: only http:// and https://")
    return f"{parts.scheme}://{host}" + (f":{port}" if port else "")


class ProxiedPool:
    """A `Carrier` over aiohttp and a proxy."""

    def __init__(self, to: Destination, timeout: float, proxy: str) -> None:
        import aiohttp

        self._to = to
        self._proxy = proxy
        self._shown = _shown(proxy)
        self._session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(limit=0, keepalive_timeout=_IDLE_SECONDS, ssl=tls_context(to.authorities)),
            timeout=aiohttp.ClientTimeout(total=timeout),
            cookie_jar=aiohttp.DummyCookieJar(),
            auto_decompress=False,
        )

    async def post(self, body: bytes, most: int, on_events: Callable[[bytes], None] | None = None) -> Answer:
        """As `Carrier` says."""
        import aiohttp

        to = self._to
        asked = self._session.request(
            to.method, to.url, data=body, headers=to.headers, proxy=self._proxy, allow_redirects=False
        )
        try:
            async with asked as answer:
                if answer.status == _WANTS_USER:
                    raise NoAddress(self._wants_user())
                headers = {name.lower(): value for name, value in answer.headers.items()}
                if headers.get("content-encoding", "identity").lower() not in ("", "identity"):
                    raise UnreadableResponse("unexpected Content-Encoding")
                data = bytearray()
                heard = on_events if answer.status == 200 and is_event_stream(headers) else None
                async for part in answer.content.iter_any():
                    data += part
                    if len(data) > most:
                        raise UnreadableResponse(f"larger than {most:,} bytes")
                    if heard is not None:
                        heard(part)
                return Answer(answer.status, headers, bytes(data))
        except TimeoutError:
            raise
        except (aiohttp.ClientError, OSError, ValueError) as error:
            raise self._failure(error) from None

    def _failure(self, error: Exception) -> Exception:
        """What an exception of aiohttp stands for."""
        import aiohttp

        match error:
            case aiohttp.ClientConnectorCertificateError():
                return Untrusted(getattr(error.certificate_error, "verify_message", None) or str(error))
            case aiohttp.ClientHttpProxyError() if error.status == _WANTS_USER:
                return NoAddress(self._wants_user())
            case aiohttp.ClientHttpProxyError():
                return Unreachable(f"the proxy {self._shown} replied {error.status} {error.message}")
            case aiohttp.ClientProxyConnectionError():
                return Unreachable(f"the proxy {self._shown} cannot be reached: {error.os_error.strerror or error.os_error}")
            case aiohttp.ClientConnectorError():
                return Unreachable(f"through the proxy {self._shown}: {error}")
            case ValueError():  # of which `InvalidURL` is one
                return NoAddress(f"the address of the proxy {self._shown} is not valid")
        return Lost(str(error) or type(error).__name__)

    def _wants_user(self) -> str:
        return (
            f"the proxy {self._shown} requires a user and a password, or rejected those of its URL: "
            "HTTPS_PROXY=http://USER:PASSWORD@HOST:PORT"
        )

    async def aclose(self) -> None:
        """End all connections."""
        await self._session.close()
