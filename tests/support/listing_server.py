"""A server on a loopback port that answers each path as it is told: what products serve beside completions."""

from __future__ import annotations

import json
import threading
from collections.abc import Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Final

PAGE: Final = b"<!doctype html><title>Welcome</title>"
NOT_FOUND: Final = (404, b"404 page not found")

Said = tuple[int, Any]
"""A status and a body: bytes as they are, anything else in JSON."""

Paths = Mapping[str, Said]
"""What is said at each `METHOD PATH`; `*` is any other."""


def listed(*names: str, **more: Any) -> Said:
    """The list of models in the OpenAI form."""
    return 200, {"object": "list", "data": [{"id": name, "object": "model", **more} for name in names]}


class ListingServer:
    """Start with `with`; `url` is the base URL, `asked` the requests as `METHOD PATH`, `keys` their keys. Completions are
    answered with "Bob", unless `paths` say otherwise."""

    def __init__(self, paths: Paths, key: str | None = None) -> None:
        self.paths, self.key = paths, key
        self.asked: list[str] = []
        self.keys: list[str | None] = []
        server = self

        class Handler(_Handler):
            owner = server

        self._http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.root = f"http://127.0.0.1:{self._http.server_port}"
        self.url = f"{self.root}/v1"

    def __enter__(self) -> ListingServer:
        self._thread = threading.Thread(target=self._http.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._http.shutdown()
        self._http.server_close()
        self._thread.join()

    @property
    def completions(self) -> int:
        return self.asked.count("POST /v1/chat/completions")


class _Handler(BaseHTTPRequestHandler):
    owner: ListingServer
    protocol_version = "HTTP/1.1"

    def log_message(self, format: str, *args: object) -> None:
        pass

    def do_GET(self) -> None:
        self._answer("GET", {})

    def do_POST(self) -> None:
        self._answer("POST", json.loads(self.rfile.read(int(self.headers["Content-Length"]))))

    def _answer(self, method: str, body: dict[str, Any]) -> None:
        owner, asked = self.owner, f"{method} {self.path}"
        key = (self.headers.get("Authorization") or self.headers.get("x-api-key") or "").removeprefix("Bearer ")
        owner.asked.append(asked)
        owner.keys.append(key)
        said = owner.paths.get(asked) or owner.paths.get("*") or NOT_FOUND
        if owner.key not in (None, key):
            said = 401, {"error": {"message": f"Incorrect API key provided: {key}"}}
        elif asked == "POST /v1/chat/completions" and "messages" in body and asked not in owner.paths:
            message = {"role": "assistant", "content": "Bob"}
            usage = {"prompt_tokens": 9, "completion_tokens": 1}
            said = 200, {"choices": [{"message": message, "finish_reason": "stop"}], "usage": usage}
        data = said[1] if isinstance(said[1], bytes) else json.dumps(said[1]).encode()
        self.send_response(said[0])
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)
