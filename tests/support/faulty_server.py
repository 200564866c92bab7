"""A small OpenAI-compatible server on a loopback port that fails in the ways real ones do.

What it does is chosen by the model's name in the request: `ok`, `echo`, `bad-key`, `unknown`, `busy` (429 with
Retry-After), `broken` (500), `broken-once`, `overloaded-once` (503), `slow`, `dropped`, `garbage` (no JSON), `cut` (half a body), `empty`,
`filtered`, `refusal`, `too-long`, `bad-request`, `no-schema` (400 when a schema is asked for), `policy`, `shapeless`,
`no-grammar` and `bad-grammar` (400 and 500 when a grammar is asked for), `tool` (thinks aloud and calls the custom tool).
"""

from __future__ import annotations

import json
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

SLOW_SECONDS = 30.0
RETRY_AFTER = 7


class FaultyServer:
    """Start with `with`; `url` is the base URL, `requests` the bodies it was sent, `in_flight_most` the most at once."""

    def __init__(self) -> None:
        self.requests: list[dict[str, Any]] = []
        self.seen_keys: list[str] = []
        self.in_flight_most = 0
        self._in_flight = 0
        self._lock = threading.Lock()
        self._ended = threading.Condition()
        self.closed = 0
        self.after_schema: str | None = None
        """How `no-schema` fails when it is asked without one; None: it answers."""
        self.ending = threading.Event()
        server = self

        class Handler(_Handler):
            owner = server

        self._http = _Listening(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._http.server_port}/v1"

    def __enter__(self) -> FaultyServer:
        self._thread = threading.Thread(target=self._http.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.ending.set()
        self._http.shutdown()
        self._http.server_close()
        self._thread.join()

    def wait_until_closed(self, connections: int) -> None:
        """Until so many connections have ended; raises `TimeoutError` when they do not."""
        with self._ended:
            if not self._ended.wait_for(lambda: self.closed >= connections, 10):
                raise TimeoutError(f"{self.closed} connections ended, {connections} should have")

    def connection_ended(self) -> None:
        with self._ended:
            self.closed += 1
            self._ended.notify_all()

    def count(self, model: str) -> int:
        """How often a model was asked."""
        return sum(body["model"] == model for body in self.requests)

    def enter(self, body: dict[str, Any], key: str) -> int:
        with self._lock:
            self.requests.append(body)
            self.seen_keys.append(key)
            self._in_flight += 1
            self.in_flight_most = max(self.in_flight_most, self._in_flight)
            return self.count(body["model"])

    def leave(self) -> None:
        with self._lock:
            self._in_flight -= 1


class _Listening(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 256
    """Connections that wait to be accepted; those beyond would try again after seconds."""


class _Handler(BaseHTTPRequestHandler):
    owner: FaultyServer
    protocol_version = "HTTP/1.1"

    def log_message(self, format: str, *args: object) -> None:
        pass

    def finish(self) -> None:
        super().finish()
        self.owner.connection_ended()

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        times = self.owner.enter(body, self.headers.get("Authorization", ""))
        try:
            self._answer(body, times)
        except (BrokenPipeError, ConnectionResetError):
            self.close_connection = True
        finally:
            self.owner.leave()

    def _answer(self, body: dict[str, Any], times: int) -> None:
        model = body["model"]
        if model in _ERRORS:
            status, message, code = _ERRORS[model]
            headers = {"Retry-After": str(RETRY_AFTER)} if status == 429 else {}
            return self._send(status, {"error": {"message": message, "type": code, "code": code}}, headers)
        if model == "broken-once" and times == 1:
            return self._send(500, {"error": {"message": "try again", "type": "server_error", "code": None}})
        if model == "overloaded-once" and times == 1:
            return self._send(503, {"error": {"message": "Overloaded", "type": "server_error", "code": None}})
        if model == "no-schema" and "response_format" in body:
            message = "'response_format' of type json_schema is not supported"
            return self._send(400, {"error": {"message": message, "type": "invalid_request_error", "code": None}})
        if model == "no-schema" and self.owner.after_schema is not None:
            status, message, code = _ERRORS[self.owner.after_schema]
            return self._send(status, {"error": {"message": message, "type": code, "code": code}})
        if model in _GRAMMAR_ERRORS and _GRAMMAR_FIELDS & body.keys():
            status, message = _GRAMMAR_ERRORS[model]
            return self._send(status, {"error": {"message": message, "type": "invalid_request_error", "code": None}})
        if model == "slow":
            self.owner.ending.wait(SLOW_SECONDS)
        if model == "brief":
            time.sleep(0.05)
        if model in ("dropped", "cut"):
            self.close_connection = True
            if model == "cut":
                self.wfile.write(b'HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 500\r\n\r\n{"id": "x"')
            return None
        if model == "elsewhere":
            return self._raw(302, b"", "text/plain", {"Location": self.owner.url})
        if model == "garbage":
            return self._raw(200, b"<html>not what you wanted</html>", "text/html")
        if model == "shapeless":
            return self._send(200, {"hello": "world"})
        return self._send(200, _completion(body))

    def _send(self, status: int, payload: dict[str, Any], headers: dict[str, str] | None = None) -> None:
        self._raw(status, json.dumps(payload).encode(), "application/json", headers)

    def _raw(self, status: int, data: bytes, kind: str, headers: dict[str, str] | None = None) -> None:
        self.send_response(status)
        for name, value in {"Content-Type": kind, "Content-Length": str(len(data)), **(headers or {})}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(data)


_GRAMMAR_FIELDS = {"tools", "structured_outputs", "ebnf", "grammar"}
_GRAMMAR_ERRORS = {"no-grammar": (400, "Unrecognized request argument supplied"), "bad-grammar": (500, "failed to compile")}
_ERRORS = {
    "bad-key": (401, "Incorrect API key provided: sk-secret-1234567890.", "invalid_api_key"),
    "unknown": (404, "The model `unknown` does not exist", "model_not_found"),
    "busy": (429, "Rate limit reached", "rate_limit_exceeded"),
    "broken": (500, "The server had an error", "server_error"),
    "overloaded": (503, "Overloaded", "server_error"),
    "bad-request": (400, "max_tokens must be positive", "invalid_request_error"),
    "too-long": (400, "This model's maximum context length is 8192 tokens", "context_length_exceeded"),
    "policy": (400, "rejected by our content management policy", "content_policy_violation"),
}


def _completion(body: dict[str, Any]) -> dict[str, Any]:
    model = body["model"]
    message: dict[str, Any] = {"role": "assistant", "content": _text(body)}
    finish = "stop"
    if model == "empty":
        message["content"] = ""
    if model == "filtered":
        message["content"], finish = None, "content_filter"
    if model == "refusal":
        message["content"], message["refusal"] = None, "I cannot help with that."
    if model == "tool" and "tools" in body:
        call = {"name": body["tools"][0]["custom"]["name"], "input": _text(body)}
        message["content"], finish = "I will count first.", "tool_calls"
        message["tool_calls"] = [{"id": "call_1", "type": "custom", "custom": call}]
    words = len(str(message["content"] or "").split())
    limit: int = body.get("max_tokens", body.get("max_completion_tokens", 10**9))
    if words > limit:
        message["content"], finish, words = " ".join(message["content"].split()[:limit]), "length", limit
    prompt = sum(len(row["content"].split()) for row in body["messages"])
    return {
        "id": "chatcmpl-1",
        "object": "chat.completion",
        "created": 1,
        "model": model,
        "choices": [{"index": 0, "message": message, "finish_reason": finish, "logprobs": None}],
        "usage": {
            "prompt_tokens": prompt,
            "completion_tokens": words,
            "total_tokens": prompt + words,
            "prompt_tokens_details": {"cached_tokens": 1},
        },
    }


def _text(body: dict[str, Any]) -> str:
    """The prompt's last line, or the first value that the asked schema allows."""
    schema = body.get("response_format", {}).get("json_schema", {}).get("schema")
    if schema is None:
        return str(body["messages"][-1]["content"]).rsplit("\n", 1)[-1]
    return json.dumps(_example(schema))


def _example(schema: dict[str, Any]) -> Any:
    if "enum" in schema:
        return schema["enum"][0]
    kind = schema.get("type")
    if kind == "object":
        return {name: _example(part) for name, part in schema.get("properties", {}).items()}
    if kind == "array":
        return [_example(schema["items"])]
    return {"integer": 7, "number": 1.5, "boolean": True}.get(str(kind), "text")
