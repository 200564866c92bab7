"""A server that says exactly the bytes it is told to: what a broken or hostile one may do on a connection."""

from __future__ import annotations

import asyncio
import json
import ssl
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

HEAD = b"HTTP/1.1 200 OK\r\n"


def said(body: bytes, *lines: str, status: str = "200 OK") -> bytes:
    """A whole answer."""
    head = "".join(f"{line}\r\n" for line in (*lines, f"Content-Length: {len(body)}"))
    return f"HTTP/1.1 {status}\r\n{head}\r\n".encode() + body


def completion(content: Any = "hello", usage: Any = None, **more: Any) -> bytes:
    """The body of a completion, with whatever stands where its content or its usage should."""
    usage = {"prompt_tokens": 3, "completion_tokens": 1} if usage is None else usage
    message = {"role": "assistant", "content": content, **more}
    return json.dumps({"choices": [{"message": message, "finish_reason": "stop"}], "usage": usage}).encode()


@dataclass
class RawServer:
    """`requests` are heads and bodies, `connections` how many there were, `open` how many are still there.

    Each request is answered by the next of `answers`, the last again and again: bytes to write, None for the end of the connection,
    or a coroutine function of the writer.
    """

    answers: Sequence[Any]
    port: int = 0
    connections: int = 0
    open: int = 0
    requests: list[tuple[str, bytes]] = field(default_factory=list)
    ended: asyncio.Event = field(default_factory=asyncio.Event)
    tasks: set[asyncio.Task[Any]] = field(default_factory=set)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/v1"

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self.tasks.add(task)
        self.connections += 1
        self.open += 1
        try:
            while await self._one(reader, writer):
                pass
        except (ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
            pass
        finally:
            self.open -= 1
            self.tasks.discard(task)
            writer.transport.abort()
            self.ended.set()

    async def _one(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        length = next(int(line.partition(":")[2]) for line in head.split("\r\n") if line.lower().startswith("content-length"))
        self.requests.append((head, await reader.readexactly(length)))
        answer = self.answers[min(len(self.requests), len(self.answers)) - 1]
        if answer is None:
            return False
        if callable(answer):
            await answer(writer)
        else:
            writer.write(answer)
        await writer.drain()
        return True


def ending(data: bytes) -> Callable[[asyncio.StreamWriter], Any]:
    """Some bytes, and then the end of the connection."""

    async def answer(writer: asyncio.StreamWriter) -> None:
        writer.write(data)
        writer.write_eof()
        raise ConnectionError

    return answer


@asynccontextmanager
async def raw_server(*answers: Any, tls: ssl.SSLContext | None = None) -> AsyncIterator[RawServer]:
    """A server for a while, in this event loop."""
    server = RawServer(answers)
    listener = await asyncio.start_server(server.serve, "127.0.0.1", 0, ssl=tls, limit=2**22)
    server.port = listener.sockets[0].getsockname()[1]
    try:
        yield server
    finally:
        listener.close()
        for task in server.tasks:
            task.cancel()
        await asyncio.sleep(0.01)
