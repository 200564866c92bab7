"""An OpenAI-compatible server on a loopback port that counts the connections which are open at a time.

One thread looks at all of them. What a client ended before it opened another connection is seen as ended first, and requests
are answered when nothing more arrives, so that those that may be under way together are.
"""

from __future__ import annotations

import json
import selectors
import socket
import threading
from dataclasses import dataclass, field

_QUIET = 0.002


@dataclass(eq=False)
class _Client:
    socket: socket.socket
    received: bytes = b""

    @property
    def has_asked(self) -> bool:
        head, blank, body = self.received.partition(b"\r\n\r\n")
        if not blank:
            return False
        length = next(line for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:"))
        return len(body) >= int(length.partition(b":")[2])


@dataclass
class CountingServer:
    """Start with `with`; `most` is the most connections that were open at once, `answered` how many requests it had,
    `completed` those that were no question about the server, `together` the most of them at once."""

    reply: str = "42"
    most: int = 0
    answered: int = 0
    completed: int = 0
    together: int = 0
    opened: int = 0
    _clients: dict[int, _Client] = field(default_factory=dict)
    _is_over: bool = False

    def __enter__(self) -> CountingServer:
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=256)
        self._listener.setblocking(False)
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}/v1"
        self._selector = selectors.DefaultSelector()
        self._selector.register(self._listener, selectors.EVENT_READ)
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._is_over = True
        self._thread.join()
        for client in self._clients.values():
            client.socket.close()
        self._listener.close()
        self._selector.close()

    def _serve(self) -> None:
        while not self._is_over:
            events = self._selector.select(_QUIET)
            for key, _ in events:
                if key.fileobj is not self._listener:
                    self._read(self._clients[key.fd])
            if any(key.fileobj is self._listener for key, _ in events):
                self._accept()
            if not events:
                self._answer()

    def _accept(self) -> None:
        accepted, _ = self._listener.accept()
        accepted.setblocking(False)
        for client in tuple(self._clients.values()):  # what ended before this one began is there by now
            self._read(client)
        self._clients[accepted.fileno()] = _Client(accepted)
        self._selector.register(accepted, selectors.EVENT_READ)
        self.opened += 1
        self.most = max(self.most, len(self._clients))

    def _read(self, client: _Client) -> None:
        try:
            data = client.socket.recv(1 << 20)
        except BlockingIOError:
            return
        except OSError:
            data = b""
        client.received += data
        if not data:
            self._clients.pop(client.socket.fileno())
            self._selector.unregister(client.socket)
            client.socket.close()

    def _answer(self) -> None:
        asking = [client for client in self._clients.values() if client.has_asked]
        self.together = max(self.together, len(asking))
        message = {"role": "assistant", "content": self.reply}
        usage = {"prompt_tokens": 10, "completion_tokens": 2, "total_tokens": 12}
        body = json.dumps({"choices": [{"message": message, "finish_reason": "stop"}], "usage": usage, "model": "m"}).encode()
        for client in asking:
            self.completed += not client.received.startswith(b"GET ")
            client.received = b""
            self.answered += 1
            client.socket.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%b" % (len(body), body))
