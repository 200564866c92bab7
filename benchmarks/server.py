"""A server in the OpenAI form that answers every request after a set time; what it can do without a model.

`python benchmarks/server.py LATENCY [JITTER [FAULTS]]` prints its port and serves until its standard input ends. LATENCY in seconds;
JITTER is the sigma of a lognormal factor, 0 for none; FAULTS the share of requests that fail: by turns a dropped
connection, 429 with Retry-After, 500, a cut body and no JSON. GET /stats tells how much was served and when the first request came
(`first_at`, seconds since the epoch); GET /reset forgets that, so that what warmed a connection up is not counted. It reads no
more of a request than its length, so that it can take several times what a client on the other core can send:
`benchmarks/runtime.py` measures that too.

GET /watch/PID has it look, when the next request comes, at the processor time that the process has used by then (`first_cpu`,
seconds; Linux alone tells), and the same when the first request comes for a model that has no script (`leaf_cpu`). POST /script takes an object of replies by the names of models: these are asked to write programs,
and say always the same. GET …/models lists the models `m` and `root` with the window that WINDOW says.
"""

from __future__ import annotations

import asyncio
import json
import random
import re
import sys
import time

FATES = ("drop", "busy", "broken", "cut", "garbage")
WINDOW = 131_072
MODELS = {"object": "list", "data": [{"id": name, "object": "model", "max_model_len": WINDOW} for name in ("m", "root")]}
_MODEL = re.compile(rb'"model":\s*"([^"]+)"')


def processor_time(process: int) -> float:
    """The seconds that a process has used a processor, in all its threads, those that have ended too; 0 where the system does
    not say. The clock is the one that `clock_getcpuclockid` of Linux gives."""
    try:
        return time.clock_gettime((~process << 3) | 2)
    except OSError:
        return 0.0


class Server:
    """What was served, and how each request fares."""

    def __init__(self, latency: float, jitter: float, faults: float) -> None:
        self.loop = asyncio.get_running_loop()
        self.latency, self.jitter, self.faults = latency, jitter, faults
        self.random = random.Random(7)
        self.script: dict[bytes, str] = {}
        self.reset()

    def reset(self) -> None:
        self.seen: set[int] = set()
        self.answered = self.failed = self.repeated = self.in_flight = self.most = 0
        self.first: float | None = None
        self.watched: int | None = None
        self.first_cpu = self.first_at = self.busy = self.last = 0.0
        self.leaf_cpu: float | None = None
        self.cpu = time.process_time()

    def turn(self, step: int) -> None:
        now = self.loop.time()
        if self.first is None:
            self.first, self.first_at = now, time.time()
            self.first_cpu = self.used()
        self.busy += self.in_flight * (now - self.last) if self.last else 0.0
        self.last = now
        self.in_flight += step
        self.most = max(self.most, self.in_flight)

    def delay(self) -> float:
        return self.latency * (self.random.lognormvariate(0, self.jitter) if self.jitter else 1.0)

    def answer(self, body: bytes) -> tuple[bytes, bool]:
        """What is said to a request, and whether the connection goes on."""
        if self.faults and self.random.random() < self.faults:
            self.failed += 1
            return self.fail(FATES[self.failed % len(FATES)])
        key = hash(body)
        self.repeated += key in self.seen
        self.seen.add(key)
        self.answered += 1
        message = {"role": "assistant", "content": self.said(body)}
        usage = {"prompt_tokens": len(body) // 4, "completion_tokens": 2, "total_tokens": len(body) // 4 + 2}
        choice = {"index": 0, "message": message, "finish_reason": "stop"}
        said = {"id": "x", "object": "chat.completion", "created": 1, "model": "m", "choices": [choice], "usage": usage}
        return written(200, said), True

    def used(self) -> float:
        """The processor time of the process that is watched."""
        return 0.0 if self.watched is None else processor_time(self.watched)

    def said(self, body: bytes) -> str:
        """What the model of a request says."""
        named = _MODEL.search(body) if self.script else None
        if named is not None and named[1] in self.script:
            return self.script[named[1]]
        return f"read {len(body)}"

    def came(self, body: bytes) -> None:
        """Note when a request comes that is the first for a model without a script."""
        if self.leaf_cpu is None and self.script and (named := _MODEL.search(body)) and named[1] not in self.script:
            self.leaf_cpu = self.used()

    def told(self, path: str) -> object:
        """The response to a request without a body."""
        if path == "/reset":
            self.reset()
        elif path.startswith("/watch/"):
            self.watched = int(path.removeprefix("/watch/"))
        return MODELS if path.endswith("/models") else self.stats()

    def fail(self, fate: str) -> tuple[bytes, bool]:
        if fate == "busy":
            return written(429, {"error": {"message": "slow down"}}, "Retry-After: 0\r\n"), True
        if fate == "broken":
            return written(500, {"error": {"message": "broken"}}), True
        if fate == "garbage":
            return b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello", True
        return (b'HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n{"id"' if fate == "cut" else b""), False

    def stats(self) -> dict[str, float]:
        span = self.last - (self.first or 0.0)
        return {
            "answered": self.answered,
            "failed": self.failed,
            "repeated": self.repeated,
            "most": self.most,
            "mean_in_flight": self.busy / span if span > 0 else 0.0,
            "span": span,
            "first_at": self.first_at,
            "first_cpu": self.first_cpu,
            "leaf_cpu": self.leaf_cpu or 0.0,
            "cpu": time.process_time() - self.cpu,
        }


class Connection(asyncio.Protocol):
    """One request after the other; `parts` is what came of the next one."""

    def __init__(self, server: Server) -> None:
        self.server = server
        self.parts: list[bytes] = []
        self.have = self.need = 0
        self.head = 0
        self.is_script = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = transport

    def data_received(self, data: bytes) -> None:
        self.parts.append(data)
        self.have += len(data)
        if not self.need:
            joined = b"".join(self.parts)
            self.parts = [joined]
            end = joined.find(b"\r\n\r\n")
            if end < 0:
                return
            self.head = end + 4
            if joined.startswith(b"GET"):
                self.parts, self.have = [], 0
                self.transport.write(written(200, self.server.told(joined.split(b" ", 2)[1].decode("latin-1"))))
                return
            self.is_script = joined.startswith(b"POST /script ")
            lines = joined[:end].decode("latin-1").lower().split("\r\n")
            self.need = self.head + next(int(line.partition(":")[2]) for line in lines if line.startswith("content-length"))
        if self.have >= self.need:
            body = b"".join(self.parts)[self.head :]
            is_script, self.parts, self.have, self.need = self.is_script, [], 0, 0
            if is_script:
                self.server.script = {name.encode(): said for name, said in json.loads(body).items()}
                self.transport.write(written(200, {}))
                return
            self.server.turn(+1)
            self.server.came(body)
            self.server.loop.call_later(self.server.delay(), self.reply, body)

    def reply(self, body: bytes) -> None:
        self.server.turn(-1)
        said, goes_on = self.server.answer(body)
        self.transport.write(said)
        if not goes_on:
            self.transport.close()


def written(status: int, payload: object, more: str = "") -> bytes:
    data = json.dumps(payload).encode()
    head = f"HTTP/1.1 {status} X\r\nContent-Type: application/json\r\n{more}Content-Length: {len(data)}\r\n\r\n"
    return head.encode() + data


async def main(latency: float, jitter: float, faults: float) -> None:
    loop = asyncio.get_running_loop()
    state = Server(latency, jitter, faults)
    server = await loop.create_server(lambda: Connection(state), "127.0.0.1", 0, backlog=1024)
    print(server.sockets[0].getsockname()[1], flush=True)
    await loop.run_in_executor(None, sys.stdin.read)


if __name__ == "__main__":
    numbers = [float(argument) for argument in sys.argv[1:]]
    asyncio.run(main(*[*numbers, 0.0, 0.0, 0.0][:3]))
