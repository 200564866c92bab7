"""A server of chat completions that refuses requests for what is in them, one thing at a time."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Sequence
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

Refuses = Callable[[dict[str, Any]], str]
"""Why a request's body is refused, empty where it is not."""


class RefusingServer:
    """Start with `with`; `url` is the base URL, `requests` are the bodies of all completions that were asked for."""

    def __init__(self, refuses: Sequence[Refuses], text: str, status: int = 400) -> None:
        self.requests: list[dict[str, Any]] = []
        server = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def log_message(self, format: str, *args: object) -> None:
                pass

            def do_GET(self) -> None:
                self.say(501, {})

            def do_POST(self) -> None:
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                server.requests.append(body)
                told = next((told for each in refuses if (told := each(body))), "")
                if told:
                    self.say(status, {"error": {"message": told, "type": "invalid_request_error"}})
                    return
                message = {"role": "assistant", "content": text}
                usage = {"prompt_tokens": 9, "completion_tokens": 3}
                self.say(200, {"choices": [{"message": message, "finish_reason": "stop"}], "usage": usage})

            def say(self, status: int, payload: Any) -> None:
                data = json.dumps(payload).encode()
                self.send_response(status)
                self.send_header("Content-Length", str(len(data)))
                self.end_headers()
                self.wfile.write(data)

        self._http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._http.server_port}/v1"

    def __enter__(self) -> RefusingServer:
        threading.Thread(target=self._http.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._http.shutdown()
        self._http.server_close()
