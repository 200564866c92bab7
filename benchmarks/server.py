"""A server in the OpenAI form that answers every request after a set time; what it can do without a model.

`python benchmarks/server.py LATENCY [JITTER [FAULTS]]` prints its port and serves until its standard input ends. LATENCY in seconds;
JITTER is the sigma of a lognormal factor, 0 for none; FAULTS the share of requests that fail: by turns a dropped
connection, 429 with Retry-After, 500, a cut body and no JSON. GET /stats tells how much was served.
"""

from __future__ import annotations

import asyncio
import json
import random
import sys

FATES = ("drop", "busy", "broken", "cut", "garbage")


class Server:
    def __init__(self, latency: float, jitter: float, faults: float) -> None:
        self.latency, self.jitter, self.faults = latency, jitter, faults
        self.random = random.Random(7)
        self.seen: dict[str, int] = {}
        self.answered = self.failed = self.repeated = self.in_flight = self.most = 0
        self.first: float | None = None
        self.busy = 0.0
        self.last = 0.0

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while await self.one(reader, writer):
                pass
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()

    async def one(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
        if head.startswith("GET"):
            self.write(writer, 200, self.stats())
            return True
        length = next(int(line.split(":")[1]) for line in head.split("\r\n") if line.lower().startswith("content-length"))
        body = await reader.readexactly(length)
        self.turn(+1)
        await asyncio.sleep(self.latency * (self.random.lognormvariate(0, self.jitter) if self.jitter else 1.0))
        self.turn(-1)
        return self.answer(writer, body)

    def turn(self, step: int) -> None:
        now = asyncio.get_running_loop().time()
        if self.first is None:
            self.first = now
        self.busy += self.in_flight * (now - self.last) if self.last else 0.0
        self.last = now
        self.in_flight += step
        self.most = max(self.most, self.in_flight)

    def answer(self, writer: asyncio.StreamWriter, body: bytes) -> bool:
        key = str(hash(body))
        if self.faults and self.random.random() < self.faults:
            self.failed += 1
            return self.fail(writer, FATES[self.failed % len(FATES)])
        self.repeated += self.seen.get(key, 0) > 0
        self.seen[key] = self.seen.get(key, 0) + 1
        self.answered += 1
        text = json.loads(body)["messages"][-1]["content"]
        message = {"role": "assistant", "content": f"read {len(text)}"}
        usage = {"prompt_tokens": len(text) // 4, "completion_tokens": 2, "total_tokens": len(text) // 4 + 2}
        choice = {"index": 0, "message": message, "finish_reason": "stop"}
        self.write(
            writer,
            200,
            {"id": "x", "object": "chat.completion", "created": 1, "model": "m", "choices": [choice], "usage": usage},
        )
        return True

    def fail(self, writer: asyncio.StreamWriter, fate: str) -> bool:
        if fate == "busy":
            self.write(writer, 429, {"error": {"message": "slow down"}}, "Retry-After: 0\r\n")
        elif fate == "broken":
            self.write(writer, 500, {"error": {"message": "broken"}})
        elif fate == "garbage":
            writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello")
        elif fate == "cut":
            writer.write(b'HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n{"id"')
        return fate in ("busy", "broken", "garbage")

    def stats(self) -> dict[str, float]:
        span = self.last - (self.first or 0.0)
        return {
            "answered": self.answered,
            "failed": self.failed,
            "repeated": self.repeated,
            "most": self.most,
            "mean_in_flight": self.busy / span if span > 0 else 0.0,
            "span": span,
        }

    def write(self, writer: asyncio.StreamWriter, status: int, payload: object, more: str = "") -> None:
        data = json.dumps(payload).encode()
        head = f"HTTP/1.1 {status} X\r\nContent-Type: application/json\r\n{more}Content-Length: {len(data)}\r\n\r\n"
        writer.write(head.encode() + data)


async def main(latency: float, jitter: float, faults: float) -> None:
    server = await asyncio.start_server(Server(latency, jitter, faults).serve, "127.0.0.1", 0, limit=2**24, backlog=1024)
    print(server.sockets[0].getsockname()[1], flush=True)
    await asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)


if __name__ == "__main__":
    numbers = [float(argument) for argument in sys.argv[1:]]
    asyncio.run(main(*[*numbers, 0.0, 0.0, 0.0][:3]))
