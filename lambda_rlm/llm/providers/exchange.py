"""One request to a server and its answer, whatever carries it.

Owns where requests go (`Destination`: address, target and the constant part of the head), what comes back, and the ways in
which nothing does. Promises that a key, user or address with a line end or another control character is refused before anything
is sent, without showing it. Refuses URLs that are neither http nor https.
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Callable, Mapping
from dataclasses import field
from typing import Final, Protocol
from urllib.parse import SplitResult, quote, unquote, urlsplit

from lambda_rlm.data_class import dataclass
from lambda_rlm.late_pattern import late_pattern

MOST_BYTES: Final = 32 * 1024**2
_FRAME_BYTES: Final = 1024**2
_BYTES_PER_TOKEN: Final = 1024
"""Maximum bytes of a reply for each allowed token, beside a megabyte and below `MOST_BYTES`."""

_PORTS: Final = {"http": 80, "https": 443}
_SAFE: Final = "/%:@!$&'()*+,;=~-._"
_UNPRINTED: Final = late_pattern(r"[\x00-\x20\x7f]")
_NOT_IN_A_HEADER: Final = late_pattern(r"[^\x21-\x7e]")
_USER: Final = late_pattern(r"//[^/]*@")


class Unreachable(Exception):
    """No connection came about; the message says why."""


class Lost(Exception):
    """The connection ended before the answer did; the message says how. `was_sent` where the request, or a part of it, may have
    reached the server: then it may be billed."""

    def __init__(self, how: str, *, was_sent: bool = True) -> None:
        super().__init__(how)
        self.was_sent = was_sent


class NotConnected(TimeoutError):
    """No connection came about in time: nothing was sent."""


class UnreadableResponse(Exception):
    """What came back is no answer that would be read; the message says why."""


class NoAddress(Unreachable):
    """The base URL leads nowhere, however often it is tried; the message says why."""


class NoScheme(NoAddress):
    """The base URL begins with neither http nor https."""


class Untrusted(NoAddress):
    """The server's certificate is not trusted, so that nothing was sent; the message says why."""


class NoAuthorities(Untrusted):
    """The file of trusted certificates cannot be read; the message says which and why."""


class Garbled(NoAddress):
    """The address has something in it that no address has; the message does not show it."""


class Unsendable(Exception):
    """The key has something in it that cannot be sent; the message does not show it."""


class Addressed(Protocol):
    """What a form of requests says of where and as whom they are sent."""

    @property
    def path(self) -> str: ...

    def headers(self, key: str) -> dict[str, str]: ...


@dataclass(frozen=True, slots=True)
class Answer:
    """A server's answer; the names of its headers are in lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class Carrier(Protocol):
    """Carries requests to one destination. Used in the event loop that made it."""

    async def post(self, body: bytes, most: int, on_events: Callable[[bytes], None] | None = None) -> Answer:
        """The answer to a request; the pieces of its body go to `on_events` as they come, where it is a stream of events.
        Raises `Unreachable`, `Lost`, `UnreadableResponse` (also for more than `most` bytes) or `TimeoutError`,
        `NotConnected` where it is known that nothing was sent."""
        ...

    async def aclose(self) -> None: ...


@dataclass(frozen=True, slots=True)
class Destination:
    """Where requests go, and how. `target` is path and query, `keyed` the headers that carry the key and the version. `more`
    are headers of the user, which take the place of ours; `authorities` the file of those whose certificates are trusted, None
    for the usual ones (`trust`)."""

    scheme: str
    host: str
    port: int
    netloc: str
    target: str
    keyed: Mapping[str, str] = field(repr=False)
    more: Mapping[str, str] = field(default_factory=dict, repr=False)
    authorities: str | None = None
    method: str = "POST"

    @property
    def url(self) -> str:
        return f"{self.scheme}://{self.netloc}{self.target}"

    @property
    def headers(self) -> dict[str, str]:
        """What is sent with every request. Encodings are not wanted: a small reply may swell to any size."""
        ours = {
            "Host": self.netloc,
            **self.keyed,
            "Content-Type": "application/json",
            "Accept": "application/json, text/event-stream",
            "Accept-Encoding": "identity",
            "User-Agent": "lambda-rlm",
        }
        replaced = {name.lower() for name in self.more}
        return {**{name: value for name, value in ours.items() if name.lower() not in replaced}, **self.more}


def most_bytes(tokens: int) -> int:
    """The bytes that a reply of so many tokens may have."""
    return min(MOST_BYTES, _FRAME_BYTES + _BYTES_PER_TOKEN * tokens)


def without_user(url: str) -> str:
    """The URL for a message: without user and password, and without the query, where keys may stand."""
    return _USER.sub("//", url).partition("?")[0].partition("#")[0]


def refuse_unsendable(base_url: str | None, key: str | None) -> None:
    """Raises `Garbled` or `Unsendable` for what could write lines of a request's head, or of a log, by itself; `NoAddress` for
    another URL that leads nowhere."""
    if base_url is not None and _UNPRINTED.search(base_url):
        raise Garbled("the base URL contains a space, newline or control character (copied with its newline?)")
    if base_url is not None:
        _parts(base_url)
    if key is not None and _NOT_IN_A_HEADER.search(key):
        raise Unsendable("the API key contains a newline or another invalid character (copied with its newline?)")


def destination(base_url: str, key: str, wire: Addressed | None = None) -> Destination:
    """Where a base URL leads, asked with a key in a form (None: that of chat completions), unless the URL itself says who asks.
    Raises `Unsendable` and `NoAddress`."""
    refuse_unsendable(base_url, None)
    parts, host, port = _parts(base_url)
    netloc = parts.netloc.rpartition("@")[2]
    if parts.username is None:
        refuse_unsendable(None, key)
    keyed = {"Authorization": f"Bearer {key}"} if wire is None else wire.headers(key)
    if parts.username is not None:
        who = f"{unquote(parts.username)}:{unquote(parts.password or '')}"
        keyed = {name: value for name, value in keyed.items() if key not in value}
        keyed["Authorization"] = f"Basic {b64encode(who.encode()).decode()}"
    path = parts.path.rstrip("/")
    target = quote(path + ("/chat/completions" if wire is None else wire.path), safe=_SAFE)
    target += f"?{quote(parts.query, safe=_SAFE + '?')}" if parts.query else ""
    return Destination(parts.scheme, host, port, netloc, target, keyed)


def _parts(base_url: str) -> tuple[SplitResult, str, int]:
    """The parts of a URL, its host and its port; raises `NoAddress`."""
    try:
        parts = urlsplit(base_url)
        if not parts.netloc.isascii():
            parts = parts._replace(netloc=parts.netloc.encode("idna").decode())
        host, port = parts.hostname, parts.port
    except ValueError as error:
        raise NoAddress(str(error)) from None
    if parts.scheme not in _PORTS or not host:
        raise NoScheme("the base URL is not an http or https URL")
    return parts, host, port or _PORTS[parts.scheme]
