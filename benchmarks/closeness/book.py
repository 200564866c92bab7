"""A book of 1 MB, asked about through the command line: what is said before, what is paid after.

The server is of this process, on a loopback port and in the OpenAI form, and replies at realistic length; the model is gpt-5-mini by
name, so that window, vocabulary and prices are its own. It bills no reasoning: what a bound holds for that is in the bound alone.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from random import Random
from typing import Any, Final

import anyio

from lambda_rlm.bench.words import prose
from lambda_rlm.completion import CompletionRequest, Message
from tests.support.places import ROOT
from tests.support.realistic import Realistic
from tests.support.recorded_programs import mini

CHARACTERS: Final = 1_000_000
MODEL: Final = "openai/gpt-5-mini"
FARTHEST: Final = 2.0
"""Between `likely` and what is paid."""


@dataclass(frozen=True)
class Asked:
    """A question of the book: the options of its route, and what must suffice for it."""

    name: str
    query: str
    options: tuple[str, ...]
    most: str


QUESTIONS: Final = (
    Asked("search", "What does the author say of the beetles of Madeira?", ("--task", "search", "--strategy", "plan"), "0.10"),
    Asked(
        "search, 256 tokens of thought",
        "What does the author say of the beetles of Madeira?",
        ("--task", "search", "--strategy", "plan", "--thinking", "256"),
        "0.04",
    ),
    Asked("direct", "What does the author say of the beetles of Madeira?", ("--strategy", "direct"), "0.16"),
    Asked("summarise", "Summarise the book on one page.", ("--task", "summarise", "--strategy", "plan"), "10"),
)


def book() -> str:
    """1 MB of running text: paragraphs from all over the pool, so that no piece comes twice."""
    draw = Random("book")
    paragraphs: list[str] = []
    size = 0
    while size < CHARACTERS:
        paragraphs.append(" ".join(prose(draw.randrange(300, 1_500), draw)))
        size += len(paragraphs[-1]) + 2
    return "\n\n".join(paragraphs)[:CHARACTERS]


def table() -> list[str]:
    """Printed; what is wrong."""
    print("\n| `lambda-rlm ask … book.txt --max-cost` | limit | likely | at most | paid | calls | likely / paid |")
    print("|---|---:|---:|---:|---:|---:|---:|")
    failures = []
    with tempfile.TemporaryDirectory() as folder, serving() as url:
        path = Path(folder, "book.txt")
        path.write_text(book(), encoding="utf-8")
        for asked in QUESTIONS:
            failures += _row(asked, path, url)
    return failures


def _row(asked: Asked, path: Path, url: str) -> list[str]:
    code, found = _ask(asked, path, url)
    if code:
        print(f"| {asked.name} | ${asked.most} | refused: {str(found)[:200]} | | | | |")
        return [f"{asked.name} does not fit --max-cost {asked.most}"]
    likely, most, paid = _figures(found)
    ratio = likely / paid if likely is not None and paid else None
    print(
        f"| {asked.name} | ${asked.most} | {_dollars(likely)} | {_dollars(most)} | {_dollars(paid)} | "
        f"{found['usage']['calls']} | {'–' if ratio is None else f'{ratio:.2f}'} |"
    )
    if asked.name == "summarise" and not (ratio is not None and 1 / FARTHEST <= ratio <= FARTHEST):
        return [f"{asked.name}: likely / paid is {ratio}, not from 0.5 to 2"]
    return []


def _figures(found: Mapping[str, Any]) -> tuple[float | None, float | None, float | None]:
    """Likely, at most and paid, in US dollars."""
    bound = found.get("bound") or {}
    likely = found.get("likely") or bound.get("likely") or {}
    return likely.get("usd"), bound.get("usd"), found["usage"].get("cost", found["usage"].get("usd"))


def _dollars(usd: float | None) -> str:
    return "–" if usd is None else f"${usd:.4f}"


def _ask(asked: Asked, path: Path, url: str) -> tuple[int, Any]:
    """The exit code, and the JSON or the message of the command."""
    command = ["ask", asked.query, str(path), "--model", MODEL, "--max-cost", asked.most, "--json", "--no-journal"]
    homes = {
        name: str(path.parent) for name in ("HOME", "XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_CACHE_HOME", "XDG_STATE_HOME")
    }
    served = {"OPENAI_BASE_URL": url, "OPENAI_API_BASE": url, "OPENAI_API_KEY": "none"}
    environment = {**os.environ, **homes, **served, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        [sys.executable, "-m", "lambda_rlm", *command, *asked.options],
        env=environment,
        cwd=path.parent,
        capture_output=True,
        text=True,
        check=False,
    )
    return done.returncode, json.loads(done.stdout) if not done.returncode else done.stderr or done.stdout


@contextmanager
def serving() -> Iterator[str]:
    """The base URL of a server that replies at realistic length."""
    http = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
    http.daemon_threads = True
    thread = threading.Thread(target=http.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{http.server_port}/v1"
    finally:
        http.shutdown()
        http.server_close()
        thread.join()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, format: str, *args: object) -> None:
        pass

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        written = json.dumps(answered(body)).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(written)))
        self.end_headers()
        self.wfile.write(written)


def answered(body: Mapping[str, Any]) -> dict[str, Any]:
    """What a server says to a request in the OpenAI form."""
    messages = tuple(Message(message["role"], message["content"]) for message in body["messages"])
    schema = (body.get("response_format") or {}).get("json_schema", {}).get("schema")
    most = body.get("max_completion_tokens") or body.get("max_tokens") or 1_024
    request = CompletionRequest(messages, most, schema=schema, digest=messages[-1].content)
    completion = anyio.run(Realistic(mini()).complete, request)
    sent, received = completion.usage.input_tokens, completion.usage.output_tokens
    usage = {"prompt_tokens": sent, "completion_tokens": received, "total_tokens": sent + received}
    message = {"role": "assistant", "content": completion.text}
    choice = {"index": 0, "message": message, "finish_reason": "stop"}
    return {"id": "x", "object": "chat.completion", "created": 1, "model": body["model"], "choices": [choice], "usage": usage}
