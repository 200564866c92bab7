"""How close a run comes to what the latency of its model allows, on the lean path and through litellm.

`python benchmarks/runtime.py` starts a server of its own (server.py) for each measurement and prints one line for each: what was
measured, the figure, the limit. It fails when a figure is over its limit. `--quick` measures each once instead of three times.
Ideal is ⌈calls / in flight⌉ × latency. Processor time is that of the measuring process alone.
"""

from __future__ import annotations

import gc
import json
import os
import statistics
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

import anyio  # noqa: E402
import anyio.to_thread  # noqa: E402

from lambda_rlm.budget.budget import Budget  # noqa: E402
from lambda_rlm.completion import Model  # noqa: E402
from lambda_rlm.execution.check import check  # noqa: E402
from lambda_rlm.execution.execute import Options, execute  # noqa: E402
from lambda_rlm.execution.run import Run  # noqa: E402
from lambda_rlm.llm.connect import connect  # noqa: E402
from lambda_rlm.llm.profiles import provider_profile  # noqa: E402
from lambda_rlm.llm.providers.via_litellm import LitellmModel  # noqa: E402
from lambda_rlm.llm.wrappers.retry import RetryPolicy  # noqa: E402

LEAF = 20_000
PROGRAM = 'chunk(context, 20000) |> map(fn(c) => llm_call(f"How long is it?\\n{c}", out=16)) |> join(" ") |> length'
OPTIONS = Options(key=b"benchmark")
TIMES = 1 if "--quick" in sys.argv else 3
failures = 0


@dataclass
class Measured:
    run: Run
    wall: float
    cpu: float
    stats: dict[str, float]


@contextmanager
def server(latency: float, jitter: float = 0.0, faults: float = 0.0) -> Iterator[str]:
    command = [sys.executable, str(ROOT / "benchmarks" / "server.py"), str(latency), str(jitter), str(faults)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None and process.stdin is not None
        try:
            yield f"http://127.0.0.1:{int(process.stdout.readline())}/v1"
        finally:
            process.stdin.close()
            process.wait()


def stats(url: str, path: str = "/stats") -> dict[str, float]:
    with urllib.request.urlopen(url.removesuffix("/v1") + path) as answer:
        found: dict[str, float] = json.loads(answer.read())
        return found


def text(characters: int) -> str:
    """Words without a line end, so that every piece is as long as it may be and differs from the others."""
    return "".join(f"{n:07d} " for n in range(characters // 8 + 1))[:characters]


def lean(url: str) -> Model:
    return connect("m", base_url=url, window=32_768, policy=RetryPolicy(retries=6, base=0.05, longest=0.2))


def measured(context: str, concurrency: int, url: str, make: Callable[[str], Model] = lean) -> Measured:
    checked = check(PROGRAM)
    budget = Budget(calls=100_000, tokens=10**12, concurrency=concurrency)

    async def job() -> tuple[Run, float, float]:
        model = make(url)
        await model.complete(_warm())
        await anyio.to_thread.run_sync(stats, url, "/reset")
        admitted = checked.admit(budget, model.profile)
        gc.collect()
        started, cpu = time.perf_counter(), time.process_time()
        run = await execute(admitted, {"context": context, "query": ""}, model, options=OPTIONS)
        took = time.perf_counter() - started, time.process_time() - cpu
        await model.aclose()
        return run, *took

    run, wall, cpu = anyio.run(job)
    assert run.fault is None, run.fault
    assert run.bound is not None
    if run.usage.calls != run.bound.calls:
        raise SystemExit(f"{run.usage.calls} calls were made, {run.bound.calls} promised")
    return Measured(run, wall, cpu, stats(url))


def _warm():  # type: ignore[no-untyped-def]
    from lambda_rlm.completion import CompletionRequest, Message

    return CompletionRequest((Message("user", "x"),), 1)


def report(what: str, figure: float, limit: float, unit: str = "", *, at_least: bool = False) -> None:
    global failures
    fails = figure < limit if at_least else figure > limit
    failures += fails
    relation = "at least" if at_least else "at most"
    print(f"{'OVER ' if fails else 'ok   '}{what:<58} {figure:9.3f} {unit:<3} {relation} {limit:g}", flush=True)


def best(measure: Callable[[], float]) -> float:
    return statistics.median(measure() for _ in range(TIMES))


def makespan(megabytes: int, concurrency: int, limit: float) -> None:
    context = text(megabytes * 1_000_000)

    def once() -> float:
        with server(0.2) as url:
            found = measured(context, concurrency, url)
            return found.wall / (-(-found.run.usage.calls // concurrency) * 0.2)

    report(f"{megabytes} MB at {concurrency} in flight, 200 ms: run / ideal", best(once), limit)


def jitter() -> None:
    def once() -> float:
        with server(0.2, 0.7) as url:
            return measured(text(4_000_000), 16, url).stats["mean_in_flight"]

    report("slots filled of 16 under lognormal jitter 0.7", best(once), 14.3, at_least=True)


def stress() -> None:
    walls, processor, servers = [], [], []
    for _ in range(TIMES):
        with server(0.05) as url:
            found = measured(text(2_000 * LEAF), 256, url)
            walls.append(found.wall)
            processor.append(found.cpu / found.run.usage.calls * 1e3)
            servers.append(found.stats["cpu"] / found.stats["answered"] * 1e3)
    report("2,000 leaves at 256 in flight, 50 ms: run", statistics.median(walls), 1.0, "s")
    report("processor time of a call on the lean path", statistics.median(processor), 0.35, "ms")
    report("processor time of a call at the server of the benchmark", statistics.median(servers), 0.35, "ms")


def through_litellm() -> None:
    def by_hand(url: str) -> float:
        import litellm

        async def job() -> float:
            pieces = [text(2_000_000)[i : i + LEAF] for i in range(0, 2_000_000, LEAF)]
            limit = anyio.Semaphore(16)

            async def one(piece: str) -> None:
                async with limit:
                    await litellm.acompletion(model="openai/m", base_url=url, api_key="none", max_tokens=16, temperature=0.0,
                        messages=[{"role": "user", "content": f"How long is it?\n{piece}"}], max_retries=0)  # fmt: skip

            started = time.perf_counter()
            async with anyio.create_task_group() as group:
                for piece in pieces:
                    group.start_soon(one, piece)
            return time.perf_counter() - started

        return anyio.run(job)

    profile = provider_profile("openai/m", base_url="there", window=32_768)

    def ours(url: str) -> float:
        return measured(text(2_000_000), 16, url, lambda u: LitellmModel("openai/m", base_url=u, profile=profile)).wall

    def once() -> float:
        with server(0.2) as url:
            mine = ours(url)
            return mine / by_hand(url)

    report("through litellm: run / litellm by hand", best(once), 1.1)


def faults() -> None:
    """Under the waits that are usual (`RetryPolicy`, a second at first), and as many retries as all answers need."""
    usual = RetryPolicy()
    patient = RetryPolicy(retries=6, base=usual.base, longest=usual.longest)
    assert usual.base == 1.0

    def once() -> float:
        with server(0.2, 0.0, 0.17) as url:
            found = measured(text(1_000_000), 16, url, lambda u: connect("m", base_url=u, window=32_768, policy=patient))
            assert found.stats["repeated"] == 0, "a call that had been answered was made again"
            assert found.run.usage.failed_calls == 0
            assert found.run.usage.calls == found.stats["answered"]
            assert found.run.value == expected(found.run.usage.calls)
            ideal = -(-found.run.usage.calls // 16) * 0.2
            return found.wall / (ideal + 2 * (usual.base + 0.2))

    report("17 % faults: run / (ideal + two waits and retries)", best(once), 1.0)


def expected(calls: int) -> int:
    """The value of the program when every reply is there: the length of the replies with blanks between them."""
    return len("read 20xxx") * calls + calls - 1


def nested() -> None:
    """Maps inside maps take places in flight only around the calls: no limit makes them wait for each other."""
    from lambda_rlm.llm.scripted import ScriptedModel

    source = 'range(0, 4) |> map(fn(i) => range(0, 4) |> map(fn(j) => llm_call(f"{i} {j}", out=8)) |> join(",")) |> join(";")'
    checked = check(source, {})
    model = ScriptedModel.from_rules([(r"(\d) (\d)", r"\1\2")])
    answers = set()
    for limit in range(1, 257):
        admitted = checked.admit(Budget(concurrency=limit), model.profile)
        answers.add(anyio.run(partial(execute, admitted, {"query": ""}, model, options=OPTIONS)).value)
    report("nested maps: answers at limits from 1 to 256", len(answers), 1)


def start() -> None:
    """From the start of the process to its first request at the server, by the command line, of a package with its bytecode."""
    with TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "b.lam").write_text(PROGRAM.replace("20000", "4000"))  # a server that nobody knows has a small window
        (folder / "b.txt").write_text(text(100_000))
        environment = {key: value for key, value in os.environ.items() if key != "PYTHONDONTWRITEBYTECODE"}
        environment |= {"PYTHONPATH": str(ROOT), "LAMBDA_RLM_HOME": str(folder / "home")}
        command = [sys.executable, "-m", "lambda_rlm", "run", "b.lam", "b.txt", "--model", "m", "--base-url"]

        def once() -> float:
            with server(0.0) as url:
                started = time.time()
                subprocess.run([*command, url], check=True, capture_output=True, env=environment, cwd=folder)
                return stats(url)["first_at"] - started

        once()
        report("start of the process to the first request", best(once), 0.3, "s")


def memory() -> None:
    """The most storage of a process that works on a long text (proportional set size; resident where that is not told)."""
    code = (
        "import sys, anyio; sys.path.insert(0, sys.argv[1]); sys.argv = sys.argv[1:]\n"
        "from benchmarks.runtime import measured, text\n"
        "measured(text(int(sys.argv[1]) * 1_000_000), 16, sys.argv[2])\n"
        "lines = open('/proc/self/smaps_rollup').read().splitlines()\n"
        "print(next(int(l.split()[1]) for l in lines if l.startswith('Pss:')))\n"
    )
    for megabytes, limit in ((10, 60.0), (40, 130.0)):
        with server(0.01) as url:
            done = subprocess.run([sys.executable, "-c", code, str(ROOT), str(megabytes), url], capture_output=True, text=True, check=True, cwd=ROOT)  # fmt: skip
            report(f"storage at the end of a run over {megabytes} MB (PSS)", int(done.stdout) / 1024, limit, "MB")


def bounded_map() -> None:
    from lambda_rlm.eval.compile.closures.together import ordered

    async def naps() -> float:
        started = time.perf_counter()
        await ordered(10_000, 256, lambda position: anyio.sleep(0.05))
        return (time.perf_counter() - started) / (-(-10_000 // 256) * 0.05)

    async def nothing() -> float:
        async def one(position: int) -> None:
            return None

        started = time.process_time()
        await ordered(200_000, 256, one)
        return (time.process_time() - started) / 200_000 * 1e6

    report("10,000 naps of 50 ms at 256: map / ideal", best(lambda: anyio.run(naps)), 1.035)
    report("an element of a map that does nothing", best(lambda: anyio.run(nothing)), 2.5, "µs")


if __name__ == "__main__":
    bounded_map()
    makespan(1, 64, 1.15)
    makespan(10, 16, 1.03)
    makespan(10, 64, 1.10)
    jitter()
    stress()
    faults()
    nested()
    start()
    memory()
    through_litellm()
    sys.exit(1 if failures else 0)
