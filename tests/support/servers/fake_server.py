"""A server of chat completions that answers in the shape of a product.

What goes wrong is chosen for the whole server: `cut`, `refused`, `slow` (no answer until it ends), `no usage`, `cut prompt` (a long one is cut and nobody is told), `thinks`
(thoughts and nothing else, at the limit), `broken stream` (an error after the first words). Asked for a stream it sends
server-sent events."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from tests.support.servers.shapes import THOUGHT, Shape

MOST_SECONDS = 60.0
PROMPT, REPLY = 12, 7
"""What it counts."""
CUT_PROMPT = 2_050
"""What Ollama counts of a long prompt with its usual context of 4,096 tokens: it keeps half (github.com/ollama/ollama/issues/17427)."""


class FakeServer:
    """Start with `with`; `url` is the base URL, `requests` the bodies that it was sent. `says` is what the model answers."""

    def __init__(self, shape: Shape, fault: str = "", *, says: str = "Paris") -> None:
        self.shape, self.fault, self.says = shape, fault, says
        self.requests: list[dict[str, Any]] = []
        self.over = threading.Event()
        server = self

        class Handler(_Handler):
            owner = server

        self._http = _Listening(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._http.server_port}/v1"

    def __enter__(self) -> FakeServer:
        self._thread = threading.Thread(target=self._http.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.over.set()
        self._http.shutdown()
        self._http.server_close()
        self._thread.join()

    @property
    def text(self) -> str:
        """The answer as far as it comes."""
        return self.says[: len(self.says) // 2] if self.fault == "cut" else "" if self.fault == "thinks" else self.says

    @property
    def finish(self) -> str:
        return self.shape.cut if self.fault in ("cut", "thinks") else self.shape.whole

    @property
    def usage(self) -> dict[str, Any] | None:
        if self.fault == "no usage":
            return None
        prompt = CUT_PROMPT if self.fault == "cut prompt" else PROMPT
        counts = {"prompt_tokens": prompt, "completion_tokens": REPLY, "total_tokens": prompt + REPLY}
        return {**self.shape.usage, **counts}

    def completion(self) -> dict[str, Any]:
        """The whole reply."""
        shape = self.shape
        ended = {"index": 0, "message": self._message(), "finish_reason": self.finish, **self._choice()}
        usage = self.usage
        return {
            **self._head("chat.completion"),
            "choices": [ended],
            **({} if usage is None else {"usage": usage}),
            **shape.beside,
        }

    def chunks(self, with_usage: bool) -> Iterator[Any]:
        """The events of a stream: thoughts, then the answer in pieces, why it ended, and the counts where they were asked
        for."""
        shape, usage = self.shape, self.usage
        if shape.opening is not None:
            yield shape.opening
        yield self._chunk({"role": "assistant", "content": ""}, None)
        for delta in self._deltas():
            yield self._chunk(delta, None)
        if self.fault == "broken stream":
            yield shape.in_stream
            return
        counted = {} if usage is None or not with_usage else {"usage": usage}
        yield self._chunk({}, self.finish) | (counted if shape.usage_in_last_chunk else {})
        if counted and not shape.usage_in_last_chunk:
            yield {**self._head("chat.completion.chunk"), "choices": [], **counted}

    def _head(self, kind: str) -> dict[str, Any]:
        return {"id": "chatcmpl-1", "object": kind, "created": 1, "model": self.shape.model}

    def _chunk(self, delta: dict[str, Any], finish: str | None) -> dict[str, Any]:
        return {**self._head("chat.completion.chunk"), "choices": [{"index": 0, "delta": delta, "finish_reason": finish}]}

    def _choice(self) -> dict[str, Any]:
        native = {"native_finish_reason": "MAX_TOKENS"} if self.finish == self.shape.cut else {}
        return {**self.shape.choice, **(native if "native_finish_reason" in self.shape.choice else {})}

    def _message(self) -> dict[str, Any]:
        shape, text = self.shape, self.text
        message: dict[str, Any] = {"role": "assistant", "content": text, **shape.message}
        if shape.thoughts == "parts":
            thought = {"type": "thinking", "thinking": [{"type": "text", "text": THOUGHT}]}
            message["content"] = [thought, *([{"type": "text", "text": text}] if text else [])]
        elif shape.thoughts.startswith("<"):
            message["content"] = self._marked()
        elif shape.thoughts:
            message[shape.thoughts] = THOUGHT
        return message

    def _marked(self) -> str:
        opening = self.shape.thoughts
        closing = "" if self.fault == "thinks" else f"\n{opening.replace('<', '</')}\n\n"
        return f"{opening}\n{THOUGHT}{closing}{self.text}"

    def _deltas(self) -> Iterator[dict[str, Any]]:
        shape, text = self.shape, self.text
        if shape.thoughts == "parts":
            yield {"content": [{"type": "thinking", "thinking": [{"type": "text", "text": THOUGHT}]}]}
        elif shape.thoughts.startswith("<"):
            text = self._marked()
        elif shape.thoughts:
            yield {shape.thoughts: THOUGHT[:5]}
            yield {shape.thoughts: THOUGHT[5:]}
        for start in range(0, len(text), 2):
            yield {"content": text[start : start + 2]}


class _Listening(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 64


class _Handler(BaseHTTPRequestHandler):
    owner: FakeServer
    protocol_version = "HTTP/1.1"

    def log_message(self, format: str, *args: object) -> None:
        pass

    def do_GET(self) -> None:
        shape = self.owner.shape
        self._send(200, {"object": "list", "data": [{"id": shape.model, "object": "model", "owned_by": "me"}]})

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.owner.requests.append(body)
        try:
            self._answer(body)
        except (BrokenPipeError, ConnectionResetError):
            self.close_connection = True

    def _answer(self, body: dict[str, Any]) -> None:
        owner, shape = self.owner, self.owner.shape
        if owner.fault == "slow":
            owner.over.wait(MOST_SECONDS)
        if owner.fault == "refused":
            return self._send(*shape.refused)
        if "response_format" in body and not shape.takes_schema:
            message = "This response_format type is unavailable now"
            return self._send(400, {"error": {"message": message, "type": "invalid_request_error", "code": None}})
        if body.get("stream"):
            asked = body.get("stream_options") or {}
            return self._stream(bool(asked.get("include_usage")) or shape.usage_in_last_chunk)
        return self._send(200, owner.completion())

    def _send(self, status: int, payload: Any) -> None:
        data = json.dumps(payload, ensure_ascii=False).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def _stream(self, with_usage: bool) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream; charset=utf-8")
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        if self.owner.shape.comment:
            self._piece(f"{self.owner.shape.comment}\n\n")
        for chunk in self.owner.chunks(with_usage):
            self._piece(f"data: {json.dumps(chunk, ensure_ascii=False)}\n\n")
        self._piece("data: [DONE]\n\n")
        self.wfile.write(b"0\r\n\r\n")

    def _piece(self, text: str) -> None:
        data = text.encode()
        self.wfile.write(b"%x\r\n%b\r\n" % (len(data), data))
